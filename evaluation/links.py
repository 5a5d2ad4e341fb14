"""Links from the domain to pages: an interface that :mod:`evaluation.web.links` implements.

Notifications, e-mail, sheets and exports point to pages. They receive a :class:`LinkBuilder`, so that they need neither Flask nor
the addresses of pages.
"""

from typing import Protocol


class LinkBuilder(Protocol):
    """Builds addresses of pages.

    A relative link starts with a slash. An absolute link starts with PUBLIC_URL; without it, with the address of the current
    request or, outside a request, with this computer's address.
    """

    @property
    def base_address(self) -> str:
        """The start of links on paper, without a slash at its end; the same in every request."""

    def password_reset(self, token: str) -> str:
        """Return the absolute one-time link to the page where a person sets a password."""

    def inbox(self, *, absolute: bool = False) -> str:
        """Return the link to a person's notifications."""

    def sessions(self, *, absolute: bool = False) -> str:
        """Return the link to the page of a person's sessions."""

    def report(self, body_bin: str, year: int, organisation_bin: str, code: str | None = None, *, absolute: bool = False) -> str:
        """Return the link to an organisation's report, or to its answer of an indicator code."""

    def remark(self, body_bin: str, year: int, remark_id: int, *, absolute: bool = False) -> str:
        """Return the link to a remark in the list of a body's remarks."""

    def body_entry(self, body_bin: str, year: int, *, absolute: bool = False) -> str:
        """Return the link to the page where a body enters its answers of a year."""

    def verification(self) -> str:
        """Return the absolute link to the page where anybody verifies a sheet, as printed on paper; the same in every request."""

    def body_review(self, body_bin: str, year: int, *, absolute: bool = False) -> str:
        """Return the link to the page where a body's year is reviewed."""

    def body_list(self, year: int, *, absolute: bool = False, **filters: str) -> str:
        """Return the link to the list of a year's bodies, filtered and sorted by parts of its query string."""

    def sheet(self, body_bin: str, year: int, *, absolute: bool = False) -> str:
        """Return the link to a body's assessment sheet."""

    def job(self, job_id: int, *, absolute: bool = False) -> str:
        """Return the link to the page of a background job."""
