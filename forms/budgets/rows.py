"""The rows of a budget as a person corrects them: typed texts, their errors, and the changes that they mean."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from evaluation.budgets.corrections import NEW, TOTAL, Corrections
from evaluation.budgets.labels import InvalidAmount, amount_text, parse_amount
from evaluation.budgets.model import BudgetLine, Section, UnreadLine
from evaluation.language import N_, Language
from evaluation.text import normalise_line

CODE = re.compile(r"[0-9]{1,3}(?:/[0-9]{1,3}){0,4}")
MAX_NAME_CHARACTERS = 500
MAX_LINE_DIGITS = 6
NO_CODE = N_("Enter the codes with slashes between them, for example 2/01/5.")
NO_NAME = N_("Enter the name as printed.")
NO_SECTION = N_("Choose the section.")
NO_LINE = N_("Enter the number of the line in the source.")
LONG_NAME = N_("At most %(limit)s characters.")
BOTH = N_("Enter the line, or tick that it is not a line of the budget, not both.")


@dataclass
class Row:
    """A row of the form.

    Attributes:
        key: the key of the item (:mod:`evaluation.budgets.corrections`).
        line: the item as it is now; None for an unread line that is not settled, and for the row of a new line.
        unread: the unread line that the row settles.
        typed: field → text, of the item or as a person typed it.
        is_removed: whether the person ticked that it is not a line of the budget.
        errors: field → message.
    """

    key: str
    line: BudgetLine | None = None
    unread: UnreadLine | None = None
    typed: dict[str, str] = field(default_factory=dict)
    is_removed: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_total(self) -> bool:
        """Whether it is the total of a section as read, which has neither code nor name."""
        return self.key.startswith(TOTAL)

    @property
    def is_free(self) -> bool:
        """Whether the section is chosen, not given."""
        return self.line is None or self.unread is not None or self.is_added

    @property
    def is_added(self) -> bool:
        """Whether the person adds the line, which the reader did not see."""
        return self.key.startswith(NEW)


def filled_row(key: str, line: BudgetLine | None, language: Language, unread: UnreadLine | None = None) -> Row:
    """Return the row of an item with its texts."""
    typed = dict.fromkeys(("section", "code", "name", "amount"), "")
    typed["source_line"] = str(unread.source_line) if unread else ""
    if line is not None:
        typed = {
            "section": line.section,
            "code": line.code,
            "name": line.name,
            "amount": amount_text(line.amount, language),
            "source_line": str(line.source_line),
        }
    return Row(key, line, unread, typed)


def take_input(rows: Iterable[Row], form: Mapping[str, str], corrections: Corrections, language: Language) -> Corrections:
    """Read the typed texts into the rows and return the corrections with the rows' changes; rows with errors change nothing."""
    changes: dict[str, BudgetLine | None] = {}
    undone = set()
    for row in rows:
        before = dict(row.typed)
        row.typed |= {name: form.get(f"{name}-{row.key}", text).strip() for name, text in before.items()}
        removed_before, row.is_removed = row.is_removed, f"removed-{row.key}" in form
        is_blank = not any(row.typed[name] for name in ("code", "name", "amount"))
        if row.is_removed:
            if row.unread is not None and not is_blank and row.line is None:
                row.errors["removed"] = language.gettext(BOTH)
            elif row.is_added:
                undone.add(row.key)
            else:
                changes[row.key] = None
        elif row.is_free and is_blank:
            undone.add(row.key)
        elif row.typed != before or removed_before:
            line = _line_of(row, before, language)
            if not row.errors and line is not None:
                changes[row.key] = line
    return corrections.without(undone).with_changes(changes)


def _line_of(row: Row, before: Mapping[str, str], language: Language) -> BudgetLine | None:
    """Return the line that a row's texts mean; sets the row's errors."""
    typed = row.typed
    code, name = typed["code"].replace(" ", ""), normalise_line(typed["name"])
    if typed["section"] not in tuple(Section):
        row.errors["section"] = language.gettext(NO_SECTION)
    if not row.is_total and (code or not row.is_free) and not CODE.fullmatch(code):
        row.errors["code"] = language.gettext(NO_CODE)
    if code and not name:
        row.errors["name"] = language.gettext(NO_NAME)
    if len(name) > MAX_NAME_CHARACTERS:
        row.errors["name"] = language.gettext(LONG_NAME, limit=MAX_NAME_CHARACTERS)
    number = typed["source_line"]
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_LINE_DIGITS and int(number)):
        row.errors["source_line"] = language.gettext(NO_LINE)
    try:
        is_same = row.line is not None and typed["amount"] == before["amount"]
        amount = row.line.amount if is_same and row.line is not None else parse_amount(typed["amount"])
    except InvalidAmount as error:
        row.errors["amount"] = error.message(language)
    return None if row.errors else BudgetLine(Section(typed["section"]), code, name if code else "", amount, int(number))
