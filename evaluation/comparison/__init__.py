"""Compares bodies and years: ranking, changes, improvement, readings, regions."""
