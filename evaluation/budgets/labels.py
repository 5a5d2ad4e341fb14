"""Names of sections and places of a budget, and its amounts as people read and write them."""

import re
from decimal import Decimal

from evaluation.budgets.model import Section
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language

SECTION_NAMES = {
    Section.INCOME: N_("I. Income"),
    Section.COSTS: N_("II. Costs"),
    Section.NET_LENDING: N_("III. Net budget lending"),
    Section.FINANCIAL_ASSETS: N_("IV. Balance of operations with financial assets"),
    Section.DEFICIT: N_("V. Deficit (surplus) of the budget"),
    Section.FINANCING: N_("VI. Financing of the deficit (use of the surplus)"),
}
"""Section → its untranslated name in the form that the maslikhats approve."""
OF_DECISION = "decision"
"""The first part of a place in the text of the decision, before its annexes."""
IN_TEXT = N_("text of the decision: %(where)s")
MAX_DECIMALS = 5
"""An amount in thousand tenge is exact to a tiyn."""
SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
AMOUNT = re.compile(r"[-−–—]?[0-9]{1,14}(?:[.,][0-9]{1,5})?")
TWO_READINGS = re.compile(r"[-−–—]?[1-9][0-9]{0,2}[.,][0-9]{3}")
ASCII = str.maketrans(",−–—", ".---")
NO_AMOUNT = N_("Enter an amount in thousand tenge, for example 12 500 or 12 500,5.")
AMBIGUOUS = N_("Enter thousands without a point or comma: 12 500.")


class InvalidAmount(EvaluationError):
    """A text that is no amount, or one that can be read in two ways."""


def amount_text(amount: Decimal, language: Language) -> str:
    """Return an amount in thousand tenge with as many decimals as it needs: 48 012 900, −1 234,5."""
    exponent = amount.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return ("−" if amount < 0 else "") + language.number(abs(amount), decimals)


def parse_amount(text: str) -> Decimal:
    """Return an amount in thousand tenge that a person typed. Raises InvalidAmount."""
    typed = SPACES.sub("", text)
    if not AMOUNT.fullmatch(typed):
        raise InvalidAmount(NO_AMOUNT)
    if TWO_READINGS.fullmatch(typed):
        raise InvalidAmount(AMBIGUOUS)
    return Decimal(typed.translate(ASCII))


def where_text(where: str, language: Language) -> str:
    """Return the name of an inconsistency's place: the section, and the code of the line."""
    first, _, rest = where.partition("/")
    if first == OF_DECISION:
        return language.gettext(IN_TEXT, where=where_text(rest, language))
    name = language.gettext(SECTION_NAMES[Section(first)]) if first in tuple(Section) else first
    return f"{name}, {rest}" if rest else name
