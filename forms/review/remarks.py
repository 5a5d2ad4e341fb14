"""Forms by which remarks are made, answered and resolved. A page holds many; what a remark is about stands in hidden fields."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField


class PlaceForm(FlaskForm):  # type: ignore[misc]
    """Where whoever sends it comes back to: the list, or the place itself; with the languages the sheet is looked at in."""

    back = HiddenField(default="")
    lang = HiddenField(default="")


class ReplyForm(PlaceForm):
    """What is said to a remark."""

    text = TextAreaField(default="")


class RemarkForm(ReplyForm):
    """A remark on an answer (the organisation's BIN, the code), on a row of the sheet (kind, number), or on the sheet."""

    organisation = HiddenField(default="")
    code = HiddenField(default="")
    kind = HiddenField(default="")
    row = HiddenField(default="")
