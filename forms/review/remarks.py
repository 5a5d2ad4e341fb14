"""Forms that add, answer and resolve remarks. A page has many of them; hidden fields name what a remark is about."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField


class ReturnTargetForm(FlaskForm):  # type: ignore[misc]
    """Where to return afterwards: `back` is "list" or empty for the remark's target; `lang` are the languages of the sheet."""

    back = HiddenField(default="")
    lang = HiddenField(default="")


class ReplyForm(ReturnTargetForm):
    """A reply to a remark."""

    text = TextAreaField(default="")


class RemarkForm(ReplyForm):
    """A remark on an answer (organisation's BIN and code), on a row of the sheet (kind and row number), or on the sheet."""

    organisation = HiddenField(default="")
    code = HiddenField(default="")
    kind = HiddenField(default="")
    row = HiddenField(default="")
