"""The command that fills an empty database with demonstration data and accounts."""

from collections.abc import Iterable, Sequence

import click

from evaluation import schema
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.anomalies.operations import search
from evaluation.cli.context import command, format_table, language_option, transaction
from evaluation.clock import today
from evaluation.configuration import configuration
from evaluation.demo.budgets import store_budgets
from evaluation.demo.generator import country as make_country
from evaluation.demo.generator import demonstration
from evaluation.demo.people import DemoPerson, people, store_people
from evaluation.demo.reviews import store_reviews
from evaluation.demo.store import store
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language, language
from evaluation.policy import BODY_ROLES, Role, Viewer
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

    Creates or upgrades the database first. Every page and sheet of the years says that the data are invented. Prints who can sign
    in, with their password. A second call changes nothing. Refused where APP_ENV=production.

    Example: flask --app app demo
    """
    if configuration().settings.is_production:
        raise EvaluationError(
            N_(
                "The demonstration data and their published password must not be used in production. Unset APP_ENV to try the "
                "product."
            )
        )
    schema.upgrade()
    order = registry.orders().latest
    data = make_country(order, bodies=bodies, organisations=organisations, seed=seed) if country else demonstration(order, seed)
    with transaction():
        is_new = store(order, data)
        store_people(data, country)
        if is_new and not country:
            store_budgets(order, today())
            store_reviews(order, today())
            for year in data.years[1:]:
                search(Viewer.system(), year)
    message_language = language(lang)
    click.echo(
        message_language.gettext(
            "Invented demonstration data: %(bodies)s bodies, %(organisations)s organisations, years %(years)s.",
            bodies=len(data.bodies),
            organisations=len({row.bin for row in data.organisations}),
            years=", ".join(map(str, data.years)),
        )
        if is_new
        else message_language.gettext("The demonstration data are already loaded.")
    )
    click.echo("\n" + format_table(_people_rows(people(), message_language)))


def _people_rows(demo_people: Iterable[DemoPerson], language: Language) -> list[Sequence[str]]:
    """Return the table of people who can sign in: headings, then role, address, password, and bodies or region."""
    headings = (N_("Role"), N_("E-mail address"), N_("Password"), N_("Bodies or region"))
    rows: list[Sequence[str]] = [[language.gettext(heading) for heading in headings]]
    for person in demo_people:
        scope = language.gettext("The whole country")
        if person.body is not None:
            scope = (person.body.name_ru if language.code == "ru" else person.body.name_kk) or person.body.bin
        elif person.role in BODY_ROLES:
            scope = "–"
        password = person.password or language.gettext("changed since")
        rows.append((language.gettext(ROLE_NAMES[Role(person.role)]), person.email, password, scope))
    return rows
