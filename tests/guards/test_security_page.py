"""docs/security.md: every test that it names exists, and every requirement of ASVS levels 1 and 2 has its line or its reason."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "security.md"
TESTS = ROOT / "tests"
NAMED_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
STATES = ("met", "not met", "the operator's")
"""What a state begins with."""
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 5.1:1 5.2:3
5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3
9.2:4 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3
15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3
"""
"""Section of ASVS 5.0.0:number of its requirements of levels 1 and 2, which come first in each section; without V10 and V17."""
NUMBER = re.compile(r"\b(\d+\.\d+)\.(\d+)(?: to \1\.(\d+))?")


@cache
def functions(path: Path) -> frozenset[str]:
    """Return the names of the functions and classes of a file."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef))


def test_named_tests_exist() -> None:
    named = NAMED_TEST.findall(PAGE.read_text(encoding="utf-8"))
    assert len(named) > 50
    missing = [f"{file}::{name}" for file, name in named if not (TESTS / file).exists() or name not in functions(TESTS / file)]
    assert missing == []


def test_every_line_has_a_state_and_a_reason() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len({number for number, *_ in rows}) == len(rows)
    numbers = [tuple(map(int, number.split("."))) for number, *_ in rows]
    assert numbers == sorted(numbers)
    for number, _, state, reason in rows:
        assert state.startswith(STATES) and reason.strip(), number


def test_no_requirement_is_left_out() -> None:
    text = PAGE.read_text(encoding="utf-8")
    excluded = text[text.index("Groups that do not apply") :].partition("\n\n")[0]
    covered = [number for number, *_ in ROW.findall(text)]
    for section, first, last in NUMBER.findall(excluded):
        covered += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    counts = (part.split(":") for part in SECTIONS.split())
    wanted = {f"{section}.{number}" for section, count in counts for number in range(1, int(count) + 1)}
    assert set(covered) == wanted and len(covered) == len(wanted)
