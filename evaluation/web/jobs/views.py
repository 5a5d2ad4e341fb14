"""Pages of background jobs: a person's jobs, and one job with its progress and its file."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, send_file, url_for
from werkzeug import Response as Redirection

from evaluation.configuration import configuration
from evaluation.jobs import files, operations, queries
from evaluation.jobs.kinds import KINDS
from evaluation.jobs.models import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job
from evaluation.jobs.queries import JobView
from evaluation.language import N_, Language
from evaluation.policy import Action
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer

STATUS_LABELS = {
    WAITING: N_("waiting for its turn"),
    RUNNING: N_("running"),
    DONE: N_("done"),
    FAILED: N_("failed"),
    CANCELLED: N_("cancelled"),
}
JOB = "<int:job_id>"

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")
blueprint.app_context_processor(
    lambda: {"job_status_labels": STATUS_LABELS, "job_label": job_label, "job_subject": job_subject, "job_result": job_result}
)


@blueprint.get("")
@allow(Action.ACCOUNT)
def index() -> str:
    """List the viewer's jobs, the newest first."""
    days = configuration().settings.job_file_days
    page = queries.jobs(current_viewer(), requested_page())
    return render_template("jobs/index.html", page=page, page_url=page_urls(".index"), days=days)


@blueprint.get(f"/{JOB}")
@allow(Action.ACCOUNT)
def show(job_id: int) -> str:
    """Show a job: its progress while it runs, then its file or what went wrong."""
    return render_template("jobs/show.html", **_context(_find(job_id)))


@blueprint.get(f"/{JOB}/progress")
@allow(Action.ACCOUNT)
def progress(job_id: int) -> Response:
    """Return the changing part of a job's page, for the script of the page."""
    view = _find(job_id)
    return jsonify(active=view.is_active, html=render_template("jobs/progress.html", **_context(view)))


@blueprint.post(f"/{JOB}/cancel")
@allow(Action.ACCOUNT)
def cancel(job_id: int) -> Redirection:
    """Cancel a job."""
    _find(job_id)
    operations.cancel(current_viewer(), job_id)
    return redirect(url_for(".show", job_id=job_id), 303)


@blueprint.get(f"/{JOB}/file")
@allow(Action.ACCOUNT)
def file(job_id: int) -> Response:
    """Download the file of a job."""
    job = _find(job_id).job
    content = files.open_result_for(current_viewer(), job)
    response = send_file(content, job.media_type, as_attachment=True, download_name=job.file_name)
    if job.file_size is not None:
        response.content_length = job.file_size
    response.cache_control.private = True
    return response


def job_label(job: Job, language: Language) -> str:
    """Return the kind of a job in words; its code, if this version of the product does not know the kind."""
    return language.gettext(KINDS[job.kind].label) if job.kind in KINDS else job.kind


def job_subject(job: Job, language: Language) -> str:
    """Return what a job is about in a few words; it may be empty."""
    return KINDS[job.kind].describe(job.parameters, language) if job.kind in KINDS else ""


def job_result(job: Job) -> str:
    """Return the address of the page that shows the result of a job; empty where there is none, or not yet."""
    endpoint = KINDS[job.kind].result_endpoint if job.kind in KINDS and job.status == DONE and job.file_name else ""
    return url_for(endpoint, job_id=job.id) if endpoint else ""


def _find(job_id: int) -> JobView:
    """Return a job of the viewer; 404 for another person's job."""
    return queries.job(current_viewer(), job_id) or abort(404)


def _context(view: JobView) -> dict[str, Any]:
    language, failure = current_language(), ""
    if view.job.failure is not None:
        template, values = view.job.failure["message"], view.job.failure["values"]
        failure = language.gettext(template, **values)
    return {
        "view": view,
        "job": view.job,
        "days": configuration().settings.job_file_days,
        "failure": failure,
    }
