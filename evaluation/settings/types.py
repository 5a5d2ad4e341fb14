"""Types of settings: how a variable's text becomes a value, and which values are refused."""

import os
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_settings import NoDecode

from evaluation.errors import EvaluationError
from evaluation.language import N_, Language
from evaluation.policy import SIGN_IN_ROLES, Role

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_INSTANCE = Path(__file__).parents[2] / "instance"

NO_KEY = N_(
    "APP_ENV=production needs SECRET_KEY: a long random text that is secret and does not change. Generate one, for example "
    "with `openssl rand -hex 32`, and set it as the environment variable SECRET_KEY."
)
NO_AUDIT_KEY = N_(
    "APP_ENV=production needs AUDIT_KEY: a long random text that seals the audit log. Generate one, for example with "
    "`openssl rand -hex 32`, store it where no administrator of the database can read it, and set it as the environment "
    "variable AUDIT_KEY. It must never change: without it the audit log cannot be verified."
)
NOT_A_NUMBER = N_("%(name)s must be a whole number above zero, not “%(value)s”.")
NOT_A_PORT = N_("%(name)s must be a whole number from 1 to 65535, not “%(value)s”.")
NOT_AN_ADDRESS = N_("%(name)s must be an address with a port from 1 to 65535, such as 127.0.0.1:8000, not “%(value)s”.")
NOT_A_DATABASE = N_("DATABASE_URL must be an address such as postgresql://user@host/name or sqlite:////folder/evaluation.db.")
NOT_A_LIMIT_STORAGE = N_(
    "RATE_LIMIT_STORAGE must be memory:// or the address of a Redis server, such as redis://localhost:6379/1."
)
NO_CRITERIA = N_("CRITERIA: there is no file or folder %(path)s.")
NOT_SMTP = N_(
    "SMTP_URL must be an address such as smtp://user:password@mail.example.kz:587; an address that begins with smtps:// uses "
    "TLS from the start. Escape special characters of the name and the password as in any address: @ as %40."
)

NO_CERTIFICATES = N_("SMTP_CA_FILE must be a file with certificates in PEM format: %(file)s is missing or is not one.")
NOT_A_ROLE = N_("TWO_FACTOR_ROLES: there is no role “%(role)s”. The roles are %(roles)s.")
NOT_A_QUEUE = N_("JOB_QUEUE_URL must be the address of a Redis server, such as redis://localhost:6379/0, or empty.")
NOT_A_STORE = N_(
    "FILES_URL must be an address such as s3://bucket/prefix?endpoint=https://files.example.kz, or empty. Escape special "
    "characters of a key in it as in any address: / as %2F."
)
MEMORY_QUEUE = "memory:"
"""The value of JOB_QUEUE_URL with which a job runs in the process that starts it."""
MAX_PORT = 2**16 - 1
DATABASE_DRIVERS = frozenset({"sqlite", "postgresql+psycopg"})
LIMIT_STORAGES = frozenset({"memory", "redis", "rediss", "redis+unix"})
STRONG_ROLES = frozenset({Role.ADMINISTRATOR.value, Role.REVIEWER.value})
"""Roles that must use a second factor in production: they change other people's accounts, or decide on a body's year."""


class InvalidSetting(EvaluationError, ValueError):
    """One environment variable has an invalid value; as a ValueError, pydantic collects it."""


class InvalidSettings(EvaluationError):
    """One or more environment variables have invalid values. `errors` has one error for each."""

    def __init__(self, errors: Iterable[EvaluationError]):
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, self.errors)))

    def message(self, language: Language) -> str:
        """Return one line for each invalid variable."""
        return "\n".join(error.message(language) for error in self.errors)


def _whole_number(value: Any, info: ValidationInfo) -> Any:
    """Accept only ASCII digits in text: `int` would also accept spaces, signs and other digits."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise InvalidSetting(NOT_A_NUMBER, name=str(info.field_name).upper(), value=value)
    return value


def _positive(value: int, info: ValidationInfo) -> int:
    if value < 1:
        raise InvalidSetting(NOT_A_NUMBER, name=str(info.field_name).upper(), value=value)
    return value


def _port(value: int, info: ValidationInfo) -> int:
    if not 0 < value <= MAX_PORT:
        raise InvalidSetting(NOT_A_PORT, name=str(info.field_name).upper(), value=value)
    return value


def required_in_production(value: str, info: ValidationInfo) -> str:
    """Refuse an empty key in production, where none is generated."""
    if not value and info.data.get("app_env") == "production":
        raise InvalidSetting(NO_KEY if info.field_name == "secret_key" else NO_AUDIT_KEY)
    return value


def split_commas(value: Any) -> Any:
    """Return the parts of a text that commas separate; other values as they are."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def split_paths(value: Any) -> Any:
    """Return the parts of a text that the system's path separator separates; other values as they are."""
    return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


def check_paths(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Accept files and folders that exist. Raises InvalidSetting."""
    for path in paths:
        if not path.exists():
            raise InvalidSetting(NO_CRITERIA, path=path)
    return paths


def check_address(address: str, info: ValidationInfo) -> str:
    """Accept an empty text, a host with a port, or unix: with the path of a socket. Raises InvalidSetting."""
    try:
        parts = urlsplit(f"//{address}")
        is_valid = bool(parts.hostname and parts.port and parts.netloc == address)
    except ValueError:
        is_valid = False
    if address and not is_valid and not (info.field_name == "bind" and address.removeprefix("unix:") not in ("", address)):
        raise InvalidSetting(NOT_AN_ADDRESS, name=str(info.field_name).upper(), value=address)
    return address


def check_database_url(url: str) -> str:
    """Accept the address of a database of SQLite or PostgreSQL; return it with its driver. Raises InvalidSetting."""
    # The library is imported here, because the server's first process needs it for nothing else.
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    url = psycopg_url(url)
    try:
        is_valid = not url or make_url(url).drivername in DATABASE_DRIVERS
    except (ArgumentError, ValueError):
        is_valid = False
    if not is_valid:
        raise InvalidSetting(NOT_A_DATABASE)
    return url


def check_limit_storage(url: str) -> str:
    """Accept memory:// or the address of a Redis server. Raises InvalidSetting."""
    try:
        parts = urlsplit(url)
        is_valid = "://" in url and parts.scheme in LIMIT_STORAGES and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise InvalidSetting(NOT_A_LIMIT_STORAGE)
    return url


def check_smtp_url(url: str) -> str:
    """Accept an empty text or an smtp:// or smtps:// address with a host. Raises InvalidSetting."""
    try:
        parts = urlsplit(url)
        is_valid = not url or (parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0)
    except ValueError:
        is_valid = False
    if not is_valid:
        raise InvalidSetting(NOT_SMTP)
    return url


def check_certificates(file: str) -> str:
    """Accept an empty text or the path of a file with certificates. Raises InvalidSetting."""
    try:
        if file:
            ssl.create_default_context(cafile=file)
    except OSError as error:
        raise InvalidSetting(NO_CERTIFICATES, file=file) from error
    return file


def check_files_url(url: str) -> str:
    """Accept an empty text or an s3:// address with a bucket and only known options. Raises InvalidSetting."""
    try:
        parts = urlsplit(url)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        is_valid = parts.scheme == "s3" and parts.hostname and options.keys() <= {"endpoint", "region"}
    except ValueError:
        is_valid = False
    if url and not is_valid:
        raise InvalidSetting(NOT_A_STORE)
    return url


def check_queue_url(url: str) -> str:
    """Accept an empty text, memory: or the address of a Redis server. Raises InvalidSetting."""
    if url and url != MEMORY_QUEUE and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise InvalidSetting(NOT_A_QUEUE)
    return url


def check_roles(names: frozenset[str]) -> frozenset[str]:
    """Accept names of roles of accounts. Raises InvalidSetting."""
    for name in sorted(names.difference(SIGN_IN_ROLES)):
        raise InvalidSetting(NOT_A_ROLE, role=name, roles=", ".join(SIGN_IN_ROLES))
    return names


def default_two_factor_roles(fields: dict[str, Any]) -> frozenset[str]:
    """Return the roles that production requires to use a second factor; none elsewhere."""
    return STRONG_ROLES if fields.get("app_env") == "production" else frozenset()


def default_log_format(fields: dict[str, Any]) -> Literal["text", "json"]:
    """Return json in production, where programs read the log; text elsewhere."""
    return "json" if fields.get("app_env") == "production" else "text"


def psycopg_url(url: str) -> str:
    """Return the URL as SQLAlchemy needs it: `postgres://` and `postgresql://` use psycopg 3."""
    scheme, separator, rest = url.partition("://")
    return "postgresql+psycopg://" + rest if separator and scheme in ("postgres", "postgresql") else url


def default_database_url(fields: dict[str, Any]) -> str:
    """Return the address of the SQLite database in the instance folder."""
    return f"sqlite:///{fields['instance'] / 'evaluation.db'}" if "instance" in fields else ""


def data_folder(fields: dict[str, Any]) -> Path:
    """Return the folder of an SQLite database, else the instance folder."""
    scheme, separator, path = fields.get("database_url", "").partition("sqlite:///")
    return Path(Path(path).parent if separator and not scheme and path else fields.get("instance", DEFAULT_INSTANCE))


WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
Port = Annotated[int, BeforeValidator(_whole_number), AfterValidator(_port)]
PositiveNumber = Annotated[int, BeforeValidator(_whole_number), AfterValidator(_positive)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_commas)]
