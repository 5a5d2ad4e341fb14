"""Loading workbooks: all or nothing, nothing twice, nothing erased, on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from flask import Flask

from evaluation.collection import queries
from evaluation.collection.operations import Summary, load_workbook
from evaluation.collection.problems import Refused
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.registry import queries as registry
from evaluation.sheets import queries as sheets
from evaluation.viewer import Viewer
from tests.factories import bin_of, clean, row, workbook

SYSTEM = Viewer.system()
BODY, OTHER = bin_of(1), bin_of(2)


def load(app: Flask, data: bytes, register: bool = True) -> Summary:
    """Load as a command does: committed when it went well, rolled back when not."""
    with app.app_context():
        try:
            _, summary = load_workbook(SYSTEM, data, app.extensions["orders"], register)
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
    return summary


def refused(app: Flask, data: bytes, register: bool = False) -> list[tuple[str | None, str | None, str]]:
    with pytest.raises(Refused) as caught:
        load(app, data, register)
    return [(each.worksheet, each.cell, each.problem) for each in caught.value.problems]


def counts(summary: Summary) -> tuple[int, int, int]:
    return summary.new, summary.changed, summary.unchanged


def stored(app: Flask, order: Order, year: int = 2024) -> dict[str, dict[str, Any]]:
    """Answers by the organisation's BIN, as the database has them."""
    from sqlalchemy import select

    from evaluation.collection.models import Report
    from evaluation.registry.models import Organisation

    with app.app_context():
        statement = select(Organisation.bin, Report.answers).join(Report, Report.organisation_id == Organisation.id)
        return dict(db.session.execute(statement.where(Report.year == year)).all())  # type: ignore[arg-type]


@pytest.fixture
def kinds(order: Order) -> tuple[str, ...]:
    return tuple(order.kind)


@pytest.fixture
def data(order: Order, kinds: tuple[str, ...]) -> bytes:
    rows = {
        kind: [row(order, BODY, bin_of(10 * n + m), clean(order, kind)) for m in range(3)]
        for n, kind in enumerate(kinds, start=1)
    }
    previous = [{"body_bin": BODY, "kind": kinds[0], "loss_making": 2}]
    return workbook(order, 2024, rows, previous=previous)


def test_the_same_file_twice_changes_nothing(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    first = load(app, data)
    assert counts(first) == (12, 0, 0) and len(first.bodies) == 1 and len(first.organisations) == 12
    assert first.incomplete == [(BODY, ["level", "parent", "kato", "name_ru"])]
    before = stored(app, order)
    assert before[bin_of(10)] == clean(order, kinds[0])
    second = load(app, data)
    assert counts(second) == (0, 0, 12) and not second.bodies and not second.organisations
    assert stored(app, order) == before
    assert counts(load(app, data, register=False)) == (0, 0, 12)


def test_an_empty_cell_erases_nothing_and_a_changed_one_counts(
    app: Flask, order: Order, kinds: tuple[str, ...], data: bytes
) -> None:
    load(app, data)
    kind, own = kinds[0], bin_of(10)
    whole = clean(order, kind)
    first, *_, last = whole
    part = workbook(order, 2024, {kind: [row(order, BODY, own, {first: whole[first] + 100}, **{last: None})]})
    assert counts(load(app, part)) == (0, 1, 0)
    assert stored(app, order)[own] == whole | {first: whole[first] + 100}


def test_unknown_bins_are_errors_at_their_cells(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    assert refused(app, data) == [("about", "B2", "unknown_year")]
    load(app, data)
    kind = kinds[1]
    rows = {
        kind: [row(order, OTHER, bin_of(20), {}), row(order, BODY, bin_of(99), {}), row(order, OTHER, bin_of(98), {})],
        kinds[2]: [row(order, BODY, bin_of(10), {})],
    }
    assert refused(app, workbook(order, 2024, rows)) == [
        (kind, "A4", "unknown_body"),
        (kind, "C5", "unknown_organisation"),
        (kind, "A6", "unknown_body"),
        (kind, "C6", "unknown_organisation"),
        (kinds[2], "C4", "other_kind"),
    ]
    assert refused(app, workbook(order, 2024, {kind: [row(order, OTHER, bin_of(20), {})]}), register=True) == [
        (kind, "A4", "other_body")
    ]
    with app.app_context():
        assert OTHER not in registry.known(SYSTEM).bodies, "a refused workbook registers nothing"


def test_one_bad_row_stores_nothing(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    before = stored(app, order)
    kind = kinds[0]
    first = next(iter(clean(order, kind)))
    rows = {kind: [row(order, BODY, bin_of(10), {first: 77700}), row(order, BODY, bin_of(11), {}, **{first: "?"})]}
    assert refused(app, workbook(order, 2024, rows)) == [(kind, "E5", "not_money")]
    assert stored(app, order) == before


def test_what_is_stored_must_agree_with_what_comes(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    kind = kinds[1]
    rule = next(rule for rule in order.contradictions if order.by_code[rule.at].type == "date")
    late = workbook(order, 2024, {kind: [row(order, BODY, bin_of(20), {}, **{rule.at: "2025-05-31"})]})
    [(worksheet, _, problem)] = refused(app, late)
    assert (worksheet, problem) == (kind, rule.code), "the amount is stored as 0, the date comes beside a blank"


def test_years_are_kept_apart_and_last_years_count_is_found(app: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[0]
    result = next(item.code for item in order.asked_of(kind) if item.type == "money")
    criterion, _ = next(order.declared())

    def year(number: int, losses: int, blank: int = 0) -> bytes:
        rows = [row(order, BODY, bin_of(10 + n), clean(order, kind) | {result: -100 if n < losses else 100}) for n in range(4)]
        for line in rows[4 - blank :]:
            line[result] = None
        return workbook(order, number, {kind: rows}, previous=[{"body_bin": BODY, "kind": kind, "loss_making": 4}])

    def points(number: int) -> tuple[int, int]:
        with app.app_context():
            sheet = sheets.sheet(SYSTEM, BODY, number)
            assert sheet is not None
            found = next(line for line in sheet.tables[0].scored_rows if line.criterion is criterion)
            return found.low, found.high

    load(app, year(2024, losses=1))
    assert points(2024) == (1, 1), "four were declared, one is left"
    load(app, year(2023, losses=1))
    assert points(2024) == (0, 0), "last year's reports come before what is declared"
    assert points(2023) == (1, 1)
    load(app, year(2022, losses=2, blank=1))
    assert points(2023) == (1, 1), "last year not fully answered: the declared figure"
    with app.app_context():
        assert queries.previous(SYSTEM, order, 2023)[BODY, kind, criterion.code] == 4


def test_registering_an_earlier_year_fits_the_supervision(app: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[0]
    load(app, workbook(order, 2024, {kind: [row(order, BODY, bin_of(10), {})]}))
    load(app, workbook(order, 2022, {kind: [row(order, BODY, bin_of(10), {})]}))
    load(app, workbook(order, 2025, {kind: [row(order, BODY, bin_of(10), {})]}))
    with app.app_context():
        assert len(registry.supervisors(2022)) == len(registry.supervisors(2023)) == len(registry.supervisors(2030)) == 1
        assert registry.supervisors(2021) == {}
    load(app, workbook(order, 2021 + 1, {kind: [row(order, OTHER, bin_of(11), {})]}))


def test_a_viewer_sees_only_their_bodies(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    load(app, workbook(order, 2024, {kinds[0]: [row(order, OTHER, bin_of(90), clean(order, kinds[0]))]}))
    with app.app_context():
        known = registry.known(SYSTEM).bodies
        own = Viewer("clerk", frozenset({known[BODY]}))
        assert [body.bin for body in registry.bodies(own).items] == [BODY]
        assert registry.body(own, OTHER) is None and sheets.sheet(own, OTHER, 2024) is None
        frames = queries.reports(own, order, 2024)
        assert {body for frame in frames.values() for body in frame["body"]} == {BODY}
        assert registry.organisations(own, known[OTHER], 2024) == []
        assert registry.names(own, [known[OTHER]]) == {}
        nobody = Viewer("nobody")
        assert registry.bodies(nobody).total == 0 and queries.reports(nobody, order, 2024) == {}
        load_as_clerk = workbook(order, 2024, {kinds[0]: [row(order, OTHER, bin_of(90), clean(order, kinds[0]))]})
        with pytest.raises(Refused) as caught:
            load_workbook(own, load_as_clerk, app.extensions["orders"])
        assert [problem.problem for problem in caught.value.problems] == ["unknown_body"]
