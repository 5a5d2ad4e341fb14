"""Settings that are valid one by one but unsafe in production; the product does not start with them."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.settings.model import Settings
from evaluation.settings.types import STRONG_ROLES

MIN_KEY_CHARACTERS, MIN_DISTINCT_CHARACTERS = 32, 8
"""`openssl rand -hex 32` has 64 characters, 15 of 16 of them different on average."""

WEAK_KEY = N_(
    "%(name)s is too easy to guess for APP_ENV=production: it needs at least %(limit)s random characters. Generate it, for "
    "example with `openssl rand -hex 32`."
)
EQUAL_KEYS = N_("SECRET_KEY and AUDIT_KEY must differ: whoever learns one of them must not know the other.")
NO_PUBLIC_URL = N_(
    "APP_ENV=production needs PUBLIC_URL: the address that people open, which begins with https://, such as "
    "https://evaluation.example.kz. Links in e-mail and QR codes start with it."
)
ROLES_MISSING = N_("APP_ENV=production requires a second factor of %(roles)s: add them to TWO_FACTOR_ROLES, or leave it empty.")
OPEN_ADDRESS = N_(
    "BIND=%(bind)s lets everybody on the network connect without the reverse proxy, which ends TLS and keeps slow connections "
    "away. Set BIND to an address of this computer, or TRUSTED_PROXIES to the number of proxies in front of it."
)


def unsafe_settings(settings: Settings) -> list[EvaluationError]:
    """Return an error, with the variable's name, for each unsafe setting of production; none elsewhere."""
    return list(_unsafe_settings(settings)) if settings.is_production else []


def _unsafe_settings(settings: Settings) -> Iterator[EvaluationError]:
    for name in ("secret_key", "audit_key"):
        key = getattr(settings, name)
        if len(key) < MIN_KEY_CHARACTERS or len(set(key)) < MIN_DISTINCT_CHARACTERS:
            yield EvaluationError(WEAK_KEY, name=name.upper(), limit=MIN_KEY_CHARACTERS)
    if settings.audit_key in (settings.secret_key, *settings.secret_key_fallbacks):
        yield EvaluationError(EQUAL_KEYS)
    if not _is_https(settings.public_url):
        yield EvaluationError(NO_PUBLIC_URL)
    if not settings.two_factor_roles >= STRONG_ROLES:
        yield EvaluationError(ROLES_MISSING, roles=", ".join(sorted(STRONG_ROLES)))
    if not settings.trusted_proxies and not _is_local(settings.listen_address):
        yield EvaluationError(OPEN_ADDRESS, bind=settings.listen_address)


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


def _is_local(address: str) -> bool:
    """Return whether an address such as 127.0.0.1:8000, [::1]:8000 or unix:/run/product.sock is of this computer alone."""
    if address.startswith("unix:"):
        return True
    host = urlsplit(f"//{address}").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
