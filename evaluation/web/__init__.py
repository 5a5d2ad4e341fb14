"""Thin blueprints by audience, and what every page has: a language, a viewer, errors that help, one commit."""

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

from evaluation.web.account import account, security
from evaluation.web.account import inbox as messages
from evaluation.web.admin import people, registry
from evaluation.web.audit import views as audit
from evaluation.web.core import access, errors, headers, languages
from evaluation.web.core.request_context import commit_request, context, current_viewer, identify_viewer, require_usable_database
from evaluation.web.entry import answers, grid, home, report, submission, uploads
from evaluation.web.entry import evidence as files
from evaluation.web.review import body_list as bodies
from evaluation.web.review import body_year as review
from evaluation.web.review import bulk_accept
from evaluation.web.review.remarks import views as remarks
from evaluation.web.sheets import as_of, sheets, verify

__all__ = ["commit_request", "current_viewer", "init_app"]


def init_app(app: Flask) -> None:
    """Wire languages, access, errors, security and all blueprints."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    languages.init_app(app)
    Bootstrap5(app)
    # Before CSRFProtect, so that the language and the database are there whatever it finds.
    app.before_request(require_usable_database)
    app.before_request(security.end_expired_session)
    app.before_request(identify_viewer)
    # Before CSRFProtect too: whose session is over is told so, not that a form has expired.
    app.before_request(access.guard)
    CSRFProtect(app)
    app.after_request(headers.add_security_headers)
    app.after_request(commit_request)
    app.context_processor(context)
    errors.init_app(app)
    security.init_app(app)
    for blueprint in (
        bodies.blueprint,
        bulk_accept.blueprint,
        review.blueprint,
        sheets.blueprint,
        as_of.blueprint,
        uploads.blueprint,
        languages.blueprint,
        account.blueprint,
        messages.blueprint,
        people.blueprint,
        grid.blueprint,
        home.blueprint,
        submission.blueprint,
        files.blueprint,
        answers.blueprint,
        audit.blueprint,
        remarks.blueprint,
        report.blueprint,
        registry.blueprint,
        verify.blueprint,
    ):
        app.register_blueprint(blueprint)
