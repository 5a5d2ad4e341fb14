"""Worksheets and cells as the safe opening of workbooks passes them on."""

from dataclasses import dataclass, field

Position = tuple[int, int]
"""Row and column of a cell, both from 0."""


@dataclass(frozen=True)
class CellError:
    """The content of a cell without a usable value.

    Attributes:
        reason: code of a message: ``excel_error`` or ``formula_without_value``.
        value: what Excel shows in the cell, such as ``#N/A``.
    """

    reason: str
    value: str = ""


@dataclass
class NormalisedSheet:
    """A worksheet that the parser reads as we do.

    Attributes:
        data: XML of the rows, without the element ``sheetData`` around them.
        cell_count: number of cells in `data`.
        row_count: number of the last row with a cell, from 1; 0 without cells.
        column_count: number of the last column with a cell, from 1; 0 without cells.
        errors: cells without a usable value; they are not in `data`.
    """

    data: bytes | memoryview
    cell_count: int
    row_count: int
    column_count: int
    errors: dict[Position, CellError] = field(default_factory=dict)


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell from its row and column, both from 0: (3, 5) → F4."""
    # xlsxwriter is heavy; most commands do not need it.
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(row, column))
