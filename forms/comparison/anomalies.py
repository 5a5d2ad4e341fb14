"""Forms of an anomaly: the reviewer's decision, and the body's explanation."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectChoice, SubmitField, TextAreaField
from wtforms.widgets import HiddenInput

from evaluation.anomalies.labels import STATE_LABELS
from evaluation.anomalies.operations import MAX_TEXT_CHARACTERS

STATES = [SelectChoice(state, _(label)) for state, label in STATE_LABELS.items()]
ROWS = {"rows": 4, "maxlength": MAX_TEXT_CHARACTERS}


class VersionForm(FlaskForm):  # type: ignore[misc]
    """`version` is the version of the anomaly that the page shows."""

    version = IntegerField(widget=HiddenInput())

    @property
    def expected_version(self) -> int:
        """The version that the person saw; -1, which no anomaly has, when the form does not say."""
        return -1 if self.version.data is None else int(self.version.data)


class DecisionForm(VersionForm):
    """The state of the anomaly, and why."""

    state = RadioField(_("Decision"), choices=STATES, validate_choice=False)
    reason = TextAreaField(_("Reason"), render_kw=ROWS)
    send_decision = SubmitField(_("Save the decision"))


class ExplanationForm(VersionForm):
    """The body's explanation."""

    text = TextAreaField(_("Explanation"), render_kw=ROWS)
    send_explanation = SubmitField(_("Send the explanation"))
