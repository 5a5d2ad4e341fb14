"""The people of the demonstration: who they are stands in `people.toml`, with the one password that all of them have."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flask_security import verify_password

from evaluation.accounts import operations, queries
from evaluation.demo.model import DemoCountry
from evaluation.demo.recipes import data
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body

LISTS = ("demonstration", "country")


@dataclass(frozen=True)
class DemoPerson:
    """Who can sign in, and where their role holds: a body, a region's body, or None for the country. `password` is empty where
    it is no longer the demonstration's."""

    email: str
    role: str
    password: str
    place: Body | None


def store_people(made: DemoCountry, country: bool = False) -> None:
    """Give the demonstration, or the invented country, its people; nothing where there are any already. The caller commits.

    A person whose body is not in the database is passed over.
    """
    viewer = Viewer.system()
    if queries.any_of_the_demonstration(viewer):
        return
    password, known = data("people")["password"], registry.known(viewer).bodies
    for person in data("people")[LISTS[country]]:
        bin_ = _bin(made, person["body"]) if "body" in person else None
        if bin_ in known or bin_ is None:
            operations.add_account(
                viewer,
                person["email"],
                person["name"],
                person["role"],
                [known[bin_]] if bin_ else [],
                person.get("region"),
                person["language"],
                password,
            )


def people() -> Iterator[DemoPerson]:
    """Those of the people who have an account, as they stand in the files."""
    viewer, password, seen = Viewer.system(), data("people")["password"], set()
    regions = {str(body.kato)[:2]: body for body in registry.regions(viewer)}
    for person in (person for name in LISTS for person in data("people")[name]):
        account = queries.account_by_email(viewer, person["email"])
        if account is None or not account.active or account.email in seen:
            continue
        seen.add(account.email)
        bodies = queries.bodies_of(viewer, [account.id]).get(account.id, [])
        place = bodies[0] if bodies else regions.get(account.region or "")
        unchanged = account.password and verify_password(password, account.password)
        yield DemoPerson(account.email, account.role, password if unchanged else "", place)


def _bin(made: DemoCountry, body: str) -> str | None:
    """The BIN of a body named by its KATO code, or of the one with the most organisations in the last year."""
    if body == "largest":
        return Counter(row.body_bin for row in made.organisations if row.counts_in(made.years[-1])).most_common(1)[0][0]
    return next((each.bin for each in made.bodies if each.kato == body), None)
