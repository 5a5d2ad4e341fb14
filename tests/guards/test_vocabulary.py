"""Identifiers use the words of docs/glossary.md and none of the words that it retires."""

from pathlib import Path

import pytest

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
        # Hypothesis
        "given",
        # openpyxl, python-docx
        "get_or_add_keepNext",
        "keep_links",
        "keep_together",
        "keep_with_next",
        # SQLAlchemy
        "NoResultFound",
    }
)
"""Names of libraries that contain a retired word."""


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_identifier_uses_a_retired_word(path: Path) -> None:
    assert not retired_identifiers(path, ALLOWED)


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
