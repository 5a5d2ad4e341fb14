"""Pages of the audit log: search, and the history of one answer."""
