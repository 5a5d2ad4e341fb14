"""The lines of the log, as the server writes them and before it hides what looks personal."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from evaluation.logs import NumberFilter, json_formatter


class LogLines(logging.Handler):
    """Collects lines."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(NumberFilter())
        self.setFormatter(json_formatter())
        self.texts: list[str] = []
        self.messages: list[str] = []
        """What the product itself writes, without tracebacks, before anything is hidden."""

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))
        details = {name: value for name, value in vars(record).items() if name in ("route", "reason", "address", "account")}
        self.messages.append(f"{record.getMessage()} {details}")

    def of(self, logger: str) -> list[dict[str, object]]:
        return [line for line in map(json.loads, self.texts) if line["logger"] == logger]


@contextmanager
def collected_lines() -> Iterator[LogLines]:
    """Collect the lines that the block writes, with those of each request."""
    handler, root, product = LogLines(), logging.getLogger(), logging.getLogger("evaluation")
    root.addHandler(handler)
    level = product.level
    product.setLevel(logging.INFO)
    try:
        yield handler
    finally:
        product.setLevel(level)
        root.removeHandler(handler)
