"""The people of the demonstration. `people.toml` lists them, with the one password of all."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.accounts import operations, queries
from evaluation.demo.model import DemoCountry
from evaluation.demo.recipes import data
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body

LISTS = ("demonstration", "country")


@dataclass(frozen=True)
class DemoPerson:
    """A person who can sign in.

    `body` is where the role applies: a body, the body of a region, or None for the country. `password` is empty if the person
    changed it.
    """

    email: str
    role: str
    password: str
    body: Body | registry.Region | None


def store_people(demo_country: DemoCountry, is_country: bool = False) -> None:
    """Store the accounts of the demonstration, or of the invented country. Nothing changes where any are stored already.

    A person whose body is not in the database is left out. The caller commits.
    """
    viewer = Viewer.system()
    if queries.has_demonstration_accounts(viewer):
        return
    password, body_ids = data("people")["password"], registry.registry_index(viewer).bodies
    for person in data("people")[LISTS[is_country]]:
        bin_ = _body_bin(demo_country, person["body"]) if "body" in person else None
        if bin_ in body_ids or bin_ is None:
            operations.add_account(
                viewer,
                person["email"],
                person["name"],
                person["role"],
                [body_ids[bin_]] if bin_ else [],
                person.get("region"),
                person["language"],
                password,
            )


def person(email: str) -> Viewer:
    """Return a person of the demonstration as a viewer. Raises LookupError."""
    account = queries.account_by_email(Viewer.system(), email)
    if account is None:
        raise LookupError(email)
    return queries.viewer_of(account)


def people() -> Iterator[DemoPerson]:
    """Yield the people who have an active account, in the order of the file."""
    # Flask-Security takes a third of a second to import; every other command does without it.
    from flask_security import verify_password

    viewer, password, listed = Viewer.system(), data("people")["password"], set()
    regions = {body.kato[:2]: body for body in registry.regions(viewer)}
    for person in (person for name in LISTS for person in data("people")[name]):
        account = queries.account_by_email(viewer, person["email"])
        if account is None or not account.active or account.email in listed:
            continue
        listed.add(account.email)
        bodies = queries.bodies_of(viewer, [account.id]).get(account.id, [])
        body = bodies[0] if bodies else regions.get(account.region or "")
        is_unchanged = account.password and verify_password(password, account.password)
        yield DemoPerson(account.email, account.role, password if is_unchanged else "", body)


def _body_bin(demo_country: DemoCountry, body: str) -> str | None:
    """Return the BIN of a body: of the KATO code `body`, or for "largest" of the one with most organisations in the last year."""
    if body == "largest":
        last_year = demo_country.years[-1]
        return Counter(row.body_bin for row in demo_country.organisations if row.counts_in(last_year)).most_common(1)[0][0]
    return next((row.bin for row in demo_country.bodies if row.kato == body), None)
