"""Files that are not read: each is refused with a message that says what to send instead, and none costs more than its limits."""

import io
import zipfile
from random import Random

import openpyxl
import pytest
from docx import Document
from PIL import Image
from pypdf import PdfWriter

from evaluation.budgets.sources import errors, pdf_file
from evaluation.budgets.sources.errors import SourceRejected
from evaluation.budgets.sources.read import MAX_LINES, read_source, read_text
from evaluation.language import language
from tests.support.budget_files import as_docx, as_html, as_pdf, as_text, zipped
from tests.support.hostile_files import hostile_pdf

PART = "word/document.xml"


def saved(picture: Image.Image, format_: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_)
    return out.getvalue()


def scan() -> bytes:
    return saved(Image.effect_noise((600, 800), 50), "PDF")


def encrypted_pdf() -> bytes:
    writer, out = PdfWriter(clone_from=io.BytesIO(as_pdf())), io.BytesIO()
    writer.encrypt("пароль", algorithm="AES-256")
    writer.write(out)
    return out.getvalue()


def pdf_with_scan() -> bytes:
    writer, out = PdfWriter(clone_from=io.BytesIO(as_pdf())), io.BytesIO()
    writer.append(io.BytesIO(scan()))
    writer.write(out)
    return out.getvalue()


def empty_pages(count: int) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(count):
        writer.add_blank_page(100, 100)
    writer.write(out)
    return out.getvalue()


def xlsx() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


def with_macros() -> bytes:
    with zipfile.ZipFile(io.BytesIO(as_docx())) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()} | {"word/vbaProject.bin": b"x"})


def scan_in_word() -> bytes:
    document, out = Document(), io.BytesIO()
    document.add_picture(io.BytesIO(saved(Image.effect_noise((60, 80), 50), "PNG")))
    document.save(out)
    return out.getvalue()


def deep(xml: str) -> str:
    return xml.replace("<w:body>", "<w:body>" + "<w:sdt><w:sdtContent>" * 500).replace(
        "</w:body>", "</w:sdtContent></w:sdt>" * 500 + "</w:body>"
    )


RANDOM = Random(1)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
CASES = {
    "nothing": (b"", errors.EMPTY),
    "spaces": (b"\xef\xbb\xbf \r\n\t\n", errors.EMPTY),
    "zeros": (bytes(1000), errors.EMPTY),
    "page without text": (b"<html><script>1</script></html>", errors.EMPTY),
    "a workbook named .docx": (xlsx(), errors.UNSUPPORTED),
    "another archive": (zipped({"a.txt": b"1"}), errors.UNSUPPORTED),
    "a program named .txt": (b"MZ\x90\x00\x03\x00" + RANDOM.randbytes(5000), errors.UNSUPPORTED),
    "bytes without zeros": (bytes(value or 1 for value in RANDOM.randbytes(5000)), errors.UNSUPPORTED),
    "RTF": (b"{\\rtf1\\ansi text}", errors.UNSUPPORTED),
    "web archive": (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<html>", errors.UNSUPPORTED),
    "XML of Word": (b"<?xml version='1.0'?><w:wordDocument><w:p>1</w:p></w:wordDocument>", errors.UNSUPPORTED),
    "Word 97 or a password": (OLE, errors.OLD_DOCUMENT),
    "macros": (with_macros(), errors.MACROS),
    "KOI8-R": (as_text().replace("Қ", "К").encode("koi8-r", "replace"), errors.UNKNOWN_ENCODING),
    "DOS": (as_text().encode("cp866", "replace"), errors.UNKNOWN_ENCODING),
    "UTF-8 with a broken byte": (as_text().encode() + b"\xff", errors.UNKNOWN_ENCODING),
    "UTF-8 mark, then another encoding": (b"\xef\xbb\xbf" + as_text().encode("cp1251", "replace"), errors.UNKNOWN_ENCODING),
    "half of a character of UTF-16": (as_text().encode("utf-16")[:-1], errors.UNKNOWN_ENCODING),
    "scan": (scan(), errors.NO_TEXT),
    "photograph": (saved(Image.new("RGB", (60, 60)), "JPEG"), errors.NO_TEXT),
    "scan in a Word document": (scan_in_word(), errors.NO_TEXT),
    "a page that draws a letter very often": (hostile_pdf(40_000), errors.NO_TEXT),
    "text and a scan": (pdf_with_scan(), errors.PAGES_WITHOUT_TEXT),
    "PDF with a password": (encrypted_pdf(), errors.ENCRYPTED),
    "too many pages": (empty_pages(pdf_file.MAX_PAGES + 1), errors.TOO_MANY_PAGES),
    "too many lines": (b"1\n" * (MAX_LINES + 1), errors.TOO_MANY_LINES),
    "half a PDF": (as_pdf()[:-3000], errors.DAMAGED),
    "half a document": (as_docx()[:20_000], errors.DAMAGED),
    "document without its text": (zipped({"word/other.xml": b"<a/>"}), errors.DAMAGED),
    "markup of many levels": (b"<html>" + b"<div>" * 1000 + b"text", errors.DAMAGED),
    "document of many levels": (as_docx(deep), errors.DAMAGED),
    "ZIP bomb": (zipped({PART: bytes(129 * 2**20)}), errors.TOO_COSTLY),
    "many parts": (zipped({f"word/{number}": b"" for number in range(5001)}), errors.TOO_COSTLY),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_refused_with_its_message(name: str) -> None:
    data, message = CASES[name]
    with pytest.raises(SourceRejected) as error:
        read_source(f"{name}.txt", data)
    assert (error.value.template, error.value.field, error.value.status) == (message, "file", 422)
    for code in ("kk", "ru", "en"):
        text = error.value.message(language(code))
        assert "%(" not in text and (code == "en") == (text == message % error.value.values)


def test_scanned_pages_are_named() -> None:
    with pytest.raises(SourceRejected, match=r"without text: 2\."):
        read_source("a.pdf", pdf_with_scan())


def test_a_document_of_a_million_paragraphs_ends_at_its_limits() -> None:
    many = as_docx(lambda xml: xml.replace("<w:body>", "<w:body>" + "<w:p><w:r><w:t>1</w:t></w:r></w:p>" * 150_000, 1))
    with pytest.raises(SourceRejected) as error:
        read_source("a.docx", many)
    assert error.value.template == errors.TOO_MANY_LINES


def test_entities_of_a_document_are_not_expanded() -> None:
    def bomb(xml: str) -> str:
        entities = '<!DOCTYPE d [<!ENTITY a "аа"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
        return xml.replace("?>", "?>" + entities, 1).replace("<w:body>", "<w:body><w:p><w:r><w:t>1&b;&c;2</w:t></w:r></w:p>", 1)

    assert read_source("a.docx", as_docx(bomb)).lines[0].text in ("1", "12")


@pytest.mark.parametrize("text", ["", " \n\xa0\t", "\x00\u200b"])
def test_an_empty_paste_is_refused(text: str) -> None:
    with pytest.raises(SourceRejected) as error:
        read_text(text)
    assert (error.value.template, error.value.field) == (errors.EMPTY, "text")


def test_the_name_of_a_file_is_cleaned() -> None:
    assert read_source("../..\\шешім\u202e.exe", as_html().encode()).name == "шешім .exe.html"
