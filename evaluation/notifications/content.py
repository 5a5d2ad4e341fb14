"""Texts and links of a notification in the reader's language, for the inbox and for mail."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from evaluation.accounts.models import Account
from evaluation.clock import to_local
from evaluation.jobs.kinds import KINDS
from evaluation.language import N_, Language, language
from evaluation.links import LinkBuilder
from evaluation.notifications.queries import NotificationView
from evaluation.policy import ALLOWED, BODY_ROLES, Action, Role
from evaluation.registry.models import Body, Organisation
from evaluation.sheets.model import LegalEntity

TITLES = {
    "submitted": N_("The year was submitted"),
    "returned": N_("The year was returned for correction"),
    "accepted": N_("The year is accepted"),
    "reopened": N_("The accepted year was reopened"),
    "remark": N_("A new remark"),
    "deadline": N_("Last day to submit the year: %(date)s"),
    "opened": N_("The reporting year is open"),
    "rescheduled": N_("The dates of the reporting year changed"),
    "extended": N_("The deadline is extended"),
    "ready": N_("The answers are ready: check and submit the year"),
}
CORRECTION = N_("Last day to correct the year: %(date)s")
DATE_LABELS = {
    "starts_on": N_("First day of entry"),
    "deadline": N_("Deadline"),
    "extended_until": N_("Extended until"),
    "correct_by": N_("Correct by"),
}
"""Key of a date in a notification's data → its label."""
JOB_TITLES = {"done": N_("The job is done: %(job)s"), "failed": N_("The job could not be done: %(job)s")}
"""Status of a background job → title of its notification."""
ACCOUNT_TITLES = {
    "new_device": N_("Sign-in from a new browser"),
    "password_changed": N_("Your password was changed"),
    "password_set": N_("Your password was set by a one-time link"),
    "password_removed": N_("An administrator reset your password"),
    "factor_added": N_("An authenticator app was set up for signing in"),
    "factor_removed": N_("The authenticator app was removed from signing in"),
    "all_factors_removed": N_("An administrator removed your second factor"),
    "passkey_added": N_("A passkey was added"),
    "passkey_removed": N_("A passkey was removed"),
    "email_changed": N_("The e-mail address of your account was changed"),
}
"""What happened to a person's account → title of its notification."""
ACCOUNT_LABELS = {
    "passkey": N_("Name of the passkey"),
    "device": N_("Browser and system"),
    "address": N_("Network address"),
    "old_email": N_("Earlier e-mail address"),
    "new_email": N_("New e-mail address"),
}
"""Key of a fact in the data of a notification about an account → its label."""
ACCOUNT_ADVICE = N_("If this was not you or not agreed with you, change your password and tell the administrator at once.")
REPLY = N_("A reply to a remark")
MAX_SUBJECT_NAME = 120
"""Characters of a body's name in the subject of a mail: some names have half a page."""
DEFAULT_LANGUAGE = "kk"
"""The language of mail to people who have not chosen one."""


def title(view: NotificationView, language: Language) -> str:
    """Return what happened in a few words."""
    kind, data = view.notification.kind, view.notification.data
    if kind == "remark" and data.get("reply"):
        return language.gettext(REPLY)
    if kind == "job":
        text = JOB_TITLES[data["status"]]
        return language.gettext(text, job=job_label(data, language))
    if kind == "account":
        text = ACCOUNT_TITLES[data["event"]]
        return language.gettext(text)
    if kind == "deadline":
        text = CORRECTION if data.get("correction") else TITLES[kind]
        return language.gettext(text, date=language.long_date(date.fromisoformat(data["until"])))
    return language.gettext(TITLES[kind])


def job_label(data: Mapping[str, Any], language: Language) -> str:
    """Return the kind of a background job; its code, if this version of the product does not know the kind."""
    kind = KINDS.get(data["job_kind"])
    return language.gettext(kind.label) if kind else str(data["job_kind"])


def job_subject(data: Mapping[str, Any], language: Language) -> str:
    """Return what a background job is about, in a few words; it may be empty."""
    kind = KINDS.get(data["job_kind"])
    return kind.describe(data["parameters"], language) if kind else ""


def quotation(view: NotificationView) -> str:
    """Return what a person wrote: the remark, the reply, or the reason for returning, reopening or extending; it may be empty."""
    data = view.notification.data
    return str(data.get("text") or data.get("reason") or "")


def dates(view: NotificationView, language: Language) -> list[tuple[str, str]]:
    """Return the dates of the notification with their labels; a date that was removed is "not set"."""
    data = view.notification.data
    return [
        (language.gettext(label), language.long_date(date.fromisoformat(data[key])) if data[key] else language.gettext("not set"))
        for key, label in DATE_LABELS.items()
        if key in data
    ]


def account_facts(view: NotificationView, language: Language) -> list[tuple[str, str]]:
    """Return what a notification about an account says, with labels; nothing for other kinds."""
    data = view.notification.data if view.notification.kind == "account" else {}
    return [(language.gettext(label), str(data[key])) for key, label in ACCOUNT_LABELS.items() if key in data]


def advice(view: NotificationView, language: Language) -> str:
    """Return what the reader can do about what happened to the account; empty for other kinds."""
    return language.gettext(ACCOUNT_ADVICE) if view.notification.kind == "account" else ""


def actor(view: NotificationView) -> str:
    """Return the name of the person who acted; empty for a reminder and for a background job."""
    return "" if view.notification.kind in ("deadline", "job") else str(view.notification.data.get("by") or "")


def subject_matter(view: NotificationView, language: Language) -> str:
    """Return the label of the indicator or of the sheet's row that the notification concerns; empty if it concerns neither."""
    order, data = view.order, view.notification.data
    if view.notification.kind == "job":
        return job_subject(data, language)
    if order is None:
        return ""
    if indicator := order.by_code.get(view.notification.code or ""):
        return indicator.label[language.code]
    rows = (row for table in order.form.tables if table.kind == data.get("kind") for row in table.rows)
    row = next((row for row in rows if row.number == data.get("row")), None)
    return f"{row.number}. {row.text[language.code]}" if row else ""


def link(view: NotificationView, role: str, links: LinkBuilder, absolute: bool = False) -> str:
    """Return the link to an answer, to a remark of no answer, to the body's year as the role works on it, or to sessions.

    It contains nothing secret.
    """
    notification = view.notification
    if notification.job_id is not None:
        return links.job(notification.job_id, absolute=absolute)
    if notification.kind == "account":
        return links.sessions(absolute=absolute)
    if view.body is None or notification.year is None:
        return links.inbox(absolute=absolute)
    body_bin, year = view.body.bin, notification.year
    if view.organisation is not None:
        return links.report(body_bin, year, view.organisation.bin, notification.code, absolute=absolute)
    if (remark_id := notification.data.get("remark")) and Action.REPLY in ALLOWED[Role(role)]:
        return links.remark(body_bin, year, remark_id, absolute=absolute)
    return (links.body_entry if role in BODY_ROLES else links.body_review)(body_bin, year, absolute=absolute)


def mail_subject(view: NotificationView, language: Language) -> str:
    """Return the subject of the mail as one line, even if a name has line breaks."""
    subject = title(view, language)
    if view.body is not None and view.notification.year is not None:
        name = _name(view.body, language)
        short = name if len(name) <= MAX_SUBJECT_NAME else name[: MAX_SUBJECT_NAME - 1].rstrip() + "…"
        subject = f"{subject} – {short}, {language.period(view.notification.year)}"
    return "".join(filter(str.isprintable, subject))


def mail_text(view: NotificationView, account: Account, links: LinkBuilder) -> str:
    """Return the text of the mail: what happened, what it concerns, who acted, and the links."""
    language, notification = language_of(account), view.notification
    gettext, lines = language.gettext, [f"{title(view, language)}."]
    if days := _days_left(view, language):
        lines.append(f"{days[:1].upper()}{days[1:]}.")
    facts = [
        (gettext("Body"), _name(view.body, language) if view.body else ""),
        (gettext("Reporting year"), str(notification.year or "")),
        (gettext("Organisation"), _name(view.organisation, language) if view.organisation else ""),
        (gettext("Subject"), subject_matter(view, language)),
        *dates(view, language),
        *account_facts(view, language),
        (gettext("Revision"), str(notification.data.get("revision") or "")),
        (gettext("Sent by"), actor(view)),
        (gettext("When"), f"{to_local(notification.at):%d.%m.%Y %H:%M}"),
    ]
    lines += ["", *(f"{label}: {value}" for label, value in facts if value)]
    if text := quotation(view):
        lines += ["", *(f"> {line}".rstrip() for line in text.splitlines())]
    if text := advice(view, language):
        lines += ["", text]
    lines += ["", gettext("Open it here:"), link(view, account.role, links, absolute=True)]
    lines += ["", "-- ", gettext("Evaluation of state property management")]
    lines += [gettext("All messages:") + " " + links.inbox(absolute=True)]
    lines += [gettext("This is an automatic message; please do not reply.")]
    return "\n".join(lines) + "\n"


def language_of(account: Account) -> Language:
    """Return the language of mail to a person."""
    return language(account.language or DEFAULT_LANGUAGE)


def old_address_mail(account: Account, old_email: str) -> tuple[str, str]:
    """Return subject and text of the mail to an earlier address; the owner may read no other one."""
    language = language_of(account)
    event, addresses = "email_changed", {"old_email": old_email, "new_email": account.email}
    subject, advice_ = language.gettext(ACCOUNT_TITLES[event]), language.gettext(ACCOUNT_ADVICE)
    lines = [f"{subject}.", ""]
    lines += [f"{language.gettext(ACCOUNT_LABELS[key])}: {email}" for key, email in addresses.items()]
    lines += ["", advice_, "", "-- ", language.gettext("Evaluation of state property management")]
    return subject, "\n".join([*lines, language.gettext("This is an automatic message; please do not reply.")]) + "\n"


def _days_left(view: NotificationView, language: Language) -> str:
    """Return the days to the deadline at the time of a reminder; empty for another notification."""
    if view.notification.kind != "deadline":
        return ""
    days = int(view.notification.data["days"])
    return language.ngettext("%(num)d day left", "%(num)d days left", days) if days else language.gettext("today is the last day")


def _name(item: Body | Organisation, language: Language) -> str:
    return " ".join(LegalEntity(item.bin, item.name_kk, item.name_ru).name(language.code).split())
