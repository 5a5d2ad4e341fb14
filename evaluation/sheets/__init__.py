"""The assessment sheet of one body and year: composed from scores, written as page, PDF, XLSX, DOCX and JSON."""

from evaluation.sheets.compose import compose
from evaluation.sheets.model import Named, Share, Sheet, SheetRow, SheetTable

__all__ = ["Named", "Share", "Sheet", "SheetRow", "SheetTable", "compose"]
