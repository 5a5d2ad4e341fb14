"""The commands for people's accounts. They make the first administrator and reset the account of a person who cannot sign in."""

from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import AppGroup

from evaluation.accounts import operations, queries
from evaluation.accounts.checks import InvalidAccount
from evaluation.accounts.links import reset_link
from evaluation.accounts.models import Account
from evaluation.accounts.queries import ACCOUNT_STATUS_NAMES, AccountFilters
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.cli.context import CommandError, command, format_table, language_option, transaction
from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, N_, Language, language
from evaluation.notifications import account_notices
from evaluation.policy import Role, Viewer

user = AppGroup("user", help="Add people, give them one-time links, disable them, list them.")

FACTOR_REMOVED = N_("The second factor and the password are removed, and the person is signed out everywhere.")

email_argument = click.argument("email")
address_option = click.option(
    "--address", metavar="URL", help="What the link begins with; by default PUBLIC_URL, or this computer's address."
)


@command(
    email_argument,
    click.option("--name", required=True, help="The person's name."),
    click.option("--role", required=True, type=click.Choice([str(role) for role in ROLE_NAMES]), help="What they may do."),
    click.option("--body", "bins", multiple=True, metavar="BIN", help="A body of a clerk or head; give it once for each."),
    click.option("--region", metavar="DIGITS", help="Region of a reviewer or observer: the first two digits of its KATO code."),
    click.option("--mail-language", type=click.Choice(LANGUAGE_CODES), help="Language of the letters sent to them."),
    address_option,
    language_option,
    name="add",
)
def add(
    email: str,
    name: str,
    role: str,
    bins: tuple[str, ...],
    region: str | None,
    mail_language: str | None,
    address: str | None,
    lang: str,
) -> None:
    """Add a person and print the one-time link by which they set a password.

    Example: flask --app app user add aigul@akimat.kz --name "Aigul Seitova" --role clerk --body 990140900064
    """
    viewer = Viewer.system()
    with transaction():
        body_ids = {body.bin: body.id for body in queries.bodies_by_bin(viewer, bins)}
        missing = [bin_ for bin_ in bins if bin_ not in body_ids]
        if missing:
            raise EvaluationError(N_("The registry has no body with the BIN %(bin)s."), bin=", ".join(missing))
        try:
            account = operations.add_account(viewer, email, name, role, body_ids.values(), region, mail_language)
        except InvalidAccount as refused:
            *others, last = refused.errors.values()
            for error in others:
                CommandError(error.message(language(lang)), language(lang)).show()
            raise last from refused
        _print_link(account, address, language(lang))


@command(
    email_argument,
    click.option("--second-factor", is_flag=True, help="Remove the second factor too: its device is lost."),
    address_option,
    language_option,
    name="reset",
)
def reset(email: str, second_factor: bool, address: str | None, lang: str) -> None:
    """Take a person's password away, sign them out, unlock the account, and print a new one-time link.

    Example: flask --app app user reset aigul@akimat.kz
    """
    with transaction():
        account = _find(email)
        account_notices.reset_password(Viewer.system(), account, second_factor)
        if second_factor:
            click.echo(language(lang).gettext(FACTOR_REMOVED), err=True)
        _print_link(account, address, language(lang))


@command(email_argument, language_option, name="disable")
def disable(email: str, lang: str) -> None:
    """Sign a person out at once and keep them from signing in.

    Example: flask --app app user disable aigul@akimat.kz
    """
    with transaction():
        operations.disable_account(Viewer.system(), _find(email))
    click.echo(language(lang).gettext("The account is disabled: the person is signed out and cannot sign in."))


@command(email_argument, language_option, name="enable")
def enable(email: str, lang: str) -> None:
    """Let a person who was disabled sign in again.

    Example: flask --app app user enable aigul@akimat.kz
    """
    with transaction():
        operations.enable_account(Viewer.system(), _find(email))
    click.echo(language(lang).gettext("The account is enabled: the person can sign in again."))


@command(
    click.option("--search", default="", help="A part of a name or an e-mail address."),
    click.option("--role", type=click.Choice([str(role) for role in ROLE_NAMES]), help="Only this role."),
    language_option,
    name="list",
)
def list_(search: str, role: str | None, lang: str) -> None:
    """List people: e-mail address, name, role, where it holds, and whether they can sign in.

    Example: flask --app app user list --role administrator
    """
    viewer, message_language, number = Viewer.system(), language(lang), 1
    headings = (N_("E-mail address"), N_("Full name"), N_("Role"), N_("Bodies or region"), N_("State"))
    rows = [[message_language.gettext(heading) for heading in headings]]
    with transaction():
        while True:
            page = queries.accounts(viewer, AccountFilters(search, role or ""), number)
            bodies = queries.bodies_of(viewer, [account.id for account in page.items])
            for account in page.items:
                scope = ", ".join(body.bin for body in bodies.get(account.id, [])) or account.region or "–"
                role_name = message_language.gettext(ROLE_NAMES[Role(account.role)])
                state = message_language.gettext(ACCOUNT_STATUS_NAMES[account.status])
                rows.append([account.email, account.name, role_name, scope, state])
            if number >= page.last:
                break
            number += 1
    click.echo(format_table(rows))


def _find(email: str) -> Account:
    """Return the account of an address. Raises EvaluationError."""
    account = queries.account_by_email(Viewer.system(), email)
    if account is None:
        raise EvaluationError(N_("No account has the e-mail address %(email)s."), email=email)
    return account


def _print_link(account: Account, address: str | None, message_language: Language) -> None:
    """Print the link on a line of its own on standard output, after what to do with it on standard error."""
    link = reset_link(account)
    if address:
        if not address.startswith(("http://", "https://")):
            raise EvaluationError(N_("An address begins with https:// or http://."))
        link = address.rstrip("/") + urlsplit(link).path
    click.echo(
        message_language.gettext(
            "Give this link to %(email)s so that nobody else can read it: it works once, within %(hours)s hours.",
            email=account.email,
            hours=int(current_app.config["SECURITY_RESET_PASSWORD_WITHIN"].total_seconds() // 3600),
        ),
        err=True,
    )
    click.echo(link)


for subcommand in (add, reset, disable, enable, list_):
    user.add_command(subcommand)
