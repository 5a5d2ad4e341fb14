"""Settings, from the environment. Each has a default that suits one computer."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

INSTANCE = Path(os.environ.get("INSTANCE", Path(__file__).parent.parent / "instance")).resolve()
"""The folder for what the product keeps beside its code: the database and the key that signs cookies."""


def settings(instance: Path) -> dict[str, Any]:
    """The app's configuration."""
    return {
        "DATABASE_URL": database_url(os.environ.get("DATABASE_URL"), instance),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or _kept_secret(instance),
        "CRITERIA": tuple(Path(path) for path in os.environ.get("CRITERIA", "").split(os.pathsep) if path),
        # There is no sign-in yet: this computer alone is answered, under no name that another site could lend itself.
        "TRUSTED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        "MAX_CONTENT_LENGTH": 64 * 2**20,
        "LANGUAGES": ("kk", "ru", "en"),
        "BABEL_DEFAULT_LOCALE": "kk",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Almaty",
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
        "BOOTSTRAP_SERVE_LOCAL": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
    }


def database_url(url: str | None, instance: Path) -> str:
    """DATABASE_URL as SQLAlchemy wants it: `postgres://` and `postgresql://` go through psycopg 3."""
    if not url:
        return f"sqlite:///{instance / 'evaluation.db'}"
    scheme, separator, rest = url.partition("://")
    return "postgresql+psycopg://" + rest if separator and scheme in ("postgres", "postgresql") else url


def _kept_secret(instance: Path) -> str:
    """The key that signs cookies on this computer, made at the first start and readable by its owner alone.

    Where nothing can be kept, a key for this process only: commands need none.
    """
    file = instance / "secret_key"
    try:
        if not file.exists():
            instance.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f"secret_key.{os.getpid()}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(secrets.token_hex(32))
            # Whoever comes first wins: workers that start together must agree.
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return file.read_text()
    except OSError:
        return secrets.token_hex(32)
