"""A workbook's way in: read, set against what is stored, shown, applied all or nothing, and undone."""
