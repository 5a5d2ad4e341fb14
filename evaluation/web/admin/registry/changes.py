"""A change of a body or an organisation: its form, what it will bring about, and its being done once that was seen."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation import database
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations
from evaluation.registry.admin.operations import Stale
from evaluation.registry.admin.rules import Refusal
from evaluation.registry.admin.states import AnyState, BodyState, OrganisationState, as_json, differences
from evaluation.web.admin.registry.change_actions import BODIES, ORGANISATIONS, Deed
from evaluation.web.admin.registry.request_helpers import blueprint, bodies_in, message_of, names_of, say, seen_by, state_of
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_viewer

DEEDS = {"bodies": BODIES, "organisations": ORGANISATIONS}
HIDDEN = ("csrf_token", "confirm", "back")
Answer = str | Redirection | tuple[str, int]


@blueprint.route("/bodies/<bin_>/<any(change, rename, close, reopen):name>", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def body_deed(bin_: str, name: str) -> Answer:
    """Change a body."""
    return _deed("bodies", bin_, name)


@blueprint.route("/organisations/<bin_>/<any(change, rename, move, status, withdraw):name>", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def organisation_deed(bin_: str, name: str) -> Answer:
    """Change an organisation."""
    return _deed("organisations", bin_, name)


def _deed(group: str, bin_: str, name: str) -> Answer:
    deed, now = DEEDS[group][name], state_of(group, bin_)
    if request.method == "GET":
        form = deed.form(data=deed.fill(now) | {"seen": as_json(now)})
        deed.prepare(form, now)
        return _page(group, deed, form, now)
    form = deed.form()
    deed.prepare(form, now)
    try:
        was = seen_by(form, group, now)
        if not deed.valid(form):
            return _page(group, deed, form, now), 422
        after = deed.change(form, was)
        if deed.asks and "confirm" not in request.form:
            if "back" in request.form:
                return _page(group, deed, form, now)
            _check(was, after)
            return _confirmation(group, deed, was, after)
        deed.store(current_viewer(), was, form)
    except Stale as stale:
        # What was typed stays; it is sent again over what is there now.
        database.db.session.rollback()
        form.seen.data = as_json(now)
        form.seen.raw_data = None
        return _page(group, deed, form, now, stale), 409
    except Refusal as refusal:
        say(form, refusal)
        return _page(group, deed, form, now), 422
    flash(gettext(deed.done))
    return redirect(url_for(f".{'body' if group == 'bodies' else 'organisation'}", bin_=bin_), 303)


def _check(was: AnyState, after: AnyState) -> None:
    """Raises Refusal where what is to be confirmed would be refused."""
    if isinstance(was, OrganisationState) and isinstance(after, OrganisationState):
        operations.check_organisation(current_viewer(), was, after)
    elif isinstance(was, BodyState) and isinstance(after, BodyState):
        operations.check_body(current_viewer(), was, after)


def _page(group: str, deed: Deed, form: Any, now: AnyState, stale: Stale | None = None) -> str:
    changed = dict(stale.fields) if stale is not None else {}
    named = names_of(bodies_in(now) | {each for pair in changed.values() for each in _bins(pair)})
    return render_template(
        "admin/registry/change.html",
        group=group,
        deed=deed,
        form=form,
        item=now,
        stale=message_of(stale) if stale is not None else None,
        changed=changed,
        bodies=named,
    )


def _bins(pair: tuple[Any, Any]) -> set[str]:
    return {each.body for side in pair if isinstance(side, tuple) for each in side if hasattr(each, "body")}


def _confirmation(group: str, deed: Deed, was: AnyState, after: AnyState) -> str:
    years = sorted({each.year for each in registry.years()}, reverse=True)
    lines = []
    if isinstance(was, OrganisationState) and isinstance(after, OrganisationState):
        changed = [year for year in _around(years, was, after) if was.body_in(year) != after.body_in(year)]
        shown = sorted({*years, *changed, *(year - 1 for year in changed[:1])}, reverse=True)
        lines = [(year, was.body_in(year), after.body_in(year)) for year in shown] if "periods" in differences(was, after) else []
    return render_template(
        "admin/registry/confirm.html",
        group=group,
        deed=deed,
        item=was,
        told=deed.told(was, after),
        lines=lines,
        bodies=names_of(bodies_in(was, after)),
        given=[(name, value) for name, value in request.form.items() if name not in HIDDEN],
    )


def _around(years: list[int], was: OrganisationState, after: OrganisationState) -> list[int]:
    """Years in which a change of supervision can show: those open, and those in which a period begins or ends."""
    days = [day for state in (was, after) for period in state.periods for day in (period.since, period.until) if day]
    return sorted({*years, *(day.year for day in days)})
