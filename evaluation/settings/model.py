"""The settings: one frozen, typed object. Every setting has a default that suits one computer."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, EmailStr, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from evaluation.settings.types import (
    DEFAULT_INSTANCE,
    LOCAL_HOSTS,
    Names,
    Port,
    PositiveNumber,
    WholeNumber,
    check_address,
    check_certificates,
    check_database_url,
    check_files_url,
    check_limit_storage,
    check_paths,
    check_queue_url,
    check_roles,
    check_smtp_url,
    data_folder,
    default_database_url,
    default_log_format,
    default_two_factor_roles,
    required_in_production,
    split_commas,
    split_paths,
)


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
    secret_key: Annotated[str, AfterValidator(required_in_production)] = Field(
        "", repr=False, description="Key that signs cookies and encrypts second factors. Default: generated in INSTANCE."
    )
    secret_key_fallbacks: Names = Field(
        (), repr=False, description="Earlier values of SECRET_KEY, separated by commas, so that a new key signs nobody out."
    )
    audit_key: Annotated[str, AfterValidator(required_in_production)] = Field(
        "",
        repr=False,
        description="Key that seals the audit log. Keep it secret and apart from the database, and never change it. "
        "Default: generated in INSTANCE.",
    )
    database_url: Annotated[str, AfterValidator(check_database_url)] = Field(
        default_factory=default_database_url,
        repr=False,
        description="Database address, such as postgresql://user@host/name. Default: SQLite in INSTANCE.",
    )
    files_folder: Path = Field(
        default_factory=lambda fields: data_folder(fields) / "files",
        description="Folder of evidence files and uploaded workbooks, named by their SHA-256. Back it up with the database. "
        "Default: `files` beside the SQLite database, else in INSTANCE.",
    )
    files_url: Annotated[str, AfterValidator(check_files_url)] = Field(
        "",
        repr=False,
        description="S3-compatible store of evidence files, uploaded workbooks and finished files of background jobs, instead of "
        "FILES_FOLDER: s3://bucket/prefix?endpoint=https://host:port&region=… with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
        "or s3://key:secret@bucket/… . Servers on several computers need it, or shared folders.",
    )
    disk_reserve_megabytes: WholeNumber = Field(
        512, description="Free space, in MB, of the disk of FILES_FOLDER below which no more files are taken."
    )
    account_quota_megabytes: PositiveNumber = Field(500, description="Most MB of files that one person can send within 24 hours.")
    body_quota_megabytes: PositiveNumber = Field(
        1000, description="Most MB of files that all people together can send for one body within 24 hours."
    )
    removed_file_days: PositiveNumber = Field(
        30,
        description="Days after which `flask files prune` deletes evidence removed before the body's year was submitted.",
    )
    heavy_tasks: PositiveNumber = Field(
        1,
        description="Foreign PDF files, and large workbooks, that this computer reads at the same time, of each kind; a file "
        "takes up to 256 MB, a workbook 500 MB.",
    )
    job_folder: Path = Field(
        default_factory=lambda fields: data_folder(fields) / "jobs",
        description="Folder of background jobs: their queue, what workers write and, without FILES_URL, their finished files; "
        "then all servers and workers use the same one. Default: `jobs` beside the SQLite database, else in INSTANCE.",
    )
    job_queue_url: Annotated[str, AfterValidator(check_queue_url)] = Field(
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
    criteria: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(split_paths), AfterValidator(check_paths)] = Field(
        (), description="Additional criteria files, or folders of them, separated by `:` (`;` on Windows)."
    )
    bind: Annotated[str, AfterValidator(check_address)] = Field(
        "", description="Address and port on which the server listens. Default: 127.0.0.1 and PORT."
    )
    workers: PositiveNumber = Field(2, description="Processes that answer requests; one for each core is a good number.")
    threads: PositiveNumber = Field(8, description="Requests that each process answers at the same time.")
    port: Port = Field(8000, description="TCP port on which the server listens.")
    metrics_bind: Annotated[str, AfterValidator(check_address)] = Field(
        "", description="Address and port of the Prometheus metrics, such as 127.0.0.1:9090. Without it there are none."
    )
    log_format: Literal["text", "json"] = Field(
        default_factory=default_log_format,
        description="Form of the log lines: text or json. Default: json in production, else text.",
    )
    public_url: Annotated[str, AfterValidator(lambda url: url.rstrip("/"))] = Field(
        "", description="Address that links in e-mail and QR codes start with. Set it before the first year is accepted."
    )
    trusted_hosts: Names = Field(
        LOCAL_HOSTS, description="Host names that the server answers, separated by commas; the host of PUBLIC_URL is added."
    )
    trusted_proxies: WholeNumber = Field(0, description="Number of reverse proxies in front of the server.")
    smtp_url: Annotated[str, AfterValidator(check_smtp_url)] = Field(
        "",
        repr=False,
        description="Mail server, such as smtp://user:password@mail.example.kz:587 or smtps://… . Without it no mail is sent. "
        "It must have TLS with a valid certificate, unless it is on this computer and takes no password.",
    )
    smtp_ca_file: Annotated[str, AfterValidator(check_certificates)] = Field(
        "",
        description="File in PEM format with the certificates of the authorities that sign the mail server's one. Default: those "
        "of the system.",
    )
    mail_from: str = Field("no-reply@localhost", description="Sender of e-mail.")
    help_contact: EmailStr | Literal[""] = Field(
        "",
        description="E-mail address for help and reports of barriers, in the footer and the accessibility statement.",
    )
    two_factor_roles: Annotated[frozenset[str], NoDecode, BeforeValidator(split_commas), AfterValidator(check_roles)] = Field(
        default_factory=default_two_factor_roles,
        description="Roles that must use a second factor, separated by commas. Default: administrator,reviewer in production, "
        "which also requires these two; else none.",
    )
    rate_limit_storage: Annotated[str, AfterValidator(check_limit_storage)] = Field(
        "memory://",
        description="Where sign-in attempts are counted: memory:// counts in each process, redis://… for all processes together.",
    )
    session_idle_minutes: PositiveNumber = Field(30, description="Minutes without a request after which a person is signed out.")
    session_hours: PositiveNumber = Field(12, description="Hours after which every person is signed out.")
    lock_after: PositiveNumber = Field(5, description="Failed sign-in attempts that lock an account.")
    lock_minutes: PositiveNumber = Field(15, description="Minutes for which an account is locked.")
    evidence_megabytes: PositiveNumber = Field(20, description="Largest evidence file, in MB (2^20 bytes).")
    evidence_files: PositiveNumber = Field(50, description="Most evidence files of one criterion of a report.")

    @property
    def environment(self) -> dict[str, str]:
        """The settings as environment variables, for a process that has the same ones."""
        return {name.upper(): as_variable(getattr(self, name)) for name in type(self).model_fields}

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


def as_variable(value: Any) -> str:
    """Return a setting's value as the text of its environment variable."""
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    if isinstance(value, tuple):
        separator = os.pathsep if any(isinstance(part, Path) for part in value) else ","
        return separator.join(map(str, value))
    return str(value)
