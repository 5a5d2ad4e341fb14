"""The pictures of a year, each as a page with its table and as SVG and PNG files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug import Response as Redirection

from evaluation.charts import to_svg
from evaluation.comparison.pictures.figures import (
    PictureContext,
    distribution_figure,
    heat_map_figure,
    map_figure,
    trends_figure,
)
from evaluation.comparison.pictures.model import Figure
from evaluation.comparison.pictures.side_by_side import LETTERS, side_by_side_figures
from evaluation.comparison.queries import access_of
from evaluation.comparison.ranking.queries import region_names
from evaluation.language import N_
from evaluation.policy import BODY_ROLES, Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.registry.models import LEVELS, Body
from evaluation.results.operations import refresh
from evaluation.sheets.writers.pictures import pictures
from evaluation.web.comparison import context as comparison_context
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import (
    YEAR,
    current_language,
    current_viewer,
    find_year,
    order_of,
    search_words,
    send_bytes,
)

MATCHES = 10
"""Bodies that a search lists."""
MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
ROW_PICTURES = ("heat-map", "side-by-side")
"""Pictures of rows of the sheet."""
TITLES = {
    "map": N_("Map of the regions"),
    "heat-map": N_("Rows and regions"),
    "distribution": N_("Distribution"),
    "trends": N_("Over the years"),
    "side-by-side": N_("Side by side"),
}
"""Picture → its name in the navigation."""

blueprint = Blueprint("pictures", __name__)
blueprint.app_context_processor(comparison_context)


@dataclass(frozen=True)
class Choices:
    """What the query string chooses: a level, a region, and bodies whose points the viewer may know."""

    level: str
    region: str
    bodies: tuple[Body, ...]

    @property
    def body(self) -> Body | None:
        """The first body."""
        return self.bodies[0] if self.bodies else None

    @property
    def bins(self) -> list[str]:
        """The BINs of the bodies."""
        return [body.bin for body in self.bodies]

    def to_query(self) -> dict[str, Any]:
        """Return the choices as parts of a query string."""
        return {"level": self.level or None, "region": self.region or None, "body": self.bins}


@blueprint.get(f"/pictures/{YEAR}")
@allow(Action.VIEW)
def page(year: int) -> str:
    """Show the map of the regions."""
    return _show(year, "map")


@blueprint.get(f"/pictures/{YEAR}/<any('heat-map', distribution, trends, 'side-by-side'):picture>")
@allow(Action.VIEW)
def other(year: int, picture: str) -> str:
    """Show another picture."""
    return _show(year, picture)


def _show(year: int, picture: str) -> str:
    """Show a picture with its table."""
    reporting_year, choices = find_year(year), _choices(year, picture)
    figures = _figures(year, picture, choices)
    viewer, reader, search = current_viewer(), _reader(picture), search_words(request.args.get("q"))
    matches = registry.bodies(reader, search, language=current_language().code, year=year) if search else None
    return render_template(
        "comparison/pictures/page.html",
        year=reporting_year,
        years=registry.years(),
        picture=picture,
        picture_names=TITLES,
        figures=[(figure, _svg(figure, str(position))) for position, figure in enumerate(figures)],
        choices=choices,
        search=search,
        matches=matches.items[:MATCHES] if matches else [],
        match_total=matches.total if matches else 0,
        letters=LETTERS,
        levels=LEVEL_NAMES,
        region_names=region_names(viewer) if picture == "trends" else {},
        has_limited_figures=reader.bodies is not None,
        page_url=lambda name, number=year, **values: _page_url(name, number, values),
        file_url=lambda position, format_: url_for(
            ".file", year=year, picture=picture, format_=format_, part=position or None, **choices.to_query()
        ),
        formats=list(MEDIA_TYPES),
    )


@blueprint.get(f"/pictures/{YEAR}/<any(map, 'heat-map', distribution, trends, 'side-by-side'):picture>.<any(svg, png):format_>")
@allow(Action.VIEW)
def file(year: int, picture: str, format_: str) -> Response | Redirection:
    """Download a picture as a file; its links lead to this installation."""
    find_year(year)
    figures, part = _figures(year, picture, _choices(year, picture), absolute_links=True), request.args.get("part", 0, type=int)
    if not figures:
        # Nothing is chosen yet.
        return redirect(_page_url(picture, year, {}), 303)
    if not 0 <= part < len(figures):
        abort(404)
    shape = figures[part].picture
    content = to_svg(shape).encode() if format_ == "svg" else pictures([shape])[0]
    suffix = f"-{part + 1}" if len(figures) > 1 else ""
    return send_bytes(content, MEDIA_TYPES[format_], f"{picture}-{year}{suffix}.{format_}")


def _reader(picture: str) -> Viewer:
    """Return who reads the bodies of a picture: an open ranking does not open rows of bodies."""
    viewer = current_viewer()
    return viewer if picture in ROW_PICTURES else access_of(viewer).reader


def _choices(year: int, picture: str) -> Choices:
    """Read the query string; 404 for a body that does not exist or whose points the viewer may not know.

    People of one body see it marked without choosing it.
    """
    viewer, reader = current_viewer(), _reader(picture)
    level, region = request.args.get("level", ""), request.args.get("region", "")
    bins = [bin_ for bin_ in dict.fromkeys(request.args.getlist("body")) if bin_]
    bodies = []
    for bin_ in bins[: len(LETTERS)]:
        is_bin = bin_.isascii() and bin_.isdigit()
        bodies.append((registry.body(reader, bin_, year) if is_bin else None) or abort(404))
    if not bodies and viewer.role in BODY_ROLES and len(viewer.bodies or ()) == 1:
        bodies = registry.all_bodies(viewer, year)
    is_region = len(region) == 2 and region.isascii() and region.isdigit()
    return Choices(level if level in LEVELS else "", region if is_region else "", tuple(bodies))


def _figures(year: int, picture: str, choices: Choices, absolute_links: bool = False) -> list[Figure]:
    """Read and lay out the figures of a picture from current results."""
    context = PictureContext(current_viewer(), year, current_language(), absolute_links)
    if picture == "trends":
        years = [item.year for item in registry.years()]
        refresh(years)
        return [trends_figure(context, years, choices.level, choices.region, choices.body)]
    refresh([year])
    if picture == "side-by-side":
        return side_by_side_figures(context, order_of(year), choices.bodies)
    one: Mapping[str, Callable[[], Figure]] = {
        "map": lambda: map_figure(context),
        "heat-map": lambda: heat_map_figure(context, order_of(year)),
        "distribution": lambda: distribution_figure(context, choices.body),
    }
    return [one[picture]()]


def _svg(figure: Figure, salt: str) -> Markup:
    """A picture as an `<svg>` element; drawing escapes its text."""
    return Markup(to_svg(figure.picture, salt))  # noqa: S704 - the application drew it


def _page_url(picture: str, year: int, values: Mapping[str, Any]) -> str:
    """Return the address of a picture's page."""
    if picture == "map":
        return url_for(".page", year=year, **values)
    return url_for(".other", year=year, picture=picture, **values)
