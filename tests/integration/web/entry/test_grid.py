"""The grid's table, its pages without scripts, and what changes many answers in one step; on both databases."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from evaluation.answers import queries
from evaluation.answers.save import AnswerInput, save
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.models import Organisation
from evaluation.registry.operations import NewBody
from evaluation.web.entry.grid.rows import columns
from tests.support import accounts as people
from tests.support.factories import bin_of
from tests.support.submission_states import stand

YEAR = 2024
SYSTEM = Viewer.system()
OWN, FOREIGN = bin_of(1), bin_of(2)
COUNT = 30
BINS = [bin_of(10 + number) for number in range(COUNT)]


@dataclass
class Site:
    """A body with 30 organisations of a kind, another body, and a clerk of the first."""

    app: Flask
    order: Order
    kind: str
    client: FlaskClient
    body: int
    ids: dict[str, int]

    @property
    def url(self) -> str:
        return f"/bodies/{OWN}/{YEAR}/grid/{self.kind}"

    def codes(self, type_: str) -> list[str]:
        return [item.code for item in self.order.asked_of(self.kind) if item.type == type_]

    def send(self, what: str, client: FlaskClient | None = None, **content: str) -> Any:
        return (client or self.client).post(f"{self.url}/{what}", json=content)

    def take(self, what: str, **content: str) -> Any:
        seen = self.send(what, **content)
        assert seen.status_code == 200, seen.text
        return self.send(what, digest=seen.json["digest"], **content)

    def stored(self, bin_: str) -> dict[str, Any]:
        with self.app.app_context():
            found = queries.stored_reports(SYSTEM, YEAR, [self.ids[bin_]])
            return found[self.ids[bin_]].answers if found else {}

    def save(self, bin_: str, code: str, value: Any, was: Any = None) -> None:
        with self.app.app_context():
            assert save(SYSTEM, self.order, YEAR, self.body, [AnswerInput(self.ids[bin_], code, value, was)]).changed
            db.session.commit()


@pytest.fixture
def site(make_app: Callable[..., Flask], database_url: str, order: Order) -> Site:
    app = make_app(database_url, WTF_CSRF_ENABLED=False)
    kind = order.kinds[1].code
    with app.app_context():
        operations.open_year(SYSTEM, YEAR, order.code)
        operations.register_bodies(SYSTEM, [NewBody(OWN, "Бір"), NewBody(FOREIGN, "Екі")])
        operations.register_organisations(SYSTEM, [(each, kind, f"Ұйым {n:02}", "") for n, each in enumerate(BINS)])
        known = registry.known(SYSTEM)
        body = known.bodies[OWN]
        ids = {each: known.organisations[each][0] for each in BINS}
        operations.supervise(SYSTEM, [(id_, body, date(2020, 1, 1), None) for id_ in ids.values()])
        db.session.commit()
    return Site(app, order, kind, people.signed_in(app, "clerk", bodies=[body]), body, ids)


def test_the_table_has_a_row_for_each_organisation_and_a_column_for_each_indicator(site: Site) -> None:
    site.save(BINS[0], site.codes("money")[0], 1_234_567_89)
    page = site.client.get(site.url).text
    assert page.count("<tr ") == COUNT + 1
    assert page.count("data-code=") == len(site.order.asked_of(site.kind))
    assert "1\xa0234\xa0567.89" in page
    assert f"/bodies/{OWN}/{YEAR}/organisations/{BINS[0]}" in page


def test_columns_are_headed_by_the_rows_of_the_kinds_own_sheet(site: Site) -> None:
    for kind in site.order.kinds:
        sheet = site.order.table[kind.code].scored_rows
        shown = columns(site.order, kind.code, language("ru"))
        assert [column.numbers for column in shown] == [
            ", ".join(row.number for row in sheet if row.criterion in column.item.criteria) for column in shown
        ]
        assert {number for column in shown for number in column.numbers.split(", ")} <= {row.number for row in sheet}


def test_names_are_marked_before_their_quoted_part(site: Site) -> None:
    with site.app.app_context():
        owned = db.session.get(Organisation, site.ids[BINS[0]])
        assert owned is not None
        owned.name_kk = "А & Б ЖШС «Бір»"
        db.session.commit()
    assert "<i>А &amp; Б ЖШС </i>«Бір»</a>" in site.client.get(site.url).text


@pytest.mark.parametrize("role", ["observer", "reviewer", "administrator"])
def test_who_may_not_edit_reads(site: Site, role: str) -> None:
    client = people.signed_in(site.app, role)
    page = client.get(site.url)
    assert page.status_code == 200
    assert 'aria-readonly="true"' in page.text and "data-editable" not in page.text
    assert 'name="text"' not in client.get(f"{site.url}?plain=1").text
    for what in ("paste", "fill", "undo"):
        assert site.send(what, client).status_code == 403
    assert client.post(site.url).status_code == 403


def test_a_foreign_body_is_not_there(site: Site) -> None:
    with site.app.app_context():
        other = registry.known(SYSTEM).bodies[FOREIGN]
    client = people.signed_in(site.app, "clerk", bodies=[other])
    for found in (client.get(site.url), client.get(f"{site.url}?plain=1"), client.post(site.url)):
        assert found.status_code == 404
    for what in ("paste", "fill", "undo"):
        assert site.send(what, client).status_code == 404
    assert site.client.get(site.url.replace(site.kind, "nothing")).status_code == 404


def test_a_block_is_pasted_by_position(site: Site) -> None:
    first, second = site.codes("money")[:2]
    site.save(BINS[4], first, 5_00)
    site.save(BINS[5], first, 7_00)
    text = "7\t10,5\r\nно\t20\r\n7\t\r\n"
    content = {"text": text, "organisation": BINS[3], "code": first, "rows": " ".join(BINS)}
    seen = site.send("paste", **content)
    assert (seen.json["takes"], seen.json["kept"]) == (3, 0)
    assert "is not an amount" in seen.json["html"] and "Ұйым 04" in seen.json["html"]
    assert site.stored(BINS[3]) == {}, "looking changes nothing"
    done = site.send("paste", digest=seen.json["digest"], **content)
    assert done.json["cells"][BINS[3]] == {first: [7_00, "7"], second: [10_50, "10.50"]}
    assert [(cell["organisation"], cell["typed"]) for cell in done.json["wrong"]] == [(BINS[4], "но")]
    assert site.stored(BINS[4]) == {first: 5_00, second: 20_00}, "a wrong cell is never stored, the others of its row are"
    assert site.stored(BINS[5]) == {first: 7_00}


def test_rows_go_by_their_bins_and_columns_by_their_headings(site: Site) -> None:
    first, second = site.codes("money")[:2]
    label = site.order.by_code[second].label.ru
    text = (
        f"БИН\t{label}\tПримечание\t{first}\n{BINS[7]}\t70\tx\t7\n{BINS[2]}\t20\ty\t2\n{bin_of(99)}\t1\tz\t1\n{BINS[7]}\t8\t\t8"
    )
    seen = site.send("paste", text=text, organisation=BINS[0], code=second)
    assert seen.json["takes"] == 4
    assert "Примечание" in seen.json["html"] and bin_of(99) in seen.json["html"]
    assert "already stands in row 2" in unescape(seen.json["html"])
    site.send("paste", text=text, organisation=BINS[0], code=second, digest=seen.json["digest"])
    assert site.stored(BINS[7]) == {first: 7_00, second: 70_00}
    assert site.stored(BINS[2]) == {first: 2_00, second: 20_00}
    assert site.stored(BINS[0]) == {}


def test_contradictions_are_named_above_the_changes(site: Site) -> None:
    due = next(item for item in site.order.asked_of(site.kind) if item.type == "date")
    amount = next(item for item in site.order.asked_of(site.kind) if item.type == "money" and due.asked_when and item.min == 0)
    site.save(BINS[0], amount.code, 5_00)
    text = f"БИН\t{amount.code}\t{due.code}\n{BINS[0]}\t0\t31.05.2025\n"
    html = unescape(site.send("paste", text=text, organisation=BINS[0], code=amount.code).json["html"])
    assert 'data-count="errors">1<' in html
    told = html.index("<h3>Contradictions after this")
    assert told < html.index("<h3>Changed answers")
    row = html[told:].split("</table>")[0]
    assert "Ұйым 00" in row and due.label.en in row
    assert "BINs. Columns were matched" in html, "words do not stick together"


def test_a_date_with_strokes_is_refused_with_the_right_form(site: Site) -> None:
    due = site.codes("date")[0]
    html = site.send("paste", text=f"БИН\t{due}\n{BINS[0]}\t25/04/2025\n", organisation=BINS[0], code=due).json["html"]
    assert "“25/04/2025” is not a date. Write it as 31.05.2025 or 2025-05-31." in unescape(html)


def test_blank_cells_empty_answers_only_when_told(site: Site) -> None:
    first, second = site.codes("money")[:2]
    site.save(BINS[0], second, 3_00)
    content = {"text": "1\t\n", "organisation": BINS[0], "code": first}
    assert site.send("paste", **content).json["kept"] == 1
    site.take("paste", **content)
    assert site.stored(BINS[0]) == {first: 1_00, second: 3_00}
    site.take("paste", erase="1", **content)
    assert site.stored(BINS[0]) == {first: 1_00}


def test_what_changed_since_it_was_shown_is_shown_again(site: Site) -> None:
    first = site.codes("money")[0]
    content = {"text": "1\n2\n", "organisation": BINS[0], "code": first}
    seen = site.send("paste", **content)
    site.save(BINS[1], first, 9_00)
    again = site.send("paste", digest=seen.json["digest"], **content)
    assert again.status_code == 409 and "changed meanwhile" in again.json["html"]
    assert site.stored(BINS[0]) == {}, "all or nothing"
    assert site.send("paste", digest=again.json["digest"], **content).status_code == 200
    assert site.stored(BINS[1]) == {first: 2_00}


def test_blanks_are_filled_where_they_are_asked_and_shown(site: Site) -> None:
    choice, yes_no = site.codes("choice")[0], site.codes("yes_no")[0]
    site.save(BINS[1], choice, "violated")
    label = site.order.choices[site.order.by_code[choice].choices or ""][0].label.en
    seen = site.send("fill", code=choice, typed=label, rows=" ".join(BINS[:5]))
    assert seen.json["takes"] == 4
    done = site.send("fill", code=choice, typed=label, rows=" ".join(BINS[:5]), digest=seen.json["digest"])
    assert "4 blanks were filled." in done.json["message"]
    assert site.stored(BINS[1]) == {choice: "violated"} and site.stored(BINS[6]) == {}
    asked_later = [item for item in site.order.asked_of(site.kind) if item.asked_when is not None]
    assert site.send("fill", code=asked_later[0].code, typed="31.05.2025").json["takes"] == 0
    assert site.send("fill", code=yes_no, typed="perhaps").status_code == 422
    assert site.send("fill", code=yes_no, typed=" ").status_code == 422


def test_the_last_step_is_undone_or_says_what_was_changed_since(site: Site) -> None:
    first = site.codes("money")[0]
    assert site.send("undo").status_code == 409
    site.take("paste", text="1\n2\n3\n", organisation=BINS[0], code=first)
    site.take("paste", text="5\n", organisation=BINS[0], code=first)
    site.save(BINS[0], first, 6_00, 5_00)
    refused = site.send("undo")
    assert refused.status_code == 409
    assert "Ұйым 00" in refused.json["html"] and "system" in refused.json["html"]
    site.save(BINS[0], first, 5_00, 6_00)
    assert site.send("undo").json["cells"] == {BINS[0]: {first: [1_00, "1"]}}
    assert len(site.send("undo").json["cells"]) == 3
    assert site.stored(BINS[0]) == {} and site.send("undo").status_code == 409


def test_only_ones_own_steps_are_undone(site: Site) -> None:
    first = site.codes("money")[0]
    done = site.take("paste", text="1\n", organisation=BINS[0], code=first)
    other = people.signed_in(site.app, "head", bodies=[site.body])
    assert site.send("undo", other).status_code == 409
    assert site.send("undo", other, batch=done.json["batch"]).status_code == 409
    assert site.send("undo", batch=done.json["batch"]).status_code == 200


def test_a_year_handed_over_is_locked(site: Site) -> None:
    first = site.codes("money")[0]
    with site.app.app_context():
        stand(YEAR, site.body)
        db.session.commit()
    assert "data-editable" not in site.client.get(site.url).text
    assert site.send("paste", text="1", organisation=BINS[0], code=first).status_code == 409
    assert site.client.post(site.url, data={"rows": BINS[0], f"{BINS[0]}-{first}": "1"}).status_code == 409
    assert site.stored(BINS[0]) == {}


def test_too_much_at_once_is_refused(site: Site) -> None:
    assert site.send("paste", text="1\t" * 1_000_001, organisation=BINS[0], code=site.codes("money")[0]).status_code == 413


# Without scripts


def fields(page: str) -> dict[str, str]:
    """What the page's form sends as it stands."""
    form = page.partition("<main")[2].split('<form method="post"')[1].split("</form>")[0]
    found = {
        unescape(name): unescape(value) for name, value in re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', form)
    }
    for name, inner in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[unescape(name)] = unescape(chosen[1]) if chosen else ""
    return found


def test_plain_pages_show_some_at_a_time_and_save_what_is_right(site: Site) -> None:
    first, second = site.codes("money")[:2]
    choice = site.codes("choice")[0]
    page = site.client.get(f"{site.url}?plain=1").text
    assert page.count("<tr>") == 25 + 1
    assert site.client.get(f"{site.url}?plain=1&page=2").text.count("<tr>") == 5 + 1
    assert site.client.get(f"{site.url}?plain=1&q=ұйым 07").text.count("<tr>") == 1 + 1
    assert site.client.get(f"{site.url}?plain=1&mark=errors").text.count("<tr>") == 0
    sent = fields(page) | {f"{BINS[0]}-{first}": "12 500,50", f"{BINS[1]}-{second}": "?", f"{BINS[2]}-{choice}": "violated"}
    answer = site.client.post(site.url, data=sent)
    assert answer.status_code == 200 and "2 answers were stored." in answer.text
    assert "is not an amount" in answer.text and fields(answer.text)[f"{BINS[1]}-{second}"] == "?"
    assert site.stored(BINS[0]) == {first: 12_500_50} and site.stored(BINS[2]) == {choice: "violated"}
    done = site.client.post(site.url, data=fields(answer.text) | {f"{BINS[1]}-{second}": "5"}, follow_redirects=True)
    assert "1 answer was stored." in done.text
    undone = site.client.post(f"{site.url}/undo", follow_redirects=True)
    assert "Undone: 1 answer is as before." in undone.text and site.stored(BINS[1]) == {}


def test_two_at_once_on_plain_pages(site: Site) -> None:
    first = site.codes("money")[0]
    key = f"{BINS[0]}-{first}"
    sent = fields(site.client.get(f"{site.url}?plain=1").text) | {key: "1"}
    site.save(BINS[0], first, 2_00)
    answer = site.client.post(site.url, data=sent).text
    assert "system" in answer and fields(answer)[key] == "1"
    assert site.stored(BINS[0]) == {first: 2_00}
    again = fields(answer)
    site.client.post(site.url, data=again | {f"choice-{key}": "theirs"})
    assert site.stored(BINS[0]) == {first: 2_00}
    site.client.post(site.url, data=again | {f"choice-{key}": "mine"})
    assert site.stored(BINS[0]) == {first: 1_00}


def test_pasting_and_filling_without_scripts(site: Site) -> None:
    first, choice = site.codes("money")[0], site.codes("choice")[0]
    for what, content in (
        ("paste", {"text": "1\r\n2\r\n", "organisation": BINS[0], "code": first}),
        ("fill", {"code": choice, "typed": "compliant", "rows": ""}),
    ):
        seen = site.client.post(f"{site.url}/{what}", data=content)
        assert seen.status_code == 200 and "<h1>" in seen.text
        done = site.client.post(f"{site.url}/{what}", data=fields(seen.text), follow_redirects=True)
        assert done.status_code == 200 and ("2 pasted" if what == "paste" else "30 blanks") in done.text
    assert site.stored(BINS[1]) == {first: 2_00, choice: "compliant"}
