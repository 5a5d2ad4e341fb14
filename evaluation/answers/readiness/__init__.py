"""Readiness: what prevents a body's year from being submitted or accepted."""
