"""The append-only record of events: who changed what, when, from what to what."""
