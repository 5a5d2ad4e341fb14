"""Storing what a workbook brings: everything or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update

from evaluation.bulk import bulk
from evaluation.collection import queries
from evaluation.collection.checks import contradictions
from evaluation.collection.models import DeclaredCount, Report, now
from evaluation.collection.problems import Problem, Refused
from evaluation.collection.workbook.model import ABOUT, PREVIOUS, Sheet, Workbook
from evaluation.collection.workbook.reader import read_workbook
from evaluation.criteria import Orders
from evaluation.database import db, insert_many, table_of
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision
from evaluation.scoring.frames import frame
from evaluation.viewer import Viewer


@dataclass
class Summary:
    """What storing a workbook came to: how many reports were new, changed, unchanged; what was registered along the way."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bodies: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    incomplete: list[tuple[str, list[str]]] = field(default_factory=list)


Places = dict[str, list[int]]


@bulk()
def load_workbook(viewer: Viewer, data: bytes, orders: Orders, register: bool = False) -> tuple[Workbook, Summary]:
    """Read a workbook and store its answers; the caller commits. An empty cell never erases a stored answer.

    With `register` the year, bodies and organisations that the registry lacks are entered from the workbook; without, each is
    an error at its cell. Raises Refused, with nothing changed, where anything cannot be stored.
    """
    registered = registry.known(viewer)
    workbook = read_workbook(data, orders, registered.bins)
    summary = Summary(warnings=list(workbook.warnings))
    _year(workbook, register)
    if register:
        registered = _register(viewer, workbook, registered, summary)
    places = _places(workbook, registered, registry.supervisors(workbook.year))
    stored = queries.stored_reports(viewer, workbook.year, [own for owners in places.values() for own in owners])
    _check_merged(workbook, places, stored)
    _write(workbook, places, stored, summary)
    _declare(viewer, workbook, registered)
    if register:
        summary.incomplete = registry.incomplete(viewer, list(workbook.names))
    return workbook, summary


def _year(workbook: Workbook, register: bool) -> None:
    year = registry.reporting_year(workbook.year)
    if year is None and not register:
        raise Refused([Problem("unknown_year", ABOUT, workbook.year_cell, "year", {"value": workbook.year})])
    if year is None:
        db.session.add(ReportingYear(year=workbook.year, order_code=workbook.order.code))
        db.session.flush()
    elif year.order_code != workbook.order.code:
        values = {"year": workbook.year, "value": year.order_code}
        raise Refused([Problem("year_has_other_order", ABOUT, workbook.year_cell, "year", values)])


def _rows(workbook: Workbook) -> Iterator[tuple[Sheet, int, str, str]]:
    """Every organisation's row: its worksheet, position, the body's BIN and its own."""
    for sheet in workbook.sheets.values():
        for position, (body, own) in enumerate(zip(sheet.columns["body_bin"], sheet.columns["bin"], strict=True)):
            yield sheet, position, body, own


def _register(viewer: Viewer, workbook: Workbook, known: registry.Known, summary: Summary) -> registry.Known:
    """Enter what the registry lacks: bodies, organisations, and supervision in the workbook's year. Returns it as it is then."""
    summary.bodies.extend(bin_ for bin_ in workbook.names if bin_ not in known.bodies)
    insert_many(
        db.session.connection(),
        table_of(Body),
        ("bin", "name_kk", "name_ru"),
        [(bin_, workbook.names[bin_], "") for bin_ in summary.bodies],
    )
    fresh = [
        (own, sheet.name, (sheet.columns["name"][position] or ""), "")
        for sheet, position, _, own in _rows(workbook)
        if own not in known.organisations
    ]
    summary.organisations.extend(row[0] for row in fresh)
    insert_many(db.session.connection(), table_of(Organisation), ("bin", "kind", "name_kk", "name_ru"), fresh)
    if summary.bodies or summary.organisations:
        known = registry.known(viewer)
    supervisors = registry.supervisors(workbook.year)
    loose = [
        (known.organisations[own][0], known.bodies[body])
        for _, _, body, own in _rows(workbook)
        if known.organisations[own][0] not in supervisors
    ]
    past = registry.supervisions([organisation for organisation, _ in loose])
    periods = [
        row for organisation, body in loose for row in _supervise(organisation, body, workbook.year, past.get(organisation, []))
    ]
    insert_many(db.session.connection(), table_of(Supervision), ("organisation_id", "body_id", "since", "until"), periods)
    return known


def _supervise(organisation: int, body: int, year: int, past: list[Supervision]) -> list[tuple[Any, ...]]:
    """The period by which `body` supervises on 31 December of the year, fitted between those that are known."""
    since, until = date(year, 1, 1), None
    later = next((period for period in past if period.since > date(year, 12, 31)), None)
    earlier = [period for period in past if period.until and period.until < date(year, 12, 31)]
    if later and later.body_id == body:
        later.since = since
        return []
    if later:
        until = later.since - timedelta(days=1)
    if earlier:
        since = max(since, max(period.until for period in earlier if period.until) + timedelta(days=1))
    return [(organisation, body, since, until)]


def _places(workbook: Workbook, known: registry.Known, supervisors: dict[int, int]) -> dict[str, list[int]]:
    """By worksheet, the organisation id of each row. Raises Refused naming every row the registry has no place for."""
    problems: list[Problem] = []
    places: dict[str, list[int]] = {name: [] for name in workbook.sheets}
    for sheet, position, body, own in _rows(workbook):
        organisation, kind = known.organisations.get(own, (-1, ""))
        if kind == sheet.name and supervisors.get(organisation, -1) == known.bodies.get(body):
            places[kind].append(organisation)
        else:
            problems.extend(_misplaced(workbook, known, supervisors, sheet, position, body, own))
    previous = workbook.previous
    for position, body in enumerate(previous.columns.get("body_bin", ())):
        if body not in known.bodies:
            problems.append(Problem("unknown_body", PREVIOUS, previous.cell(position, "body_bin"), "body_bin", {"value": body}))
    if problems:
        raise Refused(problems)
    return places


def _misplaced(
    workbook: Workbook, known: registry.Known, supervisors: dict[int, int], sheet: Sheet, position: int, body: str, own: str
) -> Iterator[Problem]:
    """Why a row has no place in the registry."""
    organisation = known.organisations.get(own)
    if body not in known.bodies:
        yield Problem("unknown_body", sheet.name, sheet.cell(position, "body_bin"), "body_bin", {"value": body})
    if organisation is None:
        yield Problem("unknown_organisation", sheet.name, sheet.cell(position, "bin"), "bin", {"value": own})
    elif organisation[1] != sheet.name:
        kind = workbook.order.kind.get(organisation[1])
        expected = kind.name if kind else organisation[1]
        yield Problem("other_kind", sheet.name, sheet.cell(position, "bin"), "bin", {"value": own, "expected": expected})
    elif body in known.bodies and supervisors.get(organisation[0]) != known.bodies[body]:
        yield Problem(
            "other_body", sheet.name, sheet.cell(position, "body_bin"), "body_bin", {"year": workbook.year, "organisation": own}
        )


def _check_merged(workbook: Workbook, places: Places, stored: dict[int, queries.Stored]) -> None:
    """What is stored already must agree with what comes: the contradictions once more over both together."""
    problems: list[Problem] = []
    for kind, sheet in workbook.sheets.items():
        met = [(position, report) for position, own in enumerate(places[kind]) if (report := stored.get(own)) and report.answers]
        merged = [report.answers | sheet.answers[position] for position, report in met]
        blank = [""] * len(met)
        for place, rule in contradictions(workbook.order, kind, frame(workbook.order, kind, blank, blank, merged)):
            problems.append(Problem(rule.code, kind, sheet.cell(met[place][0], rule.at), rule.at, text=rule.message))
    if problems:
        raise Refused(problems)


def _write(workbook: Workbook, places: Places, stored: dict[int, queries.Stored], summary: Summary) -> None:
    changed_at = now()
    fresh = []
    for kind, sheet in workbook.sheets.items():
        for position, (own, answers, evidence) in enumerate(zip(places[kind], sheet.answers, sheet.evidence, strict=True)):
            report = stored.get(own)
            if report is None:
                fresh.append((own, workbook.year, answers, evidence, 1, changed_at))
                continue
            answers, evidence = report.answers | answers, report.evidence | evidence
            if (answers, evidence) == (report.answers, report.evidence):
                summary.unchanged += 1
                continue
            summary.changed += 1
            done = db.session.execute(
                update(Report)
                .where(Report.id == report.id, Report.version == report.version)
                .values(answers=answers, evidence=evidence, version=Report.version + 1, changed_at=changed_at)
            )
            if done.rowcount != 1:  # type: ignore[attr-defined]
                raise Refused([Problem("changed_meanwhile", sheet.name, sheet.cell(position, "bin"), "bin")])
    summary.new = len(fresh)
    columns = ("organisation_id", "year", "answers", "evidence", "version", "changed_at")
    insert_many(db.session.connection(), table_of(Report), columns, fresh)


def _declare(viewer: Viewer, workbook: Workbook, known: registry.Known) -> None:
    """Store last year's counts as the workbook declares them."""
    stored = queries.declared_counts(viewer, workbook.year)
    for (body, kind, criterion), count in workbook.declared().items():
        item = stored.get((known.bodies[body], kind, criterion))
        if item is None:
            db.session.add(
                DeclaredCount(year=workbook.year, body_id=known.bodies[body], kind=kind, criterion=criterion, count=count)
            )
        else:
            item.count = count
    db.session.flush()
