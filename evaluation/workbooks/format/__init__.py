"""The workbook akimats fill in: written as a template, read back with every mistake named by its cell."""
