"""Why a row has its points, in words: the line of Annex 1 that applied, what was counted, and the reading behind it."""

from evaluation.criteria.model import Criterion, Order, Reading
from evaluation.language import Language
from evaluation.sheets.model import SheetRow


def outcome(row: SheetRow, language: Language) -> str:
    """The line of Annex 1 that gives the points; where blanks leave two possible, both with their points."""
    if row.criterion is None or not row.organisations:
        return ""
    best, worst = (_line(row.criterion, name, language) for name in (row.best, row.worst))
    if row.best == row.worst:
        return best
    return language.gettext(
        "“%(worst)s” gives %(low)s, “%(best)s” gives %(high)s", low=row.low, high=row.high, worst=worst, best=best
    )


def _line(criterion: Criterion, outcome: str, language: Language) -> str:
    """The words of an outcome's line, after those of the line without points that it stands under."""
    line, code = criterion.line(outcome), language.code
    above = criterion.lines[: criterion.lines.index(line)]
    heading = next((each.text for each in reversed(above) if each.points is None), None)
    if heading is not None:
        return f"{heading[code]} {line.text[code]}"
    return line.text[code]


def counted(row: SheetRow, language: Language) -> list[str]:
    """By what rule, and what was counted: a sentence each."""
    if row.criterion is None or not row.organisations:
        return []
    said = [
        row.criterion.in_words[language.code].rstrip("."),
        language.ngettext(
            "%(num)d organisation, %(breach)d in breach",
            "%(num)d organisations, %(breach)d in breach",
            row.organisations,
            breach=len(row.in_breach),
        ),
    ]
    if row.unanswered:
        said.append(language.ngettext("%(num)d has not answered", "%(num)d have not answered", len(row.unanswered)))
    if row.criterion.rule == "audit":
        said.append(language.ngettext("%(num)d audited for this norm", "%(num)d audited for this norm", row.audited))
    if row.criterion.rule == "decrease":
        said.append(
            language.gettext("last year: not known")
            if row.previous is None
            else language.gettext("last year: %(count)s", count=row.previous)
        )
    return said


def readings(order: Order, row: SheetRow, language: Language) -> list[tuple[str, str]]:
    """The readings that bear on a row: (id, where and how the text is read)."""
    if row.criterion is None:
        return []
    return [(name, in_words(order.reading[name], language)) for name in row.criterion.readings]


def in_words(reading: Reading, language: Language) -> str:
    """What a reading is about and how the text is read there."""
    return f"{reading.where[language.code]}: {reading.used[language.code]}"
