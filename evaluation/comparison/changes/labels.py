"""The words of changes: sources, states of organisations, and points with their sign."""

from decimal import Decimal
from fractions import Fraction

from evaluation.comparison.changes.sources import Source
from evaluation.language import N_, Language
from evaluation.scoring.score import AUDITED_BIT, BREACH_BIT, UNAUDITED_BIT, UNDECIDED_BIT

SOURCE_NAMES = {
    Source.FIXED: N_("Organisations that meet the criterion again"),
    Source.WORSE: N_("Organisations that no longer meet the criterion"),
    Source.JOINED: N_("Organisations that came to the body"),
    Source.LEFT: N_("Organisations that left the body"),
    Source.AUDITS: N_("Coverage by audits"),
    Source.BLANKS: N_("Missing answers"),
    Source.PRIOR_COUNT: N_("Count of the previous year"),
    Source.ORDER: N_("Another order or reading"),
    Source.TABLE: N_("Table begins or ceases to apply"),
}
SOURCE_MEANINGS = {
    Source.FIXED: N_("The body has them in both years; they were in breach last year and are not this year."),
    Source.WORSE: N_("The body has them in both years; they are in breach this year and were not last year."),
    Source.JOINED: N_("The body has them this year and did not have them last year."),
    Source.LEFT: N_(
        "The body had them last year and does not have them this year. Points gained by a departure are no improvement."
    ),
    Source.AUDITS: N_(
        "They were audited in one of the two years only. A violation that no audit looked at again is not corrected, and one "
        "that a first audit finds need not be new."
    ),
    Source.BLANKS: N_("Answers were missing in one of the years. Only points that are certain in spite of it are compared."),
    Source.PRIOR_COUNT: N_("The criterion compares with the count of the year before, which differs between the two sheets."),
    Source.ORDER: N_("The years are assessed by different orders or readings, or a sheet was accepted before its data changed."),
    Source.TABLE: N_("The body has organisations of this kind in one of the two years only."),
}
BREACH, NO_BREACH, UNKNOWN, NOT_AUDITED = N_("in breach"), N_("not in breach"), N_("answer missing"), N_("not audited")


def signed_points(points: Fraction | int, language: Language) -> str:
    """Return points with their sign, rounded half away from zero to two decimals where they are not whole: +2; −0,67."""
    value = Fraction(points)
    hundredths = abs(value) * 100
    rounded = (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)
    return language.signed(Decimal(rounded if value > 0 else -rounded).scaleb(-2), 0 if value.denominator == 1 else 2)


def state_name(state: int, is_audited: bool) -> str:
    """Return the message for the state of an organisation in a row of a criterion, with audits or without."""
    if state & BREACH_BIT:
        return BREACH
    if state & UNDECIDED_BIT or (is_audited and not state & (AUDITED_BIT | UNAUDITED_BIT)):
        return UNKNOWN
    return NOT_AUDITED if state & UNAUDITED_BIT else NO_BREACH
