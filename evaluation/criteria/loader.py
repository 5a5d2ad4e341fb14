"""Reads criteria files and selects the order of a reporting year."""

import hashlib
import logging
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from evaluation.criteria.file_errors import model_problems, syntax_problem
from evaluation.criteria.key_lines import lines_of_keys
from evaluation.criteria.model import Order
from evaluation.criteria.plausibility import unlikely
from evaluation.criteria.problem import Problem, with_lines
from evaluation.criteria.validation import problems
from evaluation.language import N_, language

logger = logging.getLogger(__name__)
FOLDER = Path(__file__).parent
SUFFIX = ".toml"


class CriteriaError(ValueError):
    """A criteria file cannot be used. `problems` has one for each error in the file, by its key and line."""

    def __init__(self, source: str, problems: Iterable[Problem]):
        self.source, self.problems = source, tuple(problems)
        super().__init__(f"{source}:\n" + "\n".join(f"  {problem}" for problem in self.problems))


@dataclass(frozen=True)
class AddedFile:
    """A criteria file that is added to those of the product, with its problems; without an order it is not used."""

    path: Path
    order: Order | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Orders:
    """All redactions that are loaded, oldest first, and the code of the order of each year that is already open.

    `added` are the added criteria files, those included that have errors and are not used. `paths` maps codes to files.
    """

    all: tuple[Order, ...]
    opened: Mapping[int, str] = field(default_factory=dict)
    added: tuple[AddedFile, ...] = ()
    paths: Mapping[str, Path] = field(default_factory=dict)

    def get(self, code: str) -> Order | None:
        """The order with a code; None if it is not loaded."""
        return next((order for order in self.all if order.code == code), None)

    def for_year(self, year: int) -> Order | None:
        """The order of a reporting year: that of an open year, else the latest in effect; None before the first order."""
        if year in self.opened:
            return self.get(self.opened[year])
        return next((order for order in reversed(self.all) if order.from_year <= year), None)

    def before(self, order: Order) -> Order | None:
        """The order that an order supersedes; None for the first one."""
        return next((item for item in reversed(self.all) if item.from_year < order.from_year), None)

    @property
    def unused_files(self) -> tuple[AddedFile, ...]:
        """The added files that have errors."""
        return tuple(file for file in self.added if file.order is None)

    @property
    def latest(self) -> Order:
        """The newest redaction."""
        return self.all[-1]


def load_orders(paths: tuple[Path, ...] = ()) -> Orders:
    """Load the criteria files of the product and those at `paths`, which are files or folders. Loads each set once.

    An added file with errors, or with the code or first year of another order, is not used; `Orders.added` has its problems.

    Raises:
        CriteriaError: A file of the product has errors.
    """
    return _load(paths)


def log_problems(orders: Orders) -> None:
    """Write the problems of added files to the log: errors of a file that is not used, and warnings."""
    for file in orders.added:
        for problem in file.problems:
            log = logger.error if problem.severity == "error" else logger.warning
            log("criteria file %s: %s", file.path, problem.text(language("en")))


@cache
def _load(paths: tuple[Path, ...]) -> Orders:
    loaded = {file: load_order(file) for file in sorted(FOLDER.glob(f"*{SUFFIX}"))}
    added = []
    for path in paths:
        for file in criteria_files(path):
            added.append(read_added_file(file, tuple(loaded.values())))
            if (order := added[-1].order) is not None:
                loaded[file] = order
    orders = sorted(loaded.values(), key=lambda order: order.from_year)
    return Orders(tuple(orders), added=tuple(added), paths={order.code: file for file, order in loaded.items()})


def criteria_files(path: Path) -> list[Path]:
    """The criteria files of a folder, or the path itself for a file or a folder without criteria files."""
    return (sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else []) or [path]


def read_added_file(path: Path, others: tuple[Order, ...]) -> AddedFile:
    """Load a criteria file to be used beside other orders; its problems include what is unlikely."""
    try:
        text = read_text(path)
        order = parse_order(text, path.name)
    except CriteriaError as invalid:
        return AddedFile(path, None, invalid.problems)
    remarks = (*_conflicts(order, others), *unlikely(order, Orders(others).before(order)))
    located = with_lines(remarks, lines_of_keys(text, tomllib.loads(text))) if remarks else ()
    is_used = all(problem.severity == "warning" for problem in located)
    return AddedFile(path, order if is_used else None, located)


def _conflicts(order: Order, others: Iterable[Order]) -> Iterator[Problem]:
    for other in others:
        if other.code == order.code:
            yield Problem("code", N_("another criteria file has the code %(code)s"), {"code": order.code})
        elif other.from_year == order.from_year:
            template = N_("the order %(code)s applies from %(year)s as well")
            yield Problem("from_year", template, {"code": other.code, "year": str(order.from_year)})


def load_order(path: Path) -> Order:
    """Load one criteria file.

    Raises:
        CriteriaError: The file cannot be read or has errors.
    """
    return parse_order(read_text(path), path.name)


def read_text(path: Path) -> str:
    """The text of a criteria file, without a byte order mark.

    Raises:
        CriteriaError: The file cannot be read.
    """
    if path.is_dir():
        raise CriteriaError(path.name, [Problem("", N_("the folder has no criteria file: its name ends in .toml"))])
    try:
        content = path.read_bytes()
    except OSError as failure:
        template = N_("the file cannot be read: %(reason)s")
        raise CriteriaError(path.name, [Problem("", template, {"reason": failure.strerror or failure})]) from failure
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as invalid:
        template = N_("the file is not encoded in UTF-8: save it as UTF-8")
        line = content.count(b"\n", 0, invalid.start) + 1
        raise CriteriaError(path.name, [Problem("", template, line=line)]) from invalid


def parse_order(text: str, source: str = "criteria") -> Order:
    """Parse and validate the text of a criteria file; `source` names it in errors.

    Raises:
        CriteriaError: The text has errors; all are reported, each by its key and line.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as invalid:
        raise CriteriaError(source, [syntax_problem(invalid, text)]) from invalid
    try:
        order = Order.model_validate(data)
    except ValidationError as invalid:
        raise CriteriaError(source, with_lines(model_problems(invalid, data), lines_of_keys(text, data))) from invalid
    if errors := tuple(problems(order)):
        raise CriteriaError(source, with_lines(errors, lines_of_keys(text, data)))
    return order.model_copy(update={"sha256": hashlib.sha256(text.encode()).hexdigest()})
