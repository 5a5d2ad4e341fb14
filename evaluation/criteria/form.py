"""The assessment sheet as the Order prints it."""

from evaluation.criteria.base import Code, Number, OrderModel, Text


class Row(OrderModel):
    """A row of a table of the form; a row without a criterion is a heading and has no points."""

    number: Number
    text: Text
    criterion: Number | None = None


class Table(OrderModel):
    """A table of the form for one kind: title, three column headings, the numbering row, rows, and the label of the last row."""

    kind: Code
    title: Text
    columns: tuple[Text, Text, Text]
    numbering: tuple[str, str, str]
    rows: tuple[Row, ...]
    total: Text

    @property
    def scored_rows(self) -> tuple[Row, ...]:
        """The rows with a criterion."""
        return tuple(row for row in self.rows if row.criterion)


class Form(OrderModel):
    """The assessment sheet as printed: the texts above the tables, and the tables.

    Source: Order 47, Annex 2, which is Annex 4 to the Rules.
    """

    order_mark: Text
    rules_mark: Text
    form_mark: Text
    title: Text
    hint_body: Text
    hint_period: Text
    tables: tuple[Table, ...]
