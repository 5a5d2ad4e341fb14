"""Charts as PNG pictures, for formats that cannot contain SVG: typst renders the SVG of the pages.

matplotlib's own pictures take four times as long.
"""

from collections.abc import Sequence
from pathlib import Path

import orjson

from evaluation.charts import Chart, Picture, style, to_svg
from evaluation.sheets.writers.typesetting import typeset_png

DOTS_PER_INCH = 150
TEMPLATE = Path(__file__).with_name("pictures.typ")


def pictures(charts: Sequence[Chart | Picture]) -> list[bytes]:
    """Draw each chart as a PNG. Equal charts give equal bytes."""
    if not charts:
        return []
    svgs = [(to_svg(chart), chart.width if isinstance(chart, Picture) else style.WIDTH_PT) for chart in charts]
    return typeset_png(TEMPLATE, DOTS_PER_INCH, charts=orjson.dumps(svgs).decode())
