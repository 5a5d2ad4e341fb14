"""What changed in a body's year since the reviewer last received it, computed from the audit log."""

from evaluation.review.diff.model import Baseline, CellChange, ChangeKind
from evaluation.review.diff.queries import baseline, changed_since

__all__ = ["Baseline", "CellChange", "ChangeKind", "baseline", "changed_since"]
