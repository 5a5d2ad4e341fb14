"""Searches the audit log: filtered events, and the history of one answer."""
