"""A year under another reading or another order: of one body at once, of many bodies as a background job."""

from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug import Response as Redirection

from evaluation.comparison.pictures.links import GroupNames
from evaluation.comparison.pictures.model import ELSEWHERE
from evaluation.comparison.queries import bodies_by_id
from evaluation.comparison.readings import jobs as readings_jobs
from evaluation.comparison.readings.bases import bases_of, basis_of_code
from evaluation.comparison.readings.model import DIRECTIONS, GAIN, LOSS, OPEN, SAME, Basis
from evaluation.comparison.readings.queries import compare_body
from evaluation.jobs import files, queries
from evaluation.jobs.models import DONE
from evaluation.jobs.operations import start_job
from evaluation.language import N_, Language
from evaluation.pagination import Page
from evaluation.policy import BODY_ROLES, Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.web.comparison import context
from evaluation.web.comparison.regions import ELSEWHERE_CODE, group_code
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, order_of

DIRECTION_LABELS = {
    GAIN: N_("share rises"),
    LOSS: N_("share falls"),
    OPEN: N_("open or not comparable"),
    SAME: N_("share is the same"),
}
JOB = "<int:job_id>"

blueprint = Blueprint("readings", __name__)
blueprint.app_context_processor(context)


@dataclass(frozen=True)
class ChangeRow:
    """A line of the result: the body, and its part of the job's file."""

    body: Body
    change: dict[str, Any]


@blueprint.get(f"/readings/{YEAR}")
@allow(Action.VIEW)
def page(year: int) -> str:
    """Show everything that a year can be scored by otherwise, and what the viewer had scored before."""
    reporting_year, viewer = find_year(year), current_viewer()
    done = queries.jobs(viewer, kind=readings_jobs.KIND.code).items
    return render_template(
        "comparison/readings/page.html",
        year=reporting_year,
        years=registry.years(),
        method_order=order_of(year),
        bases=bases_of(year),
        results=[view.job for view in done if view.job.parameters["year"] == year],
        done=DONE,
        # A body's people see their own body at once.
        bodies=registry.all_bodies(viewer, year) if viewer.role in BODY_ROLES else (),
        basis_text=basis_text,
    )


@blueprint.post(f"/readings/{YEAR}")
@allow(Action.VIEW)
def start(year: int) -> Redirection:
    """Start the job that scores all bodies that the viewer can see."""
    find_year(year)
    basis = basis_of_code(year, request.form.get("code", ""))
    job = start_job(current_viewer(), readings_jobs.KIND, {"year": year, "code": basis.code}, current_language().code)
    return redirect(url_for("jobs.show", job_id=job.id), 303)


@blueprint.get(f"/readings/results/{JOB}")
@allow(Action.ACCOUNT)
def result(job_id: int) -> str | Redirection:
    """Show the result of the viewer's job: sums by table and region, and the bodies, the largest change first."""
    viewer, language = current_viewer(), current_language()
    view = queries.job(viewer, job_id) or abort(404)
    if view.job.kind != readings_jobs.KIND.code or view.job.status != DONE:
        return redirect(url_for("jobs.show", job_id=job_id), 303)
    with files.open_result_for(viewer, view.job) as file:
        document = orjson.loads(file.read())
    year = find_year(document["year"])
    direction = request.args.get("change", "")
    region = request.args.get("region", "")
    group = ELSEWHERE if region == ELSEWHERE_CODE else region or None
    changes = [
        change
        for change in document["bodies"]
        if (change["change"] == direction if direction in DIRECTIONS else change["before"] != change["after"])
        and (group is None or (group == change["region"] and change["counts_in_region"]))
    ]
    rows = Page.from_list(sorted(changes, key=_largest_first), requested_page())
    bodies = bodies_by_id(viewer, year.year, [change["id"] for change in rows.items])
    filters = {"change": direction or None, "region": region or None}
    return render_template(
        "comparison/readings/result.html",
        year=year,
        job=view.job,
        document=document,
        basis=_basis_or_none(year.year, document["code"]),
        basis_text=basis_text,
        method_order=order_of(year.year),
        page=rows.with_items([ChangeRow(bodies[change["id"]], change) for change in rows.items if change["id"] in bodies]),
        page_url=page_urls(".result", job_id=job_id, **filters),
        filters=filters,
        with_ranks=any(change["rank_after"] for change in document["bodies"]),
        direction_labels=DIRECTION_LABELS,
        region_name=GroupNames.read(viewer, language).of,
        group=group,
        group_code=group_code,
    )


@blueprint.get(f"/bodies/<bin_>/{YEAR}/readings")
@allow(Action.VIEW)
def body(bin_: str, year: int) -> str:
    """Show one body's year under everything that it can be scored by otherwise."""
    reporting_year, order, body_ = find_year(year), order_of(year), find_body(bin_)
    return render_template(
        "comparison/readings/body.html",
        year=reporting_year,
        method_order=order,
        body=body_,
        compared=compare_body(current_viewer(), year, body_),
        direction_labels=DIRECTION_LABELS,
        basis_text=basis_text,
    )


def basis_text(basis: Basis, language: Language) -> str:
    """What a year is scored by, in words: the alternative of the reading, or the title of the order."""
    return basis.order.title[language.code] if basis.reading is None else basis.reading.alternative[language.code]


def _largest_first(change: dict[str, Any]) -> tuple[float, str]:
    before, after = change["before"], change["after"]
    if not before["max"] or not after["max"]:
        return -1.0, change["bin"]
    moves = (abs(after[end] / after["max"] - before[end] / before["max"]) for end in ("low", "high"))
    return -max(moves), change["bin"]


def _basis_or_none(year: int, code: str) -> Basis | None:
    """The basis of a result; None if the order's file has no such reading any more."""
    return next((basis for basis in bases_of(year) if basis.code == code), None)
