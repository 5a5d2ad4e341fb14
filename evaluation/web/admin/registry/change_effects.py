"""Sentences that tell an administrator what a change will bring about, before it is stored."""

from datetime import date

from flask_babel import gettext

from evaluation.clock import today
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import STATUS_NAMES
from evaluation.registry.admin.rules import doubt_of_first_day
from evaluation.registry.models import STATUSES
from evaluation.registry.states import ONE_DAY, BodyState, OrganisationState, RegistryState
from evaluation.web.core.request_context import current_language


def rename_effects(previous: RegistryState, current: RegistryState) -> list[str]:
    """Describe new names."""
    since = current.former_names[-1].until + ONE_DAY
    first = gettext("From %(day)s on the name is: %(name)s", day=f"{since:%d.%m.%Y}", name=current.name_kk)
    if len(current.former_names) == len(previous.former_names):
        return [first, gettext("This corrects the name entered from that date on.")]
    return [first, gettext("Sheets of %(year)s and earlier keep the name: %(name)s", year=since.year - 1, name=previous.name_kk)]


def close_effects(previous: BodyState, current: BodyState) -> list[str]:
    """Describe the closing of a body: it is on the list of a year if its last day is 31 December."""
    last_day = current.closed_on or today()
    first_year = last_day.year + (last_day == date(last_day.year, 12, 31))
    return [
        gettext("Its last day is %(day)s.", day=f"{last_day:%d.%m.%Y}"),
        gettext(
            "It is not listed among the bodies of %(year)s and later years. Its earlier years and their sheets stay.",
            year=first_year,
        ),
    ]


def reopen_effects(previous: BodyState, current: BodyState) -> list[str]:
    """Describe the withdrawal of a body's closing."""
    return [gettext("It is listed among the bodies of every year again, as if it had not been closed.")]


def first_day_effects(previous: OrganisationState, current: OrganisationState) -> list[str]:
    """Describe another first day under the latest body."""
    days = {"old": f"{previous.periods[-1].since:%d.%m.%Y}", "new": f"{current.periods[-1].since:%d.%m.%Y}"}
    sentences = [gettext("It is under its body from %(new)s on, not from %(old)s on.", **days)]
    doubt = doubt_of_first_day(previous, current, [year.year for year in registry.years()])
    return sentences if doubt is None else [*sentences, doubt.message(current_language())]


def move_effects(previous: OrganisationState, current: OrganisationState) -> list[str]:
    """Describe a move to another body."""
    return [gettext("Reports already submitted stay with the organisation and move with it to the sheets listed here.")]


def status_effects(previous: OrganisationState, current: OrganisationState) -> list[str]:
    """Describe a new status."""
    latest = current.statuses[-1]
    status = gettext(STATUS_NAMES[latest.status])
    sentences = [gettext("Status from %(day)s on: %(status)s.", day=f"{latest.since:%d.%m.%Y}", status=status)]
    if latest.status == STATUSES[-1]:
        year = latest.since.year
        sentences.append(gettext("It counts on no sheet from %(year)s on: on 31 December it is not on the register.", year=year))
        sentences.append(gettext("Its reports stay; sheets of earlier years do not change."))
    else:
        sentences.append(gettext("It still counts on sheets: it is on the register until it is closed."))
    return sentences


def withdraw_effects(previous: OrganisationState, current: OrganisationState) -> list[str]:
    """Describe the withdrawal of the latest status."""
    latest = previous.statuses[-1]
    status = gettext(STATUS_NAMES[latest.status])
    sentences = [
        gettext("The status from %(day)s on is withdrawn: %(status)s.", day=f"{latest.since:%d.%m.%Y}", status=status),
        gettext("After that its latest status is: %(status)s.", status=gettext(STATUS_NAMES[current.latest_status])),
    ]
    if previous.periods != current.periods:
        sentences.append(gettext("It is under its previous body again."))
    return sentences
