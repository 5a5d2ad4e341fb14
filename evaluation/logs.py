"""The log: one line for each event, as text or JSON, with the number of its request or job.

Lines have no personal data and no secrets: a page is named by its route and a person by the number of the account, and what looks
like an e-mail address or a BIN is hidden. Only the lines `refused` have the network address from which somebody tried.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from evaluation.metrics import REFUSALS
from evaluation.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The number of the request that is answered, or that started the job that runs."""
job_id: ContextVar[int | None] = ContextVar("job_id", default=None)
"""The number of the job that runs."""

HIDDEN = "[hidden]"
PERSONAL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*|(?<![\w.-])[0-9]{12}(?![\w-])")
"""E-mail addresses and BINs, in what libraries and databases write."""
TEXT_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
JSON_FIELDS = {"asctime": "time", "levelname": "level", "name": "logger"}
REFUSED = logging.getLogger("evaluation.refused")


@contextmanager
def log_numbers(request: str = "", job: int | None = None) -> Iterator[None]:
    """Give the lines that the block writes the number of its request, or of its job."""
    tokens = request_id.set(request), job_id.set(job)
    try:
        yield
    finally:
        request_id.reset(tokens[0])
        job_id.reset(tokens[1])


def log_refusal(reason: str, address: str, **details: Any) -> None:
    """Write the line of a request that was refused: the trace of somebody who probes."""
    REFUSALS.add(reason)
    REFUSED.warning("refused: %s", reason, extra={"reason": reason, "address": address, **details})


class NumberFilter(logging.Filter):
    """Adds the numbers of the request and of the job to a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the numbers that exist."""
        if number := request_id.get():
            record.request_id = number
        if (job := job_id.get()) is not None:
            record.job = job
        return True


def hide_personal(text: str) -> str:
    """Return the text without e-mail addresses and BINs."""
    return PERSONAL.sub(HIDDEN, text)


class TextFormatter(logging.Formatter):
    """Lines for people: the message, then what else is known, as name=value."""

    STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

    def __init__(self) -> None:
        super().__init__(TEXT_FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without a traceback."""
        details = (f" {name}={value}" for name, value in vars(record).items() if name not in self.STANDARD)
        return super().formatMessage(record) + "".join(details)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line with its traceback."""
        return hide_personal(super().format(record))


def json_formatter() -> logging.Formatter:
    """Return the formatter of JSON lines."""
    # Imported here: most commands write no log.
    from pythonjsonlogger.json import JsonFormatter

    class Formatter(JsonFormatter):
        def format(self, record: logging.LogRecord) -> str:
            return hide_personal(super().format(record))

    return Formatter(TEXT_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S%z", rename_fields=JSON_FIELDS)


def log_configuration(settings: Settings) -> dict[str, Any]:
    """Return the configuration of :func:`logging.config.dictConfig`, for the server and the workers of jobs."""
    console = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "line", "filters": ["number"]}
    formatter = json_formatter if settings.log_format == "json" else TextFormatter
    direct = {"handlers": ["console"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"number": {"()": NumberFilter}},
        "formatters": {"line": {"()": formatter}},
        "handlers": {"console": console},
        "root": {"level": "WARNING", "handlers": ["console"]},
        "loggers": {"evaluation": {"level": "INFO"}, "gunicorn.error": direct},
    }
