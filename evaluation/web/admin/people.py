"""Pages for the administrator: accounts of people, and the one-time links that set a password."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_security.utils import send_mail
from werkzeug import Response as Redirection
from werkzeug.datastructures import MultiDict
from wtforms import SelectChoice

from evaluation.accounts import operations, queries
from evaluation.accounts.checks import InvalidAccount
from evaluation.accounts.links import reset_link
from evaluation.accounts.models import Account
from evaluation.accounts.queries import ACCOUNT_STATUS_NAMES, AccountFilters
from evaluation.accounts.roles import ROLE_DUTIES, ROLE_NAMES
from evaluation.accounts.sessions import end_sessions_of
from evaluation.accounts.sign_in import is_locked
from evaluation.clock import now
from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_NAMES, N_
from evaluation.notifications import account_notices
from evaluation.pagination import Page
from evaluation.policy import BODY_ROLES, Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.web.account.confirmation import require_confirmation
from evaluation.web.admin.file_warnings import file_warnings
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import MAX_SEARCH, current_language, current_viewer, moment, search_words
from forms.admin.people import ROLE_SCOPES, PersonForm

SUCCESS_MESSAGES = {
    "saved": N_("The account is saved."),
    "unchanged": N_("Nothing was changed."),
    "disabled": N_("The account is disabled: the person is signed out and cannot sign in."),
    "enabled": N_("The account is enabled: the person can sign in again."),
    "second_factor_removed": N_("The second factor is removed."),
    "sessions_ended": N_("The person is signed out everywhere."),
}
"""Name of a completed operation → the message that the next page shows."""
NO_BODIES: Page[Body] = Page.single(())

ACCOUNT = "<int:account_id>"
"""The part of an address that identifies an account."""

blueprint = Blueprint("people", __name__, url_prefix="/people")


@blueprint.before_request
def confirm() -> ResponseReturnValue | None:
    """Ask who uses the session before everything but the list."""
    return None if request.endpoint == "people.people" else require_confirmation()


@blueprint.get("")
@allow(Action.MANAGE_ACCOUNTS)
def people() -> str:
    """Show the list of people."""
    filters, viewer, language = _filters(request.args), current_viewer(), current_language().code
    page = queries.accounts(viewer, filters, requested_page())
    return render_template(
        "admin/people/people.html",
        filters=filters,
        file_warnings=file_warnings(viewer, current_language()),
        page=page,
        page_url=page_urls(".people", q=filters.search, role=filters.role, state=filters.status, body=filters.body),
        bodies=queries.bodies_of(viewer, [account.id for account in page.items], language),
        regions=_regions(),
        states=ACCOUNT_STATUS_NAMES,
        body_roles=BODY_ROLES,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@allow(Action.MANAGE_ACCOUNTS)
def new() -> str | tuple[str, int]:
    """Add a person and show the one-time link."""
    form = PersonForm()
    if request.method == "POST":
        must_search, matches = _search(form)
        if must_search:
            return _form_page(None, form, matches, must_search)
        if form.validate():
            try:
                account = operations.add_account(current_viewer(), **form.values(_chosen_body_ids(form)))
            except InvalidAccount as error:
                form.add_errors(error, current_language())
            else:
                return _link_page(account, is_new=True)
        return _form_page(None, form, matches), HTTPStatus.UNPROCESSABLE_ENTITY
    return _form_page(None, form)


@blueprint.route(f"/{ACCOUNT}", methods=["GET", "POST"])
@allow(Action.MANAGE_ACCOUNTS)
def person(account_id: int) -> str | Redirection | tuple[str, int]:
    """Show or change the account of a person."""
    account, viewer = _find(account_id), current_viewer()
    if request.method == "GET":
        bodies = [body.bin for body in queries.bodies_of(viewer, [account.id]).get(account.id, [])]
        return _form_page(account, PersonForm(obj=account, data={"bodies": bodies}))
    form = PersonForm()
    must_search, matches = _search(form)
    if must_search:
        return _form_page(account, form, matches, must_search)
    if form.validate():
        try:
            old_email = account.email
            changed = operations.change_account(viewer, account, **form.values(_chosen_body_ids(form)))
            account_notices.announce_new_email(viewer, account, old_email)
        except InvalidAccount as error:
            form.add_errors(error, current_language())
        else:
            return _redirect_to_person(account_id, "saved" if changed else "unchanged")
    return _form_page(account, form, matches), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.post(f"/{ACCOUNT}/disable")
@allow(Action.MANAGE_ACCOUNTS)
def disable(account_id: int) -> Redirection | tuple[str, int]:
    """Disable an account."""
    return _run(account_id, operations.disable_account, "disabled")


@blueprint.post(f"/{ACCOUNT}/enable")
@allow(Action.MANAGE_ACCOUNTS)
def enable(account_id: int) -> Redirection | tuple[str, int]:
    """Enable an account again."""
    return _run(account_id, operations.enable_account, "enabled")


@blueprint.post(f"/{ACCOUNT}/second-factor")
@allow(Action.MANAGE_ACCOUNTS)
def remove_second_factor(account_id: int) -> Redirection | tuple[str, int]:
    """Remove a lost second factor."""
    return _run(account_id, account_notices.remove_second_factor, "second_factor_removed")


@blueprint.post(f"/{ACCOUNT}/sessions")
@allow(Action.MANAGE_ACCOUNTS)
def end_sessions(account_id: int) -> Redirection | tuple[str, int]:
    """Sign a person out everywhere."""
    return _run(account_id, end_sessions_of, "sessions_ended")


@blueprint.post(f"/{ACCOUNT}/link")
@allow(Action.MANAGE_ACCOUNTS)
def link(account_id: int) -> str | tuple[str, int]:
    """Remove the password and show a one-time link that sets a new one."""
    account = _find(account_id)
    try:
        account_notices.reset_password(current_viewer(), account)
    except EvaluationError as error:
        return _error_page(account, error)
    return _link_page(account)


def _run(account_id: int, operation: Callable[[Viewer, Account], object], success: str) -> Redirection | tuple[str, int]:
    account = _find(account_id)
    try:
        operation(current_viewer(), account)
    except EvaluationError as error:
        return _error_page(account, error)
    return _redirect_to_person(account_id, success)


def _error_page(account: Account, error: EvaluationError) -> tuple[str, int]:
    bodies = [body.bin for body in queries.bodies_of(current_viewer(), [account.id]).get(account.id, [])]
    form = PersonForm(formdata=None, obj=account, data={"bodies": bodies})
    return _form_page(account, form, error_message=error.message(current_language())), HTTPStatus.UNPROCESSABLE_ENTITY


def _redirect_to_person(account_id: int, success: str) -> Redirection:
    flash(gettext(SUCCESS_MESSAGES[success]))
    return redirect(url_for(".person", account_id=account_id), 303)


def _link_page(account: Account, is_new: bool = False) -> str:
    """Send the one-time link by mail where mail is configured, else show it this once; it is not stored."""
    link = send_link(account, is_new, must_show="show" in request.form)
    return render_template("admin/people/link.html", account=account, is_new=is_new, link=link, until=link_until())


def link_until() -> datetime:
    """Return until when (UTC) a link of now works."""
    until: datetime = now() + current_app.config["SECURITY_RESET_PASSWORD_WITHIN"]
    return until


def send_link(account: Account, is_new: bool, must_show: bool = False) -> str | None:
    """Send a person's one-time link by mail; return it where no mail is configured or it must be shown."""
    link = reset_link(account)
    if must_show or not current_app.config["SMTP_URL"]:
        return link
    with force_locale(account.language or current_language().code):
        values = {"user": account, "reset_link": link, "is_new": is_new, "until": moment(link_until())}
        send_mail(gettext("Your account"), account.email, "admin/people/mail/link", **values)
    return None


def _find(account_id: int) -> Account:
    account = queries.account(current_viewer(), account_id)
    if account is None:
        abort(HTTPStatus.NOT_FOUND)
    return account


def _search(form: PersonForm) -> tuple[bool, Page[Body]]:
    """Return whether to show a search of bodies before anything is saved, and the first page of the matches.

    The search is shown where its button was pressed, and where its text has changed since the last answer. A complete BIN
    chooses its body at once.
    """
    viewer, text = current_viewer(), search_words(form.find.data)
    exact = registry.body(viewer, text) if text else None
    if exact is not None:
        form.bodies.data = [*(form.bodies.data or ()), exact.bin]
        form.find.data = text = ""
    must_search = bool(form.search.data or (text and text != form.answered_search.data and form.scope == "bodies"))
    form.answered_search.data = text
    return must_search, registry.bodies(viewer, text, language=current_language().code) if text else NO_BODIES


def _chosen_body_ids(form: PersonForm) -> list[int]:
    return [body.id for body in queries.bodies_by_bin(current_viewer(), form.bodies.data or ())]


def _form_page(
    account: Account | None,
    form: PersonForm,
    matches: Page[Body] = NO_BODIES,
    must_search: bool = False,
    error_message: str = "",
) -> str:
    viewer, language = current_viewer(), current_language().code
    chosen = queries.bodies_by_bin(viewer, form.bodies.data or (), language)
    regions = {"": gettext("The whole country")} | _regions()
    if form.region.data:
        # A region that is no longer registered stays selected: the account must not turn into one for the whole country.
        regions.setdefault(form.region.data, form.region.data)
    form.region.choices = [SelectChoice(code, name) for code, name in regions.items()]
    languages = [SelectChoice(code, name, {"lang": code}) for code, name in LANGUAGE_NAMES.items()]
    form.language.choices = [SelectChoice("", gettext("Not chosen")), *languages]
    return render_template(
        "admin/people/person.html",
        account=account,
        form=form,
        chosen=chosen,
        matches=[body for body in matches.items if body not in chosen],
        match_count=matches.total,
        shown_match_count=len(matches.items),
        must_search=must_search,
        duties=ROLE_DUTIES,
        role_scopes=ROLE_SCOPES,
        limit=MAX_SEARCH,
        is_viewer=account is not None and account.id == viewer.account_id,
        is_locked=account is not None and is_locked(account),
        session_count=queries.session_count(viewer, account.id) if account is not None else 0,
        state=account and account.status,
        states=ACCOUNT_STATUS_NAMES,
        error_message=error_message,
    )


def _regions() -> dict[str, str]:
    """Return the first two digits of a region's KATO code → its name."""
    language = current_language().code
    return {body.kato[:2]: _name(body, language) for body in registry.regions(current_viewer())}


def _name(body: Body | registry.Region, language: str) -> str:
    first, second = (body.name_ru, body.name_kk) if language == "ru" else (body.name_kk, body.name_ru)
    return first or second


def _filters(arguments: MultiDict[str, str]) -> AccountFilters:
    role, state = arguments.get("role", ""), arguments.get("state", "")
    return AccountFilters(
        search_words(arguments.get("q")),
        role if role in ROLE_NAMES else "",
        search_words(arguments.get("body")),
        state if state in ACCOUNT_STATUS_NAMES else "",
    )
