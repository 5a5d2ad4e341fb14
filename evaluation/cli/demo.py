"""The command that fills an empty database with demonstration data, and its people."""

from collections.abc import Iterable, Sequence

import click

from evaluation.accounts.roles import ROLE_NAMES
from evaluation.cli.context import command, language_option, table, transaction
from evaluation.clock import today
from evaluation.configuration import configuration
from evaluation.demo.generator import country as make_country
from evaluation.demo.generator import demonstration
from evaluation.demo.people import DemoPerson, people, store_people
from evaluation.demo.reviews import store_reviews
from evaluation.demo.store import store
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language, language
from evaluation.policy import BODY_ROLES, Role
from evaluation.registry import queries as registry


@command(
    click.option("--country", is_flag=True, help="A whole invented country instead: 2,700 bodies, 25,000 organisations."),
    click.option("--bodies", type=click.IntRange(25), default=2_700, show_default=True, help="Bodies of that country."),
    click.option("--organisations", type=click.IntRange(100), default=25_000, show_default=True, help="Its organisations."),
    click.option("--seed", type=int, default=2024, show_default=True, help="The same seed gives the same data."),
    language_option,
    name="demo",
)
def demo(country: bool, bodies: int, organisations: int, seed: int, lang: str) -> None:
    """Fill an empty database with invented demonstration data.

    Every page and sheet of its years says that the data are invented. Prints who can sign in to it, with their password. A
    second call changes nothing. Refused where APP_ENV=production.

    Example: flask --app app demo
    """
    if configuration().settings.is_production:
        raise EvaluationError(
            N_("Demonstration data and their known password have no place in production. Unset APP_ENV to try the product out.")
        )
    order = registry.orders().latest
    made = make_country(order, bodies=bodies, organisations=organisations, seed=seed) if country else demonstration(order, seed)
    with transaction():
        fresh = store(order, made)
        store_people(made, country)
        if fresh and not country:
            store_reviews(order, today())
    in_language = language(lang)
    click.echo(
        in_language.gettext(
            "Invented demonstration data: %(bodies)s bodies, %(organisations)s organisations, years %(years)s.",
            bodies=len(made.bodies),
            organisations=len({row.bin for row in made.organisations}),
            years=", ".join(map(str, made.years)),
        )
        if fresh
        else in_language.gettext("The demonstration data are already there.")
    )
    click.echo("\n" + table(_lines(list(people()), in_language)))


def _lines(found: Iterable[DemoPerson], in_language: Language) -> list[Sequence[str]]:
    heads = (N_("Role"), N_("E-mail address"), N_("Password"), N_("Bodies or region"))
    lines: list[Sequence[str]] = [[in_language.gettext(head) for head in heads]]
    for person in found:
        place = in_language.gettext("The whole country")
        if person.place is not None:
            place = (person.place.name_ru if in_language.code == "ru" else person.place.name_kk) or person.place.bin
        elif person.role in BODY_ROLES:
            place = "–"
        password = person.password or in_language.gettext("changed since")
        lines.append((in_language.gettext(ROLE_NAMES[Role(person.role)]), person.email, password, place))
    return lines
