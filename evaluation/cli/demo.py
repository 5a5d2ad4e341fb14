"""The command that fills an empty database with demonstration data."""

import click

from evaluation.cli.common import command, language_option, transaction
from evaluation.demo.generator import country as make_country
from evaluation.demo.generator import demonstration
from evaluation.demo.store import store
from evaluation.language import language
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

    Every page and sheet of its years says that the data are invented. A second call changes nothing.

    Example: flask --app app demo
    """
    order = registry.orders().latest
    made = make_country(order, bodies=bodies, organisations=organisations, seed=seed) if country else demonstration(order, seed)
    with transaction():
        fresh = store(order, made)
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
