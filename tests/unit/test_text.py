"""Text: what is stored of it, and how searches and comparisons read names."""

import json
import unicodedata
from pathlib import Path

import pytest

from evaluation.text import comparable, normalise_line, normalise_text, parse_search, search_text

CASES = json.loads((Path(__file__).parents[1] / "support" / "search_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("typed, name", CASES["matches"])
def test_a_search_matches_names_as_people_read_them(typed: str, name: str) -> None:
    assert parse_search(typed).matches(search_text([name]), CASES["bin"])


@pytest.mark.parametrize("typed, name", CASES["misses"])
def test_a_number_is_not_a_part_of_another_number_or_of_a_bin(typed: str, name: str) -> None:
    assert not parse_search(typed).matches(search_text([name]), CASES["bin"])


def test_no_search_spans_two_names() -> None:
    names = search_text(["Су", "Алматы", "«СУ»"])
    assert names == " су | алматы " and not parse_search("су-алматы").matches(names)


def test_stored_text_is_composed_and_clean() -> None:
    typed = unicodedata.normalize("NFD", " Йод,\u200b Ёлка\r\nІле №7 ")
    assert normalise_text(typed) == "Йод, Ёлка\nІле №7" and normalise_line(typed) == "Йод, Ёлка Іле №7"
    assert comparable("«Алматы-Су» ЖШС") == comparable('"АЛМАТЫ — СУ" жшс')
