"""The form for one reason for the same warning of many organisations."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SubmitField, TextAreaField

from evaluation.answers.justifications import MAX_REASON_CHARACTERS


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """The reason; the organisations are check boxes of the page."""

    reason = TextAreaField(_("Reason, visible to the reviewer"), render_kw={"rows": 3, "maxlength": MAX_REASON_CHARACTERS})
    send = SubmitField(_("Keep the answers with this reason"))
