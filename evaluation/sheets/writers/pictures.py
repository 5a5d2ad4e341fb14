"""Charts as PNG pictures, for formats that cannot contain SVG: typst renders the SVG of the pages.

matplotlib's own pictures take four times as long.
"""

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import orjson
import typst

from evaluation.charts import Chart, Picture, style, to_svg
from evaluation.charts.measure import font_folder

DOTS_PER_INCH = 150
TEMPLATE = Path(__file__).with_name("pictures.typ")
LOCK = threading.Lock()
"""The process has one compiler, which compiles one document at a time."""


def pictures(charts: Sequence[Chart | Picture]) -> list[bytes]:
    """Draw each chart as a PNG. Equal charts give equal bytes."""
    if not charts:
        return []
    svgs = [(to_svg(chart), chart.width if isinstance(chart, Picture) else style.WIDTH_PT) for chart in charts]
    inputs = {"charts": orjson.dumps(svgs).decode()}
    with LOCK:
        compiled = _compiler().compile(format="png", ppi=DOTS_PER_INCH, sys_inputs=inputs)
    # typst returns a single page as bytes, several pages as a list.
    return [compiled] if isinstance(compiled, bytes) else list(compiled or ())


@cache
def _compiler() -> typst.Compiler:
    """The compiler with the font of the charts."""
    return typst.Compiler(TEMPLATE, font_paths=[font_folder()], ignore_system_fonts=True)
