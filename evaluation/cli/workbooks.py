"""Commands on workbooks: an empty one out, a filled one scored or stored."""

from pathlib import Path
from textwrap import shorten

import click

from evaluation.answers.issues import WorkbookRejected
from evaluation.cli.context import command, exit_with_issues, language_option, print_issues, print_json, transaction
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language, language
from evaluation.notifications.announcements import announce_opening
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import MISSING_FIELD_LABELS
from evaluation.scoring import score as score_reports
from evaluation.sheets import LegalEntity, ScoredYear, Sheet, build_sheets
from evaluation.sheets.scores_json import scores_json
from evaluation.workbooks.format.model import Workbook
from evaluation.workbooks.format.reader import read_workbook
from evaluation.workbooks.format.template import write_template
from evaluation.workbooks.load import LoadSummary, load_workbook

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@command(
    click.option("--year", type=int, required=True, help="Reporting year."),
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write."),
    language_option,
    name="template",
)
def template(year: int, out: Path, lang: str) -> None:
    """Write an empty workbook for a reporting year.

    Example: flask --app app template --year 2024 --lang ru --out indicators-2024.xlsx
    """
    order = registry.orders().for_year(year)
    if order is None:
        raise EvaluationError(
            N_("No order is in effect for %(year)s; the earliest applies from %(first)s."),
            year=year,
            first=registry.orders().all[0].from_year,
        )
    out.write_bytes(write_template(order, year, language(lang)))
    click.echo(out)


@command(
    click.argument("workbook", type=FILE),
    click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON."),
    language_option,
    name="score",
)
def score(workbook: Path, as_json: bool, lang: str) -> None:
    """Score a filled workbook without touching the database.

    Warnings go to standard error. A workbook with errors prints all of them and exits with 1.

    Example: flask --app app score indicators-2024.xlsx --json
    """
    try:
        read = read_workbook(workbook.read_bytes(), registry.orders())
    except WorkbookRejected as rejected:
        return exit_with_issues(rejected, lang, as_json)
    print_issues(read.warnings, language(lang))
    sheets = list(_sheets(read))
    if as_json:
        print_json(scores_json(read.order, read.year, sheets, lang))
    else:
        for sheet in sheets:
            _print_sheet(sheet, language(lang))
    return None


@command(
    click.argument("workbook", type=FILE),
    click.option("--dry-run", is_flag=True, help="Check everything and say what would change, but store nothing."),
    click.option("--register", is_flag=True, help="Enter the year, bodies and organisations that the registry lacks."),
    click.option(
        "--clear-blank",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        help="Clear the stored answers whose cell is empty; NUMBER confirms how many, as --dry-run says.",
    ),
    language_option,
    name="load",
)
def load(workbook: Path, dry_run: bool, register: bool, clear_blank: int | None, lang: str) -> None:
    """Check a filled workbook and store it: everything or nothing.

    An empty cell erases a stored answer only with --clear-blank. Without --register a BIN that the registry lacks is an error at
    its cell.

    Example: flask --app app load indicators-2024.xlsx --register
    """
    try:
        with transaction(dry_run):
            viewer = Viewer.system()
            _, summary = load_workbook(viewer, workbook.read_bytes(), registry.orders(), register, clear_blank)
            if summary.opened_year is not None:
                announce_opening(viewer, summary.opened_year)
    except WorkbookRejected as rejected:
        return exit_with_issues(rejected, lang)
    _print_summary(summary, dry_run, language(lang))
    return None


def _sheets(read: Workbook) -> list[Sheet]:
    scores = score_reports(read.order, read.report_frames, read.prior_year_counts())
    organisations = {
        bin_: LegalEntity(bin_, name or "")
        for sheet in read.worksheets.values()
        for bin_, name in zip(sheet.columns["bin"], sheet.columns["name"], strict=True)
    }
    bodies = {bin_: LegalEntity(bin_, name) for bin_, name in read.body_names.items()}
    return build_sheets(bodies, organisations, [ScoredYear(read.year, read.report_frames, scores)])


def _print_sheet(sheet: Sheet, message_language: Language) -> None:
    click.echo(
        f"{sheet.body.name(message_language.code)} ({sheet.body.bin}), {message_language.period(sheet.year)}: "
        f"{message_language.points_of(sheet.low, sheet.high, sheet.max)}"
    )
    for table in sheet.tables:
        title = table.table.title[message_language.code]
        if not table.applicable:
            click.echo(f"  {title}: –")
            continue
        click.echo(f"  {title}: {message_language.points_of(table.low, table.high, table.max)}")
        for row in table.scored_rows:
            points = message_language.points_of(row.low, row.high, row.max)
            click.echo(f"    {row.row.number:<4}{points:>8}  {shorten(row.row.text[message_language.code], 90, placeholder='…')}")
            for label, organisations in (
                (message_language.gettext("in breach"), row.in_breach),
                (message_language.gettext("unanswered"), row.unanswered),
            ):
                for organisation in organisations:
                    click.echo(f"           {label}: {organisation.bin} {organisation.name(message_language.code)}")


def _print_summary(summary: LoadSummary, dry_run: bool, message_language: Language) -> None:
    print_issues(summary.warnings, message_language)
    click.echo(
        message_language.gettext(
            "Reports: %(new)s new, %(changed)s changed, %(unchanged)s unchanged.",
            new=summary.new_report_count,
            changed=summary.changed_report_count,
            unchanged=summary.unchanged_report_count,
        )
    )
    if summary.cleared_value_count:
        click.echo(
            message_language.ngettext(
                "%(num)d stored answer cleared: its cell is empty.",
                "%(num)d stored answers cleared: their cells are empty.",
                summary.cleared_value_count,
            )
        )
    if summary.blank_value_count:
        click.echo(
            message_language.ngettext(
                "%(num)d stored answer stays although its cell is empty. To clear it: --clear-blank %(num)d",
                "%(num)d stored answers stay although their cells are empty. To clear them: --clear-blank %(num)d",
                summary.blank_value_count,
            )
        )
    if summary.registered_body_bins or summary.registered_organisation_bins:
        click.echo(
            message_language.gettext(
                "Registered: %(bodies)s bodies, %(organisations)s organisations.",
                bodies=len(summary.registered_body_bins),
                organisations=len(summary.registered_organisation_bins),
            )
        )
    for bin_, lacks in summary.incomplete_bodies:
        click.echo(
            message_language.gettext(
                "Incomplete in the registry: %(body)s has no %(what)s.",
                body=bin_,
                what=", ".join(message_language.gettext(MISSING_FIELD_LABELS[name]) for name in lacks),
            )
        )
    if dry_run:
        click.echo(message_language.gettext("This was a dry run: nothing was stored."))
