"""Addresses of pages for domain code: the implementation of :class:`evaluation.links.LinkBuilder` with Flask's URL map."""

from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, has_request_context, url_for

from evaluation.settings import Settings


class FlaskLinkBuilder:
    """Builds addresses from the application's routes, inside and outside a request."""

    def __init__(self, app: Flask, settings: Settings):
        self._app, self._settings = app, settings

    @property
    def base_address(self) -> str:
        """The start of links on paper, without a slash at its end."""
        return self._settings.base_address

    def password_reset(self, token: str) -> str:
        """Return the absolute one-time link to the page where a person sets a password."""
        return self._link("security.reset_password", absolute=True, token=token)

    def inbox(self, *, absolute: bool = False) -> str:
        """Return the link to a person's notifications."""
        return self._link("notifications.inbox", absolute)

    def sessions(self, *, absolute: bool = False) -> str:
        """Return the link to the page of a person's sessions."""
        return self._link("sessions.index", absolute)

    def report(self, body_bin: str, year: int, organisation_bin: str, code: str | None = None, *, absolute: bool = False) -> str:
        """Return the link to an organisation's report, or to its answer of an indicator code."""
        values = {"bin_": body_bin, "year": year, "organisation_bin": organisation_bin, "field": code}
        return self._link("report.page", absolute, f"field-{code}" if code else None, **values)

    def remark(self, body_bin: str, year: int, remark_id: int, *, absolute: bool = False) -> str:
        """Return the link to a remark in the list of a body's remarks."""
        return self._link("remarks.index", absolute, f"remark-{remark_id}", bin_=body_bin, year=year)

    def body_entry(self, body_bin: str, year: int, *, absolute: bool = False) -> str:
        """Return the link to the page where a body enters its answers of a year."""
        return self._link("home.entry", absolute, bin_=body_bin, year=year)

    def verification(self) -> str:
        """Return the absolute link to the page where anybody verifies a sheet, the same in every request."""
        return self._link_of_base_address("verify.page", absolute=True)

    def body_review(self, body_bin: str, year: int, *, absolute: bool = False) -> str:
        """Return the link to the page where a body's year is reviewed."""
        return self._link("review.body", absolute, bin_=body_bin, year=year)

    def body_list(self, year: int, *, absolute: bool = False, **filters: str) -> str:
        """Return the link to the list of a year's bodies, filtered and sorted by parts of its query string."""
        return self._link("bodies.index", absolute, year=year, **filters)

    def sheet(self, body_bin: str, year: int, *, absolute: bool = False) -> str:
        """Return the link to a body's assessment sheet."""
        return self._link("sheets.page", absolute, bin_=body_bin, year=year)

    def job(self, job_id: int, *, absolute: bool = False) -> str:
        """Return the link to the page of a background job."""
        return self._link("jobs.show", absolute, job_id=job_id)

    def _link(self, endpoint: str, absolute: bool, anchor: str | None = None, **values: Any) -> str:
        if has_request_context() and not (absolute and self._settings.public_url):
            return url_for(endpoint, _anchor=anchor, _external=absolute, **values)
        link = self._link_of_base_address(endpoint, absolute, **values)
        return f"{link}#{quote(anchor, safe='')}" if anchor else link

    def _link_of_base_address(self, endpoint: str, absolute: bool, **values: Any) -> str:
        base = urlsplit(self.base_address)
        routes = self._app.url_map.bind(base.netloc, base.path or "/", url_scheme=base.scheme)
        link: str = routes.build(endpoint, values, force_external=absolute)
        return link
