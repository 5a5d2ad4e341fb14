"""The command that reads a budget decision from a file; it needs no database."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from textwrap import shorten

import click
from flask.cli import AppGroup

from evaluation.budgets.decisions_json import decisions_as_json
from evaluation.budgets.errors import NO_BUDGET, DecisionRejected
from evaluation.budgets.labels import SECTION_NAMES, amount_text, where_text
from evaluation.budgets.model import BudgetDecision
from evaluation.budgets.read import read_decisions
from evaluation.budgets.sources.errors import TOO_LARGE, SourceRejected
from evaluation.budgets.sources.read import read_source
from evaluation.cli.context import command, format_table, language_option, print_json
from evaluation.configuration import configuration
from evaluation.language import N_, Language, language
from evaluation.settings import MEGABYTE

DECISION = N_("Decision No. %(number)s of %(date)s")
LINES = N_("Lines with codes: %(count)s")
INCONSISTENCIES = N_("Inconsistencies: %(count)s")
UNREAD = N_("Lines that could not be read: %(count)s")
TOTALS_HEADINGS = (N_("Section"), N_("Amount, thousand tenge"))
INCONSISTENCIES_HEADINGS = (
    N_("Section, code"),
    N_("Printed, thousand tenge"),
    N_("Computed, thousand tenge"),
    N_("Lines of the source"),
)
UNREAD_HEADINGS = (N_("Line of the source"), N_("Text"), N_("Why"))
ABSENT = "–"
MAX_TEXT_CHARACTERS = 60

budget = AppGroup("budget", help="Read a budget decision of a maslikhat; nothing is stored.")


@command(
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option("--json", "as_json", is_flag=True, help="Print JSON: the lines with their codes and their places in the file."),
    language_option,
    name="read",
)
def read(file: Path, as_json: bool, lang: str) -> None:
    """Read a budget decision: a text, a web page, a Word document or a PDF with text. Nothing is stored.

    Example: flask --app app budget read decision.docx --json
    """
    output_language, limit = language(lang), configuration().settings.evidence_megabytes
    with file.open("rb") as stream:
        data = stream.read(limit * MEGABYTE + 1)
    if len(data) > limit * MEGABYTE:
        raise SourceRejected(TOO_LARGE, limit=limit)
    decisions = read_decisions(read_source(file.name, data).lines)
    if not decisions:
        raise DecisionRejected(NO_BUDGET)
    if as_json:
        print_json(decisions_as_json(decisions, output_language))
    else:
        click.echo("\n\n".join(_summary(decision, output_language) for decision in decisions))


def _summary(decision: BudgetDecision, output_language: Language) -> str:
    """Return what was read: totals, how many lines, contradictions, and lines that could not be read."""
    gettext, amount = output_language.gettext, partial(amount_text, language=output_language)
    day = output_language.long_date(decision.date) if decision.date else ABSENT
    heading = [decision.body or ABSENT, output_language.period(decision.year) if decision.year else ABSENT]
    totals = [(gettext(SECTION_NAMES[section]), amount(total.amount)) for section, total in decision.totals.items()]
    contradictions = [
        (where_text(item.where, output_language), amount(item.printed), amount(item.computed), _numbers(item.source_lines))
        for item in decision.inconsistencies
    ]
    unread = [(str(item.source_line), _short(item.text), gettext(item.why)) for item in decision.unread]
    parts = [
        ", ".join(heading),
        gettext(DECISION, number=decision.number or ABSENT, date=day),
        _table(TOTALS_HEADINGS, totals, output_language),
        gettext(LINES, count=len(decision.lines)),
        gettext(INCONSISTENCIES, count=len(contradictions)),
        _table(INCONSISTENCIES_HEADINGS, contradictions, output_language),
        gettext(UNREAD, count=len(unread)),
        _table(UNREAD_HEADINGS, unread, output_language),
    ]
    return "\n".join(filter(None, parts))


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], output_language: Language) -> str:
    """Return a table with its headings; nothing if it has no rows."""
    return format_table([tuple(map(output_language.gettext, headings)), *rows]) if rows else ""


def _numbers(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))


def _short(text: str) -> str:
    return shorten(text, MAX_TEXT_CHARACTERS, placeholder="…")


budget.add_command(read)
