"""Sheets as they are printed: PDFs of our own, and those that LibreOffice makes of the workbooks and documents."""

import re
import subprocess
import unicodedata
from pathlib import Path

import pytest

from evaluation.language import language
from evaluation.sheets.document import INVENTED, LANGUAGES, NOT_ACCEPTED, PROVISIONAL, document
from tests.support.sheet_cases import BODY, EVERY, LETTERS, YEAR, Cases, Files, Key

CONVERTED = [
    ("full", "xlsx", "kk"),
    ("full", "docx", "ru"),
    ("provisional", "xlsx", "kk+ru"),
    ("provisional", "docx", "kk+ru"),
    ("without", "xlsx", "ru"),
    ("without", "docx", "kk"),
]
"""What LibreOffice opens, in one run: case, format, language."""
PRINTED = [(name, "pdf", languages) for name, languages in EVERY] + CONVERTED

Pages = dict[Key, list[str]]


@pytest.fixture(scope="session")
def pages(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The text of every page, by case, format and language: PDFs of our own, and a few that LibreOffice made of the others."""
    folder = tmp_path_factory.mktemp("converted")
    profile = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(
        [
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(folder),
            *(str(files[key]) for key in CONVERTED),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = {key: path for key, path in files.items() if key[1] == "pdf"}
    found |= {key: folder / files[key].with_suffix(".pdf").name for key in CONVERTED}
    return {key: pdf_pages(path) for key, path in found.items()}


def pdf_pages(path: Path) -> list[str]:
    done = subprocess.run(["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True, timeout=60)
    return [tight(page) for page in done.stdout.decode().split("\f")[:-1]]


def tight(words: str) -> str:
    """Words without blanks, so that it does not matter where lines break."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", words)).replace("\xad", "")


@pytest.mark.parametrize(("name", "format_", "languages"), PRINTED)
def test_the_form_is_printed_in_full(cases: Cases, pages: Pages, name: str, format_: str, languages: str) -> None:
    order, text = cases[name].order, "".join(pages[name, format_, languages])
    form, codes = order.form, LANGUAGES[languages]
    for code in codes:
        for part in (form.order_mark, form.rules_mark, form.form_mark, form.title, form.hint_body, form.hint_period):
            assert tight(part[code]) in text
        assert tight(language(code).period(YEAR)) in text
        assert tight(BODY.name(code)) in text
        for table in form.tables:
            assert tight(table.title[code]) in text
            assert text.count(tight(table.total[code])) >= len(form.tables)
    heads = "".join(form.tables[0].numbering)
    assert text.count(heads) >= len(form.tables)
    for row in (row for table in document(cases[name], languages).tables for row in table.rows):
        if format_ == "pdf":
            assert tight(f"{row.number}{''.join(row.texts)}{row.points.text}") in text
        # LibreOffice prints a row's cells in an order of its own; their points are read from the files themselves below.
        assert all(tight(words) in text for words in row.texts)


@pytest.mark.parametrize(("name", "format_", "languages"), PRINTED)
def test_every_page_of_a_draft_says_so(cases: Cases, pages: Pages, name: str, format_: str, languages: str) -> None:
    """Once, and in a line for each language; a workbook's cells, which say it on a screen, are not printed."""
    for code in LANGUAGES[languages]:
        for message in (PROVISIONAL, INVENTED, NOT_ACCEPTED):
            said = {page.count(tight(language(code).gettext(message))) for page in pages[name, format_, languages]}
            assert said == ({1} if (name == "provisional") == (message != NOT_ACCEPTED) else {0})
    messages = (PROVISIONAL, INVENTED) if name == "provisional" else (NOT_ACCEPTED,)
    lines = [" · ".join(map(language(code).gettext, messages)) for code in LANGUAGES[languages]]
    assert list(document(cases[name], languages).notices) == lines


@pytest.mark.parametrize(("name", "format_", "languages"), PRINTED)
def test_the_annex_begins_on_a_page_of_its_own(cases: Cases, pages: Pages, name: str, format_: str, languages: str) -> None:
    made = document(cases[name], languages)
    marks = [tight(annex.mark) for annex in made.annexes]
    found = pages[name, format_, languages]
    first = next(number for number, page in enumerate(found) if marks[0] in page)
    form, annexes = "".join(found[:first]), "".join(found[first:])
    assert all(tight(words) in form for words in made.tables[-1].total.texts)
    assert not any(mark in form for mark in marks)
    for annex in made.annexes:
        assert tight(annex.mark) in annexes
        for cells in (*annex.summary.rows, annex.summary.total):
            assert tight(cells[0].text) in annexes
        assert tight(annex.readings_title) in annexes
        assert all(id_ in annexes and tight(words) in annexes for id_, words in annex.readings)
        assert tight(annex.translation_note) in annexes
    assert tight(made.annexes[0].summary.title) not in form


@pytest.mark.parametrize(("name", "format_", "languages"), PRINTED)
def test_no_heading_stands_alone(cases: Cases, pages: Pages, name: str, format_: str, languages: str) -> None:
    """What a page ends with goes on; the first page holds more than the form's head, and the last more than a reading."""
    made, found = document(cases[name], languages), pages[name, format_, languages]
    footer = re.compile(re.escape(tight(made.footer)) + r"\d+/\d+")
    bodies = [footer.sub("", page) for page in found]
    assert tight(made.tables[0].rows[0].texts[0]) in bodies[0]
    for annex in made.annexes:
        headings = tuple(map(tight, (annex.figures_title, annex.reasons_title, annex.readings_title)))
        assert not [page for page in bodies if page.endswith(headings)]
        places = [next(place for place, page in enumerate(bodies) if tight(words) in page) for _, words in annex.readings]
        first = next(place for place, page in enumerate(bodies) if headings[-1] in page)
        assert places[0] == first and places[-1] == places[-2]


def test_kazakh_letters_survive(pages: Pages) -> None:
    for (_, _, languages), found in pages.items():
        if "kk" in LANGUAGES[languages]:
            assert tight(LETTERS) in "".join(found)
