"""Reads the budgets in the text of a decision: finds the annexes, reads their rows, builds their trees and checks the sums."""

from collections.abc import Sequence
from dataclasses import replace

from evaluation.budgets.annexes import Annex, split_annexes
from evaluation.budgets.body_names import without_case
from evaluation.budgets.checks import inconsistencies
from evaluation.budgets.head import Head, read_head
from evaluation.budgets.headings import Heading
from evaluation.budgets.model import BudgetDecision, SourceLine
from evaluation.budgets.row_reader import RowReader
from evaluation.budgets.scan import is_bad_scan, read_scan, read_scanned_head
from evaluation.budgets.text_checks import text_inconsistencies
from evaluation.budgets.tree import Tree, TreeBuilder
from evaluation.memory import gc_paused


@gc_paused()
def read_decisions(lines: Sequence[SourceLine]) -> tuple[BudgetDecision, ...]:
    """Return the budgets that a decision prints, one for each body and year.

    Args:
        lines: the text of the decision with its annexes, in order.

    Returns:
        The budgets in the order of the annexes. What contradicts the decision's text ("decision/…") stands at the first of them.
    """
    if is_bad_scan(lines):
        return _read_scan(lines)
    annexes, prose = split_annexes(lines)
    head = read_head(prose)
    trees = [(annex, TreeBuilder(_year(annex, head)).build(RowReader(annex.entries).read())) for annex in annexes]
    checked = [_checked(_decision(annex, tree, head), tree) for annex, tree in trees if tree.lines or tree.totals or tree.unread]
    if checked:
        checked[0] = replace(checked[0], inconsistencies=(*text_inconsistencies(head, checked), *checked[0].inconsistencies))
    return tuple(checked)


def _read_scan(lines: Sequence[SourceLine]) -> tuple[BudgetDecision, ...]:
    scanned = read_scanned_head(lines)
    head = Head(scanned.number, scanned.date)
    return tuple(_checked(_decision(Annex(Heading("", year, 0)), tree, head), tree) for year, tree in read_scan(lines))


def _checked(decision: BudgetDecision, tree: Tree) -> BudgetDecision:
    return replace(decision, inconsistencies=inconsistencies(decision, tree.parts))


def _year(annex: Annex, head: Head) -> int | None:
    return annex.heading.year if annex.heading is not None else head.year


def _decision(annex: Annex, tree: Tree, head: Head) -> BudgetDecision:
    body = without_case(annex.heading.body, head.stems) if annex.heading is not None and annex.heading.body else head.body
    return BudgetDecision(
        body, _year(annex, head), head.number, head.date, tree.totals, tuple(tree.lines), (), tuple(tree.unread)
    )
