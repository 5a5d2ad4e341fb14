"""What a verdict says, in plain words: the page and the command say the same."""

from dataclasses import dataclass

from evaluation.language import N_, Language
from evaluation.review.verification.model import By, Found, Outcome, Verdict
from evaluation.sheets.annex import DASH
from evaluation.sheets.document import INVENTED

TITLES = {
    (Outcome.ACCEPTED, By.FILE): N_("This is the accepted sheet, unaltered and in force"),
    (Outcome.ACCEPTED, By.CODE): N_("The sheet with this code is accepted and in force"),
    (Outcome.SUPERSEDED, By.FILE): N_("This is an earlier accepted sheet, no longer in force"),
    (Outcome.SUPERSEDED, By.CODE): N_("The sheet with this code is no longer in force"),
    (Outcome.REOPENED, By.FILE): N_("This is an accepted sheet whose year was reopened: it is not in force"),
    (Outcome.REOPENED, By.CODE): N_("The year of the sheet with this code was reopened: it is not in force"),
    (Outcome.ALTERED, By.FILE): N_("This file was altered"),
    (Outcome.ALTERED, By.CODE): N_("The code does not belong to this revision or hash"),
    (Outcome.UNKNOWN, By.FILE): N_("This is not a file of an accepted sheet"),
    (Outcome.UNKNOWN, By.CODE): N_("There is no sheet with this code"),
    (Outcome.DAMAGED, By.FILE): N_("Nothing can be said: what is stored here is damaged"),
    (Outcome.DAMAGED, By.CODE): N_("Nothing can be said: what is stored here is damaged"),
}
UNALTERED = N_("The file is byte for byte as it was handed out.")
COMPARE = N_("Compare the points below with those on the paper: where they differ, the paper was altered.")
MEANINGS = {
    (Outcome.ALTERED, By.FILE): N_(
        "It carries the code of an accepted sheet, but no such file was handed out: something was changed in it, be it only by "
        "opening and saving it. The true points are below."
    ),
    (Outcome.ALTERED, By.CODE): N_(
        "There is an accepted sheet with this code, but its revision or hash is another: the link or the paper was altered. The "
        "true points are below."
    ),
    (Outcome.UNKNOWN, By.FILE): N_(
        "It carries no code of an accepted sheet, or was altered beyond recognition. Drafts cannot be verified: only an accepted "
        "sheet carries a code."
    ),
    (Outcome.UNKNOWN, By.CODE): N_("Compare it letter by letter with the foot of a page of the sheet."),
}
TOO_LARGE = N_("The file is far larger than any sheet, so it was not looked into.")
DAMAGE = N_("The stored sheet does not agree with the record of its acceptance, so nothing stored about it can be relied upon.")
TELL = N_("Tell the administrator of this product: `flask record verify` finds what was changed.")
TRY_CODE = N_("If a code stands at the foot of its pages, enter the code: the sheet's true points are shown.")
FRESH = N_(
    "Do not rely on the file. A true one is downloaded from the page of the body's assessment sheet, or asked of the body."
)


@dataclass(frozen=True)
class Told:
    """A verdict in one language: `facts` and `points` are empty where there is no true sheet to show.

    `points` holds, for each table and at last for all, its name, points and maximum.
    """

    title: str
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    points: tuple[tuple[str, str, str], ...]


def in_words(verdict: Verdict, language: Language) -> Told:
    """What a verdict says in a language."""
    found = verdict.found
    return Told(
        language.gettext(TITLES[verdict.outcome, verdict.by]),
        tuple(_sentences(verdict, language)),
        _facts(found, language) if found else (),
        _points(found, language) if found else (),
    )


def _sentences(verdict: Verdict, language: Language) -> list[str]:
    outcome, by, found = verdict.outcome, verdict.by, verdict.found
    if outcome == Outcome.DAMAGED:
        return [language.gettext(DAMAGE), language.gettext(TELL)]
    if found is None:
        said = [TOO_LARGE if verdict.too_large else MEANINGS[outcome, by], *([TRY_CODE] if by == By.FILE else [])]
        return [language.gettext(each) for each in said]
    altered = outcome == Outcome.ALTERED
    said = [MEANINGS[outcome, by] if altered else UNALTERED if by == By.FILE else COMPARE]
    said += [FRESH] if altered and by == By.FILE else []
    invented = [INVENTED] if found.sheet.invented else []
    return [*map(language.gettext, said), *_standing(found, language), *map(language.gettext, invented)]


def _standing(found: Found, language: Language) -> list[str]:
    """Whether the true sheet is in force, and what to do where it is not."""
    gettext, latest = language.gettext, {"revision": found.latest, "date": language.short_date(found.latest_on)}
    if found.standing == Outcome.SUPERSEDED:
        return [
            gettext("Revision %(revision)s of the sheet was accepted on %(date)s and took its place.", **latest),
            gettext("Get the revision in force from the page of the body's assessment sheet, or ask the body for it."),
        ]
    if found.standing == Outcome.REOPENED:
        return [
            gettext("The year is being mended; no sheet of it is in force until its next revision is accepted."),
            gettext("Ask the body for that revision once it is there."),
        ]
    return []


def _facts(found: Found, language: Language) -> tuple[tuple[str, str], ...]:
    gettext, sheet, stamp = language.gettext, found.sheet, found.stamp
    return (
        (gettext("Body"), sheet.body.name(language.code)),
        (gettext("BIN"), sheet.body.bin),
        (gettext("Reporting year"), str(sheet.year)),
        (gettext("Accepted on"), language.short_date(stamp.accepted_on)),
        (gettext("Revision"), str(stamp.revision)),
        (gettext("Verification code"), stamp.code),
        (gettext("SHA-256 of the sheet"), stamp.groups),
    )


def _points(found: Found, language: Language) -> tuple[tuple[str, str, str], ...]:
    sheet = found.sheet
    lines = [
        (table.table.title[language.code], str(table.low), str(table.max))
        if table.applicable
        else (table.table.title[language.code], DASH, DASH)
        for table in sheet.tables
    ]
    return (*lines, (language.gettext("All tables that apply"), str(sheet.low), str(sheet.max)))
