"""Charts as pictures, for documents that cannot hold SVG: the drawings of the pages, turned into dots.

matplotlib's own pictures take four times as long.
"""

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import orjson
import typst

from evaluation.charts import Chart, style, to_svg
from evaluation.charts.measure import FONT_FOLDER

DPI = 150
TEMPLATE = Path(__file__).with_name("pictures.typ")
LOCK = threading.Lock()
"""One compiler serves the whole process, one document at a time."""


def pictures(charts: Sequence[Chart]) -> list[bytes]:
    """Each chart as a PNG; the same charts give the same bytes."""
    if not charts:
        return []
    drawn = {"charts": orjson.dumps([to_svg(chart) for chart in charts]).decode(), "width": str(style.WIDTH)}
    with LOCK:
        made = _compiler().compile(format="png", ppi=DPI, sys_inputs=drawn)
    # A single page comes by itself.
    return [made] if isinstance(made, bytes) else list(made or ())


@cache
def _compiler() -> typst.Compiler:
    """The compiler with the one font of the charts."""
    return typst.Compiler(TEMPLATE, font_paths=[FONT_FOLDER], ignore_system_fonts=True)
