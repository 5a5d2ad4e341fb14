"""What of a body's year was changed since its reviewer had it last, as the record tells it."""

from evaluation.review.diff.model import CellChange, HandOver
from evaluation.review.diff.queries import baseline, changed_since

__all__ = ["CellChange", "HandOver", "baseline", "changed_since"]
