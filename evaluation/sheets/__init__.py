"""The assessment sheet of one body and year: composed from scores, written as page, PDF, XLSX, DOCX and JSON."""

from evaluation.sheets.input import ScoredYear, build_sheets
from evaluation.sheets.model import LegalEntity, Sheet, SheetRow, SheetTable, YearPoints

__all__ = ["LegalEntity", "ScoredYear", "Sheet", "SheetRow", "SheetTable", "YearPoints", "build_sheets"]
