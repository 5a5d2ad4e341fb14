"""Texts that explain the points of a row: the applied entry of the points scale, the counts, and the readings.

Source: Order 47, Annex 1; the texts of scales and readings are in the criteria file.
"""

from evaluation.criteria.model import Criterion, Order, Reading, ScaleEntry
from evaluation.language import Language
from evaluation.sheets.model import SheetRow


def outcome_text(row: SheetRow, language: Language) -> str:
    """The entry of the points scale that gives the points; if missing answers allow two, both with their points.

    Empty for a heading and for a row of a table that does not apply.
    """
    if row.criterion is None or not row.organisations:
        return ""
    best, worst = (_scale_text(row.criterion, outcome, language) for outcome in (row.best, row.worst))
    if row.best == row.worst:
        return best
    return language.gettext(
        "“%(worst)s” gives %(low)s, “%(best)s” gives %(high)s", low=row.low, high=row.high, worst=worst, best=best
    )


def _scale_text(criterion: Criterion, outcome: str, language: Language) -> str:
    """The text of an outcome's entry with its note, after that of the subheading above it, which is an entry without points."""
    entry, code = criterion.scale_entry(outcome), language.code
    text = scale_text(entry, code)
    above = criterion.scale[: criterion.scale.index(entry)]
    heading = next((heading.text for heading in reversed(above) if heading.points is None), None)
    if heading is not None:
        return f"{heading[code]} {text}"
    return text


def has_note(row: SheetRow) -> bool:
    """Whether the product adds text to an entry of the points scale that gives the row its points."""
    entries = [row.criterion.scale_entry(outcome) for outcome in (row.best, row.worst) if outcome] if row.criterion else []
    return any(entry.note for entry in entries)


def scale_text(entry: ScaleEntry, code: str) -> str:
    """An entry of a points scale as printed, and in square brackets what the product adds to it."""
    return f"{entry.text[code]} [{entry.note[code]}]" if entry.note else entry.text[code]


def count_texts(row: SheetRow, language: Language) -> list[str]:
    """The description of a breach, then the counts that decide the outcome, one text each."""
    if row.criterion is None or not row.organisations:
        return []
    texts = [
        row.criterion.breach_text[language.code].rstrip("."),
        language.ngettext(
            "%(num)d organisation, %(breach)d in breach",
            "%(num)d organisations, %(breach)d in breach",
            row.organisations,
            breach=len(row.in_breach),
        ),
    ]
    if row.unanswered:
        texts.append(language.ngettext("%(num)d has not answered", "%(num)d have not answered", len(row.unanswered)))
    if row.criterion.audited is not None:
        texts.append(language.ngettext("%(num)d audited for this norm", "%(num)d audited for this norm", row.audited))
    if row.criterion.compares_with_last_year:
        texts.append(
            language.gettext("last year: unknown")
            if row.previous is None
            else language.gettext("last year: %(count)s", count=row.previous)
        )
    return texts


def row_readings(order: Order, row: SheetRow, language: Language) -> list[tuple[str, str]]:
    """The readings that a row relies on: id and text."""
    if row.criterion is None:
        return []
    return [(id_, reading_text(order.reading[id_], language)) for id_ in row.criterion.readings]


def reading_text(reading: Reading, language: Language) -> str:
    """The passage of the Order and the interpretation used."""
    return f"{reading.passage[language.code]}: {reading.interpretation[language.code]}"
