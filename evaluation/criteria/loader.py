"""Reads criteria files and selects the order of a reporting year."""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evaluation.criteria.model import Order
from evaluation.criteria.validation import problems

FOLDER = Path(__file__).parent


class CriteriaError(ValueError):
    """A criteria file cannot be used. `problems` has one text for each error in the file, each beginning with the key."""

    def __init__(self, source: str, problems: Iterable[str]):
        self.problems = tuple(problems)
        super().__init__(f"{source}:\n" + "\n".join(f"  {problem}" for problem in self.problems))


@dataclass(frozen=True)
class Orders:
    """All redactions that are loaded, oldest first, and the code of the order of each year that is already open."""

    all: tuple[Order, ...]
    opened: Mapping[int, str] = field(default_factory=dict)

    def get(self, code: str) -> Order | None:
        """The order with a code; None if it is not loaded."""
        return next((order for order in self.all if order.code == code), None)

    def for_year(self, year: int) -> Order | None:
        """The order of a reporting year: that of an open year, else the latest in effect; None before the first order."""
        if year in self.opened:
            return self.get(self.opened[year])
        return next((order for order in reversed(self.all) if order.from_year <= year), None)

    @property
    def latest(self) -> Order:
        """The newest redaction."""
        return self.all[-1]


def load_orders(paths: tuple[Path, ...] = ()) -> Orders:
    """Load the criteria files of the product and those at `paths`, which are files or folders. Loads each set once.

    Raises:
        CriteriaError: A file has errors, or two orders have the same code or first year.
    """
    return _load((FOLDER, *paths))


@cache
def _load(paths: tuple[Path, ...]) -> Orders:
    files = sorted(file for path in paths for file in (path.glob("*.toml") if path.is_dir() else [path]))
    orders = sorted((load_order(file) for file in files), key=lambda order: order.from_year)
    duplicates = {name for name in ("code", "from_year") if len({getattr(order, name) for order in orders}) < len(orders)}
    if duplicates:
        raise CriteriaError(", ".join(map(str, files)), [f"{name}: two orders have the same" for name in sorted(duplicates)])
    return Orders(tuple(orders))


def load_order(path: Path) -> Order:
    """Load one criteria file.

    Raises:
        CriteriaError: The file cannot be read or has errors.
    """
    try:
        return parse_order(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise CriteriaError(path.name, [str(error)]) from error


def parse_order(text: str, source: str = "criteria") -> Order:
    """Parse and validate the text of a criteria file; `source` names it in errors.

    Raises:
        CriteriaError: The text has errors; all are reported, each by its key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CriteriaError(source, [str(error)]) from error
    try:
        order = Order.model_validate(data)
    except ValidationError as error:
        raise CriteriaError(source, (f"{_key(data, e['loc'])}: {e['msg']}" for e in error.errors())) from error
    errors = tuple(problems(order))
    if errors:
        raise CriteriaError(source, errors)
    return order.model_copy(update={"sha256": hashlib.sha256(text.encode()).hexdigest()})


def _key(data: Any, location: tuple[int | str, ...]) -> str:
    """The key of a value by the codes of the items on its path: `criteria[3.1].breach` instead of `criteria.4.breach`."""
    key = ""
    for step in location:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        if isinstance(step, int):
            names = ("code", "id", "number", "kind", "value", "outcome")
            name = next((data[n] for n in names if isinstance(data, dict) and n in data), step)
            key += f"[{name}]"
        else:
            key += f".{step}" if key else step
    return key
