"""The text of a verdict, the same on the page and on the command line."""

from dataclasses import dataclass

from evaluation.language import N_, Language
from evaluation.review.verification.model import Outcome, Subject, Verdict, VerifiedSheet
from evaluation.sheets import Sheet, SheetRow, SheetTable
from evaluation.sheets.annex import DASH
from evaluation.sheets.document import INVENTED

TITLES = {
    (Outcome.ACCEPTED, Subject.FILE): N_("This is the accepted sheet, unaltered and in force"),
    (Outcome.ACCEPTED, Subject.CODE): N_("The sheet with this code is accepted and in force"),
    (Outcome.SUPERSEDED, Subject.FILE): N_("This is an earlier accepted sheet, no longer in force"),
    (Outcome.SUPERSEDED, Subject.CODE): N_("The sheet with this code is no longer in force"),
    (Outcome.REOPENED, Subject.FILE): N_("This is an accepted sheet whose year was reopened: it is not in force"),
    (Outcome.REOPENED, Subject.CODE): N_("The year of the sheet with this code was reopened: it is not in force"),
    (Outcome.ALTERED, Subject.FILE): N_("This file was altered"),
    (Outcome.ALTERED, Subject.CODE): N_("The code does not belong to this revision or hash"),
    (Outcome.UNKNOWN, Subject.FILE): N_("This is not a file of an accepted sheet"),
    (Outcome.UNKNOWN, Subject.CODE): N_("There is no sheet with this code"),
    (Outcome.DAMAGED, Subject.FILE): N_("The sheet cannot be verified: the stored data are damaged"),
    (Outcome.DAMAGED, Subject.CODE): N_("The sheet cannot be verified: the stored data are damaged"),
}
UNALTERED = N_("The file is identical to the exported one.")
COMPARE = N_("Compare the points below with those on the paper: where they differ, the paper was altered.")
MEANINGS = {
    (Outcome.ALTERED, Subject.FILE): N_(
        "It carries the code of an accepted sheet, but no such file was exported: the file was changed, perhaps only by "
        "opening and saving it. The original points are below."
    ),
    (Outcome.ALTERED, Subject.CODE): N_(
        "There is an accepted sheet with this code, but with another revision or hash: the link or the paper was altered. "
        "The original points are below."
    ),
    (Outcome.UNKNOWN, Subject.FILE): N_(
        "It carries no code of an accepted sheet, or was altered so much that the code cannot be read. Drafts cannot be "
        "verified: only an accepted sheet carries a code."
    ),
    (Outcome.UNKNOWN, Subject.CODE): N_("Compare it letter by letter with the foot of a page of the sheet."),
}
TOO_LARGE = N_("The file is far larger than any sheet, so it was not checked.")
DAMAGED = N_("The stored sheet does not match the audit log of its acceptance, so nothing stored about it can be relied upon.")
ASK_ADMINISTRATOR = N_("Tell the administrator of this product: `flask audit verify` shows what was changed.")
TRY_CODE = N_("If the foot of its pages shows a code, enter the code: the sheet's original points are shown.")
GET_ORIGINAL = N_(
    "Do not rely on this file. Download the original from the page of the body's assessment sheet, or request it from the body."
)


@dataclass(frozen=True)
class VerdictText:
    """A verdict in one language.

    `facts` are pairs of label and value. `tables` are the tables of the form with all scored rows, so that a reader notices rows
    that were exchanged; `total` is the sum over them. All are empty when there is no verified sheet.
    """

    title: str
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    tables: tuple["TablePoints", ...]
    total: "RowPoints | None"


@dataclass(frozen=True)
class RowPoints:
    """The points of a row, of a table or of the sheet, and their maximum; dashes for a table that does not apply."""

    number: str
    text: str
    points: str
    max: str


@dataclass(frozen=True)
class TablePoints:
    """A table of the form: its scored rows, none if it does not apply, and its sum."""

    title: str
    rows: tuple[RowPoints, ...]
    total: RowPoints


def describe_verdict(verdict: Verdict, language: Language) -> VerdictText:
    """Return the text of a verdict in a language."""
    verified = verdict.verified_sheet
    return VerdictText(
        language.gettext(TITLES[verdict.outcome, verdict.subject]),
        tuple(_sentences(verdict, language)),
        _facts(verified, language) if verified else (),
        tuple(_table_points(table, language) for table in verified.sheet.tables) if verified else (),
        _row_points("", language.gettext("All tables that apply"), verified.sheet) if verified else None,
    )


def _sentences(verdict: Verdict, language: Language) -> list[str]:
    outcome, subject, verified = verdict.outcome, verdict.subject, verdict.verified_sheet
    if outcome == Outcome.DAMAGED:
        return [language.gettext(DAMAGED), language.gettext(ASK_ADMINISTRATOR)]
    if verified is None:
        messages = [TOO_LARGE if verdict.too_large else MEANINGS[outcome, subject]]
        messages += [TRY_CODE] if subject == Subject.FILE else []
        return [language.gettext(message) for message in messages]
    if outcome == Outcome.ALTERED:
        messages = [MEANINGS[outcome, subject]] + ([GET_ORIGINAL] if subject == Subject.FILE else [])
    else:
        messages = [UNALTERED if subject == Subject.FILE else COMPARE]
    invented = [INVENTED] if verified.sheet.invented else []
    return [*map(language.gettext, messages), *_status_sentences(verified, language), *map(language.gettext, invented)]


def _status_sentences(verified: VerifiedSheet, language: Language) -> list[str]:
    """Return what to do if the verified sheet is not in force."""
    gettext = language.gettext
    if verified.status == Outcome.SUPERSEDED:
        latest = {"revision": verified.latest_revision, "date": language.short_date(verified.latest_accepted_on)}
        return [
            gettext("Revision %(revision)s of the sheet was accepted on %(date)s and replaced it.", **latest),
            gettext("Download the revision in force from the page of the body's assessment sheet, or request it from the body."),
        ]
    if verified.status == Outcome.REOPENED:
        return [
            gettext("The year is being corrected; none of its sheets is in force until its next revision is accepted."),
            gettext("Ask the body for that revision when it is available."),
        ]
    return []


def _facts(verified: VerifiedSheet, language: Language) -> tuple[tuple[str, str], ...]:
    gettext, sheet, stamp = language.gettext, verified.sheet, verified.stamp
    return (
        (gettext("Body"), sheet.body.name(language.code)),
        (gettext("BIN"), sheet.body.bin),
        (gettext("Reporting year"), str(sheet.year)),
        (gettext("Accepted on"), language.short_date(stamp.accepted_on)),
        (gettext("Revision"), str(stamp.revision)),
        (gettext("Verification code"), stamp.code),
        (gettext("SHA-256 of the sheet"), stamp.hash_groups),
    )


def _table_points(table: SheetTable, language: Language) -> TablePoints:
    code, form = language.code, table.table
    if not table.applicable:
        return TablePoints(form.title[code], (), RowPoints("", form.total[code], DASH, DASH))
    rows = tuple(_row_points(row.row.number, row.row.text[code], row) for row in table.scored_rows)
    return TablePoints(form.title[code], rows, _row_points("", form.total[code], table))


def _row_points(number: str, text: str, points: SheetRow | SheetTable | Sheet) -> RowPoints:
    return RowPoints(number, text, str(points.low), str(points.max))
