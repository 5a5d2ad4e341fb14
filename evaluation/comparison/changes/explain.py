"""Why the points of one body changed: its rows with their parts, and the organisations behind each part."""

from collections.abc import Iterator, Mapping

from evaluation.comparison.changes import queries
from evaluation.comparison.changes.compute import RowKey, RowLine, YearResults, align_members
from evaluation.comparison.changes.model import BodyChanges, ChangedOrganisation, ChangedRow, Movement, Parts
from evaluation.comparison.changes.queries import Registration
from evaluation.comparison.changes.sources import ABSENT, MEMBER_SOURCES, SOURCES, UNCHANGED, Source
from evaluation.criteria.count_conditions import ORGANISATIONS
from evaluation.criteria.criterion import Criterion
from evaluation.criteria.model import Order
from evaluation.policy import Viewer
from evaluation.scoring.score import BREACH_BIT, UNDECIDED_BIT

Registrations = Mapping[int, Registration]


def body_changes(viewer: Viewer, year: int, body_id: int) -> BodyChanges:
    """Explain the stored change of a body that the viewer can see; refresh it first."""
    last_year, this_year = (queries.year_results(viewer, number, [body_id]) for number in (year - 1, year))
    parts = queries.parts_by_row(viewer, year, body_id)
    keys = [(body_id, kind, row) for kind, row in _in_order_of_the_form(last_year.order, this_year.order)]
    changed = [key for key in keys if key[1:] in parts or _low(last_year, key) != _low(this_year, key)]
    members = {key: _members(last_year, this_year, key, parts.get(key[1:], {})) for key in changed}
    moved = _moved(last_year, this_year)
    ids = {id_ for of_row in members.values() for id_, *_ in of_row} | moved.keys()
    registered = [queries.registrations(viewer, number, body_id, ids) for number in (year - 1, year)]
    rows = []
    for key in changed:
        before, after = last_year.rows.get(key), this_year.rows.get(key)
        organisations = tuple(_organisation(member, *registered) for member in members[key])
        rows.append(
            ChangedRow(
                *key[1:],
                None if after is None else after.low,
                None if before is None else before.low,
                parts.get(key[1:], {}),
                tuple(sorted(organisations, key=_breaches_first)),
                _prior_count(this_year, after),
                _prior_count(last_year, before),
                _is_audited(this_year if after else last_year, after or before),
            )
        )
    movements = _movements(moved, {Source.LEFT: last_year, Source.JOINED: this_year}, *registered)
    return BodyChanges(queries.body_points(viewer, year, body_id), sum_parts(rows), tuple(rows), movements)


def _breaches_first(item: ChangedOrganisation) -> tuple[bool, str]:
    return not any((state or 0) & BREACH_BIT for state in (item.before, item.after)), item.organisation.bin


def sum_parts(rows: list[ChangedRow]) -> Parts:
    """Return the sums of the rows' parts by source, in the order of the sources."""
    sums = {source: sum((row.parts[source] for row in rows if source in row.parts), start=0) for source in SOURCES}
    return {source: total for source, total in sums.items() if any(source in row.parts for row in rows)}  # type: ignore[misc]


def _in_order_of_the_form(last_order: Order | None, order: Order | None) -> list[tuple[str, str]]:
    """Return kind and number of the rows of this year's form, then of those that only last year's form has."""
    rows = [
        (table.kind, row.number)
        for of_year in (order, last_order)
        if of_year
        for table in of_year.form.tables
        for row in table.scored_rows
    ]
    return list(dict.fromkeys(rows))


def _low(year: YearResults, key: RowKey) -> int:
    return year.rows[key].low if key in year.rows else 0


def _prior_count(year: YearResults, line: RowLine | None) -> int | None:
    criterion = year.criterion(line.criterion) if line else None
    return line.previous if line and criterion and criterion.compares_with_last_year else None


def _is_audited(year: YearResults, line: RowLine | None) -> bool:
    criterion = year.criterion(line.criterion) if line else None
    return criterion is not None and criterion.audited is not None


Member = tuple[int, Source, int | None, int | None]
"""An organisation's id, the source of its change, and its states in both years, None where the body did not have it."""


def _members(last_year: YearResults, this_year: YearResults, key: RowKey, parts: Parts) -> list[Member]:
    """Return the organisations behind the parts of a row that both years have."""
    if key not in last_year.rows or key not in this_year.rows:
        return []
    criterion = this_year.criterion(this_year.rows[key].criterion)
    if criterion is None:
        return []
    return [
        member for member in _aligned(last_year, this_year, key, criterion) if member[1] in parts and _counts(criterion, member)
    ]


def _aligned(last_year: YearResults, this_year: YearResults, key: RowKey, criterion: Criterion) -> Iterator[Member]:
    members = align_members(last_year, this_year, [key], criterion.audited is not None)
    columns = (members.organisation_ids, members.sources, members.before, members.after)
    for id_, source, before, after in zip(*(column.tolist() for column in columns), strict=True):
        if source != UNCHANGED:
            states = (None if state == ABSENT else state for state in (before, after))
            yield id_, MEMBER_SOURCES[source], *states


def _counts(criterion: Criterion, member: Member) -> bool:
    """Return whether an organisation that joined or left can matter: not if it only adds to the organisations in order."""
    _, source, before, after = member
    if source not in (Source.JOINED, Source.LEFT) or criterion.audited is not None or criterion.reads(ORGANISATIONS):
        return True
    state = after if before is None else before
    return bool((state or 0) & (BREACH_BIT | UNDECIDED_BIT))


def _moved(last_year: YearResults, this_year: YearResults) -> dict[int, Source]:
    """Return id → LEFT or JOINED of the body's organisations of one year only."""
    before, after = ({int(id_) for ids in year.organisation_ids.values() for id_ in ids} for year in (last_year, this_year))
    return dict.fromkeys(before - after, Source.LEFT) | dict.fromkeys(after - before, Source.JOINED)


def _movements(
    moved: Mapping[int, Source], years: Mapping[Source, YearResults], last_registered: Registrations, registered: Registrations
) -> tuple[Movement, ...]:
    """Describe the organisations that came or left; `years` has the results of the year in which the body had them."""
    breaches: dict[int, list[tuple[str, str]]] = {}
    for source, year in years.items():
        for (body_id, kind, row), line in year.rows.items():
            for id_, digit in zip(year.organisation_ids[body_id, kind].tolist(), line.states, strict=True):
                if moved.get(id_) is source and int(digit, 16) & BREACH_BIT:
                    breaches.setdefault(id_, []).append((kind, row))
    others = {Source.LEFT: registered, Source.JOINED: last_registered}
    movements = [
        Movement(
            registered[id_].organisation,
            source,
            tuple(breaches.get(id_, ())),
            others[source][id_].body,
            source is Source.LEFT and registered[id_].is_closed,
        )
        for id_, source in moved.items()
    ]
    return tuple(sorted(movements, key=lambda item: (-len(item.breaches), item.organisation.bin)))


def _organisation(member: Member, last_year: Registrations, this_year: Registrations) -> ChangedOrganisation:
    id_, source, before, after = member
    other = {Source.LEFT: this_year, Source.JOINED: last_year}.get(source, {}).get(id_)
    return ChangedOrganisation(
        this_year[id_].organisation,
        source,
        before,
        after,
        other.body if other else None,
        source is Source.LEFT and this_year[id_].is_closed,
    )
