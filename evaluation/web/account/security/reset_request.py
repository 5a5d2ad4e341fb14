"""The page where a person asks for a link to set a new password. Flask-Security's own view works longer for an account."""

from flask import Flask, flash, render_template
from flask_security.utils import get_message

from evaluation.configuration import configuration
from evaluation.notifications.reset_link import request_link
from evaluation.web.core.request_context import current_language
from forms.account import ResetLinkForm, remote_address


def init_app(app: Flask) -> None:
    """Replace the view; its address, limits and policy stay."""
    app.view_functions["security.forgot_password"] = forgot_password


def forgot_password() -> str:
    """Ask for an e-mail address and have a link mailed; whether there is such an account is not looked up here."""
    form = ResetLinkForm()
    if form.validate_on_submit():
        # Without a mail server the page has no form; a form that is sent nevertheless gets no link.
        if configuration().settings.smtp_url:
            request_link(str(form.email.data), remote_address(), current_language().code)
        flash(get_message("PASSWORD_RESET_REQUEST", email=form.email.data)[0])
    return render_template("account/reset_request.html", forgot_password_form=form)
