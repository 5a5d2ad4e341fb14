"""The registry as a workbook: out with what is entered, in with a preview of what would change."""
