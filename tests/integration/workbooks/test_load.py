"""Loading of workbooks: all or nothing, idempotent, erasing nothing."""

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
from evaluation.answers.issues import WorkbookRejected
from evaluation.answers.prior_year_counts import audit_key
from evaluation.answers.year_data import read_year_data
from evaluation.criteria import Order
from evaluation.criteria.loader import FOLDER
from evaluation.database import db
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.scoring import Scores
from evaluation.sheets import queries as sheets
from evaluation.sheets.document import build_document
from evaluation.workbooks import load as load_module
from evaluation.workbooks.load import ClearedValuesDiffer, LoadSummary, load_workbook
from evaluation.workbooks.upload import queries as uploads
from tests.support.factories import bin_of, clean, row, workbook

SYSTEM = Viewer.system()
BODY, OTHER = bin_of(1), bin_of(2)


def load(app: Flask, data: bytes, register: bool = True, cleared_value_count: int | None = None) -> LoadSummary:
    """Load as the command does: commit on success, roll back on an error."""
    with app.app_context():
        try:
            _, summary = load_workbook(SYSTEM, data, app.extensions["orders"], register, cleared_value_count)
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
    return summary


def rejected(app: Flask, data: bytes, register: bool = False) -> list[tuple[str | None, str | None, str]]:
    with pytest.raises(WorkbookRejected) as error:
        load(app, data, register)
    return [(issue.worksheet, issue.cell, issue.issue_code) for issue in error.value.issues]


def test_the_load_clears_answers_only_when_their_number_is_confirmed(
    app: Flask, order: Order, kinds: tuple[str, ...], data: bytes
) -> None:
    load(app, data)
    code = next(iter(clean(order, kinds[0])))
    emptied = workbook(order, 2024, {kinds[0]: [row(order, BODY, bin_of(10), clean(order, kinds[0]), **{code: None})]})
    summary = load(app, emptied)
    assert (summary.blank_value_count, summary.cleared_value_count, counts(summary)) == (1, 0, (0, 0, 1))
    with pytest.raises(ClearedValuesDiffer):
        load(app, emptied, cleared_value_count=2)
    assert code in stored(app, order)[bin_of(10)]
    summary = load(app, emptied, cleared_value_count=1)
    assert (summary.blank_value_count, summary.cleared_value_count, counts(summary)) == (0, 1, (0, 1, 0))
    assert stored(app, order)[bin_of(10)] == {key: value for key, value in clean(order, kinds[0]).items() if key != code}


def counts(summary: LoadSummary) -> tuple[int, int, int]:
    return summary.new_report_count, summary.changed_report_count, summary.unchanged_report_count


def stored(app: Flask, order: Order, year: int = 2024) -> dict[str, dict[str, Any]]:
    """Return BIN of the organisation → stored answers."""
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
    assert counts(first) == (12, 0, 0) and len(first.registered_body_bins) == 1 and len(first.registered_organisation_bins) == 12
    assert first.incomplete_bodies == [(BODY, ["level", "parent", "kato", "name_ru"])]
    before = stored(app, order)
    assert before[bin_of(10)] == clean(order, kinds[0])
    second = load(app, data)
    assert counts(second) == (0, 0, 12) and not second.registered_body_bins and not second.registered_organisation_bins
    assert stored(app, order) == before
    assert counts(load(app, data, register=False)) == (0, 0, 12)


def test_a_blank_cell_erases_nothing_and_a_different_one_is_stored(
    app: Flask, order: Order, kinds: tuple[str, ...], data: bytes
) -> None:
    load(app, data)
    kind, bin_ = kinds[0], bin_of(10)
    answers = clean(order, kind)
    first, *_, last = answers
    partial = workbook(order, 2024, {kind: [row(order, BODY, bin_, {first: answers[first] + 100}, **{last: None})]})
    assert counts(load(app, partial)) == (0, 1, 0)
    assert stored(app, order)[bin_] == answers | {first: answers[first] + 100}


def test_unknown_bins_are_errors_at_their_cells(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    first, *issues = rejected(app, data)
    assert first == ("about", "B2", "unknown_year")
    assert {issue_code for _, _, issue_code in issues} == {"unknown_body", "unknown_organisation"}, "all together"
    load(app, data)
    kind = kinds[1]
    rows = {
        kind: [row(order, OTHER, bin_of(20), {}), row(order, BODY, bin_of(99), {}), row(order, OTHER, bin_of(98), {})],
        kinds[2]: [row(order, BODY, bin_of(10), {})],
    }
    assert rejected(app, workbook(order, 2024, rows)) == [
        (kind, "A4", "unknown_body"),
        (kind, "C5", "unknown_organisation"),
        (kind, "A6", "unknown_body"),
        (kind, "C6", "unknown_organisation"),
        (kinds[2], "C4", "other_kind"),
    ]
    assert rejected(app, workbook(order, 2024, {kind: [row(order, OTHER, bin_of(20), {})]}), register=True) == [
        (kind, "A4", "other_body")
    ]
    with app.app_context():
        assert OTHER not in registry.registry_index(SYSTEM).bodies, "a rejected workbook registers nothing"


def test_one_invalid_row_prevents_the_whole_load(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    before = stored(app, order)
    kind = kinds[0]
    first = next(iter(clean(order, kind)))
    rows = {kind: [row(order, BODY, bin_of(10), {first: 77700}), row(order, BODY, bin_of(11), {}, **{first: "?"})]}
    assert rejected(app, workbook(order, 2024, rows)) == [(kind, "E5", "not_money")]
    assert stored(app, order) == before


def test_a_contradiction_with_stored_answers_is_an_error(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    kind = kinds[1]
    rule = next(rule for rule in order.contradictions if order.by_code[rule.indicator].type == "date")
    late = workbook(order, 2024, {kind: [row(order, BODY, bin_of(20), {}, **{rule.indicator: "2025-05-31"})]})
    [(worksheet, _, issue_code)] = rejected(app, late)
    assert (worksheet, issue_code) == (kind, rule.code), "the stored amount is 0, the workbook adds the date"


def test_years_are_separate_and_last_years_count_is_used(app: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[0]
    profit = next(item.code for item in order.indicators_of(kind) if item.type == "money")
    criterion, _ = next(order.prior_year_counts())

    def year(number: int, losses: int, blank: int = 0) -> bytes:
        rows = [row(order, BODY, bin_of(10 + n), clean(order, kind) | {profit: -100 if n < losses else 100}) for n in range(4)]
        for values in rows[4 - blank :]:
            values[profit] = None
        return workbook(order, number, {kind: rows}, previous=[{"body_bin": BODY, "kind": kind, "loss_making": 4}])

    def points(number: int) -> tuple[int, int]:
        with app.app_context():
            sheet = sheets.body_sheet(SYSTEM, BODY, number)
            assert sheet is not None
            sheet_row = next(item for item in sheet.tables[0].scored_rows if item.criterion is criterion)
            return sheet_row.low, sheet_row.high

    load(app, year(2024, losses=1))
    assert points(2024) == (1, 1), "four were declared, one remains"
    load(app, year(2023, losses=1))
    assert points(2024) == (0, 0), "last year's reports precede the declared count"
    assert points(2023) == (1, 1)
    load(app, year(2022, losses=2, blank=1))
    assert points(2023) == (1, 1), "last year is not fully answered: the declared count is used"
    with app.app_context():
        assert queries.prior_year_counts(SYSTEM, 2023)[BODY, kind, criterion.code] == 4


def test_registration_of_an_earlier_year_extends_the_supervision(app: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[0]
    load(app, workbook(order, 2024, {kind: [row(order, BODY, bin_of(10), {})]}))
    load(app, workbook(order, 2022, {kind: [row(order, BODY, bin_of(10), {})]}))
    load(app, workbook(order, 2025, {kind: [row(order, BODY, bin_of(10), {})]}))
    with app.app_context():
        assert len(registry.supervisor_ids(2022)) == len(registry.supervisor_ids(2023)) == len(registry.supervisor_ids(2030)) == 1
        assert registry.supervisor_ids(2021) == {}
    load(app, workbook(order, 2021 + 1, {kind: [row(order, OTHER, bin_of(11), {})]}))


def test_a_viewer_of_some_bodies_sees_only_these(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    load(app, workbook(order, 2024, {kinds[0]: [row(order, OTHER, bin_of(90), clean(order, kinds[0]))]}))
    with app.app_context():
        body_ids = registry.registry_index(SYSTEM).bodies
        clerk = Viewer("clerk", Role.CLERK, frozenset({body_ids[BODY]}))
        assert [body.bin for body in registry.bodies(clerk).items] == [BODY]
        assert registry.body(clerk, OTHER) is None and sheets.body_sheet(clerk, OTHER, 2024) is None
        frames = queries.report_frames(clerk, order, 2024)
        assert {body for frame in frames.values() for body in frame["body"]} == {BODY}
        assert registry.organisations(clerk, body_ids[OTHER], 2024) == []
        assert registry.organisation_names(clerk, [body_ids[OTHER]], 2024) == {}
        nobody = Viewer.nobody()
        assert registry.bodies(nobody).total == 0 and queries.report_frames(nobody, order, 2024) == {}


def test_a_viewer_of_some_bodies_changes_only_these(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    foreign_workbook = workbook(order, 2024, {kinds[0]: [row(order, OTHER, bin_of(90), clean(order, kinds[0]))]})
    load(app, foreign_workbook)
    with app.app_context():
        body_ids = registry.registry_index(SYSTEM).bodies
    visible_bodies = frozenset({body_ids[BODY]})
    orders = app.extensions["orders"]

    def issue_codes(viewer: Viewer, content: bytes, register: bool = False) -> set[str]:
        with app.app_context(), pytest.raises(WorkbookRejected) as error:
            load_workbook(viewer, content, orders, register)
        return {issue.issue_code for issue in error.value.issues}

    unknown_workbook = workbook(order, 2024, {kinds[0]: [row(order, OTHER, bin_of(91), clean(order, kinds[0]))]})
    for content in (foreign_workbook, unknown_workbook):
        codes = issue_codes(Viewer("clerk", Role.CLERK, visible_bodies), content)
        assert codes == {"unknown_body", "unknown_organisation"}, "invisible organisations are like unknown ones"
    assert issue_codes(Viewer("observer", Role.OBSERVER, visible_bodies), data) == {"may_not_edit"}
    assert "may_not_register" in issue_codes(Viewer("clerk", Role.CLERK, visible_bodies), data, register=True)
    with app.app_context():
        _, summary = load_workbook(Viewer("clerk", Role.CLERK, visible_bodies), data, orders)
        assert counts(summary) == (0, 0, 12)
        for operation in (
            lambda: operations.open_year(Viewer("clerk", Role.CLERK), 2020, order.code),
            lambda: operations.register_bodies(Viewer("clerk", Role.CLERK), []),
        ):
            with pytest.raises(Forbidden):
                operation()


def test_all_kinds_of_errors_are_reported_together(app: Flask, order: Order, kinds: tuple[str, ...], data: bytes) -> None:
    load(app, data)
    kind = kinds[1]
    rule = next(rule for rule in order.contradictions if order.by_code[rule.indicator].type == "date")
    money = next(item.code for item in order.indicators_of(kind) if item.type == "money")
    rows = [
        row(order, BODY, bin_of(20), {}, **{rule.indicator: "2025-05-31"}),
        row(order, BODY, bin_of(21), {}, **{money: "?"}),
        row(order, BODY, bin_of(97), {}),
        row(order, BODY, bin_of(22)[:-1] + "x", {}),
    ]
    codes = [issue_code for _, _, issue_code in rejected(app, workbook(order, 2024, {kind: rows}))]
    assert codes == [rule.code, "not_money", "unknown_organisation", "not_bin"]


def test_a_name_is_limited_to_the_length_of_its_column(app: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    fits = workbook(order, 2024, {kinds[0]: [row(order, BODY, bin_of(10), {}, name="Ә" * 1000)]})
    assert counts(load(app, fits)) == (1, 0, 0)
    too_long = workbook(order, 2024, {kinds[0]: [row(order, BODY, bin_of(11), {}, name="Ә" * 1001)]})
    assert rejected(app, too_long, register=True) == [(kinds[0], "D4", "text_too_long")]


def load_twice(app: Flask, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, data: bytes, register: bool) -> list[str]:
    """Return the results of two loads of the same workbook that reach one of their steps at the same time."""
    barrier, results, step = threading.Barrier(2), [], getattr(module, name)

    def wait_and_run(*args: Any, **options: Any) -> Any:
        barrier.wait(timeout=20)
        return step(*args, **options)

    def run_load() -> None:
        with app.app_context():
            try:
                load_workbook(SYSTEM, data, app.extensions["orders"], register)
                db.session.commit()
                results.append("stored")
            except WorkbookRejected as error:
                db.session.rollback()
                results.append(error.issues[0].issue_code)

    monkeypatch.setattr(module, name, wait_and_run)
    workers = [threading.Thread(target=run_load) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    return sorted(results)


def test_of_two_simultaneous_first_loads_one_is_stored(
    app: Flask, order: Order, kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one is rejected; nothing is stored twice or in part."""
    blank = workbook(order, 2024, {kind: [row(order, BODY, bin_of(10 * n), {})] for n, kind in enumerate(kinds, start=1)})
    load(app, blank)
    with app.app_context():
        db.session.execute(text("DELETE FROM report"))
        db.session.commit()
    with app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
    # SQLite has one writer: the second load waits and then finds nothing to change.
    step, second_result = ("make_plan", "stored") if is_sqlite else ("apply_plan", "changed_meanwhile")
    assert load_twice(app, monkeypatch, load_module, step, blank, register=False) == [second_result, "stored"]
    assert len(stored(app, order)) == 4


# Registration of bodies locks the registry: a second load does not reach the organisations meanwhile.
@pytest.mark.parametrize("step", ["open_year", "register_bodies"])
def test_of_two_simultaneous_registrations_one_is_stored(
    app: Flask, order: Order, data: bytes, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if step != "open_year":
        with app.app_context():
            operations.open_year(SYSTEM, 2024, order.code)
            db.session.commit()
    assert load_twice(app, monkeypatch, operations, step, data, register=True) == ["changed_meanwhile", "stored"]
    assert len(stored(app, order)) == 12


def test_an_open_year_has_its_order_after_a_new_order_takes_effect(
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
        sheet = sheets.body_sheet(SYSTEM, BODY, 2025)
        assert sheet is not None and sheet.order.code == "99-2024" and {share.year for share in sheet.history} == {2024, 2025}
        assert registry.order_of(2024).code == order.code  # type: ignore[union-attr]


def test_every_query_returns_nothing_to_a_viewer_without_rights(app: Flask, order: Order, data: bytes) -> None:
    """Call every public query that takes a viewer, on a database with data."""
    load(app, data)
    nobody, query_count = Viewer.nobody(), 0
    with app.app_context():
        ids = list(registry.registry_index(SYSTEM).bodies.values())
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
            "upload_id": 1,
            "event_id": 0,
            "key": audit_key(next(iter(order.kind)), next(order.prior_year_counts())[0].code),
            "data": read_year_data(nobody, order, 2024, ids[0]),
            "batches": list(db.session.execute(text("SELECT DISTINCT batch FROM audit_event")).scalars()),
        }
        for module in (registry, queries, sheets, uploads):
            for name, function in vars(module).items():
                if not inspect.isfunction(function) or function.__module__ != module.__name__ or name.startswith("_"):
                    continue
                parameters = inspect.signature(function).parameters
                if next(iter(parameters), "") != "viewer":
                    continue
                arguments = {
                    key: values[key]
                    for key, parameter in parameters.items()
                    if key in values and parameter.default is parameter.empty
                }
                try:
                    result = function(nobody, **arguments)
                except Forbidden:
                    query_count += 1
                    continue
                result = (
                    result.items
                    if isinstance(result, registry.Page)
                    else result.bodies
                    if isinstance(result, registry.RegistryIndex)
                    else result
                )
                result = [] if isinstance(result, Scores) and result.rows.empty else result
                result = any(result) if isinstance(result, tuple) else result
                if isinstance(result, dict) and all(isinstance(value, dict) for value in result.values()):
                    result = any(result.values())
                query_count += 1
                if name != "sheets":
                    assert not result, f"{module.__name__}.{name}"
                else:
                    assert not any(table.applicable for sheet in result for table in sheet.tables)
    assert query_count >= 14


def test_a_sheet_names_the_answers_that_are_a_breach(app: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[1]
    late = {"budget_due": 520_000_050, "budget_due_on": "2025-04-15", "budget_paid": 520_000_050, "budget_paid_on": "2025-04-20"}
    rows = [row(order, BODY, bin_of(10), clean(order, kind) | late), row(order, BODY, bin_of(11), clean(order, kind))]
    load(app, workbook(order, 2024, {kind: rows}))
    with app.app_context():
        sheet = sheets.body_sheet(SYSTEM, BODY, 2024)
    assert sheet is not None
    [result] = [breach for table in sheet.tables for sheet_row in table.scored_rows for breach in sheet_row.in_breach]
    assert (result.bin, dict(result.breach_facts)) == (
        bin_of(10),
        late | {"budget_due_on": date(2025, 4, 15), "budget_paid_on": date(2025, 4, 20)},
    )
    for code in ("kk", "ru"):
        [reason] = [
            text
            for table in build_document(sheet, code).annexes[0].reasons
            for table_row in table.rows
            for organisation in table_row.organisations
            for text in organisation.texts
        ]
        assert "5\u00a0200\u00a0000,50" in reason and "15.04.2025" in reason and "20.04.2025" in reason
        assert order.by_code["budget_paid_on"].label[code] in reason
