"""Sheets as printed: the PDFs of the product, and those that LibreOffice converts from workbooks and Word documents."""

import re
import subprocess
import unicodedata
from pathlib import Path

import pytest

from evaluation.language import language
from evaluation.sheets.document import INVENTED, LANGUAGES, NOT_ACCEPTED, PROVISIONAL, build_document
from tests.support.sheet_cases import BODY, CASES_AND_LANGUAGES, LETTERS, YEAR, Cases, Files, Key

CONVERTED = [
    ("full", "xlsx", "kk"),
    ("full", "docx", "ru"),
    ("provisional", "xlsx", "kk+ru"),
    ("provisional", "docx", "kk+ru"),
    ("without", "xlsx", "ru"),
    ("without", "docx", "kk"),
]
"""What LibreOffice converts in one run: case, format, languages."""
PRINTED = [(name, "pdf", languages) for name, languages in CASES_AND_LANGUAGES] + CONVERTED

Pages = dict[Key, list[str]]


@pytest.fixture(scope="session")
def pages(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The text of every page, by case, format and languages."""
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
    pdfs = {key: path for key, path in files.items() if key[1] == "pdf"}
    pdfs |= {key: folder / files[key].with_suffix(".pdf").name for key in CONVERTED}
    return {key: pdf_pages(path) for key, path in pdfs.items()}


def pdf_pages(path: Path) -> list[str]:
    result = subprocess.run(["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True, timeout=60)
    return [without_spaces(page) for page in result.stdout.decode().split("\f")[:-1]]


def without_spaces(text: str) -> str:
    """Text without white space, independent of line breaks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text)).replace("\xad", "")


@pytest.mark.parametrize(("name", "format_", "languages"), PRINTED)
def test_the_complete_form_is_printed(cases: Cases, pages: Pages, name: str, format_: str, languages: str) -> None:
    order, text = cases[name].order, "".join(pages[name, format_, languages])
    form, codes = order.form, LANGUAGES[languages]
    for code in codes:
        for part in (form.order_mark, form.rules_mark, form.form_mark, form.title, form.hint_body, form.hint_period):
            assert without_spaces(part[code]) in text
        assert without_spaces(language(code).period(YEAR)) in text
        assert without_spaces(BODY.name(code)) in text
        for table in form.tables:
            assert without_spaces(table.title[code]) in text
            assert text.count(without_spaces(table.total[code])) >= len(form.tables)
    heads = "".join(form.tables[0].numbering)
    assert text.count(heads) >= len(form.tables)
    for row in (row for table in build_document(cases[name], languages).tables for row in table.rows):
        if format_ == "pdf":
            assert without_spaces(f"{row.number}{''.join(row.texts)}{row.points.text}") in text
        # The order of a row's cells differs in LibreOffice's PDFs; other tests read the points from the files.
        assert all(without_spaces(row_text) in text for row_text in row.texts)


@pytest.mark.parametrize(("name", "format_", "languages"), PRINTED)
def test_every_page_of_a_draft_has_a_notice(cases: Cases, pages: Pages, name: str, format_: str, languages: str) -> None:
    """The notice is printed once, in one line for each language; the cells with it, which are for the screen, are not printed."""
    for code in LANGUAGES[languages]:
        for message in (PROVISIONAL, INVENTED, NOT_ACCEPTED):
            counts = {page.count(without_spaces(language(code).gettext(message))) for page in pages[name, format_, languages]}
            assert counts == ({1} if (name == "provisional") == (message != NOT_ACCEPTED) else {0})
    messages = (PROVISIONAL, INVENTED) if name == "provisional" else (NOT_ACCEPTED,)
    lines = [" · ".join(map(language(code).gettext, messages)) for code in LANGUAGES[languages]]
    assert list(build_document(cases[name], languages).notices) == lines


@pytest.mark.parametrize(("name", "format_", "languages"), PRINTED)
def test_the_annex_begins_on_a_new_page(cases: Cases, pages: Pages, name: str, format_: str, languages: str) -> None:
    document = build_document(cases[name], languages)
    marks = [without_spaces(annex.mark) for annex in document.annexes]
    printed = pages[name, format_, languages]
    first = next(number for number, page in enumerate(printed) if marks[0] in page)
    form, annexes = "".join(printed[:first]), "".join(printed[first:])
    assert all(without_spaces(text) in form for text in document.tables[-1].total.texts)
    assert not any(mark in form for mark in marks)
    for annex in document.annexes:
        assert without_spaces(annex.mark) in annexes
        for cells in (*annex.summary.rows, annex.summary.total):
            assert without_spaces(cells[0].text) in annexes
        assert without_spaces(annex.readings_title) in annexes
        assert all(id_ in annexes and without_spaces(text) in annexes for id_, text in annex.readings)
    assert without_spaces(document.annexes[0].summary.title) not in form
    # The note on translations is on the first page, above the form; Kazakh alone needs none.
    assert len(document.translation_notes) == (0 if languages == "kk" else len(document.languages))
    for note in document.translation_notes:
        assert 0 <= printed[0].find(without_spaces(note)) < printed[0].find(without_spaces(document.marks[0][0]))
        assert not any(without_spaces(note) in page for page in printed[1:])


@pytest.mark.parametrize(("name", "format_", "languages"), PRINTED)
def test_no_heading_ends_a_page(cases: Cases, pages: Pages, name: str, format_: str, languages: str) -> None:
    """The first page has more than the head of the form, and the last page more than one reading."""
    document, printed = build_document(cases[name], languages), pages[name, format_, languages]
    footer = re.compile(re.escape(without_spaces(document.footer)) + r"\d+/\d+")
    page_texts = [footer.sub("", page) for page in printed]
    assert without_spaces(document.tables[0].rows[0].texts[0]) in page_texts[0]
    for annex in document.annexes:
        headings = tuple(map(without_spaces, (annex.figures_title, annex.reasons_title, annex.readings_title)))
        assert not [page for page in page_texts if page.endswith(headings)]
        reading_pages = [
            next(number for number, page in enumerate(page_texts) if without_spaces(text) in page) for _, text in annex.readings
        ]
        first = next(number for number, page in enumerate(page_texts) if headings[-1] in page)
        assert reading_pages[0] == first and reading_pages[-1] == reading_pages[-2]


def test_kazakh_letters_are_printed(pages: Pages) -> None:
    for (_, _, languages), printed in pages.items():
        if "kk" in LANGUAGES[languages]:
            assert without_spaces(LETTERS) in "".join(printed)
