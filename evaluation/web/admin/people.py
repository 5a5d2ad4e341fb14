"""Pages for the administrator: people's accounts, and the one-time links by which they set a password."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext
from flask_security.utils import send_mail
from werkzeug import Response as Redirection
from werkzeug.datastructures import MultiDict

from evaluation.accounts import operations, queries
from evaluation.accounts.checks import AccountRefused
from evaluation.accounts.links import reset_link
from evaluation.accounts.models import Account
from evaluation.accounts.queries import STATE_NAMES, Sought
from evaluation.accounts.roles import ROLE_DUTIES, ROLE_NAMES
from evaluation.accounts.signing import is_locked
from evaluation.clock import now
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.pagination import Page
from evaluation.policy import BODY_ROLES, Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.web.core.access import allow
from evaluation.web.core.languages import NAMES
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import MAX_SEARCH, current_language, current_viewer, moment, search_words
from forms.admin.people import WITHIN, PersonForm

DONE = {
    "saved": N_("The account is saved."),
    "unchanged": N_("Nothing was changed."),
    "disabled": N_("The account is disabled: the person is signed out and cannot sign in."),
    "enabled": N_("The account is enabled: the person can sign in again."),
    "factor": N_("The second factor is removed."),
}
"""What a page says after what was done on it."""
NONE: Page[Body] = Page.single(())

ACCOUNT = "<int(max=2147483647):account_id>"

blueprint = Blueprint("people", __name__, url_prefix="/people")


@blueprint.get("")
@allow(Action.MANAGE_ACCOUNTS)
def people() -> str:
    """The list of people."""
    sought, viewer, spoken = _sought(request.args), current_viewer(), current_language().code
    page = queries.accounts(viewer, sought, requested_page(), spoken)
    return render_template(
        "admin/people/people.html",
        sought=sought,
        page=page,
        page_url=page_urls(".people", q=sought.search, role=sought.role, state=sought.state, body=sought.body),
        bodies=queries.bodies_of(viewer, [account.id for account in page.items], spoken),
        regions=_regions(),
        states=STATE_NAMES,
        roles_of_bodies=BODY_ROLES,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@allow(Action.MANAGE_ACCOUNTS)
def new() -> str | tuple[str, int]:
    """Add a person; the answer is their one-time link."""
    form = PersonForm()
    if request.method == "POST":
        seeks, found = _search(form)
        if seeks:
            return _form(None, form, found, seeks)
        if form.validate():
            try:
                made = operations.add_account(current_viewer(), **form.values(_chosen(form)))
            except AccountRefused as refused:
                form.refuse(refused, current_language())
            else:
                return _link(made, added=True)
        return _form(None, form, found), 422
    return _form(None, form)


@blueprint.route(f"/{ACCOUNT}", methods=["GET", "POST"])
@allow(Action.MANAGE_ACCOUNTS)
def person(account_id: int) -> str | Redirection | tuple[str, int]:
    """One person: what they may do, and what may be done with their account."""
    account, viewer = _find(account_id), current_viewer()
    if request.method == "GET":
        bodies = [body.bin for body in queries.bodies_of(viewer, [account.id]).get(account.id, [])]
        return _form(account, PersonForm(obj=account, data={"bodies": bodies}))
    form = PersonForm()
    seeks, found = _search(form)
    if seeks:
        return _form(account, form, found, seeks)
    if form.validate():
        try:
            changed = operations.change_account(viewer, account, **form.values(_chosen(form)))
        except AccountRefused as refused:
            form.refuse(refused, current_language())
        else:
            return _back(account_id, "saved" if changed else "unchanged")
    return _form(account, form, found), 422


@blueprint.post(f"/{ACCOUNT}/disable")
@allow(Action.MANAGE_ACCOUNTS)
def disable(account_id: int) -> Redirection | tuple[str, int]:
    """Keep a person from signing in."""
    return _do(account_id, operations.disable_account, "disabled")


@blueprint.post(f"/{ACCOUNT}/enable")
@allow(Action.MANAGE_ACCOUNTS)
def enable(account_id: int) -> Redirection | tuple[str, int]:
    """Let a person sign in again."""
    return _do(account_id, operations.enable_account, "enabled")


@blueprint.post(f"/{ACCOUNT}/second-factor")
@allow(Action.MANAGE_ACCOUNTS)
def remove_second_factor(account_id: int) -> Redirection | tuple[str, int]:
    """Remove the second factor of who has lost it."""
    return _do(account_id, operations.remove_second_factor, "factor")


@blueprint.post(f"/{ACCOUNT}/link")
@allow(Action.MANAGE_ACCOUNTS)
def link(account_id: int) -> str | tuple[str, int]:
    """Take the password away and make a one-time link to set a new one."""
    account = _find(account_id)
    try:
        operations.reset_password(current_viewer(), account)
    except EvaluationError as error:
        return _refused(account, error)
    return _link(account)


def _do(account_id: int, operation: Any, done: str) -> Redirection | tuple[str, int]:
    account = _find(account_id)
    try:
        operation(current_viewer(), account)
    except EvaluationError as error:
        return _refused(account, error)
    return _back(account_id, done)


def _refused(account: Account, error: EvaluationError) -> tuple[str, int]:
    bodies = [body.bin for body in queries.bodies_of(current_viewer(), [account.id]).get(account.id, [])]
    form = PersonForm(formdata=None, obj=account, data={"bodies": bodies})
    return _form(account, form, refused=error.message(current_language())), 422


def _back(account_id: int, done: str) -> Redirection:
    flash(gettext(DONE[done]))
    return redirect(url_for(".person", account_id=account_id), 303)


def _link(account: Account, added: bool = False) -> str:
    """The one-time link: mailed, or else shown this once and kept nowhere."""
    link, until = reset_link(account), now() + current_app.config["SECURITY_RESET_PASSWORD_WITHIN"]
    mailed = bool(current_app.config["SMTP_URL"]) and "show" not in request.form
    if mailed:
        with force_locale(account.language or current_language().code):
            words = {"user": account, "reset_link": link, "added": added, "until": moment(until)}
            send_mail(gettext("Your account"), account.email, "people/mail/link", **words)
    return render_template("admin/people/link.html", account=account, added=added, link=None if mailed else link, until=until)


def _find(account_id: int) -> Account:
    found = queries.account(current_viewer(), account_id)
    if found is None:
        abort(404)
    return found


def _search(form: PersonForm) -> tuple[bool, Page[Body]]:
    """Whether bodies are to be found before anything is saved, and the first page of those found.

    That is so where it was asked for, and where a search was typed but not answered yet. A whole BIN chooses its body at once.
    """
    viewer, words = current_viewer(), search_words(form.find.data)
    exact = registry.body(viewer, words) if words else None
    if exact is not None:
        form.bodies.data = [*(form.bodies.data or ()), exact.bin]
        form.find.data = words = ""
    seeks = bool(form.search.data or (words and words != form.sought.data and form.within == "bodies"))
    form.sought.data = words
    return seeks, registry.bodies(viewer, words, language=current_language().code) if words else NONE


def _chosen(form: PersonForm) -> list[int]:
    return [body.id for body in queries.bodies_by_bin(current_viewer(), form.bodies.data or ())]


def _form(account: Account | None, form: PersonForm, found: Page[Body] = NONE, seeks: bool = False, refused: str = "") -> str:
    viewer, spoken = current_viewer(), current_language().code
    chosen = queries.bodies_by_bin(viewer, form.bodies.data or (), spoken)
    regions = {"": gettext("The whole country")} | _regions()
    if form.region.data:
        # One that the registry has lost must not turn into the whole country unseen.
        regions.setdefault(form.region.data, form.region.data)
    form.region.choices = list(regions.items())
    form.language.choices = [("", gettext("Not chosen")), *NAMES.items()]
    return render_template(
        "admin/people/person.html",
        account=account,
        form=form,
        chosen=chosen,
        found=[body for body in found.items if body not in chosen],
        found_in_all=found.total,
        found_here=len(found.items),
        seeks=seeks,
        duties=ROLE_DUTIES,
        within=WITHIN,
        limit=MAX_SEARCH,
        own=account is not None and account.id == viewer.account_id,
        locked=account is not None and is_locked(account),
        state=account and account.state,
        states=STATE_NAMES,
        refused=refused,
    )


def _regions() -> dict[str, str]:
    """The first two digits of a region's KATO code → its name."""
    spoken = current_language().code
    return {str(body.kato)[:2]: _name(body, spoken) for body in registry.regions(current_viewer())}


def _name(body: Body, spoken: str) -> str:
    first, second = (body.name_ru, body.name_kk) if spoken == "ru" else (body.name_kk, body.name_ru)
    return first or second


def _sought(given: MultiDict[str, str]) -> Sought:
    role, state = given.get("role", ""), given.get("state", "")
    return Sought(
        search_words(given.get("q")),
        role if role in ROLE_NAMES else "",
        search_words(given.get("body")),
        state if state in STATE_NAMES else "",
    )
