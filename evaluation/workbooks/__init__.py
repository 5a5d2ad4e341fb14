"""Workbooks: their format, uploads and the registry workbook."""
