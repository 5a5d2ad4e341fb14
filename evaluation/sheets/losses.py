"""What costs a body points on its assessment sheet: the organisations in breach, and rows that lose points without one."""

from dataclasses import dataclass

from evaluation.sheets.model import Bounds, LegalEntity, Sheet, SheetRow, SheetTable


@dataclass(frozen=True)
class RowLoss(Bounds):
    """The points that a row of the sheet loses: at least `low`, at most `high`.

    A row loses its points once, however many organisations are in breach of it.
    """

    kind: str
    row: SheetRow
    low: int
    high: int


@dataclass(frozen=True)
class OrganisationLoss(Bounds):
    """The rows that an organisation is in breach of, each with the answers that decide; `low` and `high` are their sums."""

    breaches: tuple[tuple[RowLoss, LegalEntity], ...]
    low: int
    high: int


@dataclass(frozen=True)
class Losses:
    """What a sheet loses: `organisations` by points, the most first; `rows` lose points though no organisation is in breach."""

    organisations: tuple[OrganisationLoss, ...]
    rows: tuple[RowLoss, ...]


def losses_of(sheet: Sheet) -> Losses:
    """Return what costs points on a sheet.

    Points that only missing answers leave open are no loss.
    """
    lost = [loss for table in sheet.tables for loss in _table_losses(table)]
    by_bin: dict[str, list[tuple[RowLoss, LegalEntity]]] = {}
    for loss in lost:
        for organisation in loss.row.in_breach:
            by_bin.setdefault(organisation.bin, []).append((loss, organisation))
    organisations = [
        OrganisationLoss(
            tuple(breaches),
            sum(loss.low for loss, _ in breaches),
            sum(loss.high for loss, _ in breaches),
        )
        for breaches in by_bin.values()
    ]
    organisations.sort(key=lambda item: (-item.high, -item.low))
    return Losses(tuple(organisations), tuple(loss for loss in lost if loss.low and not loss.row.in_breach))


def _table_losses(table: SheetTable) -> list[RowLoss]:
    """Return the rows of a table that have fewer points than their maximum, the open ones included."""
    rows = table.scored_rows if table.applicable else ()
    return [RowLoss(table.table.kind, row, row.max - row.high, row.max - row.low) for row in rows if row.low < row.max]
