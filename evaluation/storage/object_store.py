"""A store of files in a bucket of an S3-compatible server, by obstore."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from evaluation.storage.model import Entry, StoreUnavailable

CONNECT_TIMEOUT, TIMEOUT = timedelta(seconds=3), timedelta(seconds=30)
"""Limits of one attempt; a large file of a job is sent in parts, each an attempt of its own."""
RETRIES: dict[str, Any] = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=2), "base": 2},
}
"""Only errors of the connection and of the server are tried again, and only within `retry_timeout`."""
DEFAULT_REGION = "us-east-1"
"""Servers other than Amazon's ignore the region, but the signature contains one."""
SPOOL_BYTES = 1 << 20


class ObjectStore:
    """A store in a bucket; a PUT is complete or invisible.

    The address is `s3://bucket/prefix?endpoint=https://host:port&region=…`, optionally with `key:secret@` before the bucket.
    Without them obstore reads AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """

    def __init__(self, url: str, folder: str):
        from obstore.store import S3Store

        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        config: dict[str, Any] = {"region": options.get("region", DEFAULT_REGION)}
        if "endpoint" in options:
            config["endpoint"] = options["endpoint"]
        if parts.username:
            config |= {"access_key_id": unquote(parts.username), "secret_access_key": unquote(parts.password or "")}
        self.prefix = "/".join(filter(None, (parts.path.strip("/"), folder)))
        self._store = S3Store(
            parts.hostname or "",
            prefix=self.prefix,
            config=config,  # type: ignore[arg-type]
            client_options={
                "allow_http": options.get("endpoint", "").startswith("http://"),
                "connect_timeout": CONNECT_TIMEOUT,
                "timeout": TIMEOUT,
            },
            retry_config=RETRIES,  # type: ignore[arg-type]
        )

    def write(self, name: str, data: bytes) -> None:
        """Send the bytes in one request, also if they are stored: this renews the time that says that somebody needs them."""
        with _server_errors():
            self._store.put(name, data, use_multipart=False)

    def take(self, name: str, path: Path) -> None:
        """Send a file, a large one in parts, which the server shows when all of them are there."""
        with _server_errors():
            self._store.put(name, path)
        path.unlink()

    def open(self, name: str) -> BinaryIO:
        """Fetch a file into a temporary one, which has no name: nothing is left behind."""
        with _server_errors():
            file: Any = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115 - the caller closes it
            try:
                for chunk in self._store.get(name).stream(min_chunk_size=SPOOL_BYTES):
                    file.write(chunk)
            except BaseException:
                file.close()
                raise
        file.seek(0)
        return file  # type: ignore[no-any-return]

    def entry(self, name: str) -> Entry | None:
        """Ask for the size and the time of a file."""
        try:
            with _server_errors():
                return self._entry(self._store.head(name))
        except FileNotFoundError:
            return None

    def entries(self, folder: str = "") -> Iterator[Entry]:
        """List the files, a thousand in each request."""
        with _server_errors():
            for page in self._store.list(folder or None, chunk_size=1000):
                yield from map(self._entry, page)

    def delete(self, name: str) -> None:
        """Delete a file."""
        with _server_errors(), suppress(FileNotFoundError):
            self._store.delete(name)

    def delete_folder(self, folder: str) -> None:
        """Delete all files below a folder."""
        for entry in list(self.entries(folder)):
            self.delete(entry.name)

    def remove_leftovers(self, before: datetime) -> int:
        """Do nothing: the server shows no incomplete file; a rule of the bucket aborts incomplete parts."""
        return 0

    def free_bytes(self) -> int | None:
        """Return None: the server does not say it."""
        return None

    def _entry(self, meta: Any) -> Entry:
        # Whether the prefix is part of the path differs between the calls of the library.
        name = str(meta["path"]).removeprefix(f"{self.prefix}/")
        return Entry(name, int(meta["size"]), meta["last_modified"].astimezone(UTC).replace(tzinfo=None))


@contextmanager
def _server_errors() -> Iterator[None]:
    """Raise FileNotFoundError for a name that does not exist, StoreUnavailable for every other error of the server."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise StoreUnavailable(error) from error
