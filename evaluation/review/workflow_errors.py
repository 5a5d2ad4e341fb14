"""Errors of the review workflow and their messages."""

from http import HTTPStatus

from evaluation.answers.readiness.model import Readiness
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.submissions.models import Submission

STALE = N_("The state of this year was changed while your page was open. Look at it again, then decide.")
NOT_READY = N_("The year cannot be handed over yet: see below what remains to be done.")
NOT_COMPLETE = N_("The year is not complete any more, so it cannot be accepted. Give it back to be mended.")
NO_ORGANISATIONS = N_("The body has no organisations on 31 December %(year)s: hand in a nil year instead.")
HAS_ORGANISATIONS = N_("The body has organisations on 31 December %(year)s, so its year is not nil.")
ORGANISATIONS_CHANGED = N_(
    "The organisations of the body on 31 December %(year)s were changed since the hand-over. Give the year back."
)
NOTHING_TO_RETURN = N_("The year was not handed over, so there is nothing to give back.")
NOTHING_TO_ACCEPT = N_("The year was not handed over, so there is nothing to accept.")
NOTHING_TO_REOPEN = N_("The year was not accepted, so there is nothing to reopen.")
NO_REASON_TO_RETURN = N_("Write why the year is given back and what is to be mended, or make a remark: the body reads it.")
NO_REASON_TO_REOPEN = N_("Write why the accepted year is reopened: the body reads it.")
REASON_TOO_LONG = N_("The reason is longer than %(limit)s characters. Shorten it.")
SUBMITTED_BY_REVIEWER = N_("You handed this year over yourself. Another reviewer must accept it.")
OPEN_REMARKS = N_("There are remarks that are not resolved. Resolve them, or give the year back.")


class StaleSubmission(EvaluationError):
    """The submission was changed since the person saw it; `current` is its row now, None for a draft that was never submitted."""

    status = HTTPStatus.CONFLICT

    def __init__(self, current: Submission | None):
        super().__init__(STALE)
        self.current = current


class NotReady(EvaluationError):
    """Something remains to be done before the year can be submitted or accepted."""

    status = HTTPStatus.CONFLICT

    def __init__(self, readiness: Readiness, message: str = NOT_READY):
        super().__init__(message)
        self.readiness = readiness


class SubmissionRejected(EvaluationError):
    """The status does not allow this step, a reason is missing, or another person must take the step."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class NilReturnRejected(SubmissionRejected):
    """A nil return of a body with organisations, or an ordinary submission of a body without any."""

    status = HTTPStatus.CONFLICT
