"""Charts as pictures, for documents that cannot hold SVG: the same drawings, set on pages of their own size."""

import threading
from collections.abc import Sequence
from functools import cache

import orjson
import typst

from evaluation.sheets.charts import Chart, style, to_svg
from evaluation.sheets.charts.measure import FONT_FOLDER

DPI = 150
TEMPLATE = f"""
#set page(width: auto, height: auto, margin: 0pt)
#for svg in json(bytes(sys.inputs.charts)) {{ page(image(bytes(svg), format: "svg", width: {style.WIDTH}pt)) }}
"""
LOCK = threading.Lock()
"""One compiler serves the whole process, one document at a time."""


def pictures(charts: Sequence[Chart]) -> list[bytes]:
    """Each chart as a PNG; the same charts give the same bytes."""
    if not charts:
        return []
    drawn = orjson.dumps([to_svg(chart) for chart in charts]).decode()
    with LOCK:
        made = _compiler().compile(format="png", ppi=DPI, sys_inputs={"charts": drawn})
    return [made] if isinstance(made, bytes) else list(made)


@cache
def _compiler() -> typst.Compiler:
    """The compiler with the one font of the charts."""
    return typst.Compiler(TEMPLATE.encode(), font_paths=[FONT_FOLDER], ignore_system_fonts=True)
