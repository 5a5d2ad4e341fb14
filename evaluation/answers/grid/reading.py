"""The lines of the table: a body's organisations of a kind with their answers."""

from evaluation.answers.grid.model import Line
from evaluation.answers.progress import queries as state
from evaluation.policy import Viewer
from evaluation.registry import queries as registry


def table(viewer: Viewer, year: int, body_id: int, kind: str) -> list[Line]:
    """A body's organisations of a kind on 31 December of the year, by BIN: who shows them in another order sends that along."""
    names = registry.names(viewer, [body_id], year)
    last = state.last_answers(viewer, year, body_id)
    return [
        Line(each.id, each.bin, names.get(each.bin, ("", "")), each.answers, each.evidence, last.get(each.id))
        for each in state.lines(viewer, year, body_id)
        if each.kind == kind
    ]
