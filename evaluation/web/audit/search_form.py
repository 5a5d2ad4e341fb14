"""Parses the filters of the audit log's search page from its address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from evaluation.answers import values
from evaluation.audit.actions import AuditGroup
from evaluation.review.audit_search.queries import AuditFilters
from evaluation.web.core.request_context import search_words

MIN_YEAR, MAX_YEAR = 1991, 9000
"""Days outside these years are typing errors."""
TEXT_FIELDS = ("body", "organisation", "person")
DAY_FIELDS = ("since", "until")
BATCH_LENGTH = 32
"""Characters of a batch's name."""


@dataclass(frozen=True)
class SearchForm:
    """The filters of the search page.

    `values` are the filters in the address, without empty and unknown ones; `invalid_days` names the fields whose day cannot be
    read.
    """

    values: dict[str, str]
    filters: AuditFilters
    invalid_days: frozenset[str]

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set."""
        return bool(self.values)

    def value(self, name: str) -> str:
        """Return the value of a filter, empty if it is not set."""
        return self.values.get(name, "")

    def url(self, **changes: Any) -> str:
        """Return the address of the page with these filters and changes to them."""
        return url_for("audit.index", **(self.values | changes))


def parse_search_form(
    args: MultiDict[str, str], groups: Sequence[AuditGroup], years: Sequence[int], codes: frozenset[str]
) -> SearchForm:
    """Read the filters from an address.

    Args:
        args: The parameters of the address.
        groups: The groups that the viewer may read.
        years: The open reporting years.
        codes: The codes of all indicators and items of evidence.
    """
    accepted = {name: search_words(args.get(name)) for name in (*TEXT_FIELDS, *DAY_FIELDS)}
    choices: dict[str, Any] = {"code": codes, "group": groups, "year": [str(year) for year in years]}
    accepted |= {name: value for name, options in choices.items() if (value := args.get(name, "")) in options}
    batch = args.get("batch", "")
    if batch.isascii() and batch.isalnum() and len(batch) <= BATCH_LENGTH:
        accepted["batch"] = batch
    accepted = {name: value for name, value in accepted.items() if value}
    days = {name: _parse_day(accepted.get(name, "")) for name in DAY_FIELDS}
    texts: dict[str, Any] = {name: accepted.get(name, "") for name in (*TEXT_FIELDS, "code", "batch")}
    group = next((group for group in groups if group == accepted.get("group")), None)
    filters = AuditFilters(
        **texts,
        year=int(accepted["year"]) if "year" in accepted else None,
        since=days["since"],
        until=days["until"],
        actions=group.actions if group else (),
        excluded_actions=() if group else AuditGroup.AUDIT_LOG.actions,
    )
    invalid_days = frozenset(name for name, day in days.items() if name in accepted and day is None)
    return SearchForm(accepted, filters, invalid_days)


def _parse_day(text: str) -> date | None:
    """Return a day as people type it; None if the text is not a day."""
    try:
        day = date.fromisoformat(values.parse_date(text))
    except values.InvalidValue:
        return None
    return day if MIN_YEAR <= day.year <= MAX_YEAR else None
