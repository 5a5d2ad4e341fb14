"""The ranking as PDF."""

from collections.abc import Iterable

from evaluation.comparison.notes import NO_RANK_IN_ORDER
from evaluation.comparison.ranking.labels import change_text
from evaluation.comparison.ranking.model import RankingRow
from evaluation.comparison.table_pdf import Column, TableDocument, write_table
from evaluation.criteria.model import Order
from evaluation.language import N_, Language
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.model import NO_POINTS
from evaluation.sheets.model import LegalEntity

BODY_WIDTH = 1
INTERVAL_NOTE = N_(
    "An interval of ranks means that answers are missing, of this body or of others: every rank in it is possible. Points with a "
    "range are the lowest and the highest that the missing answers allow."
)


def as_pdf(
    rows: Iterable[RankingRow], order: Order, year: ReportingYear, language: Language, scope_label: str, total: int
) -> bytes:
    """Write a ranking of `total` bodies as PDF."""
    kinds = [table.kind for table in order.form.tables]
    numbers = [str(number) for number in range(1, len(kinds) + 1)]
    legend = "; ".join(
        f"{number} – {order.kind[kind].plural[language.code]}" for number, kind in zip(numbers, kinds, strict=True)
    )
    count = language.ngettext("%(num)d body is ranked.", "%(num)d bodies are ranked.", total)
    labels = (N_("Points"), N_("Share of the maximum"), N_("Change, percentage points"))
    columns = [Column(language.gettext(N_("Rank"))), Column(language.gettext(N_("Body")), BODY_WIDTH, number=False)]
    columns += [Column(str(number)) for number in range(1, len(kinds) + 1)]
    columns += [Column(language.gettext(label)) for label in labels]
    columns.append(Column(str(year.year - 1)))
    title = f"{language.gettext(N_('Ranking'))}, {language.period(year.year)}: {scope_label}"
    return write_table(
        TableDocument(
            title,
            language.code,
            [
                language.gettext(NO_RANK_IN_ORDER),
                f"{count} {language.gettext(INTERVAL_NOTE)}",
                f"{language.gettext(N_('Tables:'))} {legend}.",
            ],
            columns,
            [_cells(row, kinds, language) for row in rows],
            order.title[language.code],
            language.gettext(N_("Invented demonstration data")) if year.invented else "",
        )
    )


def _cells(row: RankingRow, kinds: Iterable[str], language: Language) -> list[str]:
    points, previous = row.points, row.previous
    tables = [row.tables.get(kind, NO_POINTS) for kind in kinds]
    return [
        str(row.rank or "–"),
        LegalEntity(row.body.bin, row.body.name_kk, row.body.name_ru).name(language.code),
        *(language.points_of(table.low, table.high, table.max) for table in tables),
        language.points_of(points.low, points.high, points.max),
        language.share_range(points.low, points.high, points.max),
        change_text(row.change, language),
        language.share_range(previous.low, previous.high, previous.max),
    ]
