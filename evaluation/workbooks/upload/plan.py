"""From a workbook's bytes to the plan of what it would change. Nothing is changed here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evaluation.answers import checks, queries
from evaluation.answers.checks import Finding, contradictions
from evaluation.answers.issues import Problem, Refused, in_order
from evaluation.answers.queries import Stored
from evaluation.clock import today as the_day
from evaluation.criteria import Orders
from evaluation.database import db, hold
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.queries import Known
from evaluation.scoring.frames import frame
from evaluation.workbooks.format.model import ABOUT, PREVIOUS, Sheet, Workbook
from evaluation.workbooks.format.reader import read_workbook
from evaluation.workbooks.upload.model import BLANKS, OVERWRITE, Change, Declared, Met, Mode, Plan
from evaluation.workbooks.upload.row_matching import Placing, body_ids, known


@dataclass
class Reading:
    """A workbook read against the registry; with `problems` it is what could be read all the same."""

    workbook: Workbook
    known: Known
    problems: list[Problem] = field(default_factory=list)


def read(viewer: Viewer, data: bytes, orders: Orders) -> Reading:
    """Read a workbook. Raises Refused where the file is none, or cannot be read at all."""
    found = known(viewer)
    try:
        return Reading(read_workbook(data, registry.in_force(orders), found.bins), found)
    except Refused as refused:
        if refused.partial is None:
            raise
        return Reading(refused.partial, found, list(refused.problems))


def make_plan(
    viewer: Viewer,
    reading: Reading,
    mode: Mode = OVERWRITE,
    register: bool = False,
    firm: bool = False,
    today: date | None = None,
) -> Plan:
    """Set a workbook against the registry and what is stored. `firm` keeps the bodies' year from being handed over until the
    transaction ends; `today` is as of :func:`evaluation.answers.save.save`."""
    workbook, day = reading.workbook, today or the_day()
    bodies = body_ids(viewer, workbook, reading.known)
    if firm:
        _hold(sorted(bodies.values()), workbook.year)
    opened = bool(workbook.year) and registry.reporting_year(workbook.year) is not None
    errors = list(reading.problems)
    if workbook.year and not opened and not register:
        errors.append(Problem("unknown_year", ABOUT, workbook.year_cell, "year", {"value": workbook.year}))
    supervisors = registry.supervisors(workbook.year) if workbook.year else {}
    closed = queries.locks(viewer, workbook.year, bodies.values(), day)
    placing = Placing(viewer, workbook, reading.known, supervisors, bodies, closed, register, errors)
    places = placing.places()
    wanted = [own for owners in places.values() for own in owners if own >= 0]
    stored = queries.stored_reports(viewer, workbook.year, wanted) if wanted else {}
    plan = Plan(workbook, mode, bodies, places, stored, day)
    for kind, sheet in workbook.sheets.items():
        _compare(plan, kind, sheet)
    plan.declared = list(_declared(viewer, workbook, bodies, mode)) if opened else []
    errors.extend(_merged(plan))
    plan.errors = in_order(errors, (ABOUT, *workbook.order.kind, PREVIOUS))
    return plan


def _hold(body_ids: list[int], year: int) -> None:
    """Keep the bodies' year as it is, in one order for everybody. On SQLite the first one keeps everybody out."""
    alone = db.engine.dialect.name == "sqlite"
    for id_ in body_ids[:1] if alone else body_ids:
        hold(id_, year)


def _compare(plan: Plan, kind: str, sheet: Sheet) -> None:
    """Part a worksheet's rows into those without a stored report, those that change it and those that do not."""
    owners, stored, mode = plan.places[kind], plan.stored, plan.mode
    if not stored:
        plan.fresh[kind] = [position for position, own in enumerate(owners) if own >= 0]
        return
    fresh = plan.fresh[kind] = []
    for position, (own, answers, evidence) in enumerate(zip(owners, sheet.answers, sheet.evidence, strict=True)):
        if own < 0:
            continue
        report = stored.get(own)
        if report is None:
            fresh.append(position)
            continue
        if answers.items() <= report.answers.items() and evidence.items() <= report.evidence.items():
            plan.unchanged_reports += 1
            plan.unchanged += len(answers) + len(evidence)
            continue
        row = _met(kind, position, own, report, answers | evidence, mode)
        plan.unchanged += len(answers) + len(evidence) - len(row.new) - len(row.changed) - len(row.kept)
        plan.unchanged_reports += not row.data
        plan.met.append(row)


def _met(kind: str, position: int, own: int, report: Stored, given: dict[str, Any], mode: Mode) -> Met:
    there = report.answers | report.evidence
    new: dict[str, Change] = {code: (None, value) for code, value in given.items() if code not in there}
    differing: dict[str, Change] = {
        code: (there[code], value) for code, value in given.items() if code in there and there[code] != value
    }
    return Met(kind, position, own, report, new, *((differing, {}) if mode == OVERWRITE else ({}, differing)))


def _declared(viewer: Viewer, workbook: Workbook, bodies: dict[str, int], mode: Mode) -> Iterator[Declared]:
    """Last year's counts as the workbook declares them, those alone that differ from what is stored."""
    columns = workbook.previous.columns
    if not columns:
        return
    stored = queries.declared_counts(viewer, workbook.year)
    for criterion, item in workbook.order.declared():
        rows = zip(columns.get("body_bin", ()), columns.get("kind", ()), columns.get(item.code, ()), strict=False)
        for position, (body, kind, count) in enumerate(rows):
            if count is None or body not in bodies:
                continue
            there = stored.get((bodies[body], kind, criterion.code))
            if there is None or there.count != count:
                old = there.count if there else None
                yield Declared(position, item.code, bodies[body], kind, criterion.code, old, count)


def merged(stored: dict[str, Any], given: dict[str, Any], mode: Mode) -> dict[str, Any]:
    """A report's answers, or its evidence, once the workbook's are stored."""
    return given | stored if mode == BLANKS else stored | given


def _merged(plan: Plan) -> Iterator[Problem]:
    """What is stored already must agree with what comes: the contradictions once more over both together."""
    order = plan.workbook.order
    for kind, sheet in plan.workbook.sheets.items():
        met = [
            (position, report)
            for position, own in enumerate(plan.places[kind])
            if (report := plan.stored.get(own)) and report.answers
        ]
        if not met:
            continue
        coming = [sheet.answers[position] for position, _ in met]
        both = [merged(report.answers, answers, plan.mode) for (_, report), answers in zip(met, coming, strict=True)]
        blank = [""] * len(met)
        told = {(place, rule.code) for place, rule in contradictions(order, kind, frame(order, kind, blank, blank, coming))}
        for place, rule in contradictions(order, kind, frame(order, kind, blank, blank, both)):
            if (place, rule.code) not in told and rule.at in sheet.places:
                yield Problem(rule.code, kind, sheet.cell(met[place][0], rule.at), rule.at, text=rule.message)


def warnings(viewer: Viewer, plan: Plan, today: date) -> list[Problem]:
    """What deserves a second look: in the file itself, and in the answers it brings, beside last year's and on this day.

    Of the answers of a report that is stored already, what was odd before does not count.
    """
    workbook, order = plan.workbook, plan.workbook.order
    odd = {rule.code for rule in order.cautions}
    found = [problem for problem in workbook.warnings if problem.problem not in odd]
    last_order = registry.order_of(workbook.year - 1) if workbook.year else None
    rows = {kind: list(_coming(plan, kind)) for kind in workbook.sheets}
    owners = [plan.places[kind][position] for kind, lines in rows.items() for position, *_ in lines]
    last = queries.stored_reports(viewer, workbook.year - 1, owners) if last_order and owners else {}
    for kind, lines in rows.items():
        before = [last.get(plan.places[kind][position]) for position, *_ in lines]
        past = [report.answers if report else None for report in before]

        def told(documents: Iterable[tuple[Any, Any]]) -> list[tuple[int, Finding]]:
            answers, evidence = zip(*documents, strict=True)
            return checks.findings(order, workbook.year, kind, answers, evidence, past, today, last_order)  # noqa: B023

        if not lines:
            continue
        known_ = {(place, each.rule, each.code, str(each.value)) for place, each in told(line[2] for line in lines)}
        sheet = workbook.sheets[kind]
        for place, each in told(line[1] for line in lines):
            if each.severity == "warning" and (place, each.rule, each.code, str(each.value)) not in known_:
                code = each.code if each.code in sheet.places else "bin"
                found.append(Problem(each.rule, kind, sheet.cell(lines[place][0], str(code)), code, text=each.message))
    return in_order(found, (ABOUT, *order.kind, PREVIOUS))


def _coming(plan: Plan, kind: str) -> Iterator[tuple[int, tuple[Any, Any], tuple[Any, Any]]]:
    """The rows that change something: position, their answers and evidence as they will be, and as they are."""
    sheet = plan.workbook.sheets[kind]
    for position in plan.fresh.get(kind, ()):
        yield position, (sheet.answers[position], sheet.evidence[position]), ({}, {})
    for row in plan.met:
        if row.kind == kind and row.data:
            answers = merged(row.stored.answers, sheet.answers[row.position], plan.mode)
            evidence = merged(row.stored.evidence, sheet.evidence[row.position], plan.mode)
            yield row.position, (answers, evidence), (row.stored.answers, row.stored.evidence)
