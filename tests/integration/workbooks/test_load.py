"""Loading workbooks: all or nothing, nothing twice, nothing erased, on SQLite and on PostgreSQL."""

import inspect
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from evaluation.answers import queries
from evaluation.answers.issues import Refused
from evaluation.answers.prior_year_counts import key_of
from evaluation.criteria import Order
from evaluation.criteria.loader import FOLDER
from evaluation.database import db
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.scoring import Scores
from evaluation.sheets import queries as sheets
from evaluation.sheets.document import document
from evaluation.workbooks import load as operation_module
from evaluation.workbooks.load import Summary, load_workbook
from evaluation.workbooks.upload import apply as applying
from evaluation.workbooks.upload import queries as uploads
from tests.support.factories import bin_of, clean, row, workbook

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

    from evaluation.answers.models import Report
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
    first, *others = refused(app, data)
    assert first == ("about", "B2", "unknown_year")
    assert {problem for _, _, problem in others} == {"unknown_body", "unknown_organisation"}, "all at once"
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
        assert queries.previous(SYSTEM, 2023)[BODY, kind, criterion.code] == 4


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
        own = Viewer("clerk", Role.CLERK, frozenset({known[BODY]}))
        assert [body.bin for body in registry.bodies(own).items] == [BODY]
        assert registry.body(own, OTHER) is None and sheets.sheet(own, OTHER, 2024) is None
        frames = queries.reports(own, order, 2024)
        assert {body for frame in frames.values() for body in frame["body"]} == {BODY}
        assert registry.organisations(own, known[OTHER], 2024) == []
        assert registry.names(own, [known[OTHER]], 2024) == {}
        nobody = Viewer.nobody()
        assert registry.bodies(nobody).total == 0 and queries.reports(nobody, order, 2024) == {}


def test_a_limited_viewer_changes_only_what_they_may_edit(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    other = workbook(order, 2024, {kinds[0]: [row(order, OTHER, bin_of(90), clean(order, kinds[0]))]})
    load(app, other)
    with app.app_context():
        known = registry.known(SYSTEM).bodies
    own = frozenset({known[BODY]})
    orders = app.extensions["orders"]

    def told(viewer: Viewer, content: bytes, register: bool = False) -> set[str]:
        with app.app_context(), pytest.raises(Refused) as caught:
            load_workbook(viewer, content, orders, register)
        return {problem.problem for problem in caught.value.problems}

    elsewhere = workbook(order, 2024, {kinds[0]: [row(order, OTHER, bin_of(91), clean(order, kinds[0]))]})
    for content in (other, elsewhere):
        found = told(Viewer("clerk", Role.CLERK, own), content)
        assert found == {"unknown_body", "unknown_organisation"}, "what may not be seen is not known to exist"
    assert told(Viewer("observer", Role.OBSERVER, own), data) == {"may_not_edit"}
    assert "may_not_register" in told(Viewer("clerk", Role.CLERK, own), data, register=True)
    with app.app_context():
        _, summary = load_workbook(Viewer("clerk", Role.CLERK, own), data, orders)
        assert counts(summary) == (0, 0, 12)
        for operation in (
            lambda: operations.open_year(Viewer("clerk", Role.CLERK), 2020, order.code),
            lambda: operations.register_bodies(Viewer("clerk", Role.CLERK), []),
        ):
            with pytest.raises(Forbidden):
                operation()


def test_every_kind_of_error_comes_in_one_round(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    kind = kinds[1]
    rule = next(rule for rule in order.contradictions if order.by_code[rule.at].type == "date")
    money = next(item.code for item in order.asked_of(kind) if item.type == "money")
    rows = [
        row(order, BODY, bin_of(20), {}, **{rule.at: "2025-05-31"}),
        row(order, BODY, bin_of(21), {}, **{money: "?"}),
        row(order, BODY, bin_of(97), {}),
        row(order, BODY, bin_of(22)[:-1] + "x", {}),
    ]
    found = [problem for _, _, problem in refused(app, workbook(order, 2024, {kind: rows}))]
    assert found == [rule.code, "not_money", "unknown_organisation", "not_bin"]


def test_a_name_is_as_long_as_the_tables_take(app: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    fits = workbook(order, 2024, {kinds[0]: [row(order, BODY, bin_of(10), {}, name="Ә" * 1000)]})
    assert counts(load(app, fits)) == (1, 0, 0)
    too_long = workbook(order, 2024, {kinds[0]: [row(order, BODY, bin_of(11), {}, name="Ә" * 1001)]})
    assert refused(app, too_long, register=True) == [(kinds[0], "D4", "text_too_long")]


def at_once(app: Flask, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, data: bytes, register: bool) -> list[str]:
    """What two loads of the same workbook are told that reach one of their steps at the same moment."""
    ready, answers, step = threading.Barrier(2), [], getattr(module, name)

    def together(*args: Any, **more: Any) -> Any:
        ready.wait(timeout=20)
        return step(*args, **more)

    def one() -> None:
        with app.app_context():
            try:
                load_workbook(SYSTEM, data, app.extensions["orders"], register)
                db.session.commit()
                answers.append("stored")
            except Refused as caught:
                db.session.rollback()
                answers.append(caught.problems[0].problem)

    monkeypatch.setattr(module, name, together)
    workers = [threading.Thread(target=one) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    return sorted(answers)


def test_two_first_saves_at_once_store_one(
    app: Flask, order: Order, kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second is told; nothing is stored twice, nothing is half stored."""
    blank = workbook(order, 2024, {kind: [row(order, BODY, bin_of(10 * n), {})] for n, kind in enumerate(kinds, start=1)})
    load(app, blank)
    with app.app_context():
        db.session.execute(text("DELETE FROM report"))
        db.session.commit()
    with app.app_context():
        alone = db.engine.dialect.name == "sqlite"
    # On SQLite whoever writes is alone: the second waits, and then finds nothing new.
    module, step, second = (operation_module, "make_plan", "stored") if alone else (applying, "write", "changed_meanwhile")
    assert at_once(app, monkeypatch, module, step, blank, register=False) == [second, "stored"]
    assert len(stored(app, order)) == 4


# Whoever enters bodies holds the registry: nobody else reaches the organisations meanwhile.
@pytest.mark.parametrize("step", ["open_year", "register_bodies"])
def test_two_first_registrations_at_once_keep_one(
    app: Flask, order: Order, data: bytes, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if step != "open_year":
        with app.app_context():
            operations.open_year(SYSTEM, 2024, order.code)
            db.session.commit()
    assert at_once(app, monkeypatch, operations, step, data, register=True) == ["changed_meanwhile", "stored"]
    assert len(stored(app, order)) == 12


def test_an_open_year_keeps_its_order_when_a_new_one_supersedes_it(
    database_url: str, make_app: Callable[..., Flask], order: Order, kinds: tuple[str, ...], data: bytes, tmp_path: Path
) -> None:
    app = make_app(database_url)
    load(app, data)
    later = (FOLDER / "order_47_2022.toml").read_text(encoding="utf-8").replace(f'code = "{order.code}"', 'code = "99-2024"')
    (tmp_path / "later.toml").write_text(later.replace("from_year = 2022", "from_year = 2024"), encoding="utf-8")
    amended = make_app(database_url, CRITERIA=(tmp_path / "later.toml",))
    assert counts(load(amended, data, register=False)) == (0, 0, 12), "2024 was opened under the earlier order"
    next_year = workbook(
        order, 2025, {kinds[0]: [row(order, BODY, bin_of(10), clean(order, kinds[0]))]}, about={"order": "99-2024", "year": 2025}
    )
    assert counts(load(amended, next_year)) == (1, 0, 0)
    with amended.app_context():
        sheet = sheets.sheet(SYSTEM, BODY, 2025)
        assert sheet is not None and sheet.order.code == "99-2024" and {share.year for share in sheet.history} == {2024, 2025}
        assert registry.order_of(2024).code == order.code  # type: ignore[union-attr]


def test_nobody_sees_nothing(app: Flask, order: Order, data: bytes) -> None:
    """Every public query that takes a viewer, asked by one who may see nothing, on a filled database."""
    load(app, data)
    nobody, asked = Viewer.nobody(), 0
    with app.app_context():
        ids = list(registry.known(SYSTEM).bodies.values())
        bodies = registry.all_bodies(SYSTEM)
        values: dict[str, Any] = {
            "order": order,
            "year": 2024,
            "body_ids": ids,
            "body_id": ids[0],
            "bin_": BODY,
            "bins": [BODY],
            "bodies": bodies,
            "body": bodies[0],
            "organisation_ids": list(range(1, 13)),
            "body_bin": BODY,
            "years": [2024],
            "id_": 1,
            "event_id": 0,
            "key": key_of(next(iter(order.kind)), next(order.declared())[0].code),
            "batches": list(db.session.execute(text("SELECT DISTINCT batch FROM event")).scalars()),
        }
        for module in (registry, queries, sheets, uploads):
            for name, function in vars(module).items():
                if not inspect.isfunction(function) or function.__module__ != module.__name__ or name.startswith("_"):
                    continue
                parameters = inspect.signature(function).parameters
                if next(iter(parameters), "") != "viewer":
                    continue
                given = {key: values[key] for key, each in parameters.items() if key in values and each.default is each.empty}
                found = function(nobody, **given)
                found = (
                    found.items
                    if isinstance(found, registry.Page)
                    else found.bodies
                    if isinstance(found, registry.Known)
                    else found
                )
                found = [] if isinstance(found, Scores) and found.rows.empty else found
                found = any(found) if isinstance(found, tuple) else found
                asked += 1
                if name != "sheets":
                    assert not found, f"{module.__name__}.{name}"
                else:
                    assert not any(table.applicable for sheet in found for table in sheet.tables)
    assert asked >= 14


def test_a_sheet_says_which_answers_put_an_organisation_in_breach(app: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[1]
    late = {"budget_due": 520_000_050, "budget_due_on": "2025-04-15", "budget_paid": 520_000_050, "budget_paid_on": "2025-04-20"}
    rows = [row(order, BODY, bin_of(10), clean(order, kind) | late), row(order, BODY, bin_of(11), clean(order, kind))]
    load(app, workbook(order, 2024, {kind: rows}))
    with app.app_context():
        sheet = sheets.sheet(SYSTEM, BODY, 2024)
    assert sheet is not None
    [found] = [each for table in sheet.tables for line in table.scored_rows for each in line.in_breach]
    assert (found.bin, dict(found.facts)) == (
        bin_of(10),
        late | {"budget_due_on": date(2025, 4, 15), "budget_paid_on": date(2025, 4, 20)},
    )
    for code in ("kk", "ru"):
        [told] = [
            text
            for table in document(sheet, code).annexes[0].reasons
            for line in table.rows
            for each in line.organisations
            for text in each.texts
        ]
        assert "5\u00a0200\u00a0000,50" in told and "15.04.2025" in told and "20.04.2025" in told
        assert order.by_code["budget_paid_on"].label[code] in told
