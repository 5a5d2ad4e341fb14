"""The form by which an administrator adds and changes people."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, RadioField, SearchField, SelectField, SelectMultipleField, StringField, SubmitField

from evaluation.accounts.checks import AccountRefused
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.language import Language
from evaluation.policy import BODY_ROLES, Role

WITHIN = {str(role): "bodies" if role in BODY_ROLES else "region" for role in ROLE_NAMES} | {str(Role.ADMINISTRATOR): "country"}
"""What a role is kept to: the style sheet shows the fields for it alone."""


class PersonForm(FlaskForm):  # type: ignore[misc]
    """Who a person is, their role, and where it holds. `bodies` are BINs; `sought` is the search that was answered last.

    What is wrong is told by the operations, all of it at once.
    """

    email = EmailField(_("E-mail address"))
    name = StringField(_("Full name"))
    role = RadioField(_("Role"), choices=list(ROLE_NAMES.items()), validate_choice=False)
    region = SelectField(_("Region"), validate_choice=False)
    language = SelectField(_("Language of letters"), validate_choice=False)
    bodies = SelectMultipleField(_("Bodies"), validate_choice=False)
    find = SearchField(_("Find a body by its name or BIN"))
    sought = HiddenField()
    search = SubmitField(_("Find"))
    save = SubmitField(_("Save"))

    @property
    def within(self) -> str:
        """What the chosen role is kept to."""
        return WITHIN.get(str(self.role.data), "")

    def values(self, body_ids: Iterable[int]) -> dict[str, Any]:
        """What the operations take; the fields that the role has no use for are left out."""
        return {
            "email": self.email.data or "",
            "name": self.name.data or "",
            "role": self.role.data or "",
            "body_ids": tuple(body_ids) if self.within == "bodies" else (),
            "region": self.region.data if self.within == "region" else None,
            "language": self.language.data,
        }

    def refuse(self, refused: AccountRefused, language: Language) -> None:
        """Say each mistake at its field."""
        for name, error in refused.wrong.items():
            field = self[name]
            field.errors = [*field.errors, error.message(language)]
