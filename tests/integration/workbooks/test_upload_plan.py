"""Prefilled workbooks, and the plan of an upload."""

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import heading
from evaluation.registry import queries as registry
from evaluation.registry.models import Organisation, Supervision
from evaluation.workbooks.load import load_workbook
from evaluation.workbooks.upload.model import BLANKS, CLEAR, OVERWRITE
from evaluation.workbooks.upload.plan import find_warnings
from tests.support.factories import bin_of, clean, row, workbook
from tests.support.submission_states import set_status
from tests.support.upload_cases import (
    BODY,
    OTHER,
    SYSTEM,
    YEAR,
    cell_of,
    changed,
    clerk,
    counts,
    declared,
    download,
    error_cells,
    money,
    office,
    organisation_bin,
    plan,
    sheet_of,
    signed_in,
    stored,
    stored_counts,
)


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_a_prefilled_workbook_uploaded_unchanged_changes_nothing(filled: Flask, code: str, order: Order) -> None:
    data = download(filled, code)
    assert data == download(filled, code), "the same data, the same bytes"
    result = plan(filled, clerk(filled), data)
    assert not result.errors and result.is_empty and result.unchanged_report_count == 3 * len(order.kinds)
    assert result.unchanged_value_count == sum(len(values) for bin_, values in stored(filled).items() if bin_ != bin_of(90))


def test_every_stored_value_survives_download_and_upload(
    filled: Flask, order: Order, kinds: tuple[str, ...], tmp_path: Path
) -> None:
    """The largest amounts, the first and last dates and text that looks like another type; also through LibreOffice."""
    unusual_values = {
        "money": [2**53 - 1, 10**15, 999_999_999_999_999, 1, 12_345_678_901_234],
        "whole": [2**53 - 1, 0],
        "text": ["=1+1", "_x0041_", "007", "TRUE", "«Ән» & <b>", "a\nb", "31.05.2025", "'x", "é 😀", "1e5"],
        "yes_no": [False],
        "choice": ["violated"],
    }
    edits = []
    with filled.app_context():
        organisations = registry.registry_index(SYSTEM).organisations
        for kind_index, kind in enumerate(kinds):
            stored_answers = {number: dict(clean(order, kind)) for number in range(3)}
            items = [item for item in (*order.indicators_of(kind), *order.evidence_of(kind)) if item.applies_when is None]
            for item_index, item in enumerate(items):
                is_date = item.type == "date"
                values = [day.isoformat() for day in item.days(YEAR)] if is_date else unusual_values[item.type]
                for number in range(3):
                    value = values[(item_index + number) % len(values)]
                    if item.type == "whole" and item in order.indicators_of(kind):
                        value = values[-1]
                    organisation_id = organisations[organisation_bin(kind_index, number)][0]
                    edits.append(AnswerInput(organisation_id, item.code, value, stored_answers[number].get(item.code)))
        assert not save_answers(SYSTEM, order, YEAR, None, edits).conflicts
        db.session.commit()
    for data in (download(filled), office(download(filled, "ru"), tmp_path)):
        result = plan(filled, clerk(filled), data)
        assert not result.errors and result.is_empty, [*result.cells("changed"), *result.cells("new"), *error_cells(result)]
        assert result.unchanged_value_count == sum(len(values) for bin_, values in stored(filled).items() if bin_ != bin_of(90))


def test_a_clerk_downloads_the_workbook_of_an_assigned_body_only(filled: Flask, kinds: tuple[str, ...]) -> None:
    client = signed_in(filled, "clerk", BODY)
    response = client.get(f"/bodies/{BODY}/{YEAR}/workbook.xlsx?lang=ru")
    assert response.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(response.data))
    sheet = sheet_of(book, kinds[0])
    bins = [sheet.cell(row_number, 3).value for row_number in range(4, 8)]
    assert bins == [organisation_bin(0, 0), organisation_bin(0, 1), organisation_bin(0, 2), None]
    assert client.get(f"/bodies/{BODY}/{YEAR}/workbook.xlsx?lang=xx").status_code == 404
    assert client.get(f"/bodies/{OTHER}/{YEAR}/workbook.xlsx").status_code == 404
    assert client.get(f"/bodies/{BODY}/1999/workbook.xlsx").status_code == 404


def test_a_prefilled_workbook_speaks_the_language_in_which_it_is_taken(
    filled: Flask, order: Order, kinds: tuple[str, ...]
) -> None:
    """Titles of worksheets, names, the figures of last year's reports, and a row to filter by."""
    with filled.app_context():
        organisation = db.session.query(Organisation).filter_by(bin=organisation_bin(0, 0)).one()
        organisation.name_ru = "Школа"
        lossy = {kinds[0]: [row(order, BODY, organisation_bin(0, n), clean(order, kinds[0])) for n in range(3)]}
        decreasing = next(criterion for criterion, _ in order.prior_year_counts())
        lossy[kinds[0]][0] |= {money(order, kinds[0])[0]: -5} if decreasing.breach else {}
        load_workbook(SYSTEM, workbook(order, YEAR - 1, lossy), filled.extensions["orders"], register=True)
        db.session.commit()
    books = {code: openpyxl.load_workbook(io.BytesIO(download(filled, code))) for code in ("kk", "ru", "en")}
    assert books["en"].sheetnames == ["about", *kinds, "previous"]
    assert books["ru"].sheetnames[1] == heading(order.kinds[0].plural.ru) and books["kk"].sheetnames[0] != "about"
    assert not {*books["kk"].sheetnames, *books["ru"].sheetnames} & {"about", "previous", *kinds}
    for code, name in (("kk", f"Ұйым {organisation_bin(0, 0)}"), ("ru", "Школа")):
        sheet, previous = sheet_of(books[code], kinds[0]), sheet_of(books[code], "previous")
        assert name in [cell.value for cell in sheet["D"]] and sheet.auto_filter.ref.startswith("A3:")
        assert previous["C4"].value == 1, "last year's reports give the figure; the declared one is 2"
        result = plan(filled, clerk(filled), download(filled, code))
        assert result.is_empty and not result.prior_year_counts and not result.errors
    changed_count = changed(download(filled), previous__C4=7)
    result = plan(filled, clerk(filled), changed_count)
    with filled.app_context():
        warnings = find_warnings(SYSTEM, result, date(YEAR + 1, 2, 1))
    assert [(issue.worksheet, issue.cell, issue.values) for issue in warnings if issue.issue_code == "previous_counted"] == [
        ("previous", "C4", {"count": 1})
    ]


def test_a_plan_distinguishes_new_changed_preserved_and_unchanged_values(
    filled: Flask, order: Order, kinds: tuple[str, ...]
) -> None:
    first, *_, last = money(order, kinds[1])
    note = next(item.code for item in order.evidence_of(kinds[1]) if item.type == "text")
    answers = {first: 777_00, last: clean(order, kinds[1])[last]}
    data = workbook(
        order,
        YEAR,
        {kinds[1]: [row(order, BODY, organisation_bin(1, 0), answers, **{note: "Акт № 1"})]},
        previous=[
            {"body_bin": BODY, "kind": kinds[0], declared(order): 1},
            {"body_bin": BODY, "kind": kinds[1], declared(order): 3},
        ],
        columns={
            kinds[1]: ["body_bin", "body_name", "bin", "name", *(item.code for item in order.indicators_of(kinds[1])), note]
        },
    )
    viewer = clerk(filled)
    assert counts(plan(filled, viewer, data)) == (2, 2, 0, 1)
    assert counts(plan(filled, viewer, data, BLANKS)) == (2, 0, 2, 1)
    overwriting, filling = plan(filled, viewer, data), plan(filled, viewer, data, BLANKS)
    assert [(cell.code, cell.old, cell.new) for cell in overwriting.cells("changed")] == [
        (first, clean(order, kinds[1])[first], 777_00),
        (declared(order), 2, 1),
    ]
    assert [(cell.code, cell.old, cell.new) for cell in overwriting.cells("new")] == [
        (note, None, "Акт № 1"),
        (declared(order), None, 3),
    ]
    assert overwriting.digest != filling.digest
    assert stored_counts(filled) == dict.fromkeys(stored_counts(filled), 2), "a plan changes nothing"


def test_an_emptied_cell_is_counted_and_clears_its_answer_in_one_mode_only(
    filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes
) -> None:
    code, viewer = money(order, kinds[0])[0], clerk(filled)
    previous = cell_of(edited, "previous", declared(order))
    emptied = changed(edited, **{f"previous__{previous}": None})
    stays = [(kinds[0], code, clean(order, kinds[0])[code], None), ("previous", declared(order), 2, None)]
    for mode in (OVERWRITE, BLANKS, CLEAR):
        result = plan(filled, viewer, emptied, mode)
        cells = {
            state: [(cell.worksheet, cell.code, cell.old, cell.new) for cell in result.cells(state)]
            for state in ("blank", "cleared")
        }
        assert cells == ({"blank": [], "cleared": stays} if mode == CLEAR else {"blank": stays, "cleared": []}), mode
    invalid = changed(emptied, **{f"{kinds[0]}__{cell_of(emptied, kinds[0], code, organisation_bin(0, 1))}": "?"})
    assert plan(filled, viewer, invalid).count("blank") == 1, "a cell that cannot be read is not blank"
    without_evidence = workbook(order, YEAR, {kinds[1]: [row(order, BODY, organisation_bin(1, 0), clean(order, kinds[1]))]})
    note = next(item.code for item in order.evidence_of(kinds[1]) if item.type == "text")
    with filled.app_context():
        organisation_id = registry.registry_index(SYSTEM).organisations[organisation_bin(1, 0)][0]
        save_answers(SYSTEM, order, YEAR, None, [AnswerInput(organisation_id, note, "Акт № 1", None)])
        db.session.commit()
    assert plan(filled, viewer, without_evidence, CLEAR).is_empty, "a column that is left out says nothing"


def test_a_contradiction_with_a_preserved_answer_is_an_error_in_blanks_mode(
    filled: Flask, order: Order, kinds: tuple[str, ...]
) -> None:
    kind = kinds[1]
    rule = next(rule for rule in order.contradictions if order.by_code[rule.indicator].type == "date")
    amount = next(code for code in money(order, kind) if f"{code}_on" == rule.indicator)
    data = workbook(
        order, YEAR, {kind: [row(order, BODY, organisation_bin(1, 0), {amount: 500_00}, **{rule.indicator: "2025-05-31"})]}
    )
    assert not plan(filled, clerk(filled), data).errors
    result = plan(filled, clerk(filled), data, BLANKS)
    assert [issue_code for _, _, issue_code in error_cells(result)] == [rule.code], (
        "the stored amount of 0 is preserved, the date is new"
    )


def test_a_limited_viewer_cannot_distinguish_foreign_organisations_from_unknown_ones(
    filled: Flask, order: Order, kinds: tuple[str, ...]
) -> None:
    kind = kinds[0]
    viewer, both = clerk(filled), clerk(filled, BODY, OTHER)
    for worksheet, foreign_bin, unknown_bin in ((kind, bin_of(90), bin_of(91)), (kinds[1], bin_of(90), bin_of(91))):
        answers = [
            error_cells(plan(filled, viewer, workbook(order, YEAR, {worksheet: [row(order, body, bin_, {})]})))
            for body in (BODY, OTHER)
            for bin_ in (foreign_bin, unknown_bin)
        ]
        assert answers[0] == answers[1] == [(worksheet, "C4", "unknown_organisation")]
        assert answers[2] == answers[3] == [(worksheet, "A4", "unknown_body"), (worksheet, "C4", "unknown_organisation")]
    moved = workbook(order, YEAR, {kind: [row(order, BODY, bin_of(90), {})]})
    assert error_cells(plan(filled, both, moved)) == [(kind, "A4", "other_body")]
    assert error_cells(plan(filled, SYSTEM, moved)) == [(kind, "A4", "other_body")]
    assert not plan(filled, both, workbook(order, YEAR, {kind: [row(order, OTHER, bin_of(90), {})]})).errors


def test_a_moved_organisation_is_an_issue_that_does_not_name_its_new_body(
    filled: Flask, order: Order, kinds: tuple[str, ...]
) -> None:
    kind = kinds[0]
    with filled.app_context():
        index = registry.registry_index(SYSTEM)
        moved, unsupervised = (index.organisations[organisation_bin(0, number)][0] for number in range(2))
        ended = db.session.query(Supervision).filter(Supervision.organisation_id.in_([moved, unsupervised]))
        ended.update({"until": date(YEAR, 6, 30)})
        db.session.add(Supervision(body_id=index.bodies[OTHER], organisation_id=moved, since=date(YEAR, 7, 1)))
        db.session.commit()
    data = workbook(
        order, YEAR, {kind: [row(order, BODY, organisation_bin(0, 0), {}), row(order, BODY, organisation_bin(0, 1), {})]}
    )
    assert error_cells(plan(filled, clerk(filled), data)) == [(kind, "C4", "not_supervised"), (kind, "C5", "not_supervised")]
    assert error_cells(plan(filled, SYSTEM, data)) == [(kind, "A4", "other_body"), (kind, "C5", "unsupervised")]


def test_a_submitted_year_takes_no_upload(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    with filled.app_context():
        body = registry.registry_index(SYSTEM).bodies[BODY]
        set_status(YEAR, body)
        db.session.commit()
    data = workbook(
        order,
        YEAR,
        {kinds[0]: [row(order, BODY, organisation_bin(0, 0), {}), row(order, OTHER, bin_of(90), {})]},
        previous=[{"body_bin": BODY, "kind": kinds[0], declared(order): 2}],
    )
    expected = [(kinds[0], "A4", "submitted"), ("previous", "A4", "submitted")]
    assert error_cells(plan(filled, clerk(filled, BODY, OTHER), data)) == expected
    assert error_cells(plan(filled, SYSTEM, data)) == expected
