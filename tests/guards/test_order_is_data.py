"""The Order is data: none of its codes, numbers or kinds is written in Python or in a template."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.criteria import load_orders
from tests.support.paths import ROOT

ORDER = load_orders().latest
INDICATORS = {item.code for item in ORDER.indicators} | {item.code for item in ORDER.evidence if "_" in item.code}
INDICATORS |= {declared.code for _, declared in ORDER.prior_year_counts()}
INDICATORS |= {rule.code for rule in (*ORDER.contradictions, *ORDER.cautions)}
KINDS = set(ORDER.kind)
NUMBERS = {
    number for number in [*ORDER.criterion, *(row.number for table in ORDER.form.tables for row in table.rows)] if "." in number
}


def sources(*suffixes: str) -> list[Path]:
    paths = [path for folder in ("evaluation", "forms", "templates", "static") for path in (ROOT / folder).rglob("*")]
    return sorted(path for path in [*paths, ROOT / "app.py"] if path.suffix in suffixes)


def in_python(text: str) -> Iterator[str]:
    """Codes of indicators and kinds among a module's names and strings; numbers of criteria among its strings."""
    for node in ast.walk(ast.parse(text)):
        names = [value for field in ("id", "attr", "arg", "name") if isinstance(value := getattr(node, field, None), str)]
        yield from (name for name in names if name in INDICATORS)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = set(re.findall(r"[a-z_]+", node.value))
            yield from words & INDICATORS
            yield from {node.value.strip()} & (KINDS | NUMBERS)


def docstrings_removed(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [
                statement
                for statement in body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


@pytest.mark.parametrize("path", sources(".py"), ids=str)
def test_no_code_of_the_order_in_python(path: Path) -> None:
    assert not list(in_python(docstrings_removed(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", sources(".html", ".js", ".css", ".typ"), ids=str)
def test_no_code_of_the_order_in_templates(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not set(re.findall(r"[a-z_]+", text)) & INDICATORS
    strings = re.findall(r"""["']([^"'\n]+)["']""", text)
    assert not [string for string in strings if string in KINDS | NUMBERS]


def test_the_guard_finds_what_it_looks_for() -> None:
    code, number, kind = sorted(INDICATORS)[0], sorted(NUMBERS)[0], sorted(KINDS)[0]
    for text in (
        f"x = answers['{code}']",
        f"x = frame.{code}",
        f"f({code}=1)",
        f"x = '{number}'",
        f"if kind == '{kind}': pass",
        f"sql = 'select {code} from report'",
    ):
        assert list(in_python(text)), text


@pytest.mark.parametrize("path", sources(".html"), ids=str)
def test_templates_contain_no_cyrillic(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.findall(r"[А-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі]+", text)
