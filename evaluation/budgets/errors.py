"""Why a budget decision is not stored; each message says what to do."""

from http import HTTPStatus

from evaluation.errors import EvaluationError
from evaluation.language import N_

NO_BUDGET = N_("No budget was recognised in this text. Send the decision with its annexes, the tables of income and costs.")
DRAFT_GONE = N_("This decision is no longer waiting: it was stored or discarded, or a week has passed. Send it again.")
NO_NUMBER = N_("Enter the number of the decision.")
NUMBER_TOO_LONG = N_("The number of the decision has more than %(limit)s characters.")
NO_DATE = N_("Enter the date of the decision.")
NO_YEAR = N_("Enter the year of the budget.")
YEAR_NOT_OPEN = N_("The reporting year %(year)s is not open: the budget of this year cannot be stored yet.")
NO_LINES = N_("No line of the budget is left: there is nothing to store.")
UNREAD = N_("Line %(line)s of the source was not read. Enter it, or mark it as no line of the budget.")
WRONG_CODE = N_("“%(code)s” is not a code of the budget classification. Write it as 2/01/5 or 01/2/489/005.")
WRONG_AMOUNT = N_("The amount %(amount)s thousand tenge in line %(line)s is not possible: check the unit and the digits.")
WRONG_LINE = N_("The source has no line %(line)s.")
ALREADY_STORED = N_(
    "Decision No. %(number)s of %(day)s is already stored for %(year)s. To store it anew, confirm that it replaces that one."
)


class DecisionRejected(EvaluationError):
    """A decision cannot be stored as it was sent."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class DraftUnavailable(EvaluationError):
    """The draft is gone: stored or discarded in the meantime, or expired."""

    status = HTTPStatus.CONFLICT


class AlreadyStored(EvaluationError):
    """The year has a decision of the same number and date."""

    status = HTTPStatus.CONFLICT
