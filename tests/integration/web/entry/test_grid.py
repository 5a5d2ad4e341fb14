"""The grid: the table, the form without scripts, and changes of many answers in one step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from evaluation.answers import queries
from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.audit import queries as audit
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.models import Organisation
from evaluation.registry.operations import NewBody
from evaluation.web.entry.grid.rows import columns
from tests.support import accounts
from tests.support.factories import bin_of
from tests.support.html import find, form_values, parse, texts, visible_text
from tests.support.submission_states import set_status

YEAR = 2024
SYSTEM = Viewer.system()
BODY, OTHER_BODY = bin_of(1), bin_of(2)
COUNT = 30
BINS = [bin_of(10 + number) for number in range(COUNT)]


@dataclass
class Site:
    """A body with 30 organisations of one kind, another body, and a clerk of the first one."""

    app: Flask
    order: Order
    kind: str
    client: FlaskClient
    body: int
    ids: dict[str, int]

    @property
    def url(self) -> str:
        return f"/bodies/{BODY}/{YEAR}/grid/{self.kind}"

    def codes(self, type_: str) -> list[str]:
        return [item.code for item in self.order.indicators_of(self.kind) if item.type == type_]

    def send(self, action: str, client: FlaskClient | None = None, **content: str) -> Any:
        return (client or self.client).post(f"{self.url}/{action}", json=content)

    def store(self, action: str, **content: str) -> Any:
        preview = self.send(action, **content)
        assert preview.status_code == 200, preview.text
        return self.send(action, digest=preview.json["digest"], **content)

    def stored(self, bin_: str) -> dict[str, Any]:
        with self.app.app_context():
            reports = queries.stored_reports(SYSTEM, YEAR, [self.ids[bin_]])
            return dict(reports[self.ids[bin_]].answers) if reports else {}

    def save(self, bin_: str, code: str, value: Any, expected: Any = None) -> None:
        with self.app.app_context():
            assert save_answers(SYSTEM, self.order, YEAR, self.body, [AnswerInput(self.ids[bin_], code, value, expected)]).changed
            db.session.commit()


@pytest.fixture
def site(make_app: Callable[..., Flask], database_url: str, order: Order) -> Site:
    app = make_app(database_url, WTF_CSRF_ENABLED=False)
    kind = order.kinds[1].code
    with app.app_context():
        operations.open_year(SYSTEM, YEAR, order.code)
        operations.register_bodies(SYSTEM, [NewBody(BODY, "Бір"), NewBody(OTHER_BODY, "Екі")])
        operations.register_organisations(SYSTEM, [(bin_, kind, f"Ұйым {n:02}", "") for n, bin_ in enumerate(BINS)])
        index = registry.registry_index(SYSTEM)
        body = index.bodies[BODY]
        ids = {bin_: index.organisations[bin_][0] for bin_ in BINS}
        operations.add_supervision(SYSTEM, [(id_, body, date(2020, 1, 1), None) for id_ in ids.values()])
        db.session.commit()
    return Site(app, order, kind, accounts.signed_in(app, "clerk", bodies=[body]), body, ids)


def test_the_table_has_one_row_per_organisation_and_one_column_per_indicator(site: Site) -> None:
    site.save(BINS[0], site.codes("money")[0], 1_234_567_89)
    page = site.client.get(site.url).text
    assert page.count("<tr ") == COUNT + 1
    assert page.count("data-code=") == len(site.order.indicators_of(site.kind))
    assert "1\xa0234\xa0567.89" in page
    assert f"/bodies/{BODY}/{YEAR}/organisations/{BINS[0]}" in page


def test_columns_name_the_rows_of_the_kinds_assessment_sheet(site: Site) -> None:
    for kind in site.order.kinds:
        sheet = site.order.table[kind.code].scored_rows
        shown = columns(site.order, kind.code, language("ru"))
        assert [column.numbers for column in shown] == [
            ", ".join(row.number for row in sheet if row.criterion in column.item.criteria) for column in shown
        ]
        assert {number for column in shown for number in column.numbers.split(", ")} <= {row.number for row in sheet}


def test_the_text_before_the_quoted_part_of_a_name_is_marked(site: Site) -> None:
    with site.app.app_context():
        organisation = db.session.get(Organisation, site.ids[BINS[0]])
        assert organisation is not None
        organisation.name_kk = "А & Б ЖШС «Бір»"
        db.session.commit()
    assert "<i>А &amp; Б ЖШС </i>«Бір»</a>" in site.client.get(site.url).text


@pytest.mark.parametrize("role", ["observer", "reviewer", "administrator"])
def test_roles_without_edit_permission_read_only(site: Site, role: str) -> None:
    client = accounts.signed_in(site.app, role)
    page = client.get(site.url)
    assert page.status_code == 200
    assert 'aria-readonly="true"' in page.text and "data-editable" not in page.text
    assert 'name="text"' not in client.get(f"{site.url}?plain=1").text
    for action in ("paste", "fill", "undo"):
        assert site.send(action, client).status_code == 403
    assert client.post(site.url).status_code == 403


def test_a_clerk_of_another_body_gets_404(site: Site) -> None:
    with site.app.app_context():
        other_body = registry.registry_index(SYSTEM).bodies[OTHER_BODY]
    client = accounts.signed_in(site.app, "clerk", bodies=[other_body])
    for response in (client.get(site.url), client.get(f"{site.url}?plain=1"), client.post(site.url)):
        assert response.status_code == 404
    for action in ("paste", "fill", "undo"):
        assert site.send(action, client).status_code == 404
    assert site.client.get(site.url.replace(site.kind, "nothing")).status_code == 404


def test_a_block_is_pasted_by_position(site: Site) -> None:
    first, second = site.codes("money")[:2]
    site.save(BINS[4], first, 5_00)
    site.save(BINS[5], first, 7_00)
    text = "7\t10,5\r\nно\t20\r\n7\t\r\n"
    content = {"text": text, "organisation": BINS[3], "code": first, "rows": " ".join(BINS)}
    preview = site.send("paste", **content)
    assert (preview.json["edit_count"], preview.json["preserved_count"]) == (3, 0)
    assert "is not an amount" in preview.json["html"] and "Ұйым 04" in preview.json["html"]
    assert site.stored(BINS[3]) == {}, "a preview changes nothing"
    saved = site.send("paste", digest=preview.json["digest"], **content)
    assert saved.json["cells"][BINS[3]] == {first: [7_00, "7"], second: [10_50, "10.50"]}
    assert [(cell["organisation"], cell["typed"]) for cell in saved.json["rejected_cells"]] == [(BINS[4], "но")]
    assert site.stored(BINS[4]) == {first: 5_00, second: 20_00}, "a rejected cell is never stored, the valid cells of its row are"
    assert site.stored(BINS[5]) == {first: 7_00}


def test_rows_are_identified_by_bin_and_columns_by_heading(site: Site) -> None:
    first, second = site.codes("money")[:2]
    label = site.order.by_code[second].label.ru
    text = (
        f"БИН\t{label}\tПримечание\t{first}\n{BINS[7]}\t70\tx\t7\n{BINS[2]}\t20\ty\t2\n{bin_of(99)}\t1\tz\t1\n{BINS[7]}\t8\t\t8"
    )
    preview = site.send("paste", text=text, organisation=BINS[0], code=second)
    assert preview.json["edit_count"] == 4
    assert "Примечание" in preview.json["html"] and bin_of(99) in preview.json["html"]
    assert "is already in row 2" in visible_text(preview.json["html"])
    site.send("paste", text=text, organisation=BINS[0], code=second, digest=preview.json["digest"])
    assert site.stored(BINS[7]) == {first: 7_00, second: 70_00}
    assert site.stored(BINS[2]) == {first: 2_00, second: 20_00}
    assert site.stored(BINS[0]) == {}


def test_contradictions_are_listed_above_the_changes(site: Site) -> None:
    due = next(item for item in site.order.indicators_of(site.kind) if item.type == "date")
    amount = next(
        item for item in site.order.indicators_of(site.kind) if item.type == "money" and due.applies_when and item.min == 0
    )
    site.save(BINS[0], amount.code, 5_00)
    text = f"БИН\t{amount.code}\t{due.code}\n{BINS[0]}\t0\t31.05.2025\n"
    preview = parse(site.send("paste", text=text, organisation=BINS[0], code=amount.code).json["html"])
    assert texts(preview, '[data-count="errors"]') == ["1"]
    contradictions, changes = (
        next(heading for heading in preview.select("h3") if heading.get_text().startswith(start))
        for start in ("Contradictions after this change", "Changed answers")
    )
    assert changes in contradictions.find_all_next("h3")
    table = contradictions.find_next("table").get_text()
    assert "Ұйым 00" in table and due.label.en in table
    assert "BINs. Columns were matched" in preview.get_text(), "sentences are separated by a space"


def test_a_date_with_slashes_is_rejected_with_its_reading(site: Site) -> None:
    due = site.codes("date")[0]
    html = site.send("paste", text=f"БИН\t{due}\n{BINS[0]}\t25/04/2025\n", organisation=BINS[0], code=due).json["html"]
    assert "“25/04/2025” is not written as a date here. If 25.04.2025 is meant, write it so." in visible_text(html)


def test_blank_cells_erase_answers_only_on_request(site: Site) -> None:
    first, second = site.codes("money")[:2]
    site.save(BINS[0], second, 3_00)
    content = {"text": "1\t\n", "organisation": BINS[0], "code": first}
    assert site.send("paste", **content).json["preserved_count"] == 1
    site.store("paste", **content)
    assert site.stored(BINS[0]) == {first: 1_00, second: 3_00}
    site.store("paste", erase="1", **content)
    assert site.stored(BINS[0]) == {first: 1_00}


def test_a_stale_preview_is_shown_again_and_nothing_is_stored(site: Site) -> None:
    first = site.codes("money")[0]
    content = {"text": "1\n2\n", "organisation": BINS[0], "code": first}
    preview = site.send("paste", **content)
    site.save(BINS[1], first, 9_00)
    again = site.send("paste", digest=preview.json["digest"], **content)
    assert again.status_code == 409 and "changed in the meantime" in again.json["html"]
    assert site.stored(BINS[0]) == {}, "all or nothing"
    assert site.send("paste", digest=again.json["digest"], **content).status_code == 200
    assert site.stored(BINS[1]) == {first: 2_00}


def test_a_fill_covers_the_applicable_blanks_of_the_visible_rows(site: Site) -> None:
    choice, yes_no = site.codes("choice")[0], site.codes("yes_no")[0]
    site.save(BINS[1], choice, "violated")
    label = site.order.choices[site.order.by_code[choice].choices or ""][0].label.en
    preview = site.send("fill", code=choice, typed=label, rows=" ".join(BINS[:5]))
    assert preview.json["edit_count"] == 4
    saved = site.send("fill", code=choice, typed=label, rows=" ".join(BINS[:5]), digest=preview.json["digest"])
    assert "4 blanks were filled." in saved.json["message"]
    assert site.stored(BINS[1]) == {choice: "violated"} and site.stored(BINS[6]) == {}
    conditional_items = [item for item in site.order.indicators_of(site.kind) if item.applies_when is not None]
    assert site.send("fill", code=conditional_items[0].code, typed="31.05.2025").json["edit_count"] == 0
    assert site.send("fill", code=yes_no, typed="perhaps").status_code == 422
    assert site.send("fill", code=yes_no, typed=" ").status_code == 422


def test_a_change_of_the_grid_is_undone_and_redone_or_later_changes_are_named(site: Site) -> None:
    first = site.codes("money")[0]
    block = site.store("paste", text="1\n2\n3\n", organisation=BINS[0], code=first).json["batch"]
    cell = site.store("paste", text="5\n", organisation=BINS[0], code=first).json["batch"]
    site.save(BINS[0], first, 6_00, 5_00)
    conflict = site.send("undo", batch=cell)
    assert conflict.status_code == 409
    assert "Ұйым 00" in conflict.json["html"] and "system" in conflict.json["html"]
    assert site.stored(BINS[0]) == {first: 6_00}, "nobody's later value is overwritten"
    site.save(BINS[0], first, 5_00, 6_00)
    undone = site.send("undo", batch=cell).json
    assert undone["cells"] == {BINS[0]: {first: [1_00, "1"]}}
    assert site.send("undo", batch=cell).status_code == 409, "undone already"
    redone = site.send("undo", batch=undone["batch"]).json
    assert redone["cells"] == {BINS[0]: {first: [5_00, "5"]}} and site.stored(BINS[0]) == {first: 5_00}
    assert site.send("undo", batch=redone["batch"]).status_code == 200
    assert len(site.send("undo", batch=block).json["cells"]) == 3
    assert site.stored(BINS[0]) == {}


def test_only_changes_of_this_grid_by_this_person_are_undone(site: Site) -> None:
    first = site.codes("money")[0]
    batch = site.store("paste", text="1\n", organisation=BINS[0], code=first).json["batch"]
    head = accounts.signed_in(site.app, "head", bodies=[site.body])
    note = next(item.code for item in site.order.evidence_of(site.kind) if item.type == "text")
    other_kind = site.order.kinds[2].code
    with site.app.app_context():
        organisation = db.session.get(Organisation, site.ids[BINS[1]])
        assert organisation is not None
        organisation.kind = other_kind
        db.session.commit()
    for bin_, code, text in ((BINS[0], note, "Акт № 1"), (BINS[1], site.order.indicators_of(other_kind)[0].code, "1")):
        edit = {"organisation": bin_, "code": code, "typed": text, "expected": None}
        saved = site.client.post(f"/bodies/{BODY}/{YEAR}/answers", json={"edits": [edit]})
        assert saved.json["cells"][0]["state"] == "saved"  # type: ignore[index]
    with site.app.app_context():
        others = [event.batch for event in audit.events(SYSTEM, AuditEvent.action == AuditAction.ANSWERS_SAVED)]
    assert len(others) == 2
    for other in ("", "nothing", *others):
        assert site.send("undo", batch=other).status_code == 409
    assert site.send("undo", head, batch=batch).status_code == 409
    assert site.send("undo", batch=batch).status_code == 200


def test_a_clearing_and_a_repetition_have_separate_names_and_messages(site: Site) -> None:
    first = site.codes("money")[0]
    content = {"organisation": BINS[0], "code": first}
    assert "3 answers were stored." in site.store("paste", text="1\n1\n1\n", repeat="1", **content).json["message"]
    assert "3 answers were cleared." in site.store("paste", text="\n\n\n", erase="1", **content).json["message"]
    left = site.store("paste", text="7\tx\nя\n", rows=" ".join(BINS[:1]), **content).json
    assert left["message"] == (
        "1 pasted answer was stored. Invalid and not stored: 1. Rows below the last organisation, ignored: 1."
    )
    with site.app.app_context():
        actions = [event.action for event in audit.events(SYSTEM, AuditEvent.organisation_id == site.ids[BINS[0]])]
    assert actions[-3:] == ["answers_repeated", "answers_cleared", "block_pasted"]


def test_a_submitted_year_is_locked(site: Site) -> None:
    first = site.codes("money")[0]
    with site.app.app_context():
        set_status(YEAR, site.body)
        db.session.commit()
    assert "data-editable" not in site.client.get(site.url).text
    assert site.send("paste", text="1", organisation=BINS[0], code=first).status_code == 409
    assert site.client.post(site.url, data={"rows": BINS[0], f"{BINS[0]}-{first}": "1"}).status_code == 409
    assert site.stored(BINS[0]) == {}


def test_a_block_that_is_too_large_is_rejected(site: Site) -> None:
    assert site.send("paste", text="1\t" * 1_000_001, organisation=BINS[0], code=site.codes("money")[0]).status_code == 413


def fields(page: str) -> dict[str, str]:
    """Return the fields that the form of a page submits without changes."""
    return form_values(find(page, 'main form[method="post"]'))


def test_the_form_has_pages_and_saves_the_valid_cells(site: Site) -> None:
    first, second = site.codes("money")[:2]
    choice = site.codes("choice")[0]

    def row_count(query: str = "") -> int:
        return len(parse(site.client.get(f"{site.url}?plain=1{query}")).select("tr"))

    page = site.client.get(f"{site.url}?plain=1").text
    assert row_count() == 25 + 1
    assert row_count("&page=2") == 5 + 1
    assert row_count("&q=ұйым 07") == 1 + 1
    assert row_count("&mark=errors") == 0
    submitted = fields(page) | {f"{BINS[0]}-{first}": "12 500,50", f"{BINS[1]}-{second}": "?", f"{BINS[2]}-{choice}": "violated"}
    answer = site.client.post(site.url, data=submitted)
    assert answer.status_code == 200 and "2 answers were stored." in answer.text
    assert "is not an amount" in answer.text and fields(answer.text)[f"{BINS[1]}-{second}"] == "?"
    assert site.stored(BINS[0]) == {first: 12_500_50} and site.stored(BINS[2]) == {choice: "violated"}
    saved = site.client.post(site.url, data=fields(answer.text) | {f"{BINS[1]}-{second}": "5"}, follow_redirects=True)
    assert "1 answer was stored." in saved.text
    assert site.client.post(f"{site.url}/undo", data=fields(saved.text) | {"batch": "\0"}).status_code < 500
    undone = site.client.post(f"{site.url}/undo", data=fields(saved.text), follow_redirects=True)
    assert "Reverted: 1 answer has its previous value again." in undone.text and site.stored(BINS[1]) == {}
    redone = site.client.post(f"{site.url}/undo", data=fields(undone.text), follow_redirects=True)
    assert "Redo this change" in undone.text and "Redo this change" in redone.text and site.stored(BINS[1]) == {second: 5_00}


def test_a_conflict_in_the_form_is_resolved_by_choice(site: Site) -> None:
    first = site.codes("money")[0]
    key = f"{BINS[0]}-{first}"
    submitted = fields(site.client.get(f"{site.url}?plain=1").text) | {key: "1"}
    site.save(BINS[0], first, 2_00)
    answer = site.client.post(site.url, data=submitted).text
    assert "system" in answer and fields(answer)[key] == "1"
    assert site.stored(BINS[0]) == {first: 2_00}
    again = fields(answer)
    site.client.post(site.url, data=again | {f"choice-{key}": "stored"})
    assert site.stored(BINS[0]) == {first: 2_00}
    site.client.post(site.url, data=again | {f"choice-{key}": "typed"})
    assert site.stored(BINS[0]) == {first: 1_00}


def test_a_cell_typed_in_another_state_of_the_year_is_proposed_with_both_values(site: Site) -> None:
    first = site.codes("money")[0]
    key = f"{BINS[0]}-{first}"
    site.save(BINS[0], first, -5_00)
    submitted = fields(site.client.get(f"{site.url}?plain=1").text) | {key: "123"}
    with site.app.app_context():
        set_status(YEAR, site.body, "returned")
        db.session.commit()
    answer = site.client.post(site.url, data=submitted)
    assert "before the year was submitted, returned" in answer.text and fields(answer.text)[key] == "123"
    assert site.stored(BINS[0]) == {first: -5_00}
    site.client.post(site.url, data=fields(answer.text) | {f"choice-{key}": "typed"})
    assert site.stored(BINS[0]) == {first: 123_00}


def test_paste_and_fill_work_without_scripts(site: Site) -> None:
    first, choice = site.codes("money")[0], site.codes("choice")[0]
    for action, content in (
        ("paste", {"text": "1\r\n2\r\n", "organisation": BINS[0], "code": first}),
        ("fill", {"code": choice, "typed": "compliant", "rows": ""}),
    ):
        preview = site.client.post(f"{site.url}/{action}", data=content)
        assert preview.status_code == 200 and "<h1>" in preview.text
        saved = site.client.post(f"{site.url}/{action}", data=fields(preview.text), follow_redirects=True)
        assert saved.status_code == 200 and ("2 pasted" if action == "paste" else "30 blanks") in saved.text
    assert site.stored(BINS[1]) == {first: 2_00, choice: "compliant"}
