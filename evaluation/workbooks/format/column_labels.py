"""The labels of a workbook's columns, for lists of issues."""

from collections.abc import Iterable

from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.workbooks.format.template import IDENTITY_LABELS


def column_label(code: str | None, orders: Iterable[Order], language: Language) -> str:
    """Return the label of a column in the template; empty for an unknown column. The first order that has it is used."""
    if code is None:
        return ""
    if code in IDENTITY_LABELS:
        return language.gettext(IDENTITY_LABELS[code][0])
    for order in orders:
        counts = {item.code: item for _, item in order.prior_year_counts()}
        item = order.by_code.get(code) or counts.get(code)
        if item is not None:
            return item.label[language.code]
    return ""
