"""The text of a verdict, the same on the page and on the command line."""

from dataclasses import dataclass

from evaluation.language import N_, Language
from evaluation.review.verification.model import Outcome, Subject, Verdict, VerifiedSheet
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

    `facts` are pairs of label and value. `points` are triples of name, points and maximum, one for each table and the last for
    the total. Both are empty when there is no verified sheet.
    """

    title: str
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    points: tuple[tuple[str, str, str], ...]


def describe_verdict(verdict: Verdict, language: Language) -> VerdictText:
    """Return the text of a verdict in a language."""
    verified = verdict.verified_sheet
    return VerdictText(
        language.gettext(TITLES[verdict.outcome, verdict.subject]),
        tuple(_sentences(verdict, language)),
        _facts(verified, language) if verified else (),
        _points(verified, language) if verified else (),
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


def _points(verified: VerifiedSheet, language: Language) -> tuple[tuple[str, str, str], ...]:
    sheet = verified.sheet
    tables = [
        (table.table.title[language.code], str(table.low), str(table.max))
        if table.applicable
        else (table.table.title[language.code], DASH, DASH)
        for table in sheet.tables
    ]
    return (*tables, (language.gettext("All tables that apply"), str(sheet.low), str(sheet.max)))
