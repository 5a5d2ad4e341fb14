"""Titles of worksheets: what a workbook shows in place of the codes of its worksheets, and what is read as a code.

English titles are the codes themselves, which other programs use.
"""

from collections.abc import Iterable, Mapping

from evaluation.criteria.model import Order, Text
from evaluation.language import LANGUAGE_CODES, N_, Language, heading, language
from evaluation.text import caseless
from evaluation.workbooks.format.model import ABOUT, PRIOR_YEAR
from evaluation.xlsx.safe_open import PRIVATE_PREFIX

MAX_TITLE_CHARACTERS = 31
INVALID_CHARACTERS = frozenset("[]:*?/\\'")
"""Excel's limits of a worksheet's title."""

Labels = Mapping[str, tuple[Text, ...]]
"""Code of a worksheet → its labels; the first one that Excel accepts is the title."""


def about_labels() -> Labels:
    """Return the labels of the worksheet with the order and year, which is read before the order is known."""
    return {ABOUT: (translations(N_("About the workbook")),)}


def labels_of(order: Order) -> Labels:
    """Return the labels of all worksheets of an order's workbook."""
    kinds = {kind.code: (kind.plural, kind.name) for kind in order.kinds}
    return {**about_labels(), **kinds, PRIOR_YEAR: (translations(N_("Last year's figures")),)}


def translations(message: str) -> Text:
    """Return a message of the catalogues in all languages."""
    return Text(**{code: language(code).gettext(message) for code in LANGUAGE_CODES})


def titles(labels: Labels, in_language: Language) -> dict[str, str]:
    """Return code → title of each worksheet in a language: the code where no label can be a title."""
    if in_language.code == "en":
        return {code: code for code in labels}
    result: dict[str, str] = {}
    for code, texts in labels.items():
        candidates = [heading(text[in_language.code]) for text in texts]
        used = {caseless(title) for title in (*result.values(), *labels)}
        result[code] = next((title for title in candidates if _is_title(title) and caseless(title) not in used), code)
    return result


def titles_in_all_languages(labels: Labels) -> dict[str, Text]:
    """Return code → title of each worksheet in all languages."""
    by_language = {code: titles(labels, language(code)) for code in LANGUAGE_CODES}
    return {name: Text(**{code: by_language[code][name] for code in LANGUAGE_CODES}) for name in labels}


def matched_codes(names: Iterable[str], labels: Labels) -> dict[str, str]:
    """Return the names of worksheets that are titles, in any language and case, with the code that each stands for.

    Of two worksheets with one code the first is matched; a worksheet that is named by its code precedes all titles.
    """
    names = list(names)
    codes = {caseless(text): code for code, texts in labels.items() for label in texts for text in label.in_all_languages()}
    matched: dict[str, str] = {}
    for name in names:
        code = None if name.startswith(PRIVATE_PREFIX) else codes.get(caseless(name))
        if code is not None and name != code and code not in names and code not in matched.values():
            matched[name] = code
    return matched


def _is_title(text: str) -> bool:
    return len(text) <= MAX_TITLE_CHARACTERS and not INVALID_CHARACTERS & set(text) and not text.startswith(PRIVATE_PREFIX)
