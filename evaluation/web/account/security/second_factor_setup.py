"""Setting the second factor up: a wrong code keeps the page and its key, a right one ends with recovery codes."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security.utils import check_and_get_token_status, get_message

from evaluation.accounts import signing
from evaluation.web.account.security.events import account
from evaluation.web.core.request_context import identify_viewer
from forms.account import SETTING_UP, CodeForm, NewCodesForm, SecondFactorForm

CHANGING, SIGNING_IN = "security.two_factor_setup_validate", "security.two_factor_token_validation"
"""Where the first code is sent by who has signed in, and by whose role requires it before they have."""


def init_app(app: Flask) -> None:
    """Take the two pages over; what is shown in answer to a code can be asked for again, as a change of language does."""
    rule = next(each.rule for each in app.url_map.iter_rules(CHANGING))
    app.add_url_rule(rule, CHANGING, methods=["GET"])
    for endpoint in (CHANGING, SIGNING_IN):
        app.view_functions[endpoint] = _finished(app.view_functions[endpoint])


def _finished(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def shown(token: str | None = None) -> Any:
        if token is not None and request.method != "POST":
            return _again(token)
        answer = view(token) if token is not None else view()
        form = g.pop(SETTING_UP, None)
        if form is None:
            return answer
        return _recovery_codes(form, answer, token) if form.right else _page(form, token)

    return shown


def _again(token: str) -> Any:
    """The page with the key it had, to whom it was made for."""
    within = current_app.config["SECURITY_TWO_FACTOR_SETUP_WITHIN"]
    expired, invalid, state = check_and_get_token_status(token, "tf_setup", within)
    # A link with a key of somebody else's making would give that person the codes.
    if expired or invalid or state["totp_secret"] != session.get("tf_totp_secret"):
        return redirect(url_for("security.two_factor_setup"))
    form = CodeForm(formdata=None)
    form.user, form.tf_totp_secret, form.primary_method = current_user, state["totp_secret"], state["method"]
    return _page(form, token)


def _page(form: CodeForm, token: str | None) -> str:
    """The picture and the key that were shown before, with what is wrong with the code."""
    setup = SecondFactorForm(formdata=None)
    setup.user = account(form.user)
    key = current_app.extensions["security"].totp_factory.fetch_setup_values(form.tf_totp_secret, setup.user)
    # What is wrong is said at the field.
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


def _recovery_codes(form: CodeForm, answer: Any, token: str | None) -> Any:
    """The last step: the codes for when the telephone is lost, to who has none; then on to where the answer leads."""
    person = account(form.user)
    if token is None:
        signing.done(person, "second_factor_on")
    if person.mf_recovery_codes:
        return answer
    if token is None:
        flash(get_message("TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL")[0])
    codes = current_app.extensions["security"].mf_recovery_codes_util.create_recovery_codes(person)
    # Who was nobody when the request began has signed in by it.
    identify_viewer()
    return render_template(
        "account/recovery_codes.html",
        mf_recovery_codes_form=NewCodesForm(formdata=None),
        recovery_codes=codes,
        onward=answer.location,
    )
