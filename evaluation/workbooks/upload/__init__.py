"""Uploads of workbooks: read, compared with stored answers, previewed, applied all or nothing, and undone."""
