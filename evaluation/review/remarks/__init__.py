"""Remarks of reviewers on a body's year, the replies to them, and their resolution."""
