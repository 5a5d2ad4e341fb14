"""Benchmark of the heat map: the page of the invented country beside drawing its figure alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evaluation.charts import draw_cached
from evaluation.comparison.pictures.figures import PictureContext, heat_map_figure
from evaluation.criteria import load_orders
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Viewer
from tests.benchmarks import country
from tests.support import accounts

Pair = tuple[Callable[[], Any], Callable[[], Any]]


@contextmanager
def heat_map(folder: Path) -> Iterator[Pair]:
    """The page with sums, figure and table for a reviewer of the country; floor: the same figure drawn from values at hand.

    The page draws the figure each time, as it does when a result has changed.
    """
    app = country.app_on(folder)
    client = accounts.signed_in(app, "reviewer")
    with app.test_request_context():
        picture = heat_map_figure(PictureContext(Viewer.system(), country.YEAR, language("kk")), load_orders().latest).picture
        db.session.rollback()

    def ours() -> None:
        draw_cached.cache_clear()
        response = client.get(f"/pictures/{country.YEAR}/heat-map")
        assert response.status_code == 200 and response.text.count("<a ") > 1000

    yield ours, lambda: draw_cached.__wrapped__(picture)
    with app.app_context():
        db.engine.dispose()
