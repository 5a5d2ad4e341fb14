"""Says what a change of the grid stored, and what of it is left out."""

from evaluation.answers.grid.model import Proposal
from evaluation.audit.actions import AuditAction
from evaluation.language import N_
from evaluation.web.core.request_context import current_language

REJECTED = N_("Invalid and not stored: %(count)s.")


def stored_message(action: str, count: int) -> str:
    """Return the message after an action that stored answers."""
    language = current_language()
    match action:
        case AuditAction.BLANKS_FILLED:
            return language.ngettext("%(num)d blank was filled.", "%(num)d blanks were filled.", count)
        case AuditAction.BLOCK_PASTED:
            return language.ngettext("%(num)d pasted answer was stored.", "%(num)d pasted answers were stored.", count)
        case AuditAction.ANSWERS_CLEARED:
            return language.ngettext("%(num)d answer was cleared.", "%(num)d answers were cleared.", count)
        case AuditAction.CHANGE_UNDONE:
            return language.ngettext(
                "Reverted: %(num)d answer has its previous value again.",
                "Reverted: %(num)d answers have their previous values again.",
                count,
            )
    return language.ngettext("%(num)d answer was stored.", "%(num)d answers were stored.", count)


def left_out_message(proposal: Proposal) -> str:
    """Return what of a pasted block is not stored; empty if all of it is."""
    language = current_language()
    counts = (
        (REJECTED, len(proposal.rejected_cells)),
        (N_("Rows below the last organisation, ignored: %(count)s."), proposal.excess_row_count),
        (N_("Columns to the right of the last column, ignored: %(count)s."), proposal.excess_column_count),
        (N_("Columns whose headings match no column, ignored: %(count)s."), len(proposal.unknown_headings)),
        (N_("Blank cells leave these answers unchanged: %(count)s."), proposal.preserved_count),
    )
    return " ".join(language.gettext(message, count=language.number(count)) for message, count in counts if count)
