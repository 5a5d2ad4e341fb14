"""Identifiers of the source tree, and the words that the glossary retires."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT

FOLDERS = ("evaluation", "forms", "static", "templates", "tests")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
JS_COMMENT_OR_STRING = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
JINJA = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
JINJA_STRING = re.compile(r""""[^"]*"|'[^']*'""")
CSS_CLASS = re.compile(r"\.(-?[_a-zA-Z][\w-]*)(?=[^{}]*\{)")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@cache
def retired_words() -> frozenset[str]:
    """The words of the glossary's section "Retired words"."""
    section = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").partition("## Retired words")[2]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ") and "retired" not in line]
    return frozenset(word.strip() for row in rows for word in row.split(","))


def source_files() -> list[Path]:
    """Python, JavaScript, CSS and template files of the project."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts]
    return sorted(path for path in [*files, ROOT / "app.py"] if path.suffix in {".py", ".js", ".css", ".html", ".txt"})


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Line number and identifier of each name in a source file."""
    text = path.read_text(encoding="utf-8")
    yield 1, path.stem
    if path.suffix == ".py":
        yield from _python(text)
    elif path.suffix == ".js":
        yield from _names(JS_COMMENT_OR_STRING.sub(_blank, text))
    elif path.suffix == ".css":
        for match in CSS_CLASS.finditer(JS_COMMENT_OR_STRING.sub(_blank, text)):
            yield text.count("\n", 0, match.start()) + 1, match[1]
    else:
        for match in JINJA.finditer(text):
            start = text.count("\n", 0, match.start())
            code = JINJA_STRING.sub(_blank, match[1] or match[2] or "")
            yield from ((start + number, name) for number, name in _names(code))


def retired_identifiers(path: Path, allowed: frozenset[str]) -> list[str]:
    """`file:line identifier` of each identifier that contains a retired word and is not in the allow-list."""
    location = path.relative_to(ROOT)
    return [
        f"{location}:{number} {name}" for number, name in identifiers(path) if name not in allowed and _has_retired_word(name)
    ]


@cache
def _has_retired_word(name: str) -> bool:
    return any(word.lower() in retired_words() for word in WORD.findall(name))


def _python(text: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(text)):
        number = getattr(node, "lineno", 1)
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield from ((number, part) for part in value.split("."))


def _names(code: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(code.splitlines(), 1):
        yield from ((number, name) for name in IDENTIFIER.findall(line))


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
