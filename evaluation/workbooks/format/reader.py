"""Reads a filled workbook and finds everything that is wrong with it, by worksheet and cell, before anything is stored."""

from collections.abc import Iterable, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from evaluation.answers import values
from evaluation.answers.checks import cautions, contradictions
from evaluation.answers.issues import Problem, Refused, in_order
from evaluation.criteria.expressions import codes
from evaluation.criteria.loader import Orders
from evaluation.criteria.model import Order
from evaluation.memory import bulk
from evaluation.registry.models import NAME_LENGTH
from evaluation.workbooks.format import columns
from evaluation.workbooks.format.model import ABOUT, FIRST_ROW, OWN_COLUMNS, PREVIOUS, Sheet, Workbook, as_frame
from evaluation.workbooks.format.normalise import Fault
from evaluation.workbooks.format.safe_open import PRIVATE, Package, cell_name


def read_workbook(data: bytes, orders: Orders, known_bins: Set[str] = frozenset()) -> Workbook:
    """Read a workbook.

    `known_bins` are BINs that need no check, since the registry holds them. Raises Refused with every problem found, in the
    order of the worksheets, rows and columns.
    """
    with bulk():
        return _Reader(Package(data), orders, known_bins).read()


class _Reader:
    def __init__(self, package: Package, orders: Orders, known_bins: Set[str]):
        self.package, self.orders, self.known_bins = package, orders, known_bins
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def read(self) -> Workbook:
        if ABOUT in self.package.names:
            self.package.parse(ABOUT)
        order, year, year_cell = self.about()
        expected = (ABOUT, *order.kind, PREVIOUS)
        jobs: dict[str, Future[Any]] = {}
        # Parsing lets other threads run: while one worksheet is parsed, the one before it is checked.
        with ThreadPoolExecutor(1) as checker:
            for name in (*order.kind, PREVIOUS):
                if name in self.package.names:
                    self.package.parse(name)
                    check = self.declared if name == PREVIOUS else self.organisations
                    jobs[name] = checker.submit(check, order, name)
        previous = jobs.pop(PREVIOUS).result() if PREVIOUS in jobs else Sheet(PREVIOUS)
        sheets = {kind: job.result() for kind, job in jobs.items()}
        self.worksheets(expected, sheets)
        names = self.bodies(sheets)
        self.duplicates(sheets)
        self.unused(previous, sheets)
        workbook = Workbook(order, year, year_cell, sheets, names, previous, in_order(self.warnings, expected))
        if self.errors:
            raise Refused(in_order(self.errors, expected), workbook)
        return workbook

    # What is wrong, and where

    def wrong(
        self,
        problem: str,
        worksheet: str | None,
        cell: tuple[int, int] | None = None,
        code: str | None = None,
        text: Any = None,
        **found: Any,
    ) -> None:
        self.errors.append(Problem(problem, worksheet, cell and cell_name(*cell), code, found, text))

    def take(self, sheet: Sheet, code: str, read: columns.Read) -> None:
        """Keep a column's values, and what is wrong with its cells."""
        sheet.columns[code], mistakes = read
        for position, problem, found in mistakes:
            self.wrong(problem, sheet.name, (sheet.rows[position], sheet.places[code]), code, **found)

    # Worksheets

    def about(self) -> tuple[Order, int, str]:
        """The order and year. Where they are wrong, the likeliest, so that the other worksheets can be checked all the same."""
        rows = self.package.rows(ABOUT) if ABOUT in self.package.names else []
        if ABOUT not in self.package.names:
            self.wrong("missing_worksheet", ABOUT, name=ABOUT)
        found: dict[str, tuple[int, object]] = {}
        for number, row in reversed(list(enumerate(rows))):
            if row and isinstance(row[0], str):
                found[row[0].strip()] = (number, row[1] if len(row) > 1 else "")
        end = len(rows)
        given = {}
        for key in ("order", "year"):
            number, value = found.get(key, (end, ""))
            end += key not in found
            if isinstance(value, Fault):
                self.wrong(value.problem, ABOUT, (number, 1), key, value=value.value)
            elif not values.is_blank(value):
                given[key] = values.shown(value)
            elif ABOUT in self.package.names:
                self.wrong("missing_key", ABOUT, (number, 1), key, key=key)
        year = self.year(given.get("year"), found)
        return self.order(given.get("order"), year, found), year or 0, cell_name(found.get("year", (0, ""))[0], 1)

    def year(self, given: str | None, found: dict[str, tuple[int, object]]) -> int | None:
        if given is None:
            return None
        if not (given.isascii() and given.isdigit() and len(given) == 4):
            self.wrong("wrong_year", ABOUT, (found["year"][0], 1), "year", value=given)
            return None
        return int(given)

    def order(self, given: str | None, year: int | None, found: dict[str, tuple[int, object]]) -> Order:
        order = self.orders.get(given) if given is not None else None
        in_effect = self.orders.for_year(year) if year is not None else None
        if order is None:
            if given is not None:
                expected = ", ".join(each.code for each in self.orders.all)
                self.wrong("wrong_order", ABOUT, (found["order"][0], 1), "order", value=given, expected=expected)
        elif year is not None and order is not in_effect:
            self.wrong("order_not_in_effect", ABOUT, (found["year"][0], 1), "year", order=order.code, year=year)
        return order or in_effect or self.orders.latest

    def organisations(self, order: Order, kind: str) -> Sheet:
        """A worksheet of organisations: the columns it should have, every value in them, and what contradicts what."""
        items = {item.code: item for item in order.asked_of(kind)}
        evidence = {item.code: item for item in order.evidence_of(kind)}
        sheet, cells = self.table(kind, (*OWN_COLUMNS, *items), set(evidence), order)
        for code in sheet.places:
            if code in ("body_bin", "bin"):
                self.take(sheet, code, columns.read_bins(cells[code], self.known_bins))
                self.required(sheet, code, cells[code])
            elif code in OWN_COLUMNS:
                self.take(sheet, code, columns.read_text(cells[code], NAME_LENGTH))
            else:
                self.take(sheet, code, columns.read_column(order, (items | evidence)[code], cells[code]))
        self.merged(sheet)
        sheet.answers, sheet.evidence = (
            columns.documents({code: column for code, column in sheet.columns.items() if code in wanted}, len(sheet.rows))
            for wanted in (items, evidence)
        )
        self.check(order, kind, sheet)
        return sheet

    def declared(self, order: Order, name: str) -> Sheet:
        """The worksheet `previous`: last year's counts by body and kind."""
        codes = [declared.code for _, declared in order.declared()]
        sheet, cells = self.table(name, ("body_bin", "kind", *codes), set(), order)
        for code in sheet.places:
            if code == "body_bin":
                self.take(sheet, code, columns.read_bins(cells[code], self.known_bins))
            elif code == "kind":
                self.take(sheet, code, columns.read_kinds(order, cells[code]))
            else:
                self.take(sheet, code, columns.read_counts(cells[code]))
            if code not in codes:
                self.required(sheet, code, cells[code])
        seen: dict[tuple[Any, Any], int] = {}
        keys = zip(sheet.columns.get("body_bin", ()), sheet.columns.get("kind", ()), strict=False)
        for position, key in enumerate(keys):
            if None not in key and seen.setdefault(key, position) != position:
                cell = sheet.rows[position], sheet.places["body_bin"]
                self.wrong("duplicate_row", PREVIOUS, cell, "body_bin", row=sheet.rows[seen[key]] + 1)
        return sheet

    def table(self, name: str, needed: Sequence[str], allowed: set[str], order: Order) -> tuple[Sheet, dict[str, Sequence[Any]]]:
        """The headings and raw cells of a worksheet, wholly blank rows left out."""
        rows = self.package.rows(name)
        sheet = Sheet(name, self.headings(name, rows[0] if rows else [], needed, allowed, order))
        headed = [column for column, heading in enumerate(rows[0] if rows else []) if not values.is_blank(heading)]
        data = rows[FIRST_ROW:]
        width = max(map(len, rows), default=0)
        if any(len(row) != width for row in data):
            data = [[*row, *[""] * (width - len(row))] for row in data]
        cells: list[Sequence[Any]] = list(zip(*data, strict=True)) if data else [()] * width
        for column in range(width):
            if column not in headed and not all(map(values.is_blank, cells[column])):
                named = cell_name(0, column)
                self.warnings.append(Problem("column_without_code", name, named, None, {"column": named.rstrip("1")}))
        blank = self.blank_rows([cells[column] for column in headed], len(data))
        sheet.rows = [position + FIRST_ROW for position in range(len(data)) if position not in blank]
        if blank:
            kept = [row for position, row in enumerate(data) if position not in blank]
            cells = list(zip(*kept, strict=True)) if kept else [()] * width
        return sheet, {code: cells[place] for code, place in sheet.places.items()}

    @staticmethod
    def blank_rows(cells: Sequence[Sequence[Any]], count: int) -> set[int]:
        """Rows that are blank in each of these columns."""
        blank: Iterable[int] = range(count)
        for column in cells:
            blank = [position for position in blank if values.is_blank(column[position])]
            if not blank:
                break
        return set(blank)

    def headings(
        self, name: str, cells: Sequence[object], needed: Sequence[str], allowed: set[str], order: Order
    ) -> dict[str, int]:
        """Column code → place, of the columns that are read."""
        places: dict[str, int] = {}
        for column, cell in enumerate(cells):
            if values.is_blank(cell):
                continue
            if isinstance(cell, Fault):
                self.wrong(cell.problem, name, (0, column), None, value=cell.value)
                continue
            code = values.shown(cell)
            if code in places:
                self.wrong("duplicate_column", name, (0, column), code, column=code)
            elif code in needed or code in allowed:
                places[code] = column
            else:
                problem = "column_not_asked" if code in order.by_code else "unknown_column"
                self.wrong(problem, name, (0, column), code, column=code)
        for code in needed:
            if code not in places:
                self.wrong("missing_column", name, (0, 0), code, column=code)
        return places

    # Checks across cells

    def required(self, sheet: Sheet, code: str, cells: Sequence[object]) -> None:
        for position, (cell, value) in enumerate(zip(cells, sheet.columns[code], strict=True)):
            if value is None and values.is_blank(cell):
                self.wrong("missing_value", sheet.name, (sheet.rows[position], sheet.places[code]), code)

    def merged(self, sheet: Sheet) -> None:
        for last, name in self.package.merged(sheet.name):
            if last >= FIRST_ROW:
                self.warnings.append(Problem("merged_cells", sheet.name, name.partition(":")[0], None, {"range": name}))

    def check(self, order: Order, kind: str, sheet: Sheet) -> None:
        """Note the worksheet's contradictions as errors and its oddities as warnings."""
        rules = (*order.concerning(kind, order.contradictions), *order.concerning(kind, order.by_answers_alone(order.cautions)))
        needed = order.needed_for(frozenset().union(*(codes(rule.when) for rule in rules)))
        frame = as_frame(order, kind, sheet, needed)
        for position, rule in contradictions(order, kind, frame):
            where = sheet.rows[position], sheet.places.get(rule.at, 0)
            self.wrong(rule.code, kind, where, rule.at, text=rule.message)
        for position, caution in cautions(order, kind, frame):
            if caution.at in sheet.places:
                cell = sheet.cell(position, caution.at)
                self.warnings.append(Problem(caution.code, kind, cell, caution.at, text=caution.message))

    def bodies(self, sheets: dict[str, Sheet]) -> dict[str, str]:
        """The name of each body, the first that is given; a warning where another one follows."""
        names: dict[str, str] = {}
        for name, sheet in sheets.items():
            blank = [None] * len(sheet.rows)
            pairs = list(zip(sheet.columns.get("body_bin", blank), sheet.columns.get("body_name", blank), strict=True))
            others = set()
            for body, given in dict.fromkeys(pairs):
                if body is not None and not names.get(body):
                    names[body] = given or ""
                elif body is not None and given and given != names[body]:
                    others.add((body, given))
            for position, (body, _) in ((p, pair) for p, pair in enumerate(pairs) if others and pair in others):
                found = {"bin": body, "first": names[body]}
                self.warnings.append(Problem("other_name", name, sheet.cell(position, "body_name"), "body_name", found))
        return dict(sorted(names.items()))

    def duplicates(self, sheets: dict[str, Sheet]) -> None:
        """One BIN twice, in any worksheet and under any body, is an error at the later row."""
        every = [found for sheet in sheets.values() for found in sheet.columns.get("bin", ()) if found is not None]
        if len(set(every)) == len(every) and self.known_bins >= set(every):
            return
        seen: dict[str, tuple[str, int]] = {}
        for name, sheet in sheets.items():
            for row, found in zip(sheet.rows, sheet.columns.get("bin", ()), strict=False):
                if found is None:
                    continue
                first = seen.setdefault(found, (name, row))
                if first != (name, row):
                    self.wrong(
                        "duplicate_bin",
                        name,
                        (row, sheet.places["bin"]),
                        "bin",
                        value=found,
                        there=first[0],
                        row=first[1] + 1,
                    )
                elif found not in self.known_bins and values.unusual(found):
                    cell = cell_name(row, sheet.places["bin"])
                    self.warnings.append(Problem("unusual_bin", name, cell, "bin", {"value": found}))

    def unused(self, previous: Sheet, sheets: dict[str, Sheet]) -> None:
        there = {(body, kind) for kind, sheet in sheets.items() for body in sheet.columns.get("body_bin", ())}
        for position, key in enumerate(zip(previous.columns.get("body_bin", ()), previous.columns.get("kind", ()), strict=False)):
            if None not in key and key not in there:
                self.warnings.append(
                    Problem(
                        "previous_without_organisations",
                        PREVIOUS,
                        previous.cell(position, "body_bin"),
                        "body_bin",
                        {"value": key[0]},
                    )
                )

    def worksheets(self, expected: Sequence[str], sheets: dict[str, Sheet]) -> None:
        for name in self.package.names:
            if name not in expected and not name.startswith(PRIVATE):
                self.wrong("unknown_worksheet", name, expected=", ".join(expected))
        if not any(sheet.rows for sheet in sheets.values()):
            self.warnings.append(Problem("no_data"))
