"""The catalogues equal the output of `make translations`, are complete, and have the placeholders of the source."""

import ast
import filecmp
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.support import Translations

from tests.support.paths import ROOT

CATALOGUES = Path("evaluation") / "translations"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
SINGLE_PERCENT = re.compile(r"(?<!%)%(?![%(])")
NEW = "A message that nobody has translated yet"
MARKS = {"N_", "_", "gettext", "ngettext", "lazy_gettext"}


def path(language: str, extension: str, root: Path = ROOT) -> Path:
    return root / CATALOGUES / language / "LC_MESSAGES" / f"messages.{extension}"


def catalog(language: str, root: Path = ROOT) -> Catalog:
    with path(language, "po", root).open("rb") as file:
        return read_po(file, locale=language)


def make_translations(root: Path) -> None:
    """Run the target of the Makefile with the Python that runs these tests."""
    environment = root / ".venv"
    if not environment.exists():
        environment.mkdir()
        (environment / "bin").symlink_to(Path(sys.executable).parent)
        for stamp in ("product", "tests"):
            (environment / stamp).touch()
    command = ["make", "--silent", "translations"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the files from which messages are extracted, and of the Makefile."""
    root = tmp_path / "copy"
    root.mkdir()
    for folder in ("evaluation", "forms", "templates"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("app.py", "gunicorn.conf.py", "babel.cfg", "Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / file, root / file)
    return root


def test_catalogues_are_what_the_target_makes(copy: Path) -> None:
    """Without new messages no byte changes, not even a date or a line break. So no message is missing, unused or uncompiled."""
    make_translations(copy)
    for language in ("kk", "ru"):
        for extension in ("po", "mo"):
            here, expected = path(language, extension), path(language, extension, copy)
            assert filecmp.cmp(here, expected, shallow=False), f"{here.relative_to(ROOT)}: run `make translations`"


def test_a_new_message_is_added_and_compiled(copy: Path) -> None:
    (copy / "templates" / "new.html").write_text(f'{{{{ _("{NEW}") }}}}', encoding="utf-8")
    make_translations(copy)
    for language in ("kk", "ru"):
        added = catalog(language, copy)
        assert added[NEW].string == "" and not added[NEW].fuzzy
        assert len(added) == len(catalog(language)) + 1
        file = path(language, "po", copy)
        text = file.read_text(encoding="utf-8")
        assert text.count('msgstr ""\n\n') == 1
        file.write_text(text.replace('msgstr ""\n\n', 'msgstr "Жаңа"\n\n'), encoding="utf-8")
    make_translations(copy)
    for language in ("kk", "ru"):
        assert Translations.load(copy / CATALOGUES, [language]).gettext(NEW) == "Жаңа"


def test_no_message_of_the_code_is_overlooked() -> None:
    """Messages inside an f-string are not extracted before Python 3.12, so they would stay English."""
    catalogued = {message.id[0] if isinstance(message.id, tuple) else message.id for message in catalog("kk")}
    sources = [file for folder in ("evaluation", "forms") for file in (ROOT / folder).rglob("*.py")]
    marked = {
        call.args[0].value
        for source in sources
        for call in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) in MARKS
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert len(marked) > 200
    assert not marked - catalogued


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_message_is_translated(language: str) -> None:
    strings = [
        (message.id, string, message.fuzzy)
        for message in catalog(language)
        if message.id
        for string in (message.string if isinstance(message.string, tuple) else (message.string,))
    ]
    assert len(strings) > 200
    assert not [id_ for id_, string, fuzzy in strings if not string or fuzzy]


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_translations_have_the_placeholders(language: str) -> None:
    for message in catalog(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            if message.id:
                assert set(PLACEHOLDER.findall(string)) == set(PLACEHOLDER.findall(ids[-1])), message.id
                # A single percent sign that the message does not have makes the page of the message fail.
                assert len(SINGLE_PERCENT.findall(string)) == len(SINGLE_PERCENT.findall(ids[-1])), message.id


def test_kazakh_is_written_with_kazakh_letters() -> None:
    """A reader does not notice Latin look-alikes and Russian letters that no Kazakh word has, but a search fails on them."""
    for message in catalog("kk"):
        for string in message.string if isinstance(message.string, tuple) else (message.string,):
            assert not re.search(r"[A-Za-z][А-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі]|[А-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі][A-Za-z]", string), string
