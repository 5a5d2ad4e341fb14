"""What a message says, in the reader's language, made of its kind and data: on the page and in the mail."""

from datetime import date
from typing import Any

from flask import url_for

from evaluation.accounts.models import Account
from evaluation.clock import local
from evaluation.language import N_, Language, language
from evaluation.notifications.queries import Told
from evaluation.policy import ALLOWED, BODY_ROLES, Action, Role
from evaluation.registry.models import Body, Organisation
from evaluation.sheets.model import Named

TITLES = {
    "submitted": N_("The year was handed over"),
    "returned": N_("The year was given back"),
    "accepted": N_("The year is accepted"),
    "reopened": N_("The accepted year was reopened"),
    "remark": N_("A new remark"),
    "deadline": N_("Last day to hand the year over: %(date)s"),
}
REPLY = N_("A reply to a remark")
LONGEST_SUBJECT = 120
"""Characters of a body's name in the subject of a mail: some names fill half a page."""
USUAL = "kk"
"""The language of mails to who has chosen none."""


def title(told: Told, in_language: Language) -> str:
    """What happened, in a few words."""
    kind, data = told.message.kind, told.message.data
    if kind == "remark" and data.get("reply"):
        return in_language.gettext(REPLY)
    if kind == "deadline":
        return in_language.gettext(TITLES[kind], date=in_language.long_date(date.fromisoformat(data["until"])))
    return in_language.gettext(TITLES[kind])


def quoted(told: Told) -> str:
    """What a person wrote: the remark, the reply, or why the year was given back or reopened. It may be empty."""
    data = told.message.data
    return str(data.get("text") or data.get("reason") or "")


def by(told: Told) -> str:
    """Who acted; empty where it was the product itself."""
    return "" if told.message.kind == "deadline" else str(told.message.data.get("by") or "")


def about(told: Told, in_language: Language) -> str:
    """The indicator or the row of the sheet that it is about, by the order's words; empty where it is neither."""
    order, data = told.order, told.message.data
    if order is None:
        return ""
    if indicator := order.by_code.get(told.message.code or ""):
        return indicator.label[in_language.code]
    rows = (row for table in order.form.tables if table.kind == data.get("kind") for row in table.rows)
    row = next((row for row in rows if row.number == data.get("row")), None)
    return f"{row.number}. {row.text[in_language.code]}" if row else ""


def address(told: Told, role: str, external: bool = False) -> str:
    """Where it leads: an answer's cell, a remark on what is no answer, else the body's year as the role works on it.

    It holds nothing secret.
    """
    year, field, own = told.message.year, told.message.code, told.organisation
    place: dict[str, Any] = {"bin_": told.body.bin, "year": year, "_external": external}
    if own is not None:
        return url_for("report.page", **place, own=own.bin, field=field, _anchor=f"field-{field}" if field else None)
    if (remark := told.message.data.get("remark")) and Action.REPLY in ALLOWED[Role(role)]:
        return url_for("remarks.index", **place, _anchor=f"remark-{remark}")
    return url_for("home.entry" if role in BODY_ROLES else "review.body", **place)


def subject(told: Told, in_language: Language) -> str:
    """The subject of a mail: one line, whatever the names have in them."""
    name = _name(told.body, in_language)
    short = name if len(name) <= LONGEST_SUBJECT else name[: LONGEST_SUBJECT - 1].rstrip() + "…"
    whole = f"{title(told, in_language)} – {short}, {in_language.period(told.message.year)}"
    return "".join(filter(str.isprintable, whole))


def text(told: Told, account: Account) -> str:
    """The mail: what happened, to what, by whom, and where to go. Inside a request, whose address its links begin with."""
    spoken, message = language_of(account), told.message
    gettext, lines = spoken.gettext, [f"{title(told, spoken)}."]
    if days := _days(told, spoken):
        lines.append(f"{days[:1].upper()}{days[1:]}.")
    facts = [
        (gettext("Body"), _name(told.body, spoken)),
        (gettext("Reporting year"), str(message.year)),
        (gettext("Organisation"), _name(told.organisation, spoken) if told.organisation else ""),
        (gettext("What it is about"), about(told, spoken)),
        (gettext("Revision"), str(message.data.get("revision") or "")),
        (gettext("Sent by"), by(told)),
        (gettext("When"), f"{local(message.at):%d.%m.%Y %H:%M}"),
    ]
    lines += ["", *(f"{word}: {value}" for word, value in facts if value)]
    if quote := quoted(told):
        lines += ["", *(f"> {line}".rstrip() for line in quote.splitlines())]
    lines += ["", gettext("Open it here:"), address(told, account.role, external=True)]
    lines += ["", "-- ", gettext("Evaluation of state property management")]
    lines += [gettext("All messages:") + " " + url_for("messages.inbox", _external=True)]
    lines += [gettext("This mail was sent by itself: an answer to it is read by nobody.")]
    return "\n".join(lines) + "\n"


def language_of(account: Account) -> Language:
    """The language in which a person is written to."""
    return language(account.language or USUAL)


def _days(told: Told, spoken: Language) -> str:
    """How many days were left when it was told."""
    if told.message.kind != "deadline":
        return ""
    left = int(told.message.data["days"])
    return spoken.ngettext("%(num)d day left", "%(num)d days left", left) if left else spoken.gettext("today is the last day")


def _name(item: Body | Organisation, spoken: Language) -> str:
    return " ".join(Named(item.bin, item.name_kk, item.name_ru).name(spoken.code).split())
