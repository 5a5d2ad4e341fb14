"""Remarks of the reviewer on a body's year, as threads that its people answer and the reviewer resolves."""
