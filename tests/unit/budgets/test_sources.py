"""Files and pasted texts → numbered lines: files written by real programs, every encoding, merged cells, tracked changes."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evaluation.budgets.cells import rows_of_cells
from evaluation.budgets.model import BudgetDecision, SourceLine
from evaluation.budgets.read import read_decisions
from evaluation.budgets.sources import docx_file, html_file, pdf_file
from evaluation.budgets.sources.read import read_source, read_text
from evaluation.sandbox import Parser, ParserError, run_parser
from tests.support import budget_files
from tests.support.budget_files import LINES, ROWS, as_docx, as_html, as_pdf, as_text

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

KONAEV = budget_files.FOLDER / "konaev-2026.ru.txt"


def contents(lines: Sequence[SourceLine]) -> list[str | tuple[str, ...]]:
    """The cells of rows and the text of other lines; the numbers must be those of the places."""
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert all(line.cells is None or line.text == "\t".join(line.cells) for line in lines)
    return [line.text if line.cells is None else line.cells for line in lines]


def of_html(markup: str) -> list[str | tuple[str, ...]]:
    return contents(read_source("page", markup.encode()).lines)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("kz1048", b""),
    ],
)
def test_a_text_file_is_read_in_every_usual_encoding(encoding: str, mark: bytes) -> None:
    source = read_source("Шешім.doc", mark + as_text().encode(encoding))
    assert "\n".join(line.text for line in source.lines) == as_text()
    assert (source.name, source.media_type) == ("Шешім.doc.txt", "text/plain")
    page = read_source("бет.htm", mark + as_html().replace("<head>", '<head><meta charset="koi8-r">').encode(encoding))
    assert contents(page.lines) == LINES
    assert page.media_type == "text/html"


def test_russian_windows_text_has_the_same_letters() -> None:
    text = "Затраты: 5 %, § 3, «Ёлка», № 7 – 1 234 тысячи тенге…"
    assert read_source("a.txt", text.encode("cp1251")).lines[0].text == text


def test_a_line_of_a_text_file_has_the_number_that_an_editor_shows() -> None:
    lines = read_source("a.txt", "1\r\n\r\n3 \x0cв\x0bг\u2028д\r4\n\n".encode()).lines
    assert [(line.number, line.text) for line in lines] == [(1, "1"), (2, ""), (3, "3  в г д"), (4, "4"), (5, "")]
    assert [line.text for line in read_text("а\x00б\n\u200bв")] == ["аб", "в"]


@pytest.mark.parametrize("write", [as_html, as_docx, as_pdf])
def test_paragraphs_and_rows_of_a_file_are_read(write: object) -> None:
    data = write()  # type: ignore[operator]
    assert contents(read_source("budget", data if isinstance(data, bytes) else data.encode()).lines) == LINES


def test_files_of_libreoffice_are_read(tmp_path: Path) -> None:
    docx = budget_files.by_libreoffice(
        tmp_path, as_html().encode(), "budget.html", "docx:MS Word 2007 XML", "--infilter=HTML (StarWriter)"
    )
    assert contents(read_source("budget.docx", docx).lines) == LINES
    pdf = budget_files.by_libreoffice(tmp_path, docx, "budget.docx", "pdf")
    assert contents(read_source("budget.pdf", pdf).lines) == LINES


def test_hidden_parts_of_a_page_are_dropped() -> None:
    page = (
        "<html><head><style>p{}</style><script>1</script></head><body><!-- 2 --><p hidden>3</p><div style='DISPLAY : none'>"
        "4</div><select><option>5</select><p>Бюд<b>жет</b>\n на <i>2026</i>&nbsp;год<br>вторая</p>третья<div>4-я</div></body>"
    )
    assert of_html(page) == ["Бюджет на 2026\xa0год", "вторая", "третья", "4-я"]


def test_merged_cells_of_a_page_have_text_in_their_first_column() -> None:
    page = (
        "<table><caption>Бюджет</caption><tr><td colspan=3>Категория<td rowspan='2'>Сумма</tr><tr><td>1<td colspan='2'>2</tr>"
        "<tr><td rowspan=3>а<td>б<td>в<td>г</tr><tr><td>д</tr><tr><td>е<td colspan=x><p>ж</p><p>з</p></tr><tr></tr></table>"
    )
    assert of_html(page) == [
        "Бюджет",
        ("Категория", "", "", "Сумма"),
        ("1", "2", "", ""),
        ("а", "б", "в", "г"),
        ("", "д"),
        ("", "е", "ж з"),
    ]


def test_a_table_that_arranges_a_page_is_not_a_row() -> None:
    inner = "<table><tr><td>1</td><td>Доходы</td></tr></table>"
    assert of_html(f"<table><tr><td>меню<td><p>до</p>{inner}после</tr></table>") == ["меню", "до", ("1", "Доходы"), "после"]


def test_text_in_deep_markup_is_not_lost() -> None:
    assert of_html("<html>" + "<font>" * 350 + "Бюджет") == ["Бюджет"]


def test_merged_cells_of_a_document_have_text_in_their_first_column() -> None:
    def cell(text: str, *properties: str) -> str:
        return f"<w:tc><w:tcPr>{''.join(properties)}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"

    across, begin, go_on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = (
        f"<w:tr>{cell('а', across, begin)}{cell('б')}</w:tr><w:tr>{cell('скрыто', across, go_on)}{cell('в')}</w:tr>"
        f'<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>{cell("г")}{cell("д")}</w:tr>'
        f'<w:tr><w:trPr><w:del w:id="1" w:author="a"/></w:trPr>{cell("е")}</w:tr>'
    )
    data = as_docx(lambda xml: xml[: xml.index("<w:tbl>")] + f"<w:tbl>{rows}</w:tbl>" + xml[xml.index("</w:tbl>") + 8 :])
    assert contents(read_source("a.docx", data).lines)[2:-1] == [("а", "", "б"), ("", "", "в"), ("", "г", "д")]


def test_a_document_is_read_as_if_its_tracked_changes_were_accepted() -> None:
    def run(text: str, name: str = "t") -> str:
        return f'<w:r><w:{name} xml:space="preserve">{text}</w:{name}></w:r>'

    paragraph = (
        f'<w:p><w:del w:id="1" w:author="a">{run("старый ", "delText")}</w:del>{run("Бюд")}<w:ins w:id="2" w:author="a">'
        f'{run("жет ")}</w:ins><w:moveFrom w:id="3" w:author="a">{run("отсюда")}</w:moveFrom><w:moveTo w:id="4" w:author="a">'
        f"{run('сюда')}</w:moveTo><w:r><w:tab/><w:t>1</w:t><w:br/></w:r><w:sdt><w:sdtContent>{run('поле')}</w:sdtContent></w:sdt>"
        f"</w:p><w:sdt><w:sdtContent><w:p>{run('блок')}</w:p></w:sdtContent></w:sdt>"
    )
    data = as_docx(lambda xml: xml.replace("<w:body>", f"<w:body>{paragraph}", 1))
    assert contents(read_source("a.docx", data).lines) == ["Бюджет сюда\t1", "поле", "блок", *LINES]


def test_a_cell_of_a_printed_table_may_have_several_lines() -> None:
    assert contents(read_source("a.pdf", as_pdf("align: horizon, ", "25mm")).lines) == LINES
    many = as_pdf("table.header(repeat: true, [], [], [], [Атауы], []), " + "[], [], [], [жол], [1 000], " * 120)
    lines = contents(read_source("a.pdf", many).lines)
    assert lines.count(("", "", "", "жол", "1 000")) == 120 and lines[-1] == LINES[-1]


def test_a_printed_table_without_lines_is_read_as_text() -> None:
    lines = contents(read_source("a.pdf", as_pdf("stroke: none, ", "1fr")).lines)
    assert lines[:3] == [LINES[0], LINES[1], "I. Доходы 48 012 900"] and lines[-1] == LINES[-1]
    assert all(isinstance(line, str) for line in lines)
    assert "".join(map(str, lines)).replace(" ", "") == "".join("".join(line) for line in LINES).replace(" ", "")


def test_rows_that_no_line_separates_are_not_read_as_one() -> None:
    columns = [tuple(row[index] for row in ROWS) for index in range(len(ROWS[0]))]
    one_row = tuple("\n".join(column) for column in columns)
    assert contents(read_source("a.pdf", as_pdf("stroke: (x: 1pt), ", "1fr")).lines) == LINES
    lines = contents(read_source("a.pdf", as_pdf(name_width="1fr", lines=[*LINES[:2], one_row])).lines)
    assert all(isinstance(line, str) for line in lines)
    assert [line for line in lines if len(line) <= 2] == ["2", "01", "5", "7"]


@pytest.mark.parametrize("parser", [docx_file.extract_lines, html_file.extract_lines, pdf_file.extract_lines])
def test_the_parsers_load_by_themselves(parser: Parser) -> None:
    """A parser module that imports from the product fails in the child with ImportError."""
    try:
        output = run_parser(parser, b"%PDF-1.4 broken").decode()
    except ParserError as error:
        output = str(error)
    assert "Import" not in output and "ModuleNotFound" not in output


def konaev() -> list[budget_files.Line]:
    """The decision of Қонаев as paragraphs and rows of six cells; the page that it was copied from had merged cells too."""
    lines: list[budget_files.Line] = []
    for line, cells in rows_of_cells(read_source("a.txt", KONAEV.read_bytes()).lines):
        texts = [" ".join(cell.text.split()) for cell in cells] if cells is not None else []
        if len(texts) < 3:
            lines += [text for text in texts or [line.text.strip()] if text]
            continue
        codes = [*texts[:-2], *[""] * 4]
        assert not any(codes[4:])
        lines.append((*codes[:4], *texts[-2:]))
    return lines


def amounts(decisions: Sequence[BudgetDecision]) -> object:
    """What decisions say, without the places where they say it."""
    return [
        (
            *(decision.body, decision.year, decision.number, decision.date),
            {section: total.amount for section, total in decision.totals.items()},
            [(line.section, line.code, line.name.replace(" ", ""), line.amount) for line in decision.lines],
        )
        for decision in decisions
    ]


@pytest.mark.parametrize("kind", ["txt", "html", "docx", "pdf"])
def test_a_real_decision_says_the_same_in_every_kind_of_file(kind: str) -> None:
    expected = read_decisions(read_source("a", KONAEV.read_bytes()).lines)
    lines = konaev()
    data = {
        "txt": lambda: as_text(lines).encode(),
        "html": lambda: as_html(lines).encode("kz1048"),
        "docx": lambda: as_docx(lines=lines),
        "pdf": lambda: as_pdf(lines=lines),
    }[kind]()
    decisions = read_decisions(read_source(f"a.{kind}", data).lines)
    assert [(item.unread, item.inconsistencies) for item in decisions] == [((), ())]
    assert amounts(decisions) == amounts(expected)
