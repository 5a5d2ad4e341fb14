"""Settings, from the environment. Each has a default that suits one computer."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evaluation.clock import ZONE
from evaluation.errors import EvaluationError
from evaluation.language import CODES, N_, language

INSTANCE = Path(os.environ.get("INSTANCE", Path(__file__).parent.parent / "instance")).resolve()
"""The folder for what the product keeps beside its code: the database, and the keys that sign cookies and seal the record."""


LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
NO_KEY = N_(
    "APP_ENV=production needs SECRET_KEY: a long random text that is kept secret and stays the same. Make one, for example by "
    "`openssl rand -hex 32`, and give it to the product as the environment variable SECRET_KEY."
)
NO_RECORD_KEY = N_(
    "APP_ENV=production needs RECORD_KEY: a long random text that the record is sealed with. Make one, for example by "
    "`openssl rand -hex 32`, keep it where no administrator of the database reads it, and give it to the product as the "
    "environment variable RECORD_KEY. It must never change: without it the record cannot be verified."
)
NOT_A_NUMBER = N_("%(name)s must be a whole number above zero, not “%(value)s”.")
NOT_SMTP = N_(
    "SMTP_URL must be an address such as smtp://user:password@mail.example.kz:587; one that begins with smtps:// speaks TLS from "
    "the start. Write special characters of the name and the password as in any address: @ as %40."
)


def settings(instance: Path) -> dict[str, Any]:
    """The app's configuration. Raises EvaluationError where production lacks what it must have, or a setting is no number."""
    production = os.environ.get("APP_ENV") == "production"
    if production and not os.environ.get("SECRET_KEY"):
        raise EvaluationError(NO_KEY)
    if production and not os.environ.get("RECORD_KEY"):
        raise EvaluationError(NO_RECORD_KEY)
    return {
        "DATABASE_URL": database_url(os.environ.get("DATABASE_URL"), instance),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or _kept_secret(instance, "secret_key") or secrets.token_hex(32),
        # Without a place to keep it there is none, and nothing is recorded: what a lost key sealed could not be verified.
        "RECORD_KEY": os.environ.get("RECORD_KEY") or _kept_secret(instance, "record_key"),
        "SECRET_KEY_FALLBACKS": _list("SECRET_KEY_FALLBACKS"),
        "CRITERIA": tuple(Path(path) for path in os.environ.get("CRITERIA", "").split(os.pathsep) if path),
        "PRODUCTION": production,
        "FILES": os.environ.get("FILES") or files_folder(os.environ.get("DATABASE_URL"), instance),
        "EVIDENCE_MEGABYTES": _number("EVIDENCE_MEGABYTES", 20),
        "EVIDENCE_FILES": _number("EVIDENCE_FILES", 50),
        "MAX_CONTENT_LENGTH": 64 * 2**20,
        "LANGUAGES": ("kk", "ru", "en"),
        "BABEL_DEFAULT_LOCALE": "kk",
        "BABEL_DEFAULT_TIMEZONE": ZONE.key,
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
        "BOOTSTRAP_SERVE_LOCAL": True,
        **_addresses(production),
        **_people(production),
    }


def settings_or_exit(instance: Path) -> dict[str, Any]:
    """The app's configuration; where that cannot be, the program ends with what the operator can mend, in every language."""
    try:
        return settings(instance)
    except EvaluationError as error:
        raise SystemExit("\n".join(error.message(language(code)) for code in CODES)) from error


def _addresses(production: bool) -> dict[str, Any]:
    """Under which names the product is answered, and how it sends mail."""
    return {
        # No other name is answered, so that no link of ours leads to where a forged one says.
        "TRUSTED_HOSTS": (_list("TRUSTED_HOSTS") or LOCAL_HOSTS) + _public_host(),
        "TRUSTED_PROXIES": _number("TRUSTED_PROXIES", 0),
        "PUBLIC_URL": os.environ.get("PUBLIC_URL", "").rstrip("/"),
        "ADDRESS": f"127.0.0.1:{os.environ.get('PORT', '8000')}",
        "PREFERRED_URL_SCHEME": "https" if production else "http",
        "SMTP_URL": _smtp(os.environ.get("SMTP_URL", "")),
        "MAIL_FROM": os.environ.get("MAIL_FROM", "no-reply@localhost"),
    }


def _people(production: bool) -> dict[str, Any]:
    """Signing in: cookies, how long, how often."""
    return {
        "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": production,
        "WTF_CSRF_TIME_LIMIT": None,
        "SESSION_IDLE_MINUTES": _number("SESSION_IDLE_MINUTES", 120),
        "SESSION_HOURS": _number("SESSION_HOURS", 12),
        "TWO_FACTOR_ROLES": frozenset(_list("TWO_FACTOR_ROLES")),
        "LOCK_AFTER": _number("LOCK_AFTER", 5),
        "LOCK_MINUTES": _number("LOCK_MINUTES", 15),
        "GUESS_LIMIT": "30 per 10 minutes",
        "LINK_LIMIT": "10 per hour",
        "VERIFY_LIMIT": "60 per 10 minutes",
        "RATE_LIMIT_STORAGE": os.environ.get("RATE_LIMIT_STORAGE", "memory://"),
    }


def _public_host() -> list[str]:
    """The host of PUBLIC_URL: links in mail begin with it, so it is answered too."""
    try:
        host = urlsplit(os.environ.get("PUBLIC_URL", "")).hostname
    except ValueError:
        return []
    return [host] if host and host not in _list("TRUSTED_HOSTS") else []


def _list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _smtp(url: str) -> str:
    """The address of the mail server as it is given; empty where none is."""
    try:
        parts = urlsplit(url)
        right = not url or (parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0)
    except ValueError:
        right = False
    if not right:
        raise EvaluationError(NOT_SMTP)
    return url


def _number(name: str, usual: int) -> int:
    value = os.environ.get(name) or str(usual)
    if not (value.isascii() and value.isdigit()) or (int(value) < 1 and usual):
        raise EvaluationError(NOT_A_NUMBER, name=name, value=value)
    return int(value)


def files_folder(url: str | None, instance: Path) -> Path:
    """Where files are kept: beside an SQLite database, else in the instance folder."""
    database = (url or "").removeprefix("sqlite:///") if (url or "").startswith("sqlite:///") else ""
    return (Path(database).parent if database else instance) / "files"


def database_url(url: str | None, instance: Path) -> str:
    """DATABASE_URL as SQLAlchemy wants it: `postgres://` and `postgresql://` go through psycopg 3."""
    if not url:
        return f"sqlite:///{instance / 'evaluation.db'}"
    scheme, separator, rest = url.partition("://")
    return "postgresql+psycopg://" + rest if separator and scheme in ("postgres", "postgresql") else url


def _kept_secret(instance: Path, name: str) -> str:
    """A key of this computer's own, made at the first start and readable by its owner alone; empty where none can be kept."""
    file = instance / name
    try:
        if not file.exists():
            instance.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f"{name}.{os.getpid()}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(secrets.token_hex(32))
            # Whoever comes first wins: workers that start together must agree.
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return file.read_text()
    except OSError:
        return ""
