"""The append-only audit log: for each event its actor and time, and the old and new values."""
