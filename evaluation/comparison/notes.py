"""What pages and files of the comparison say in the same words."""

from evaluation.language import N_

NO_RANK_IN_ORDER = N_(
    "The Order knows no rank and no grade. This system compares bodies by their share of the maximum, because the maximum "
    "differs from body to body."
)
"""Shown on every page and in every file that has a rank."""
REGIONS_WITHOUT_AKIMATS = N_("The figures of a region leave out the region's own akimat, which has its own sheet.")
"""Shown beside figures of regions."""
