"""Setting up the second factor: a wrong code shows the page with its key again, the right one leads to the recovery codes."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security.utils import check_and_get_token_status, get_message

from evaluation.accounts import sign_in
from evaluation.accounts.models import Account
from evaluation.audit.actions import AuditAction
from evaluation.web.account.security.events import account_of, notify
from evaluation.web.core.request_context import identify_viewer
from forms.account import SETUP_FORM, CodeForm, NewCodesForm, SecondFactorForm

SIGNED_IN_ENDPOINT, SIGNING_IN_ENDPOINT = "security.two_factor_setup_validate", "security.two_factor_token_validation"
"""Where a signed-in person sends the first code, and where a person does whose role requires it before signing in."""


def init_app(app: Flask) -> None:
    """Wrap both views. Also allow GET, because a change of the language loads the answered page again."""
    rule = next(rule.rule for rule in app.url_map.iter_rules(SIGNED_IN_ENDPOINT))
    app.add_url_rule(rule, SIGNED_IN_ENDPOINT, methods=["GET"])
    for endpoint in (SIGNED_IN_ENDPOINT, SIGNING_IN_ENDPOINT):
        app.view_functions[endpoint] = _wrap(app.view_functions[endpoint])


def _wrap(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def wrapper(token: str | None = None) -> Any:
        if token is not None and request.method != "POST":
            return _reloaded_page(token)
        response = view(token) if token is not None else view()
        form = g.pop(SETUP_FORM, None)
        if form is None:
            return response
        return _recovery_codes_page(form, response, token) if form.is_right_code else _setup_page(form, token)

    return wrapper


def _reloaded_page(token: str) -> Any:
    """Return the page with its key again, if it belongs to this session."""
    within = current_app.config["SECURITY_TWO_FACTOR_SETUP_WITHIN"]
    is_expired, is_invalid, state = check_and_get_token_status(token, "tf_setup", within)
    # An attacker who creates a link with a key of their own would know the person's codes.
    if is_expired or is_invalid or state["totp_secret"] != session.get("tf_totp_secret"):
        return redirect(url_for("security.two_factor_setup"))
    form = CodeForm(formdata=None)
    form.user, form.tf_totp_secret, form.primary_method = current_user, state["totp_secret"], state["method"]
    return _setup_page(form, token)


def _setup_page(form: CodeForm, token: str | None) -> str:
    """Return the page with the picture and the key that were shown before, and the code's errors."""
    setup = SecondFactorForm(formdata=None)
    setup.user = account_of(form.user)
    key = current_app.extensions["security"].totp_factory.fetch_setup_values(form.tf_totp_secret, setup.user)
    # The errors are shown at the field.
    session.pop("_flashes", None)
    return render_template(
        "account/second_factor.html",
        two_factor_setup_form=setup,
        two_factor_verify_code_form=form,
        chosen_method=form.primary_method,
        changing=token is not None,
        state_token=token,
        authr_qrcode=key["image"],
        authr_key=key["key"],
    )


def _recovery_codes_page(form: CodeForm, response: Any, token: str | None) -> Any:
    """Write that the app is set up, and show recovery codes to a person who has none."""
    account = account_of(form.user)
    if token is None:
        sign_in.append_account_event(account, AuditAction.SECOND_FACTOR_ENABLED)
        notify(account, "factor_added")
    if token is None and not account.mf_recovery_codes:
        flash(get_message("TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL")[0])
    return with_recovery_codes(account, response)


def with_recovery_codes(account: Account, response: Any) -> Any:
    """Return the page with new recovery codes, which leads to where the response redirects; the response if there are codes."""
    if account.mf_recovery_codes:
        return response
    codes = current_app.extensions["security"].mf_recovery_codes_util.create_recovery_codes(account)
    # The request began without a viewer and has signed the person in.
    identify_viewer()
    return render_template(
        "account/recovery_codes.html",
        mf_recovery_codes_form=NewCodesForm(formdata=None),
        recovery_codes=codes,
        next_url=response.location,
    )
