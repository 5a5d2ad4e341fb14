"""What every page and file with a rank says."""

from evaluation.language import N_

NO_RANK_IN_ORDER = N_(
    "The Order knows no rank and no grade. This system compares bodies by their share of the maximum, because the maximum "
    "differs from body to body."
)
"""Shown on every page and in every file that has a rank."""
