"""The form of the clerk's home: the figures of the year before that a body declares itself."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, SubmitField
from wtforms.validators import ValidationError

from evaluation.answers.prior_year_counts import Declaration, DeclarationConflict
from evaluation.answers.readiness.model import LastYear
from evaluation.answers.values import Wrong, is_blank, whole

MOST = 1_000_000


def _count(given: str) -> int | None:
    """A count as it was typed; None for a blank. Raises Wrong."""
    return None if is_blank(given) else whole(given, 0)


class LastYearForm(FlaskForm):  # type: ignore[misc]
    """A field for each figure; beside it, hidden, the one that stood there when the page was made."""

    figures: tuple[LastYear, ...] = ()
    save = SubmitField(_("Save the figures"))

    @classmethod
    def of(cls, figures: Iterable[LastYear], **options: Any) -> "LastYearForm":
        """The form for these figures, with what is stored."""
        shown = tuple(each for each in figures if each.counted is None)
        fields: dict[str, Any] = {"figures": shown}
        for each in shown:
            stored = "" if each.declared is None else str(each.declared)
            fields[cls.name(each)] = StringField(default=stored, validators=[_is_count])
            fields[cls.was(each)] = HiddenField(default=stored)
        return type("LastYearFormOf", (cls,), fields)(**options)  # type: ignore[no-any-return]

    @staticmethod
    def name(each: LastYear) -> str:
        return f"last-{each.kind}-{each.criterion.code}"

    @staticmethod
    def was(each: LastYear) -> str:
        return f"was-{each.kind}-{each.criterion.code}"

    def declarations(self) -> list[Declaration]:
        """What was typed, once it is valid."""
        return [Declaration(*each.key, _count(self[self.name(each)].data or ""), self._was(each)) for each in self.figures]

    def _was(self, each: LastYear) -> int | None:
        try:
            return _count(self[self.was(each)].data or "")
        except Wrong:
            return None

    def tell(self, each: LastYear, conflict: DeclarationConflict, words: str) -> None:
        """Say at a figure's field that somebody else changed it; saving again then replaces theirs."""
        self[self.name(each)].errors = [words]
        self[self.was(each)].data = "" if conflict.theirs is None else str(conflict.theirs)


def _is_count(form: LastYearForm, field: StringField) -> None:
    try:
        found = _count(field.data or "")
    except Wrong as wrong:
        raise ValidationError(gettext("Enter a whole number, 0 or more.")) from wrong
    if found is not None and found > MOST:
        raise ValidationError(gettext("Enter a whole number, 0 or more."))
