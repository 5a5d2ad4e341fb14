"""Pages for who brings data: a filled workbook in, an empty one out."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, g, render_template, request

from evaluation import database
from evaluation.collection.operations import Summary, load_workbook
from evaluation.collection.problems import Refused
from evaluation.collection.workbook.model import Workbook
from evaluation.collection.workbook.template import write_template
from evaluation.language import CODES, language
from evaluation.registry import queries as registry
from evaluation.sheets import Named
from evaluation.web.common import current_language, current_viewer, megabytes, send_bytes, show_year
from evaluation.web.problems import report
from forms.workbook import WorkbookForm

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint("entry", __name__)


@blueprint.get("/workbook")
def workbook() -> str:
    """The form to send a workbook by, and the templates."""
    return _page(WorkbookForm())


@blueprint.post("/workbook")
def receive_workbook() -> tuple[str, int] | str:
    """Check a workbook and, where that is what was asked for and nothing is wrong, store it."""
    form = WorkbookForm()
    if not form.validate():
        return _page(form), 422
    trial = not form.store.data
    try:
        read, summary = load_workbook(current_viewer(), form.file.data.read(), registry.orders(), form.register.data)
    except Refused as refused:
        return _page(form, refused=report(refused.problems, registry.orders(), current_language())), 422
    opened = registry.reporting_year(read.year)
    if opened is not None:
        show_year(opened)
    if trial:
        database.db.session.rollback()
    return _page(
        # After a store the form begins anew, so that nothing is registered unasked; after a check it is still at hand.
        form if trial else WorkbookForm(formdata=None),
        summary=summary,
        nothing=any(warning.problem == "no_data" for warning in summary.warnings),
        registered=form.register.data,
        read=read,
        trial=trial,
        bodies=_bodies(read, summary, trial),
        lacking=registry.LACKING,
        warnings=report(summary.warnings, registry.orders(), current_language()),
    )


def _bodies(read: Workbook, summary: Summary, trial: bool) -> list[tuple[Named, bool]]:
    """The workbook's bodies, and whether each has a page now: a trial registers nothing."""
    has_year = registry.reporting_year(read.year) is not None
    fresh = set(summary.bodies) if trial else set()
    return [(Named(bin_, name), has_year and bin_ not in fresh) for bin_, name in read.names.items()]


def _page(form: WorkbookForm, **found: object) -> str:
    years = registry.years()
    if years:
        # A page that shows no year of its own is marked by the latest.
        g.setdefault("invented", years[0].invented)
    orders = registry.in_force(registry.orders())
    offered = sorted({each.year for each in years} | {_last_year()}, reverse=True)
    found = {"refused": None, "summary": None} | found
    return render_template(
        "entry/workbook.html",
        form=form,
        languages=CODES,
        limit=megabytes(),
        years=[year for year in offered if orders.for_year(year)],
        **found,
    )


def _last_year() -> int:
    """The year that is reported on now, wherever the server's clock stands."""
    return datetime.now(ZoneInfo(current_app.config["BABEL_DEFAULT_TIMEZONE"])).year - 1


@blueprint.get("/template/<int(min=1000, max=9999):year>.xlsx")
def template(year: int) -> Response:
    """An empty workbook for a reporting year."""
    order, code = registry.in_force(registry.orders()).for_year(year), request.args.get("lang", current_language().code)
    if order is None or code not in CODES:
        abort(404)
    return send_bytes(write_template(order, year, language(code)), MEDIA_TYPE, f"indicators-{year}-{code}.xlsx")
