"""Identifiers use the words of docs/glossary.md and none of the words that it retires."""

from pathlib import Path

from tests.support.paths import ROOT
from tests.support.vocabulary import identifiers, retired_identifiers, retired_words, source_files

ALLOWED = frozenset(
    {
        # Python's exceptions and HTTP statuses.
        "FileNotFoundError",
        "ModuleNotFoundError",
        "NOT_FOUND",
        "NotFound",
        # collections.Counter
        "most_common",
        # openpyxl, python-docx
        "get_or_add_keepNext",
        "keep_links",
        "keep_together",
        "keep_with_next",
        # SQLAlchemy
        "NoResultFound",
        # SQLite
        "json_each",
    }
)
"""Names of libraries that contain a retired word."""
ALLOWED_IN_TESTS = ALLOWED | {"given"}
"""Tests use Hypothesis' decorator besides."""


def test_no_identifier_uses_a_retired_word() -> None:
    names = [
        name
        for path in source_files()
        for name in retired_identifiers(path, ALLOWED_IN_TESTS if path.is_relative_to(ROOT / "tests") else ALLOWED)
    ]
    assert not names


def test_the_guard_reads_the_glossary_and_every_kind_of_source(tmp_path: Path) -> None:
    assert {"told", "kept", "each", "places"} <= retired_words()
    for name, text in {
        "module.py": "def was_told(): pass",
        "attribute.py": "value.heldBack = 1",
        "script.js": "const whatWasTold = 1 // fine",
        "style.css": ".told-off { color: red }",
        "page.html": "{{ report.told }} {% set kept = 1 %}",
    }.items():
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        names = [identifier for _, identifier in identifiers(file)]
        assert any(word in identifier.lower() for identifier in names for word in ("told", "held", "kept")), name
