"""What a head reads before submitting a year and a reviewer before accepting it: points, what costs them, kept warnings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import url_for

from evaluation.answers import values
from evaluation.answers.checks import Issue
from evaluation.answers.progress.model import OrganisationProgress
from evaluation.charts.model import caption
from evaluation.language import Language, heading
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.sheets import LegalEntity, Sheet, SheetRow, SheetTable
from evaluation.sheets.annex import fact_texts
from evaluation.sheets.losses import OrganisationLoss, RowLoss, losses_of
from evaluation.sheets.reasons import outcome_text

MAX_LOSSES_SHOWN = 50
"""Organisations with lost points on a page."""

Member = tuple[SupervisedOrganisation, OrganisationProgress]


@dataclass(frozen=True)
class TableSummary:
    """A table of the sheet with the progress of its organisations."""

    table: SheetTable
    organisations: Sequence[Member]

    @property
    def answered(self) -> int:
        """The number of answers that are given."""
        return sum(progress.answered for _, progress in self.organisations)

    @property
    def required(self) -> int:
        """The number of answers that are required."""
        return sum(progress.required for _, progress in self.organisations)


@dataclass(frozen=True)
class JustifiedWarning:
    """A warning with its justification; `label` and `answer` are empty if it concerns the whole report."""

    organisation: SupervisedOrganisation
    label: str
    answer: str
    issue: Issue


@dataclass(frozen=True)
class LossCause:
    """Why points are lost: the row, its points, how many other organisations are in breach of it, the answers, their cell."""

    row: str
    points: str
    other_count: int
    text: str
    url: str


@dataclass(frozen=True)
class LossRow:
    """An organisation with the points that it costs."""

    organisation: LegalEntity
    points: str
    causes: tuple[LossCause, ...]


@dataclass(frozen=True)
class YearSummary:
    """A body's year as one page shows it.

    `losses` are the organisations that cost points, the most first; `hidden_loss_count` more are not shown. `row_losses` are rows
    that lose points though no organisation is in breach.
    """

    sheet: Sheet
    tables: tuple[TableSummary, ...]
    losses: tuple[LossRow, ...]
    hidden_loss_count: int
    row_losses: tuple[LossCause, ...]
    justified_warnings: tuple[JustifiedWarning, ...]


def summarise(sheet: Sheet, members: Iterable[Member], language: Language) -> YearSummary:
    """Summarise a sheet and the progress of its organisations."""
    members = list(members)
    losses = losses_of(sheet)
    shown = losses.organisations[:MAX_LOSSES_SHOWN]
    return YearSummary(
        sheet,
        tuple(
            TableSummary(table, [member for member in members if member[0].kind == table.table.kind]) for table in sheet.tables
        ),
        tuple(loss_row(sheet, loss, language) for loss in shown),
        len(losses.organisations) - len(shown),
        tuple(_row_cause(sheet, loss, language) for loss in losses.rows),
        tuple(_justified_warnings(sheet, members, language)),
    )


def loss_row(sheet: Sheet, loss: OrganisationLoss, language: Language) -> LossRow:
    """Present an organisation that costs points: the rows, and beside each the answers that decide."""
    causes = []
    for row_loss, organisation in loss.breaches:
        criterion = row_loss.row.criterion
        first_code = sheet.order.first_code_of(criterion) if criterion else ""
        code = next((code for code, _ in organisation.breach_facts), first_code)
        text = "; ".join(fact_texts(sheet.order, organisation, language)) or sheet.order.by_code[code].label[language.code]
        url = url_for(
            "report.page",
            bin_=sheet.body.bin,
            year=sheet.year,
            organisation_bin=organisation.bin,
            field=code,
            _anchor=f"field-{code}",
        )
        points, other_count = language.points(row_loss.low, row_loss.high), len(row_loss.row.in_breach) - 1
        causes.append(LossCause(row_name(row_loss.row, language), points, other_count, text, url))
    return LossRow(loss.breaches[0][1], language.points(loss.low, loss.high), tuple(causes))


def _row_cause(sheet: Sheet, loss: RowLoss, language: Language) -> LossCause:
    anchor = f"row-{loss.kind}-{loss.row.row.number}"
    url = url_for("sheets.page", bin_=sheet.body.bin, year=sheet.year, _anchor=anchor)
    # Several tables have rows of the same number.
    name = f"{heading(sheet.order.kind[loss.kind].plural[language.code])}: {row_name(loss.row, language)}"
    return LossCause(name, language.points(loss.low, loss.high), 0, outcome_text(loss.row, language), url)


def row_name(row: SheetRow, language: Language) -> str:
    """Return the number and text of a row of the form."""
    return " ".join((row.row.number, *caption(row.row.text[language.code], language)))


def _justified_warnings(sheet: Sheet, members: Iterable[Member], language: Language) -> Iterable[JustifiedWarning]:
    for organisation, progress in members:
        for issue in progress.issues:
            if issue.justification is not None:
                item = sheet.order.by_code.get(issue.code or "")
                label = item.label[language.code] if item else ""
                answer = values.format_value(sheet.order, item, issue.value, language) if item else ""
                yield JustifiedWarning(organisation, label, answer, issue)
