"""What exactly would give a row of the sheet other points, in words.

The reasons for its points: :mod:`evaluation.sheets.reasons`.

The numbers of organisations are those after everything is answered. The count of the year before is a fact and stays.
"""

from evaluation.language import N_, Language
from evaluation.scoring.nearest import NearestCounts, Range, RowCounts, nearest_counts
from evaluation.sheets.model import SheetRow

OPEN = N_("The missing answers decide: %(low)s to %(high)s points.")
MORE = N_("More points: %(points)s, if %(condition)s.")
FEWER = N_("Fewer points: %(points)s, if %(condition)s.")
MAXIMUM_REACHED = N_("The row already has its maximum.")
NOT_HIGHER = N_("More points: not possible with any number of organisations in breach.")
NOT_LOWER = N_("Fewer points: not possible with any number of organisations in breach.")
LAST_YEAR = N_("Last year's count, %(count)s, can no longer change.")
LAST_YEAR_UNKNOWN = N_("Last year's count is unknown.")


def otherwise_texts(row: SheetRow, language: Language) -> list[str]:
    """What would give the row the more and fewer points, a sentence each; none for a row without points."""
    if row.criterion is None or not row.organisations:
        return []
    if row.is_open:
        return [language.gettext(OPEN, low=row.low, high=row.high)]
    counts = RowCounts(row.organisations, len(row.in_breach), len(row.unanswered), row.audited, row.previous)
    more, fewer = nearest_counts(row.criterion, counts, row.low)
    texts = [
        _text(more, MORE, MAXIMUM_REACHED if row.low == row.max else NOT_HIGHER, counts, language),
        _text(fewer, FEWER, NOT_LOWER, counts, language),
    ]
    if row.criterion.compares_with_last_year:
        text = LAST_YEAR_UNKNOWN if row.previous is None else LAST_YEAR
        texts.append(language.gettext(text, count=row.previous))
    return texts


def _text(nearest: NearestCounts | None, template: str, otherwise: str, counts: RowCounts, language: Language) -> str:
    if nearest is None:
        return language.gettext(otherwise)
    return language.gettext(template, points=nearest.points, condition=_condition(nearest, counts, language))


def _condition(nearest: NearestCounts, counts: RowCounts, language: Language) -> str:
    breaches = _breaches(nearest.breaches, counts, language)
    if nearest.audited is None:
        return breaches
    return language.gettext("%(breaches)s and %(audits)s", breaches=breaches, audits=_audited(nearest.audited, counts, language))


def _breaches(numbers: Range, counts: RowCounts, language: Language) -> str:
    low, high = numbers
    ngettext = language.ngettext
    if high == 0:
        text = language.gettext("no organisation is in breach")
    elif low == high:
        text = ngettext("exactly %(num)d organisation is in breach", "exactly %(num)d organisations are in breach", low)
    elif low == 0:
        text = ngettext("at most %(num)d organisation is in breach", "at most %(num)d organisations are in breach", high)
    elif high == counts.organisations:
        text = ngettext("at least %(num)d organisation is in breach", "at least %(num)d organisations are in breach", low)
    else:
        text = language.gettext("%(low)s to %(high)s organisations are in breach", low=low, high=high)
    if counts.undecided:
        return language.gettext(
            "%(text)s (now %(number)s, not answered %(undecided)s)", text=text, number=counts.breaches, undecided=counts.undecided
        )
    return language.gettext("%(text)s (now %(number)s)", text=text, number=counts.breaches)


def _audited(numbers: Range, counts: RowCounts, language: Language) -> str:
    low, high = numbers
    ngettext = language.ngettext
    if high == 0:
        text = language.gettext("none is audited for this norm")
    elif low == high:
        text = ngettext("exactly %(num)d is audited for this norm", "exactly %(num)d are audited for this norm", low)
    elif high == counts.organisations:
        text = ngettext("at least %(num)d is audited for this norm", "at least %(num)d are audited for this norm", low)
    else:
        text = language.gettext("%(low)s to %(high)s are audited for this norm", low=low, high=high)
    return language.gettext("%(text)s (now %(number)s)", text=text, number=counts.audited)
