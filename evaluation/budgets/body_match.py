"""Which budget of a decision belongs to a body: a decision of a district has the budgets of its rural districts too."""

import re
from collections.abc import Sequence

from evaluation.budgets.model import BudgetDecision

WORD = re.compile(r"[^\W\d_]{3,}")
STEM_LETTERS = 5
"""Letters that the cases of a name share: Таласский, Таласского."""
KIND_WORDS = """
    город село сельский аульный поселок округ район область республика значение аппарат аким акимат государственное учреждение
    қаласы ауыл ауылдық кент кенті округі ауданы облысы республикалық маңызы аппараты әкімі әкімінің әкімдігі мемлекеттік мекемесі
"""
KIND_STEMS = frozenset(word[:STEM_LETTERS] for word in KIND_WORDS.split())
"""Stems of words that name kinds of bodies and no body."""
WIDE_STEMS = frozenset(("район", "облас", "аудан", "облыс"))
"""Stems of bodies whose name stands beside that of a smaller one: a rural district of a district."""


def likely_entry(decisions: Sequence[BudgetDecision], names: Sequence[str], year: int) -> int:
    """Return the position of the budget that most likely is that of a body for a year.

    Args:
        decisions: the budgets that were read, at least one.
        names: the names of the body in all languages.
        year: the year for which the budget is sought.
    """
    stems = set().union(*map(_stems, names))
    return max(range(len(decisions)), key=lambda position: (*_likeness(decisions[position], stems, year), -position))


def _likeness(decision: BudgetDecision, stems: set[str], year: int) -> tuple[float, bool, int, bool]:
    printed = _stems(decision.body)
    proper = printed - KIND_STEMS
    part = len(proper & stems) / len(proper) if proper else 0.0
    return part, decision.year == year, len(printed & stems), printed.isdisjoint(WIDE_STEMS)


def _stems(text: str) -> set[str]:
    return {word[:STEM_LETTERS] for word in WORD.findall(text.casefold())}
