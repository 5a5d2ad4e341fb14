"""Reads the settings from the environment, generates missing keys, and writes `.env.example`."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, N_, language
from evaluation.settings.checks import unsafe_settings
from evaluation.settings.model import Settings, as_variable
from evaluation.settings.types import InvalidSetting, InvalidSettings

SECRET_BYTES = 32
SECRETS_FOLDER = Path("/run/secrets")
"""Where containers find secrets: a file for each, with the setting's name in lower case. systemd names another folder."""
UNREADABLE = N_("The file %(file)s of a setting cannot be read. Let the product's user read it.")
EMPTY_KEY = N_("The file %(file)s is empty. Restore the key from a backup; without the key that it held, delete the file.")


def load_settings(**overrides: Any) -> Settings:
    """Read the environment and the folder of secrets; generate missing keys in the instance folder.

    The first of these that has a setting decides: `overrides`, an environment variable, a file of its name in the secrets.

    Raises:
        InvalidSettings: A variable is invalid, production lacks a key or has unsafe settings, or a secret cannot be read.
    """
    try:
        settings = Settings(_secrets_dir=_secrets_folder(), **overrides)  # type: ignore[call-arg]
    except OSError as error:
        raise InvalidSettings([InvalidSetting(UNREADABLE, file=error.filename)]) from error
    except ValidationError as error:
        # A default that depends on an invalid setting is no error of its own.
        problems = [problem for problem in error.errors() if problem["type"] != "default_factory_not_called"]
        raise InvalidSettings(map(_as_setting_error, problems)) from error
    if unsafe := unsafe_settings(settings):
        raise InvalidSettings(unsafe)
    generated = {}
    if not settings.secret_key:
        generated["secret_key"] = _generated_key(settings.instance / "secret_key") or secrets.token_hex(SECRET_BYTES)
    if not settings.audit_key:
        # The key stays empty where it cannot be stored, and nothing is audited: a lost key makes its events unverifiable.
        generated["audit_key"] = _generated_key(settings.instance / "audit_key")
    return settings.model_copy(update=generated)


def load_settings_or_exit(**overrides: Any) -> Settings:
    """Return :func:`load_settings`; end the program with a message in each language if a setting is invalid."""
    try:
        return load_settings(**overrides)
    except InvalidSettings as error:
        raise SystemExit("\n".join(error.message(language(code)) for code in LANGUAGE_CODES)) from error


def env_example() -> str:
    """Return the text of `.env.example`: every variable with its description and default."""
    blocks = ["# Settings of the product. Generated from evaluation/settings by `make env-example`; every line is optional.\n"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory or name == "instance" else as_variable(field.default)
        blocks.append(f"# {field.description}\n#{name.upper()}={default}\n")
    return "\n".join(blocks)


def _secrets_folder() -> Path | None:
    folder = Path(os.environ.get("CREDENTIALS_DIRECTORY") or SECRETS_FOLDER)
    return folder if folder.is_dir() else None


def _as_setting_error(problem: Any) -> EvaluationError:
    """Return pydantic's problem as an error that names the variable."""
    error = problem.get("ctx", {}).get("error")
    if isinstance(error, EvaluationError):
        return error
    name = str(problem["loc"][0]).upper() if problem["loc"] else ""
    return EvaluationError(f"{name}: {problem['msg']}".replace("%", "%%"))


def _generated_key(file: Path) -> str:
    """Return the key in a file that only its owner can read, generated at the first start; empty where it cannot be stored.

    Raises:
        InvalidSettings: The file is empty.
    """
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f"{file.name}.{os.getpid()}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(secrets.token_hex(SECRET_BYTES))
            # The first process wins: workers that start together must use the same key.
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        key = file.read_text()
    except OSError:
        return ""
    if not key.strip():
        # A key of its own for each process would make the cookies of one unreadable for the others.
        raise InvalidSettings([InvalidSetting(EMPTY_KEY, file=file)])
    return key
