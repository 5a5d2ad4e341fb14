"""The assessment sheet of one body and year: composed from scores, written as page, PDF, XLSX, DOCX and JSON."""

from evaluation.sheets.compose import compose_sheets
from evaluation.sheets.model import LegalEntity, Sheet, SheetRow, SheetTable, YearPoints

__all__ = ["LegalEntity", "Sheet", "SheetRow", "SheetTable", "YearPoints", "compose_sheets"]
