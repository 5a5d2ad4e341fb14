"""Errors of the review workflow and their messages."""

from http import HTTPStatus

from evaluation.answers.readiness.model import Readiness
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.submissions.models import Submission

MOVED = N_("The year was moved to another order in the meantime. Check its points again.")
STALE = N_("The status of this year changed while your page was open. Check it again, then decide.")
NOT_READY = N_("The year cannot be submitted yet: see below what must be completed.")
NOT_COMPLETE = N_("The year is no longer complete, so it cannot be accepted. Return it for correction.")
NO_ORGANISATIONS = N_("The body had no organisations on 31 December %(year)s: submit a nil return instead.")
HAS_ORGANISATIONS = N_("The body had organisations on 31 December %(year)s, so a nil return is not possible.")
ORGANISATIONS_CHANGED = N_(
    "The organisations of the body on 31 December %(year)s changed after the submission. Return the year for correction."
)
NOTHING_TO_RETURN = N_("The year was not submitted, so there is nothing to return.")
NOTHING_TO_ACCEPT = N_("The year was not submitted, so there is nothing to accept.")
NOTHING_TO_REOPEN = N_("The year was not accepted, so there is nothing to reopen.")
NO_REASON_TO_RETURN = N_("Write why the year is returned and what must be corrected, or make a remark: the body reads it.")
NO_REASON_TO_REOPEN = N_("Write why the accepted year is reopened: the body reads it.")
PAST_CORRECTION_DAY = N_("That date has passed. Give today or a later date to correct the year by.")
IMPLAUSIBLE_CORRECTION_DAY = N_("The date %(day)s cannot be correct. Check the year.")
REASON_TOO_LONG = N_("The reason is longer than %(limit)s characters. Shorten it.")
NO_HEAD = N_("No head of the body has an account: ask the administrator for one.")
SUBMITTED_BY_REVIEWER = N_("You submitted this year yourself. Another reviewer must accept it.")
OPEN_REMARKS = N_("There are unresolved remarks. Resolve them, or return the year for correction.")


class StaleSubmission(EvaluationError):
    """The submission was changed since the person saw it; `current` is its row now, None for a draft that was never submitted."""

    status = HTTPStatus.CONFLICT

    def __init__(self, current: Submission | None):
        super().__init__(STALE)
        self.current = current


class YearMoved(EvaluationError):
    """The year was moved to another order since the person saw its points."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(MOVED)


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
