"""Checks the structure of the code: only queries modules read tables, and only the listed modules commit."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

MODULES = sorted(
    path for folder in ("evaluation", "forms") for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts
)
COMMITS = {
    "evaluation/cli/context.py",
    "evaluation/jobs/queue.py",
    "evaluation/jobs/worker.py",
    "evaluation/schema.py",
    "evaluation/web/core/request_context.py",
}
READS_BY_SQL = {
    "evaluation/audit/chain.py",
    "evaluation/backup/tables.py",
    "evaluation/database.py",
    "evaluation/results/invalidation.py",
    "evaluation/schema.py",
}
"""Modules that read by SQL as text: what their own statements in SQL change, rows of any tables, locks, the schema."""
SQL = re.compile(r"""["']SELECT """)
BEGINS = re.compile(r"engine\.begin\(|brief_transaction\(\) as")
SEPARATE_TRANSACTIONS = {
    "evaluation/accounts/sessions.py",
    "evaluation/comparison/changes/operations.py",
    "evaluation/jobs/lease.py",
    "evaluation/jobs/operations.py",
    "evaluation/notifications/outbox.py",
    "evaluation/results/operations.py",
}
"""Modules that begin transactions of their own: a mail or a job is claimed before it is done, and its result is stored
afterwards; results and changes are derived from committed data."""


def calls(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [getattr(node.func, "attr", getattr(node.func, "id", "")) for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_queries_modules_use_select(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    taken = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy"
        for alias in node.names
    }
    assert path.name == "queries.py" or "select" not in taken


def test_only_listed_modules_read_by_sql_as_text() -> None:
    reading = {str(path.relative_to(ROOT)) for path in MODULES if SQL.search(path.read_text(encoding="utf-8"))}
    assert {path for path in reading if not path.endswith("queries.py")} == READS_BY_SQL


def test_only_listed_modules_commit() -> None:
    committing = {str(path.relative_to(ROOT)) for path in MODULES if "commit" in calls(path)}
    assert committing <= COMMITS
    begun = {str(path.relative_to(ROOT)) for path in MODULES if BEGINS.search(path.read_text(encoding="utf-8"))}
    assert begun <= SEPARATE_TRANSACTIONS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_public_functions_and_classes_have_docstrings(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body, "the module has no docstring"
    public = [
        node
        for owner in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]
        for node in owner.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    properties = {"setter", "overload"}
    assert not [
        node.name
        for node in public
        if not ast.get_docstring(node)
        and not any(getattr(decorator, "attr", getattr(decorator, "id", "")) in properties for decorator in node.decorator_list)
    ]


def test_every_query_of_bodies_is_scoped_by_a_viewer() -> None:
    """Every public function of a queries module that reads bodies or what belongs to them takes a viewer first."""
    free = {"orders", "years", "reporting_year", "order_of", "visible"}
    free |= {"in_force_at_year_end", "supervisor_ids", "supervision_periods", "orders_with_open_years"}
    # Create the viewer that the other functions take.
    free |= {"viewer_of", "account_of_session"}
    # These read nothing: they compute from an order, a year or values that were read within what the viewer may see.
    free |= {"counted_codes", "entry_period_columns", "scored_year_of"}
    # Name an order and a version, or the state of a job: nothing of a body.
    free |= {"fingerprint", "stored_fingerprint", "lock_fingerprint", "years_to_refresh", "is_free"}
    # Adds the restriction to a viewer to a statement, like `visible`.
    free |= {"visible_to"}
    # A column for statements over bodies.
    free |= {"former_name_id"}
    for path in (path for path in MODULES if path.name == "queries.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name not in free:
                assert [arg.arg for arg in node.args.args][:1] == ["viewer"], f"{path.name}: {node.name}"
