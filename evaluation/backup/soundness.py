"""The proof of a restored or moved installation, in the transaction that stored it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from evaluation.accounts.integrity import account_discrepancies
from evaluation.audit import queries
from evaluation.audit.verification import verify_connection
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language
from evaluation.policy import Viewer
from evaluation.registry.queries import bins_of_bodies
from evaluation.results import operations as results
from evaluation.review.integrity import discrepancies

UNSOUND = N_(
    "What was copied is exactly what the source has, but the source itself is not sound, so nothing was stored. To store it "
    "nevertheless, add --despite-problems."
)


class Problem(Protocol):
    """Something that is not as the product would have stored it."""

    def message(self, language: Language) -> str:
        """Return the message in a language."""


@dataclass(frozen=True)
class LocatedProblem:
    """A problem of a body or an organisation, and of a year if it belongs to one."""

    bin: str
    year: int | None
    problem: Problem

    def message(self, language: Language) -> str:
        """Return the message, with the BIN and the year before it."""
        prefix = ", ".join(map(str, filter(None, (self.bin, self.year))))
        return f"{prefix}: {self.problem.message(language)}" if prefix else self.problem.message(language)


@dataclass(frozen=True)
class ResultDiffers:
    """A stored result that differs from a fresh scoring."""

    def message(self, language: Language) -> str:
        """Return the message in a language."""
        return language.gettext(N_("The stored result differs from a fresh scoring."))


@dataclass(frozen=True)
class Soundness:
    """What was compared after the rows themselves: the audit log, what is stored with it, and the results."""

    events: int
    chains: int
    results: int
    stale_results: int
    problems: tuple[Problem, ...]


class Unsound(EvaluationError):
    """The source of a copy has problems of its own. `problems` are those."""

    def __init__(self, problems: tuple[Problem, ...]):
        self.problems = problems
        super().__init__(UNSOUND)


def prove(viewer: Viewer, connection: Connection, checkpoint: Any = None) -> Soundness:
    """Verify the audit log, also against a checkpoint, and compare the stored data, accepted sheets and results.

    Args:
        viewer: A viewer who sees all bodies.
        connection: The connection of the current session's transaction.
        checkpoint: The content of a checkpoint's file.
    """
    problems = [*verify_connection(viewer, connection, checkpoint), *stored_problems(viewer)]
    comparison = results.check()
    bins = bins_of_bodies(viewer, {difference.body_id for difference in comparison.differences})
    problems += [LocatedProblem(bins[row.body_id], row.year, ResultDiffers()) for row in comparison.differences]
    events, chains = queries.log_size(viewer)
    return Soundness(events, chains, comparison.compared, comparison.stale, tuple(problems))


def stored_problems(viewer: Viewer) -> Iterator[Problem]:
    """Yield where the stored data and the accounts differ from the audit log, which is taken as true."""
    for discrepancy in discrepancies(viewer):
        yield LocatedProblem(discrepancy.bin, discrepancy.year, discrepancy)
    yield from account_discrepancies(viewer)
