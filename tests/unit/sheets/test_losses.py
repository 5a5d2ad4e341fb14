"""What costs a body points on its sheet."""

from evaluation.criteria import Order
from evaluation.sheets.losses import losses_of
from evaluation.sheets.model import LegalEntity, Sheet, SheetRow, SheetTable

FIRST, SECOND = LegalEntity("1", "Бір"), LegalEntity("2", "Екі")


def test_losses_by_organisation_and_rows_without_a_breach(order: Order) -> None:
    table = order.form.tables[0]
    criterion, scored = order.criteria[0], iter(table.scored_rows)

    def row(low: int, high: int, *in_breach: LegalEntity, unanswered: tuple[LegalEntity, ...] = ()) -> SheetRow:
        return SheetRow(next(scored), criterion, low, high, 3, in_breach=in_breach, unanswered=unanswered)

    rows = (
        row(1, 1, FIRST, SECOND),
        row(0, 2, SECOND),
        row(2, 2),
        row(0, 3, unanswered=(FIRST,)),
        row(3, 3, FIRST),
    )
    losses = losses_of(Sheet(order, FIRST, 2024, (SheetTable(table, True, rows), SheetTable(table, False, rows)), 6, 11, 15))
    assert [(item.breaches[0][1].bin, item.low, item.high, len(item.breaches)) for item in losses.organisations] == [
        ("2", 3, 5, 2),
        ("1", 2, 2, 1),
    ]
    assert [(loss.row, loss.low, loss.high) for loss in losses.rows] == [(rows[2], 1, 1)], "open points are no loss"
