"""Sheets in every format and language, read by other programs than those that write them."""

import hashlib
import io
import json
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import openpyxl
import pytest
import zxingcpp
from docx import Document as read_docx
from docx.oxml.ns import qn
from PIL import Image
from pypdf import PdfReader

from evaluation.criteria import Order, load_order
from evaluation.language import language
from evaluation.sheets import LegalEntity, reasons
from evaluation.sheets.document import LANGUAGES, NOT_ACCEPTED, build_document
from evaluation.sheets.writers import FORMATS, file_name, write
from tests.support.paths import ROOT
from tests.support.sheet_cases import BODY, CASES_AND_LANGUAGES, STAMP, Cases, Files, make_sheet


def test_a_table_that_does_not_apply_has_dashes(cases: Cases) -> None:
    for languages in LANGUAGES:
        applicable = [table.applicable for table in cases["without"].tables]
        assert applicable.count(False) == 1
        for is_applicable, table in zip(applicable, build_document(cases["without"], languages).tables, strict=True):
            points = {row.points.text for row in (*table.rows, table.total) if not row.is_heading}
            assert (points == {"–"}) is not is_applicable
            assert {row.points.text for row in table.rows if row.is_heading} <= {""}


@pytest.mark.parametrize(("name", "languages"), CASES_AND_LANGUAGES)
def test_workbook_has_the_form_and_the_annexes(cases: Cases, files: Files, name: str, languages: str) -> None:
    document = build_document(cases[name], languages)
    book = openpyxl.load_workbook(files[name, "xlsx", languages])
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    for table in document.tables:
        for row in (*table.rows, table.total):
            points = row.points.text if row.points.number is None else row.points.number
            assert [row.number or None, *row.texts, None if points == "" else points] in rows
    language_count = len(LANGUAGES[languages])
    first, middle, last = document.tables[0].numbering
    assert rows.count([first, middle, *[None] * (language_count - 1), last]) == len(document.tables)
    for text in (*document.title, *document.body, *document.hint_body, *document.period, *document.hint_period):
        assert [text, *[None] * (language_count + 1)] in rows
    assert book.properties.title == document.title_property
    for page in book.worksheets:
        assert page.page_setup.paperSize == 9
        assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
        assert all(notice in page.oddHeader.center.text for notice in document.notices)
        assert [page.cell(number, 1).value for number in range(1, len(document.notices) + 1)] == list(document.notices)
        printed = re.fullmatch(r".*!\$A\$(\d+):\$[A-Z]+\$(\d+)", page.print_area)
        assert printed and int(printed[1]) == (len(document.notices) + 2 if document.notices else 1)
    annexes = book.worksheets[1:]
    for annex in document.annexes:
        assert sum(any(cell.value == annex.mark for row in page.iter_rows(max_row=6) for cell in row) for page in annexes) >= 2


def test_numbers_of_a_workbook_are_numbers(cases: Cases, files: Files) -> None:
    book = openpyxl.load_workbook(files["provisional", "xlsx", "kk"])
    form, summary = book.worksheets[:2]
    points = [row[2].value for row in form.iter_rows() if row[2].value is not None]
    assert any(isinstance(value, int) for value in points)
    assert any(re.fullmatch(r"\d+–\d+", str(value)) for value in points)
    assert not any(isinstance(value, str) and value.isdigit() for value in points if value != "3")
    total = next(row for row in summary.iter_rows() if row[4].value == cases["provisional"].max)
    assert [cell.value for cell in total[2:5]] == [cases["provisional"].low, cases["provisional"].high, cases["provisional"].max]
    assert len(summary._charts) == 5


def test_native_charts_refer_to_the_figures_beside_them(files: Files) -> None:
    book = openpyxl.load_workbook(files["full", "xlsx", "kk"])
    summary = book.worksheets[1]
    for chart in summary._charts:
        for series in chart.series:
            cells = summary[series.val.numRef.f.rpartition("!")[2].replace("$", "")]
            values = [cell.value for row in cells for cell in row]
            assert values and all(isinstance(value, int | float) for value in values)


def test_organisations_of_a_workbook_can_be_filtered(cases: Cases, files: Files) -> None:
    sheet = cases["full"]
    named = [organisation for table in sheet.tables for row in table.rows for organisation in (*row.in_breach, *row.unanswered)]
    page = openpyxl.load_workbook(files["full", "xlsx", "ru"]).worksheets[-1]
    head = next(row[0].row for row in page.iter_rows() if row[4].value)
    rows = [(row[3].value, row[4].value) for row in page.iter_rows(min_row=head + 1)]
    assert rows == [(organisation.name("ru"), organisation.bin) for organisation in named]
    assert page.auto_filter.ref
    assert len(openpyxl.load_workbook(files["without", "xlsx", "ru"]).worksheets) == 3


@pytest.mark.parametrize(("name", "languages"), CASES_AND_LANGUAGES)
def test_word_document_has_the_form_and_the_annexes(cases: Cases, files: Files, name: str, languages: str) -> None:
    document = build_document(cases[name], languages)
    word = read_docx(str(files[name, "docx", languages]))
    forms = [table for table in word.tables if table.style is not None and table.style.name == "Sheet Table"]
    language_count = len(LANGUAGES[languages])
    for table, form in zip(forms, document.tables, strict=True):
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        assert rows[0] == ["\n".join(form.number_head), *form.text_heads, "\n".join(form.points_head)]
        assert rows[1] == [form.numbering[0], *[form.numbering[1]] * language_count, form.numbering[2]]
        assert rows[2:] == [[row.number, *row.texts, row.points.text] for row in (*form.rows, form.total)]
        assert all(row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows[:2])
    headings = [part.text for part in word.paragraphs if part.style is not None and part.style.name.startswith("Heading")]
    assert all("\n".join(form.title) in headings for form in document.tables)
    assert all(annex.mark in headings for annex in document.annexes)
    for section in word.sections:
        header = [part.text for part in section.header.paragraphs]
        assert all(notice in header for notice in document.notices)
    described = [part.get("descr") for part in word.element.body.iter(qn("wp:docPr"))]
    assert described == [figure.chart.description for annex in document.annexes for figure in annex.figures]
    default = next(word.styles.element.iter(qn("w:lang")))
    assert default.get(qn("w:val")) == {"kk": "kk-KZ", "ru": "ru-RU"}[LANGUAGES[languages][0]]


def test_pdf_has_a_title_tags_and_embedded_fonts(cases: Cases, files: Files) -> None:
    path = str(files["full", "pdf", "kk"])
    info = subprocess.run(["pdfinfo", path], check=True, capture_output=True, timeout=60).stdout.decode()
    assert re.search(r"Title: +" + re.escape(build_document(cases["full"], "kk").title_property), info)
    assert re.search(r"Tagged: +yes", info) and "A4" in info and "CreationDate" not in info
    fonts = subprocess.run(["pdffonts", path], check=True, capture_output=True, timeout=60).stdout.decode().splitlines()[2:]
    assert fonts and all(re.search(r"LibertinusSerif|DejaVuSans", line) and " yes yes " in line for line in fonts)


def test_json_is_canonical(cases: Cases, files: Files) -> None:
    content = files["provisional", "json", "kk+ru"].read_bytes()
    data = json.loads(content)
    assert content == json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert [body["name"] for body in data["bodies"]] == [BODY.name_kk]
    assert data["bodies"][0]["points"] is None and data["bodies"][0]["low"] == cases["provisional"].low


HASHES_IN_ANOTHER_PROCESS = """
import hashlib, sys
from evaluation.sheets.writers import FORMATS, write
from tests.support.sheet_cases import STAMP, make_sheet
from evaluation.criteria import load_orders
order = load_orders().latest
sheet = make_sheet(order, {kind.code: [{}] for kind in order.kinds}, (2023,))
print(*(hashlib.sha256(write(sheet, format_, "kk+ru", STAMP)).hexdigest() for format_ in FORMATS))
"""


def test_equal_sheets_give_equal_bytes(order: Order) -> None:
    """Also in another process, where sets and hashes have another order."""
    sheet = make_sheet(order, {kind.code: [{}] for kind in order.kinds}, (2023,))
    here = [hashlib.sha256(write(sheet, format_, "kk+ru", STAMP)).hexdigest() for format_ in FORMATS]
    assert here == [hashlib.sha256(write(sheet, format_, "kk+ru", STAMP)).hexdigest() for format_ in FORMATS]
    there = subprocess.run(
        [sys.executable, "-c", HASHES_IN_ANOTHER_PROCESS],
        check=True,
        capture_output=True,
        timeout=120,
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7", "PATH": "/usr/bin:/bin", "HOME": "/tmp"},
    )
    assert there.stdout.decode().split() == here


def test_another_order_with_more_kinds_is_written() -> None:
    order = load_order(ROOT / "tests" / "second_order.toml")
    sheet = make_sheet(order, {kind.code: [{item.code: None for item in order.indicators_of(kind.code)}] for kind in order.kinds})
    assert len(sheet.tables) > 4
    assert sheet.provisional
    book = openpyxl.load_workbook(io.BytesIO(write(sheet, "xlsx", "kk+ru")))
    texts = {cell.value for row in book.worksheets[0].iter_rows() for cell in row}
    assert {table.title.kk for table in order.form.tables} | {table.title.ru for table in order.form.tables} <= texts
    assert write(sheet, "pdf", "kk").startswith(b"%PDF")
    assert len(read_docx(io.BytesIO(write(sheet, "docx", "ru"))).inline_shapes) == len(order.kinds) + 1


def test_extreme_names_are_written(order: Order) -> None:
    """Names longer than a line, a footer or a property allows, with control characters, or empty."""
    sheet = make_sheet(order, {order.kinds[0].code: [{"area_audit": "violated"}]})
    for name in ("Ө" * 40 + " &" * 300, "бірінші\x07\nекінші\tүшінші", "", "🏛 ₸ مرحبا"):
        renamed = replace(sheet, body=LegalEntity(BODY.bin, name))
        for format_ in FORMATS:
            assert write(renamed, format_, "kk+ru")
        header = openpyxl.load_workbook(io.BytesIO(write(renamed, "xlsx", "kk"))).worksheets[0].oddFooter
        assert len(str(header.left.text)) <= 255


def test_file_names_and_choices(cases: Cases) -> None:
    sheet = cases["full"]
    assert file_name(sheet, "pdf", "kk+ru") == "bagalau-paragy-2024-050140000011-kk-ru.pdf"
    assert {name: writer.extension for name, writer in FORMATS.items()} == {name: name for name in FORMATS}
    assert all("/" in writer.media_type for writer in FORMATS.values())
    with pytest.raises(KeyError):
        write(sheet, "odt", "kk")
    with pytest.raises(KeyError):
        write(sheet, "pdf", "de")


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_every_reason_has_the_breach_and_the_possible_outcomes(cases: Cases, code: str) -> None:
    page_language = language(code)
    rows = [row for sheet in cases.values() for table in sheet.tables if table.applicable for row in table.scored_rows]
    assert {row.is_open for row in rows} == {True, False}
    for row in rows:
        assert row.criterion
        text = reasons.outcome_text(row, page_language)
        assert all(row.criterion.scale_entry(name).text[code] in text for name in (row.worst, row.best))
        assert reasons.count_texts(row, page_language)[0] == row.criterion.breach_text[code].rstrip(".")
        if row.is_open:
            assert re.search(rf"\b{row.low}\b", text) and re.search(rf"\b{row.high}\b", text)


@pytest.mark.parametrize("languages", list(LANGUAGES))
def test_the_form_alone_is_written(cases: Cases, tmp_path: Path, languages: str) -> None:
    """No annex, pages numbered by themselves, and the code of an accepted sheet on each of them."""
    document = build_document(cases["full"], languages, STAMP, form_only=True)
    mark = build_document(cases["full"], languages, STAMP).annexes[0].mark
    assert document.annexes == () and document.tables == build_document(cases["full"], languages, STAMP).tables
    path = tmp_path / "sheet.pdf"
    path.write_bytes(write(cases["full"], "pdf", languages, STAMP, form_only=True))
    text = subprocess.run(["pdftotext", str(path), "-"], check=True, capture_output=True, timeout=60).stdout.decode()
    pages = text.split("\f")[:-1]
    assert len(pages) <= (3 if languages != "kk+ru" else 5)
    for number, page in enumerate(pages, 1):
        assert f"{number}/{len(pages)}" in page.replace(" ", "") and STAMP.code in page and mark not in page
    word = read_docx(io.BytesIO(write(cases["full"], "docx", languages, STAMP, form_only=True)))
    assert len(word.sections) == 1 and mark not in [part.text for part in word.paragraphs]
    assert len(openpyxl.load_workbook(io.BytesIO(write(cases["full"], "xlsx", languages, STAMP, form_only=True))).sheetnames) == 1
    assert write(cases["full"], "json", languages, STAMP, form_only=True) == write(cases["full"], "json", languages, STAMP)
    assert "-nysan-" in file_name(cases["full"], "docx", languages, STAMP, form_only=True)


def test_the_footer_names_the_version_in_all_languages(cases: Cases) -> None:
    footers = {languages: build_document(cases["full"], languages, STAMP).stamp_footer for languages in LANGUAGES}
    versions = {languages: footer.partition(" · ")[0] for languages, footer in footers.items()}
    assert versions["kk+ru"] == f"{versions['kk']} / {versions['ru']}" and footers["kk+ru"].count(STAMP.code) == 1


def test_a_number_never_parts_from_its_sign(cases: Cases) -> None:
    texts = json.dumps(asdict(build_document(cases["full"], "kk+ru", STAMP)), ensure_ascii=False, default=str)
    assert "№\xa0" in texts and "№ " not in texts


def test_a_line_that_misleads_is_shown_with_its_correction(order: Order) -> None:
    """Reading R4: the printed line says the opposite; "Present" alone says nothing."""
    breach: dict[str, object] = {"key_indicators_planned": 2, "key_indicators_met": 1, "unpassported_objects": 4}
    sheet = make_sheet(order, {order.kinds[1].code: [breach]})
    reasons_by_row = {row.number: row.explanations[0] for row in build_document(sheet, "ru").annexes[0].reasons[1].rows}
    assert "исполнивших" in reasons_by_row["7.1"] and "[по R4 читается «не исполнивших»" in reasons_by_row["7.1"]
    assert reasons_by_row["4"].startswith("Наличие [имеются государственные юридические лица")
    for languages, code in (("kk", "kk"), ("ru", "ru")):
        annex = build_document(sheet, languages).annexes[0]
        assert annex.reasons_note and annex.language == code
    assert not build_document(make_sheet(order, {order.kinds[1].code: [{}]}), "ru").annexes[0].reasons_note


def test_files_of_an_accepted_sheet_have_its_stamp(cases: Cases, tmp_path: Path) -> None:
    """The code is on every page and in the properties, there is no notice of a draft, and another program reads the QR code."""
    files = {format_: tmp_path / f"sheet.{format_}" for format_ in FORMATS}
    for format_, path in files.items():
        path.write_bytes(write(cases["full"], format_, "kk+ru", STAMP))
        assert file_name(cases["full"], format_, "kk", STAMP) == f"bagalau-paragy-2024-{BODY.bin}-r2-kk.{format_}"
    draft = language("kk").gettext(NOT_ACCEPTED)
    pages = subprocess.run(["pdftotext", str(files["pdf"]), "-"], check=True, capture_output=True, timeout=60).stdout.decode()
    assert all(STAMP.code in page and draft not in page for page in pages.split("\f")[:-1])
    assert PdfReader(files["pdf"]).metadata["/Keywords"] == ", ".join(STAMP.keywords)
    first = next(number for number, page in enumerate(pages.split("\f"), 1) if STAMP.hash_groups[:8] in page)
    command = [
        "pdftoppm",
        "-r",
        "150",
        "-f",
        str(first),
        "-l",
        str(first),
        "-png",
        "-singlefile",
        str(files["pdf"]),
        str(tmp_path / "page"),
    ]
    subprocess.run(command, check=True, timeout=60)

    book = openpyxl.load_workbook(files["xlsx"])
    assert all(STAMP.code in str(page.oddFooter.left.text) and not page.oddHeader.center.text for page in book.worksheets)
    word = read_docx(str(files["docx"]))
    assert all(STAMP.code in "".join(part.text for part in section.footer.paragraphs) for section in word.sections)
    assert {book.properties.keywords, word.core_properties.keywords} == {"; ".join(STAMP.keywords)}
    data = json.loads(files["json"].read_bytes())
    assert data["verification"] == {"code": STAMP.code, "revision": 2, "sha256": STAMP.sha256}

    pictures = [(tmp_path / "page.png").read_bytes(), book.worksheets[1]._images[0]._data()]
    pictures += [part.blob for part in word.part.package.image_parts if part.filename.endswith("png")]
    read = [code.text for picture in pictures for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]
    assert read == [f"https://example.org/verify?code=7ZK4M2QX90AB&revision=2&sha256={STAMP.sha256}"] * 3
