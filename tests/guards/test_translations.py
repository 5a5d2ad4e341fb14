"""The catalogues are complete, compiled, and say the same placeholders as the source."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "evaluation" / "translations"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


def catalog(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the code asks for today."""
    out = tmp_path_factory.mktemp("messages") / "messages.pot"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "babel.messages.frontend",
            "-q",
            "extract",
            "-F",
            "babel.cfg",
            "-k",
            "N_",
            "-k",
            "_l",
            "-k",
            "gettext",
            "-k",
            "ngettext:1,2",
            "-o",
            str(out),
            ".",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with out.open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_message_is_translated(language: str, source: Catalog) -> None:
    translated = catalog(language)
    missing = [
        message.id
        for message in source
        if message.id
        and not (
            (found := translated.get(message.id))
            and found.string
            and not found.fuzzy
            and all(found.string if isinstance(found.string, tuple) else [found.string])
        )
    ]
    assert not missing
    unused = [message.id for message in translated if message.id and not source.get(message.id)]
    assert not unused


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_translations_keep_the_placeholders(language: str) -> None:
    for message in catalog(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            if message.id:
                assert set(PLACEHOLDER.findall(string)) == set(PLACEHOLDER.findall(ids[-1])), message.id


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_compiled_catalogues_are_those_of_the_text(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalog(language))
    assert compiled.getvalue() == (FOLDER / language / "LC_MESSAGES" / "messages.mo").read_bytes(), "run `make translations`"


def test_kazakh_is_written_with_its_own_letters() -> None:
    """Latin look-alikes and Russian letters that Kazakh words never have would pass the eye, but not a search."""
    for message in catalog("kk"):
        for string in message.string if isinstance(message.string, tuple) else (message.string,):
            assert not re.search(r"[A-Za-z][А-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі]|[А-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі][A-Za-z]", string), string
