"""Backups, their restoration, and the move of an installation to another database."""
