"""Storing what a workbook brings: everything or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from evaluation.bulk import bulk
from evaluation.collection import queries
from evaluation.collection.checks import contradictions
from evaluation.collection.models import DeclaredCount, Report, now
from evaluation.collection.problems import Problem, Refused, in_order
from evaluation.collection.workbook.model import ABOUT, PREVIOUS, Sheet, Workbook
from evaluation.collection.workbook.reader import read_workbook
from evaluation.criteria import Orders
from evaluation.database import db, insert_columns, table_of
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
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
"""By worksheet, the organisation id of each row; -1 where the registry has no place for it."""


@bulk()
def load_workbook(viewer: Viewer, data: bytes, orders: Orders, register: bool = False) -> tuple[Workbook, Summary]:
    """Read a workbook and store its answers; the caller commits. An empty cell never erases a stored answer.

    With `register` the year, bodies and organisations that the registry lacks are entered from the workbook; without, each is
    an error at its cell. Raises Refused, with every problem there is, where anything cannot be stored; then nothing may be kept.
    """
    try:
        return _load(viewer, data, orders, register)
    except IntegrityError as error:
        # Another load entered the same year, body, organisation or report after this one had looked.
        raise Refused([Problem("changed_meanwhile")]) from error


def _load(viewer: Viewer, data: bytes, orders: Orders, register: bool) -> tuple[Workbook, Summary]:
    registered = registry.known(viewer)
    problems: list[Problem] = []
    try:
        workbook = read_workbook(data, registry.in_force(orders), registered.bins)
    except Refused as refused:
        problems.extend(refused.problems)
        if refused.partial is None:
            raise
        workbook = refused.partial
    summary = Summary(warnings=list(workbook.warnings))
    if register and not viewer.registrar:
        problems.append(Problem("may_not_register"))
    if not (register and problems):
        problems.extend(_year(viewer, workbook, register))
    if register and not problems:
        registered = _register(viewer, workbook, registered, summary)
    places, misplaced = _places(viewer, workbook, registered, register)
    wanted = [own for owners in places.values() for own in owners if own >= 0]
    stored = queries.stored_reports(viewer, workbook.year, wanted) if wanted else {}
    problems.extend(misplaced)
    problems.extend(_check_merged(workbook, places, stored))
    if problems:
        raise Refused(in_order(problems, (ABOUT, *workbook.order.kind, PREVIOUS)))
    _write(workbook, places, stored, summary)
    _declare(viewer, workbook, registered)
    if register:
        summary.incomplete = registry.incomplete(viewer, list(workbook.names))
    return workbook, summary


def _year(viewer: Viewer, workbook: Workbook, register: bool) -> Iterator[Problem]:
    """Open the workbook's year, or say why it cannot be stored into."""
    if not workbook.year or registry.reporting_year(workbook.year) is not None:
        return
    if register:
        operations.open_year(viewer, workbook.year, workbook.order.code)
    else:
        yield Problem("unknown_year", ABOUT, workbook.year_cell, "year", {"value": workbook.year})


def _rows(workbook: Workbook) -> Iterator[tuple[Sheet, int, str, str]]:
    """Every organisation's row: its worksheet, position, the body's BIN and its own."""
    for sheet in workbook.sheets.values():
        for position, (body, own) in enumerate(_pairs(sheet)):
            yield sheet, position, body, own


def _pairs(sheet: Sheet) -> Iterator[tuple[Any, Any]]:
    """The body's BIN and the organisation's of each row; None where a workbook with errors lacks them."""
    blank = [None] * len(sheet.rows)
    return zip(sheet.columns.get("body_bin", blank), sheet.columns.get("bin", blank), strict=True)


def _register(viewer: Viewer, workbook: Workbook, known: registry.Known, summary: Summary) -> registry.Known:
    """Enter what the registry lacks: bodies, organisations, and supervision in the workbook's year. Returns it as it is then."""
    summary.bodies.extend(bin_ for bin_ in workbook.names if bin_ not in known.bodies)
    fresh = [
        (own, sheet.name, (sheet.columns["name"][position] or ""), "")
        for sheet, position, _, own in _rows(workbook)
        if own not in known.organisations
    ]
    summary.organisations.extend(row[0] for row in fresh)
    operations.register_bodies(viewer, [NewBody(bin_, workbook.names[bin_]) for bin_ in summary.bodies])
    operations.register_organisations(viewer, fresh)
    if summary.bodies or summary.organisations:
        known = registry.known(viewer)
    supervisors = registry.supervisors(workbook.year)
    loose = (
        (known.organisations[own][0], known.bodies[body])
        for _, _, body, own in _rows(workbook)
        if known.organisations[own][0] not in supervisors
    )
    operations.supervise_in(viewer, workbook.year, loose)
    return known


def _places(viewer: Viewer, workbook: Workbook, known: registry.Known, register: bool) -> tuple[Places, list[Problem]]:
    """The organisation of each row, and every row the registry has no place for; what is to be registered is no problem."""
    supervisors = registry.supervisors(workbook.year) if workbook.year else {}
    allowed = {bin_: id_ for bin_, id_ in known.bodies.items() if viewer.may_edit(id_)}
    problems: list[Problem] = []
    places: Places = {name: [] for name in workbook.sheets}
    for kind, sheet in workbook.sheets.items():
        found = [known.organisations.get(own, NOWHERE) for _, own in _pairs(sheet)]
        good = [
            registered == kind and supervisors.get(organisation, -1) == allowed.get(body)
            for (organisation, registered), (body, _) in zip(found, _pairs(sheet), strict=True)
        ]
        if all(good):
            places[kind] = [organisation for organisation, _ in found]
            continue
        for position, (body, own) in enumerate(_pairs(sheet)):
            if good[position]:
                places[kind].append(found[position][0])
                continue
            places[kind].append(-1)
            for problem in _misplaced(workbook, known, supervisors, sheet, position, body, own):
                if not (register and problem.problem in REGISTERED):
                    problems.append(problem)
            if body in known.bodies and body not in allowed:
                problems.append(Problem("may_not_edit", sheet.name, sheet.cell(position, "body_bin"), "body_bin"))
    previous = workbook.previous
    for position, body in enumerate(previous.columns.get("body_bin", ())):
        if body is not None and body not in allowed and not (register and body in workbook.names):
            reason = "may_not_edit" if body in known.bodies else "unknown_body"
            problems.append(Problem(reason, PREVIOUS, previous.cell(position, "body_bin"), "body_bin", {"value": body}))
    return places, problems


NOWHERE = (-1, "")
REGISTERED = {"unknown_body", "unknown_organisation", "unsupervised"}
"""What is no problem where the registry's gaps are to be filled."""


def _misplaced(
    workbook: Workbook, known: registry.Known, supervisors: dict[int, int], sheet: Sheet, position: int, body: str, own: str
) -> Iterator[Problem]:
    """Why a row has no place in the registry; a BIN that could not be read has been told of already."""
    organisation = known.organisations.get(own)
    if body is not None and body not in known.bodies:
        yield Problem("unknown_body", sheet.name, sheet.cell(position, "body_bin"), "body_bin", {"value": body})
    if own is None:
        return
    if organisation is None:
        yield Problem("unknown_organisation", sheet.name, sheet.cell(position, "bin"), "bin", {"value": own})
    elif organisation[1] != sheet.name:
        kind = workbook.order.kind.get(organisation[1])
        expected = kind.name if kind else organisation[1]
        yield Problem("other_kind", sheet.name, sheet.cell(position, "bin"), "bin", {"value": own, "expected": expected})
    elif body in known.bodies and supervisors.get(organisation[0], known.bodies[body]) != known.bodies[body]:
        values = {"year": workbook.year, "organisation": own}
        yield Problem("other_body", sheet.name, sheet.cell(position, "body_bin"), "body_bin", values)
    elif body in known.bodies and organisation[0] not in supervisors:
        values = {"year": workbook.year, "organisation": own}
        yield Problem("unsupervised", sheet.name, sheet.cell(position, "bin"), "bin", values)


def _check_merged(workbook: Workbook, places: Places, stored: dict[int, queries.Stored]) -> Iterator[Problem]:
    """What is stored already must agree with what comes: the contradictions once more over both together."""
    for kind, sheet in workbook.sheets.items():
        met = [(position, report) for position, own in enumerate(places[kind]) if (report := stored.get(own)) and report.answers]
        if not met:
            continue
        coming = [sheet.answers[position] for position, _ in met]
        merged = [report.answers | answers for (_, report), answers in zip(met, coming, strict=True)]
        blank = [""] * len(met)
        told = set(contradictions(workbook.order, kind, frame(workbook.order, kind, blank, blank, coming)))
        for place, rule in contradictions(workbook.order, kind, frame(workbook.order, kind, blank, blank, merged)):
            if (place, rule) not in told and rule.at in sheet.places:
                yield Problem(rule.code, kind, sheet.cell(met[place][0], rule.at), rule.at, text=rule.message)


def _write(workbook: Workbook, places: Places, stored: dict[int, queries.Stored], summary: Summary) -> None:
    changed_at = now()
    fresh: dict[str, list[Any]] = {"organisation_id": [], "answers": [], "evidence": []}
    for kind, sheet in workbook.sheets.items():
        rows: tuple[list[Any], ...] = (places[kind], sheet.answers, sheet.evidence)
        if stored:
            rows = _change(sheet, places[kind], workbook, stored, summary, changed_at)
        for column, values in zip(fresh.values(), rows, strict=True):
            column.extend(values)
    summary.new = len(fresh["organisation_id"])
    if not summary.new:
        return
    same = {"year": workbook.year, "version": 1, "changed_at": changed_at}
    constant = {name: (value,) * summary.new for name, value in same.items()}
    insert_columns(db.session.connection(), table_of(Report), {**fresh, **constant})


def _change(
    sheet: Sheet, owners: list[int], workbook: Workbook, stored: dict[int, queries.Stored], summary: Summary, changed_at: datetime
) -> tuple[list[int], list[dict[str, Any]], list[dict[str, Any]]]:
    """Change the reports that are there already. Returns what is new: organisation ids, answers, evidence."""
    fresh: tuple[list[int], list[dict[str, Any]], list[dict[str, Any]]] = ([], [], [])
    for position, (own, answers, evidence) in enumerate(zip(owners, sheet.answers, sheet.evidence, strict=True)):
        report = stored.get(own)
        if report is None:
            for column, value in zip(fresh, (own, answers, evidence), strict=True):
                column.append(value)  # type: ignore[attr-defined]
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
    return fresh


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
