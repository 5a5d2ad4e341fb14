"""Messages of the grid's scripts. The scripts fill in {0}, {1}, {2}; numbers follow a colon, so that no word depends on them."""

from evaluation.language import N_, Language

MESSAGES = {
    "blank": N_("no answer"),
    "idle": N_("not required with the other answers as they are"),
    "saving": N_("Saving: “{0}”"),
    "saved": N_("Saved: “{0}”"),
    "emptied": N_("Saved: no answer"),
    "waiting": N_("No connection. Not sent yet: {0}. It will be sent when the connection is back."),
    "signed_out": N_("You are signed out. Not sent yet: {0}. Sign in in another window; it will then be sent."),
    "refused": N_("Not saved: {0}"),
    "invalid": N_("Not stored: “{0}”. {1}"),
    "invalid_count": N_("Not stored because they are not valid: {0}"),
    "conflict": N_("Changed by someone else in the meantime. Press Enter to choose."),
    "conflict_count": N_("Changed by someone else, waiting for your choice: {0}"),
    "conflict_who": N_("Changed by {0}, {1}"),
    "error": N_("Error: {0}"),
    "warning": N_("Worth checking: {0}"),
    "reason": N_("Reason: {0}"),
    "remark": N_("Open remark: {0}"),
    "last_year": N_("Last year: {0}"),
    "keys": N_("Keys: {0}"),
    "count": N_("Organisations shown: {0} of {1}"),
    "offline": N_("This needs a connection, and there is none. Try again when it is back."),
    "failed": N_("This could not be done. Load the page again; if it happens again, tell the administrator."),
    "not_ready": N_("Wait until everything is saved, then try again."),
    "nothing_to_undo": N_("There is no further change to undo in this table since the page was opened."),
    "nothing_to_redo": N_("There is nothing to redo: nothing was undone."),
    "undone": N_("Undone: {0}: “{1}”."),
    "redone": N_("Done again: {0}: “{1}”."),
    "more_cells": N_("Other cells: {0}."),
    "copied": N_("Copied: {0} rows, {1} columns"),
    "not_pasted": N_("Press Ctrl+V in the table, or use the button “Paste from Excel…”."),
    "nothing": N_("There is nothing to paste."),
    "fill_with": N_("Enter the answer for the blank cells."),
    "more_filled": N_("Blank cells are filled in the organisations shown: {0}."),
}


def script_messages(language: Language) -> dict[str, str]:
    """Return the messages in a language, by key."""
    return {key: language.gettext(text) for key, text in MESSAGES.items()}
