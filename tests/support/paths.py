"""Where tests find the project's own files."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SECOND_ORDER = ROOT / "tests" / "second_order.toml"
"""An invented order, with other kinds, points and rules than Order 47."""
