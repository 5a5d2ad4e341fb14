"""Settings: one frozen, typed object, read from the environment.

Every setting has a default that suits one computer. `.env.example` is generated from this module (`make env-example`).
"""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, N_, Language, language

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_INSTANCE = Path(__file__).parent.parent / "instance"
SECRET_BYTES = 32

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
NOT_SMTP = N_(
    "SMTP_URL must be an address such as smtp://user:password@mail.example.kz:587; an address that begins with smtps:// uses "
    "TLS from the start. Escape special characters of the name and the password as in any address: @ as %40."
)

NOT_A_QUEUE = N_("JOB_QUEUE_URL must be the address of a Redis server, such as redis://localhost:6379/0, or empty.")
MEMORY_QUEUE = "memory:"
"""The value of JOB_QUEUE_URL with which a job runs in the process that starts it."""


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


def _required_in_production(value: str, info: ValidationInfo) -> str:
    """Refuse an empty key in production, where none is generated."""
    if not value and info.data.get("app_env") == "production":
        raise InvalidSetting(NO_KEY if info.field_name == "secret_key" else NO_AUDIT_KEY)
    return value


def _split_commas(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _split_paths(value: Any) -> Any:
    return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


def _smtp_url(url: str) -> str:
    """Accept an empty text or an smtp:// or smtps:// address with a host. Raises InvalidSetting."""
    try:
        parts = urlsplit(url)
        is_valid = not url or (parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0)
    except ValueError:
        is_valid = False
    if not is_valid:
        raise InvalidSetting(NOT_SMTP)
    return url


def _queue_url(url: str) -> str:
    """Accept an empty text, memory: or the address of a Redis server. Raises InvalidSetting."""
    if url and url != MEMORY_QUEUE and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise InvalidSetting(NOT_A_QUEUE)
    return url


def _psycopg_url(url: str) -> str:
    """Return the URL as SQLAlchemy needs it: `postgres://` and `postgresql://` use psycopg 3."""
    scheme, separator, rest = url.partition("://")
    return "postgresql+psycopg://" + rest if separator and scheme in ("postgres", "postgresql") else url


def _default_database_url(fields: dict[str, Any]) -> str:
    return f"sqlite:///{fields['instance'] / 'evaluation.db'}" if "instance" in fields else ""


def _data_folder(fields: dict[str, Any]) -> Path:
    """Return the folder of an SQLite database, else the instance folder."""
    scheme, separator, path = fields.get("database_url", "").partition("sqlite:///")
    return Path(Path(path).parent if separator and not scheme and path else fields.get("instance", DEFAULT_INSTANCE))


WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
PositiveNumber = Annotated[int, BeforeValidator(_whole_number), AfterValidator(_positive)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)]


class Settings(BaseSettings):
    """Everything that an operator can set. Each field is the environment variable of the same name in upper case."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="forbid", validate_default=True)

    app_env: Literal["development", "production"] = Field(
        "development",
        description="`production` requires SECRET_KEY and AUDIT_KEY, sends cookies over https only, refuses demonstration data.",
    )
    instance: Annotated[Path, AfterValidator(Path.resolve)] = Field(
        DEFAULT_INSTANCE, description="Folder for the database, generated keys and files. Default: `instance` beside the code."
    )
    secret_key: Annotated[str, AfterValidator(_required_in_production)] = Field(
        "", repr=False, description="Key that signs cookies and encrypts second factors. Default: generated in INSTANCE."
    )
    secret_key_fallbacks: Names = Field(
        (), repr=False, description="Earlier values of SECRET_KEY, separated by commas, so that a new key signs nobody out."
    )
    audit_key: Annotated[str, AfterValidator(_required_in_production)] = Field(
        "",
        repr=False,
        description="Key that seals the audit log. Keep it secret and apart from the database, and never change it. "
        "Default: generated in INSTANCE.",
    )
    database_url: Annotated[str, AfterValidator(_psycopg_url)] = Field(
        default_factory=_default_database_url,
        repr=False,
        description="Database address, such as postgresql://user@host/name. Default: SQLite in INSTANCE.",
    )
    files_folder: Path = Field(
        default_factory=lambda fields: _data_folder(fields) / "files",
        description="Folder of evidence files and uploaded workbooks, named by their SHA-256. Back it up with the database. "
        "Default: `files` beside the SQLite database, else in INSTANCE.",
    )
    job_folder: Path = Field(
        default_factory=lambda fields: _data_folder(fields) / "jobs",
        description="Folder of background jobs: their queue and their finished files. All servers and workers use the same one. "
        "Default: `jobs` beside the SQLite database, else in INSTANCE.",
    )
    job_queue_url: Annotated[str, AfterValidator(_queue_url)] = Field(
        "",
        repr=False,
        description="Queue that wakes the workers of background jobs: redis://… or, for tests, memory: (the process that starts "
        "a job runs it). Default: an SQLite file in JOB_FOLDER.",
    )
    job_workers: WholeNumber = Field(
        2, description="Worker processes that the server starts for background jobs; 0 if `flask jobs work` runs elsewhere."
    )
    job_file_days: PositiveNumber = Field(
        7, description="Days for which the finished file of a background job can be downloaded."
    )
    job_lease_seconds: PositiveNumber = Field(
        60,
        description="Seconds without a sign of life after which a job's worker counts as dead and another one takes up the job.",
    )
    criteria: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split_paths)] = Field(
        (), description="Additional criteria files, or folders of them, separated by `:` (`;` on Windows)."
    )
    bind: str = Field("", description="Address and port on which the server listens. Default: 127.0.0.1 and PORT.")
    port: WholeNumber = Field(8000, description="TCP port on which the server listens.")
    public_url: Annotated[str, AfterValidator(lambda url: url.rstrip("/"))] = Field(
        "", description="Address that links in e-mail and QR codes start with. Set it before the first year is accepted."
    )
    trusted_hosts: Names = Field(
        LOCAL_HOSTS, description="Host names that the server answers, separated by commas; the host of PUBLIC_URL is added."
    )
    trusted_proxies: WholeNumber = Field(0, description="Number of reverse proxies in front of the server.")
    smtp_url: Annotated[str, AfterValidator(_smtp_url)] = Field(
        "",
        repr=False,
        description="Mail server, such as smtp://user:password@mail.example.kz:587 or smtps://… . Without it no mail is sent.",
    )
    mail_from: str = Field("no-reply@localhost", description="Sender of e-mail.")
    two_factor_roles: Annotated[frozenset[str], NoDecode, BeforeValidator(_split_commas)] = Field(
        frozenset(), description="Roles that must use a second factor, separated by commas, such as administrator,reviewer."
    )
    rate_limit_storage: str = Field(
        "memory://",
        description="Where sign-in attempts are counted: memory:// counts in each process, redis://… for all processes together.",
    )
    session_idle_minutes: PositiveNumber = Field(120, description="Minutes without a request after which a person is signed out.")
    session_hours: PositiveNumber = Field(12, description="Hours after which every person is signed out.")
    lock_after: PositiveNumber = Field(5, description="Failed sign-in attempts that lock an account.")
    lock_minutes: PositiveNumber = Field(15, description="Minutes for which an account is locked.")
    evidence_megabytes: PositiveNumber = Field(20, description="Largest evidence file, in MB (2^20 bytes).")
    evidence_files: PositiveNumber = Field(50, description="Most evidence files of one criterion of a report.")

    @property
    def environment(self) -> dict[str, str]:
        """The settings as environment variables, for a process that has the same ones."""
        return {name.upper(): _as_variable(getattr(self, name)) for name in type(self).model_fields}

    @property
    def is_production(self) -> bool:
        """Whether the product runs for real people."""
        return self.app_env == "production"

    @property
    def listen_address(self) -> str:
        """The host and port on which the server listens."""
        return self.bind or self.local_address

    @property
    def local_address(self) -> str:
        """The host and port of this computer."""
        return f"127.0.0.1:{self.port}"

    @property
    def base_address(self) -> str:
        """The start of absolute links outside a request, without a slash at its end."""
        return self.public_url or f"http://{self.local_address}"

    @property
    def answered_hosts(self) -> list[str]:
        """The host names that the server answers; a request for another one is refused, so that no forged link is built."""
        try:
            public_host = urlsplit(self.public_url).hostname
        except ValueError:
            public_host = None
        additional = [public_host] if public_host and public_host not in self.trusted_hosts else []
        return [*self.trusted_hosts, *additional]


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; `overrides` take precedence. Generate missing keys in the instance folder.

    Raises:
        InvalidSettings: variables have invalid values, or production lacks a key.
    """
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        # A default that depends on an invalid setting is no error of its own.
        problems = [problem for problem in error.errors() if problem["type"] != "default_factory_not_called"]
        raise InvalidSettings(map(_as_setting_error, problems)) from error
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
    blocks = ["# Settings of the product. Generated from evaluation/settings.py by `make env-example`; every line is optional.\n"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory or name == "instance" else _as_variable(field.default)
        blocks.append(f"# {field.description}\n#{name.upper()}={default}\n")
    return "\n".join(blocks)


def _as_variable(value: Any) -> str:
    if isinstance(value, tuple) and any(isinstance(part, Path) for part in value):
        return os.pathsep.join(map(str, value))
    return ",".join(map(str, value)) if isinstance(value, tuple | frozenset) else str(value)


def _as_setting_error(problem: Any) -> EvaluationError:
    """Return pydantic's problem as an error that names the variable."""
    error = problem.get("ctx", {}).get("error")
    if isinstance(error, EvaluationError):
        return error
    name = str(problem["loc"][0]).upper() if problem["loc"] else ""
    return EvaluationError(f"{name}: {problem['msg']}".replace("%", "%%"))


def _generated_key(file: Path) -> str:
    """Return the key in a file that only its owner can read, generated at the first start; empty where it cannot be stored."""
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
        return file.read_text()
    except OSError:
        return ""
