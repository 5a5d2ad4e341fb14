"""The web pages: blueprints grouped by audience, and the hooks that set the language and viewer, handle errors and commit."""

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

from evaluation.web.account import account, inbox, security, sessions
from evaluation.web.admin import people, people_table, registry
from evaluation.web.audit import views as audit_views
from evaluation.web.budgets import blueprint as budgets_blueprint
from evaluation.web.comparison import anomalies, changes, improvement, pictures, ranking, ranking_access, readings, regions, trial
from evaluation.web.core import access, accessibility, compression, drafts, errors, headers, incoming, languages
from evaluation.web.core.request_context import commit_request, context, current_viewer, identify_viewer, require_usable_database
from evaluation.web.core.session_cookie import SessionCookie
from evaluation.web.entry import alike_warnings, answer_check, answers, evidence, grid, home, report, submission, uploads
from evaluation.web.jobs import new as new_jobs
from evaluation.web.review import body_list, body_year, bulk_accept
from evaluation.web.review.remarks import views as remark_views
from evaluation.web.serving import init_app as init_serving
from evaluation.web.sheets import as_of, method, sheets, verify

__all__ = ["commit_request", "current_viewer", "init_app"]


def init_app(app: Flask) -> None:
    """Wire languages, access, errors, security and all blueprints."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    app.url_map.converters["int"] = incoming.NumberConverter
    app.session_interface = SessionCookie()
    languages.init_app(app)
    Bootstrap5(app)
    # Registered before CSRFProtect, whose error page needs the language and the database.
    app.before_request(require_usable_database)
    app.before_request(security.end_expired_session)
    app.before_request(identify_viewer)
    # Registered before CSRFProtect too: after the session has ended, the page says so instead of that the form has expired.
    app.before_request(access.guard)
    CSRFProtect(app)
    app.before_request(incoming.check_content)
    compression.init_app(app)
    app.after_request(headers.add_security_headers)
    # Functions run in reverse order: a draft is confirmed after what it became is committed.
    app.after_request(drafts.confirm_stored_draft)
    security.limits.init_app(app)
    app.after_request(security.store_last_request)
    app.after_request(commit_request)
    app.context_processor(context)
    errors.init_app(app)
    security.init_app(app)
    for blueprint in (
        body_list.blueprint,
        bulk_accept.blueprint,
        body_year.blueprint,
        sheets.blueprint,
        as_of.blueprint,
        uploads.blueprint,
        languages.blueprint,
        account.blueprint,
        inbox.blueprint,
        sessions.blueprint,
        new_jobs.blueprint,
        people.blueprint,
        people_table.blueprint,
        grid.blueprint,
        home.blueprint,
        submission.blueprint,
        alike_warnings.blueprint,
        answer_check.blueprint,
        evidence.blueprint,
        budgets_blueprint,
        answers.blueprint,
        audit_views.blueprint,
        remark_views.blueprint,
        report.blueprint,
        registry.blueprint,
        verify.blueprint,
        accessibility.blueprint,
        method.blueprint,
        changes.blueprint,
        pictures.blueprint,
        ranking.blueprint,
        improvement.blueprint,
        trial.blueprint,
        anomalies.blueprint,
        readings.blueprint,
        regions.blueprint,
        ranking_access.blueprint,
    ):
        app.register_blueprint(blueprint)
    # The last one: it surrounds everything else.
    init_serving(app)
