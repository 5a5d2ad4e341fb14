"""A prefilled workbook, and what a sent one would change; on SQLite and on PostgreSQL."""

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from evaluation.answers.save import AnswerInput, save
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.registry import queries as registry
from evaluation.registry.models import Supervision
from evaluation.workbooks.upload.model import BLANKS
from tests.support.factories import bin_of, clean, row, workbook
from tests.support.submission_states import stand
from tests.support.upload_cases import (
    BODY,
    OTHER,
    SYSTEM,
    YEAR,
    clerk,
    counts,
    declared,
    download,
    money,
    office,
    own,
    plan,
    signed_in,
    stored,
    stored_counts,
    told,
)

# Prefilled


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_a_prefilled_workbook_sent_back_changes_nothing(filled: Flask, code: str, order: Order) -> None:
    data = download(filled, code)
    assert data == download(filled, code), "the same data, the same bytes"
    found = plan(filled, clerk(filled), data)
    assert not found.errors and found.empty and found.unchanged_reports == 3 * len(order.kinds)
    assert found.unchanged == sum(len(each) for bin_, each in stored(filled).items() if bin_ != bin_of(90))


def test_every_stored_value_survives_the_workbook(filled: Flask, order: Order, kinds: tuple[str, ...], tmp_path: Path) -> None:
    """The largest amounts, early days, text that looks like something else; and once more through LibreOffice."""
    odd = {
        "money": [2**53 - 1, 10**15, 999_999_999_999_999, 1, 12_345_678_901_234],
        "whole": [2**53 - 1, 0],
        "date": ["1850-01-01", "1900-02-28", "2099-12-31"],
        "text": ["=1+1", "_x0041_", "007", "TRUE", "«Ән» & <b>", "a\nb", "31.05.2025", "'x", "é 😀", "1e5"],
        "yes_no": [False],
        "choice": ["violated"],
    }
    edits = []
    with filled.app_context():
        known = registry.known(SYSTEM).organisations
        for n, kind in enumerate(kinds):
            there = {number: dict(clean(order, kind)) for number in range(3)}
            items = [item for item in (*order.asked_of(kind), *order.evidence_of(kind)) if item.asked_when is None]
            for place, item in enumerate(items):
                values = odd[item.type]
                for m in range(3):
                    value = values[(place + m) % len(values)]
                    if item.type == "whole" and item in order.asked_of(kind):
                        value = values[-1]
                    edits.append(AnswerInput(known[own(n, m)][0], item.code, value, there[m].get(item.code)))
        assert not save(SYSTEM, order, YEAR, None, edits).conflicts
        db.session.commit()
    for data in (download(filled), office(download(filled, "ru"), tmp_path)):
        found = plan(filled, clerk(filled), data)
        assert not found.errors and found.empty, [*found.cells("changed"), *found.cells("new"), *told(found)]
        assert found.unchanged == sum(len(each) for bin_, each in stored(filled).items() if bin_ != bin_of(90))


def test_a_prefilled_workbook_is_of_ones_own_body(filled: Flask, kinds: tuple[str, ...]) -> None:
    client = signed_in(filled, "clerk", BODY)
    response = client.get(f"/bodies/{BODY}/{YEAR}/workbook.xlsx?lang=ru")
    assert response.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(response.data))
    assert [book[kinds[0]].cell(line, 3).value for line in range(4, 8)] == [own(0, 0), own(0, 1), own(0, 2), None]
    assert client.get(f"/bodies/{BODY}/{YEAR}/workbook.xlsx?lang=xx").status_code == 404
    assert client.get(f"/bodies/{OTHER}/{YEAR}/workbook.xlsx").status_code == 404
    assert client.get(f"/bodies/{BODY}/1999/workbook.xlsx").status_code == 404


# Planned


def test_a_plan_parts_new_changed_kept_and_unchanged(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    first, *_, last = money(order, kinds[1])
    note = next(item.code for item in order.evidence_of(kinds[1]) if item.type == "text")
    given = {first: 777_00, last: clean(order, kinds[1])[last]}
    data = workbook(
        order,
        YEAR,
        {kinds[1]: [row(order, BODY, own(1, 0), given, **{note: "Акт № 1"})]},
        previous=[
            {"body_bin": BODY, "kind": kinds[0], declared(order): 1},
            {"body_bin": BODY, "kind": kinds[1], declared(order): 3},
        ],
        columns={kinds[1]: ["body_bin", "body_name", "bin", "name", *(item.code for item in order.asked_of(kinds[1])), note]},
    )
    viewer = clerk(filled)
    assert counts(plan(filled, viewer, data)) == (2, 2, 0, 1)
    assert counts(plan(filled, viewer, data, BLANKS)) == (2, 0, 2, 1)
    over, fill = plan(filled, viewer, data), plan(filled, viewer, data, BLANKS)
    assert [(cell.code, cell.old, cell.new) for cell in over.cells("changed")] == [
        (first, clean(order, kinds[1])[first], 777_00),
        (declared(order), 2, 1),
    ]
    assert [(cell.code, cell.old, cell.new) for cell in over.cells("new")] == [
        (note, None, "Акт № 1"),
        (declared(order), None, 3),
    ]
    assert over.digest != fill.digest
    assert stored_counts(filled) == dict.fromkeys(stored_counts(filled), 2), "a plan changes nothing"


def test_a_contradiction_with_what_stays_is_an_error_in_its_mode(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[1]
    rule = next(rule for rule in order.contradictions if order.by_code[rule.at].type == "date")
    amount = next(code for code in money(order, kind) if f"{code}_on" == rule.at)
    data = workbook(order, YEAR, {kind: [row(order, BODY, own(1, 0), {amount: 500_00}, **{rule.at: "2025-05-31"})]})
    assert not plan(filled, clerk(filled), data).errors
    found = plan(filled, clerk(filled), data, BLANKS)
    assert [problem for _, _, problem in told(found)] == [rule.code], "the stored amount of 0 stays, the date comes"


def test_a_limited_viewer_cannot_tell_others_organisations_from_none(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[0]
    viewer, both = clerk(filled), clerk(filled, BODY, OTHER)
    for worksheet, theirs, nobody in ((kind, bin_of(90), bin_of(91)), (kinds[1], bin_of(90), bin_of(91))):
        answers = [
            told(plan(filled, viewer, workbook(order, YEAR, {worksheet: [row(order, body, each, {})]})))
            for body in (BODY, OTHER)
            for each in (theirs, nobody)
        ]
        assert answers[0] == answers[1] == [(worksheet, "C4", "unknown_organisation")]
        assert answers[2] == answers[3] == [(worksheet, "A4", "unknown_body"), (worksheet, "C4", "unknown_organisation")]
    moved = workbook(order, YEAR, {kind: [row(order, BODY, bin_of(90), {})]})
    assert told(plan(filled, both, moved)) == [(kind, "A4", "other_body")]
    assert told(plan(filled, SYSTEM, moved)) == [(kind, "A4", "other_body")]
    assert not plan(filled, both, workbook(order, YEAR, {kind: [row(order, OTHER, bin_of(90), {})]})).errors


def test_what_moved_away_is_told_of_without_telling_where(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[0]
    with filled.app_context():
        known = registry.known(SYSTEM)
        moved, left = (known.organisations[own(0, number)][0] for number in range(2))
        ended = db.session.query(Supervision).filter(Supervision.organisation_id.in_([moved, left]))
        ended.update({"until": date(YEAR, 6, 30)})
        db.session.add(Supervision(body_id=known.bodies[OTHER], organisation_id=moved, since=date(YEAR, 7, 1)))
        db.session.commit()
    data = workbook(order, YEAR, {kind: [row(order, BODY, own(0, 0), {}), row(order, BODY, own(0, 1), {})]})
    assert told(plan(filled, clerk(filled), data)) == [(kind, "C4", "not_supervised"), (kind, "C5", "not_supervised")]
    assert told(plan(filled, SYSTEM, data)) == [(kind, "A4", "other_body"), (kind, "C5", "unsupervised")]


def test_a_year_that_was_handed_over_takes_nothing(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    with filled.app_context():
        body = registry.known(SYSTEM).bodies[BODY]
        stand(YEAR, body)
        db.session.commit()
    data = workbook(
        order,
        YEAR,
        {kinds[0]: [row(order, BODY, own(0, 0), {}), row(order, OTHER, bin_of(90), {})]},
        previous=[{"body_bin": BODY, "kind": kinds[0], declared(order): 2}],
    )
    expected = [(kinds[0], "A4", "handed_over"), ("previous", "A4", "handed_over")]
    assert told(plan(filled, clerk(filled, BODY, OTHER), data)) == expected
    assert told(plan(filled, SYSTEM, data)) == expected
