"""The filters and the sort orders of the list of bodies, as parts of SQL statements."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import case, exists, false, func, literal
from sqlalchemy.orm import aliased

from evaluation.registry.clauses import counts_in_region, filter_by_name, region_of
from evaluation.registry.models import LEVELS, Body, FormerName
from evaluation.results.models import BodyResult, RowResult, TableResult
from evaluation.review.body_list.model import COUNT_SORTS, LOCATION, OPEN_REMARKS, BodyFilters, Sort
from evaluation.review.models import Remark
from evaluation.submissions.models import DRAFT, STATUSES, Submission
from evaluation.submissions.timeliness import LATE

CENTRAL, WITHOUT_LOCATION = "", "99"
"""Where central bodies and bodies without a location sort among KATO codes."""
TOTALS = {"points": ("low", "high"), "share": ("share_low", "share_high")}
"""Sort key of points → columns of a result: the lowest comes first, then the highest."""
PREVIOUS = "previous_year"
PREVIOUS_TOTALS = {PREVIOUS: TOTALS["points"], f"{PREVIOUS}_share": TOTALS["share"]}


@dataclass(frozen=True)
class ListTables:
    """What the SELECT of a year's list joins to `Body` and `Submission`.

    `remarks` is a column: the number of open remarks. `kind` is the kind of organisations whose table the list is sorted by, if
    it is. `higher` is the higher body; `former` and `higher_former` are the names of both on the year's 31 December where they
    have changed since. `result` and `previous` are the results of the year and of the year before, `table` is that of the table
    of `kind`.
    """

    year: int
    deadline: date | None
    today: date
    language: str
    remarks: Any
    kind: str = ""
    higher: Any = field(default_factory=lambda: aliased(Body))
    former: Any = field(default_factory=lambda: aliased(FormerName))
    higher_former: Any = field(default_factory=lambda: aliased(FormerName))
    result: Any = field(default_factory=lambda: aliased(BodyResult))
    previous: Any = field(default_factory=lambda: aliased(BodyResult))
    table: Any = field(default_factory=lambda: aliased(TableResult))

    @property
    def status(self) -> Any:
        """The status of the submission."""
        return func.coalesce(Submission.status, DRAFT)

    @property
    def name(self) -> Any:
        """The text by which the body's name of the year is sorted."""
        return self._sort_text(Body, self.former)

    @property
    def higher_name(self) -> Any:
        """The text by which the higher body's name of the year is sorted."""
        return self._sort_text(self.higher, self.higher_former)

    def _sort_text(self, item: Any, former: Any) -> Any:
        column = "sort_ru" if self.language == "ru" else "sort_kk"
        return func.coalesce(getattr(former, column), getattr(item, column))


def filtered(statement: Any, tables: ListTables, filters: BodyFilters) -> Any:
    """Restrict a statement to the bodies that pass the filters."""
    year = tables.year
    statement = filter_by_name(statement, filters.search, Body)
    conditions = []
    if filters.region:
        conditions.append(region_of(tables.higher) == filters.region)
    if filters.level:
        conditions.append(Body.level == filters.level)
    if filters.status:
        conditions.append(tables.status == filters.status)
    if filters.late:
        conditions.append(_is_late(tables, filters.late))
    if filters.remarks:
        open_remarks = exists().where(Remark.body_id == Body.id, Remark.year == year, Remark.resolved_at.is_(None))
        conditions.append(open_remarks if filters.remarks == OPEN_REMARKS else ~open_remarks)
    if filters.row_parts:
        kind, row = filters.row_parts
        result = (RowResult.year == year, RowResult.body_id == Body.id, RowResult.kind == kind, RowResult.row == row)
        conditions.append(exists().where(*result, RowResult.low < RowResult.max))
    if filters.share_bounds:
        from_, to = filters.share_bounds
        low, max_ = tables.result.low, tables.result.max
        below = 100 * low <= to * max_ if to == 100 else 100 * low < to * max_
        conditions += [max_ > 0, 100 * low >= from_ * max_, below]
    if filters.akimat:
        conditions.append(counts_in_region())
    if filters.submitted_by_other_than is not None:
        conditions.append(Submission.submitted_id != filters.submitted_by_other_than)
    return statement.where(*conditions)


def joins_of_filters(filters: BodyFilters) -> Set[str]:
    """Return the names of the joined tables that the filters need."""
    needed = {
        "higher": filters.region,
        "submission": filters.status or filters.late or filters.submitted_by_other_than is not None,
        "result": filters.share,
    }
    return {name for name, value in needed.items() if value}


def joins_of_order(sort: Sort) -> Set[str]:
    """Return the names of the joined tables that the sort order needs; equal rows are ordered by location and name."""
    by_key = {"parent": "higher_former", "status": "submission", "late": "submission"}
    by_key |= dict.fromkeys((*TOTALS, *COUNT_SORTS), "result") | dict.fromkeys(PREVIOUS_TOTALS, "previous")
    return {"higher", "former", by_key.get(sort.key, "table" if sort.kind else "higher")}


def _is_late(tables: ListTables, late: str) -> Any:
    """Return the condition that a year was submitted late, or that it is overdue."""
    deadline, submitted_on = tables.deadline, Submission.first_submitted_on
    if deadline is None:
        return false()
    if late == LATE:
        return submitted_on > deadline
    return submitted_on.is_(None) if tables.today > deadline else false()


def order_by(tables: ListTables, visible_ids: frozenset[int] | None, sort: Sort) -> tuple[Any, ...]:
    """Return the sort order: equal rows follow by location, rows without a value come last in both directions."""
    location = case((Body.level == LEVELS[0], CENTRAL), else_=func.coalesce(Body.kato, tables.higher.kato, WITHOUT_LOCATION))
    by_location = (location, Body.kato.is_(None), tables.name, Body.bin)
    if sort.key == LOCATION:
        return tuple(column.desc() for column in by_location) if sort.is_descending else by_location
    values = _sort_values(tables, visible_ids)[sort.key]() if not sort.kind else (tables.table.low, tables.table.high)
    directed = tuple(value.desc() if sort.is_descending else value for value in values)
    return values[0].is_(None), *directed, *by_location


def _sort_values(tables: ListTables, visible_ids: frozenset[int] | None) -> Mapping[str, Callable[[], tuple[Any, ...]]]:
    """Return sort key → the function of its tables. A value is empty where a body has none."""
    higher_name = tables.higher_name
    if visible_ids is not None:
        higher_name = case((tables.higher.id.in_(visible_ids), higher_name))
    functions: dict[str, Callable[[], tuple[Any, ...]]] = {
        "name": lambda: (tables.name,),
        "level": lambda: (case({level: number for number, level in enumerate(LEVELS)}, value=Body.level),),
        "parent": lambda: (higher_name,),
        "status": lambda: (case({status: number for number, status in enumerate(STATUSES)}, value=tables.status),),
        "late": lambda: (_last_day(tables),),
        "remarks": lambda: (tables.remarks,),
        "organisations": lambda: (func.coalesce(tables.result.organisations, 0),),
        "begun": lambda: (func.coalesce(tables.result.begun, 0),),
    }
    for totals, result in ((TOTALS, tables.result), (PREVIOUS_TOTALS, tables.previous)):
        for key, names in totals.items():
            functions[key] = lambda names=names, result=result: _points(result, names)  # type: ignore[misc]
    return functions


def _points(result: Any, names: tuple[str, str]) -> tuple[Any, ...]:
    """Return columns of points; empty where nothing is assessed."""
    return tuple(case((result.max > 0, getattr(result, name))) for name in names)


def _last_day(tables: ListTables) -> Any:
    """Return the day that sorts by days late: that of the first submission or else today, at least the deadline."""
    deadline = tables.deadline
    if deadline is None:
        return literal(0)
    day = func.coalesce(Submission.first_submitted_on, tables.today)
    return case((day > deadline, day), else_=deadline)
