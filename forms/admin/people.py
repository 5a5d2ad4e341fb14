"""The form of a person's account."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    EmailField,
    HiddenField,
    RadioField,
    SearchField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    SubmitField,
    TextAreaField,
)

from evaluation.accounts.checks import InvalidAccount
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.language import Language
from evaluation.policy import BODY_ROLES, Role

ROLE_SCOPES = {str(role): "bodies" if role in BODY_ROLES else "region" for role in ROLE_NAMES} | {
    str(Role.ADMINISTRATOR): "country"
}
"""Role → the scope of its rights: bodies, a region or the country; the style sheet shows only the fields of the chosen role."""


class PersonForm(FlaskForm):  # type: ignore[misc]
    """The person, their role, and the bodies or the region of the role.

    `bodies` are BINs; `answered_search` is the text of the last search that was answered. The operations report all errors at
    once.
    """

    email = EmailField(_("E-mail address"))
    name = StringField(_("Full name"))
    role = RadioField(_("Role"), choices=[SelectChoice(role, name) for role, name in ROLE_NAMES.items()], validate_choice=False)
    region = SelectField(_("Region"), validate_choice=False)
    language = SelectField(_("Language of e-mails"), validate_choice=False)
    bodies = SelectMultipleField(_("Bodies"), validate_choice=False)
    find = SearchField(_("Find a body by its name or BIN"))
    answered_search = HiddenField()
    search = SubmitField(_("Find"))
    save = SubmitField(_("Save"))

    @property
    def scope(self) -> str:
        """The scope of the chosen role."""
        return ROLE_SCOPES.get(str(self.role.data), "")

    def values(self, body_ids: Iterable[int]) -> dict[str, Any]:
        """Return the arguments of the operations; values that the role does not use are left out."""
        return {
            "email": self.email.data or "",
            "name": self.name.data or "",
            "role": self.role.data or "",
            "body_ids": tuple(body_ids) if self.scope == "bodies" else (),
            "region": self.region.data if self.scope == "region" else None,
            "language": self.language.data,
        }

    def add_errors(self, error: InvalidAccount, language: Language) -> None:
        """Show each error at its field."""
        for name, field_error in error.errors.items():
            field = self[name]
            field.errors = [*field.errors, field_error.message(language)]


class PeopleTableForm(FlaskForm):  # type: ignore[misc]
    """A table of people: pasted, or the first worksheet of a workbook, which replaces the text."""

    text = TextAreaField(_("The table, pasted from Excel"))
    file = FileField(_("Or a workbook (.xlsx)"))
    check = SubmitField(_("Check the table"))
    save = SubmitField(_("Add these people"))
