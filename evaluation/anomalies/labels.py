"""Labels of the states of anomalies."""

from evaluation.anomalies.models import EXPLAINED, OPEN, SET_ASIDE
from evaluation.anomalies.queries import ANY_STATE, VANISHED
from evaluation.language import N_

STATE_LABELS = {OPEN: N_("No decision"), EXPLAINED: N_("Explained"), SET_ASIDE: N_("Set aside")}
"""State → label."""
FILTER_LABELS = STATE_LABELS | {VANISHED: N_("No longer seen"), ANY_STATE: N_("All")}
"""Value of the queue's filter → label."""
