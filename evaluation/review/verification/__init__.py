"""Verification of files and codes of accepted sheets, and the export of such files."""
