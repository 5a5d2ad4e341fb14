"""Checks of the reader on random printed budgets: read back exactly, a changed figure is named, nothing is invented."""

import re
from collections.abc import Iterator
from decimal import Decimal
from random import Random

from evaluation.budgets.model import BudgetDecision, Section
from evaluation.budgets.read import read_decisions
from tests.support.budget_printer import Printed, print_decision
from tests.support.budget_trees import Decision, Row, random_decision

ILLEGIBLE = ("1O5 З4", "l2", "—4б7", "5?", "З", "x", "12 Ч45")
"""Figures as poor recognition leaves them: letters among digits."""


def trials(layout: str, purpose: str, count: int) -> Iterator[tuple[Random, Decision, str]]:
    for number in range(count):
        seed = f"{purpose} {layout} {number}"
        random = Random(seed)
        yield random, random_decision(random), seed


def plain(name: str, breaks_words: bool) -> str:
    return re.sub(r"[\s-]", "", name) if breaks_words else name


def difference(read: tuple[BudgetDecision, ...], printed: Printed) -> str:
    """Return what was read otherwise than printed, in words; "" if nothing."""
    if len(read) != len(printed.decisions):
        return f"{len(read)} entries instead of {len(printed.decisions)}"
    for one, other in zip(read, printed.decisions, strict=True):
        for field in ("body", "year", "number", "date"):
            if getattr(one, field) != getattr(other, field):
                return f"{field}: {getattr(one, field)!r} instead of {getattr(other, field)!r}"
        if one.unread:
            return f"unread: {one.unread[:3]}"
        mine = [(line.section, line.code, line.amount, line.source_line) for line in one.lines]
        theirs = [(line.section, line.code, line.amount, line.source_line) for line in other.lines]
        for line, expected in zip(mine, theirs, strict=False):
            if line != expected:
                return f"{line} instead of {expected}"
        if len(mine) != len(theirs):
            return f"{len(mine)} lines instead of {len(theirs)}"
        totals = {section: total.amount for section, total in one.totals.items()}
        if totals != {section: total.amount for section, total in other.totals.items()}:
            return f"totals {totals} instead of {other.totals}"
        for line, expected in zip(one.lines, other.lines, strict=True):
            if plain(line.name, printed.breaks_words) != plain(expected.name, printed.breaks_words):
                return f"{line.name!r} instead of {expected.name!r}"
    return ""


def read_exactly(layout: str, count: int) -> None:
    """Read printed budgets back: every code, amount, name, total and the head, with no contradiction and nothing unread."""
    for random, decision, seed in trials(layout, "exact", count):
        printed = print_decision(random, decision, layout)
        read = read_decisions(printed.lines)
        assert difference(read, printed) == "", seed
        assert [one.inconsistencies for one in read] == [()] * len(read), seed


def rows_of(decision: Decision) -> list[tuple[int, Row]]:
    return [(entry, row) for entry, tree in enumerate(decision.trees) for row in tree.rows() if row.code or row.is_total]


def expected_line(row: Row, rows: list[Row]) -> str:
    """Return where the contradiction is named: at the line itself if lines below it disagree, else at the line above."""
    if row.is_total:
        return row.section
    if any(other.code[:-1] == row.code and other.section == row.section for other in rows if other.code):
        return f"{row.section}/{'/'.join(row.code)}"
    return "/".join((row.section, *row.code[:-1]))


def name_the_changed_figure(layout: str, count: int) -> None:
    """Change one figure: exactly one contradiction, at its line, with what is printed and what is computed."""
    for random, decision, seed in trials(layout, "changed", count):
        entry, row = random.choice(rows_of(decision))
        rows = [one for position, one in rows_of(decision) if position == entry]
        true = row.amount
        row.amount += (
            random.choice((1, 10, 9_000_000)) * random.choice((1, -1)) if row.is_total else random.choice((1, 10, 99_000))
        )
        printed = print_decision(random, decision, layout)
        read = read_decisions(printed.lines)
        assert difference(read, printed) == "", seed
        where = expected_line(row, rows)
        reports = [(position, one) for position, decision_read in enumerate(read) for one in decision_read.inconsistencies]
        named = [(position, one.where) for position, one in reports]
        assert named == [(entry, where)], f"{seed}: {row.code} {true} → {row.amount}"
        report = reports[0][1]
        assert printed.amount_lines[id(row)] in report.source_lines or printed.code_lines[id(row)] in report.source_lines, seed
        if where == row.section or where.endswith("/".join(row.code)):
            assert (report.printed, report.computed) == (row.amount, true), seed
        else:
            assert report.computed - report.printed == row.amount - true, seed


def leave_the_illegible_unread(layout: str, count: int) -> None:
    """Make one amount illegible: its line is unread, everything else is read, no contradiction is reported."""
    for random, decision, seed in trials(layout, "illegible", count):
        entry, row = random.choice([(entry, row) for entry, row in rows_of(decision) if row.code])
        printed = print_decision(random, decision, layout, {id(row): random.choice((*ILLEGIBLE, ""))})
        read = read_decisions(printed.lines)
        unread = [(position, line.source_line) for position, one in enumerate(read) for line in one.unread]
        lines_of_row = {(entry, printed.code_lines[id(row)]), (entry, printed.amount_lines[id(row)])}
        assert unread and set(unread) <= lines_of_row, f"{seed}: {unread} {row.code}"
        without_unread = tuple(BudgetDecision(**{**vars(one), "unread": ()}) for one in read)
        assert difference(without_unread, printed) == "", seed
        assert [one.inconsistencies for one in read] == [()] * len(read), seed


def invent_nothing_in_a_narrow_table(count: int) -> None:
    """Make one amount illegible where nothing but the order of figures joins rows and amounts.

    The row after it may be lost too, but every figure that is read stands at its own row.
    """
    for random, decision, seed in trials("pdf", "illegible", count):
        entry, row = random.choice([(entry, row) for entry, row in rows_of(decision) if row.code])
        printed = print_decision(random, decision, "pdf", {id(row): random.choice((*ILLEGIBLE, ""))})
        read = read_decisions(printed.lines)
        assert read[entry].unread, seed
        for one, other in zip(read, printed.decisions, strict=True):
            true = {(line.section, line.code, line.amount) for line in other.lines}
            mine = {(line.section, line.code, line.amount) for line in one.lines}
            assert mine <= true, f"{seed}: {mine - true}"
            assert len(true - mine) <= 2, f"{seed}: {true - mine}"
            assert {section: total.amount for section, total in one.totals.items()}.items() <= {
                section: total.amount for section, total in other.totals.items()
            }.items(), seed


def check_the_sums(layout: str, count: int) -> None:
    """Parents equal their children; income − costs − net lending − financial assets = deficit; deficit + financing = 0."""
    for random, decision, seed in trials(layout, "sums", count):
        for one in read_decisions(print_decision(random, decision, layout).lines):
            amounts = {(line.section, line.code): line.amount for line in one.lines}
            for section, code in amounts:
                children = [amount for (s, c), amount in amounts.items() if s == section and c.rpartition("/")[0] == code]
                assert not children or sum(children, Decimal()) == amounts[section, code], seed
            total = {section: one.totals[section].amount for section in Section}
            balance = total[Section.INCOME] - total[Section.COSTS] - total[Section.NET_LENDING] - total[Section.FINANCIAL_ASSETS]
            assert balance == total[Section.DEFICIT] == -total[Section.FINANCING], seed
