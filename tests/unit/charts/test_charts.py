"""Charts: SVG that may stand in a page beside others, says in words what it shows, and is the same each time."""

import io
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import html5lib
import pytest
from PIL import Image

from evaluation import charts
from evaluation.charts.measure import fit, text_width, wrap
from evaluation.criteria import Order
from evaluation.criteria.model import Row, Table, Text
from evaluation.language import language
from evaluation.sheets import Named, Share, Sheet, SheetRow, SheetTable
from evaluation.sheets.writers.pictures import pictures

LANGUAGES = ("kk", "ru", "en")
LETTERS = "ӘҒҚҢӨҰҮҺІәғқңөұүһі"
NASTY = f"$x$ «Ә&Б» <b> =1+1 #set ]]> -- {LETTERS}"
SVG = "{http://www.w3.org/2000/svg}"


def text(words: str) -> Text:
    return Text(kk=words, ru=words, en=words)


def table(order: Order, kind: str, rows: list[tuple[str, str, int, int, int]], heading: str = "") -> SheetTable:
    """A table of (number, text, low, high, max), its heading first."""
    criterion = order.criteria[0]
    made = [SheetRow(Row(number="9", text=text(heading)))] if heading else []
    made += [
        SheetRow(Row(number=number, text=text(words), criterion=criterion.code), criterion, low, high, most)
        for number, words, low, high, most in rows
    ]
    form = order.form.tables[0]
    return SheetTable(
        Table(
            kind=kind,
            title=text(f"{kind} {NASTY}"),
            columns=form.columns,
            numbering=form.numbering,
            rows=tuple(row.row for row in made),
            total=form.total,
        ),
        True,
        tuple(made),
    )


@pytest.fixture(scope="module")
def nasty(order: Order) -> SheetTable:
    return table(order, "museum", [("1", NASTY, 1, 1, 2), ("2.1", "сөз " * 200, 0, 2, 2), ("2.2", "қ" * 300, 0, 0, 0)], "тақырып")


@pytest.fixture(scope="module")
def sheet(order: Order, nasty: SheetTable) -> Sheet:
    history = (
        Share(2022, "museum", 3, 3, 10),
        Share(2023, "museum", 0, 0, 10),
        Share(2024, "museum", 4, 7, 10),
        Share(2024, "unknown", 1, 1, 2),
    )
    return Sheet(order, Named("050140000011", NASTY), 2024, (nasty,), 0, 3, 4, history)


def both(sheet: Sheet, code: str) -> list[str]:
    return [charts.to_svg(chart) for chart in drawn_of(sheet, code)]


def drawn_of(sheet: Sheet, code: str) -> list[charts.Chart]:
    return [charts.of_rows(sheet.tables[0], language(code)), charts.of_history(sheet, language(code))]


@pytest.mark.parametrize("code", LANGUAGES)
def test_svg_is_well_formed_and_named(sheet: Sheet, code: str) -> None:
    for drawn in both(sheet, code):
        assert drawn.startswith("<svg ")
        assert "<?xml" not in drawn and "<!DOCTYPE" not in drawn and "<metadata" not in drawn
        root = ElementTree.fromstring(drawn)
        assert root.tag == f"{SVG}svg"
        assert root.attrib["role"] == "img"
        assert root.attrib["lang"] == code
        assert root.attrib["viewBox"].startswith("0 0 370 ")
        first, second = root[0], root[1]
        assert (first.tag, second.tag) == (f"{SVG}title", f"{SVG}desc")
        assert first.text and second.text
        assert root.attrib["aria-labelledby"].split() == [first.attrib["id"], second.attrib["id"]]


def test_text_stays_text(sheet: Sheet) -> None:
    rows, _ = both(sheet, "kk")
    said = " ".join(ElementTree.fromstring(rows).itertext())
    for letter in LETTERS:
        assert letter in said
    assert "$x$ «Ә&Б» <b> =1+1 #set" in said
    assert "1\xa0/\xa02" in said and "0–2\xa0/\xa02" in said
    assert 'font-family="DejaVu Sans,' in rows


def test_nothing_reaches_beyond_the_chart(sheet: Sheet) -> None:
    """No style sheet, no style attributes (a content security policy forbids them), no link that leaves the picture."""
    for drawn in both(sheet, "ru"):
        assert "<style" not in drawn and "style=" not in drawn and "http" not in drawn.replace("http://www.w3.org/", "")
        root = ElementTree.fromstring(drawn)
        ids = {each.attrib["id"] for each in root.iter() if "id" in each.attrib}
        for each in root.iter():
            for value in each.attrib.values():
                if value.startswith("url(#"):
                    assert value[5:-1] in ids


def test_ids_are_unique_across_charts(sheet: Sheet, order: Order) -> None:
    other = table(order, "zoo", [("1", "басқа", 0, 2, 2)])
    drawn = [picture for code in LANGUAGES for picture in both(sheet, code)]
    twice = charts.of_rows(other, language("kk"))
    drawn += [charts.to_svg(twice), charts.to_svg(twice, "050140000011")]
    ids = [each.attrib["id"] for picture in drawn for each in ElementTree.fromstring(picture).iter() if "id" in each.attrib]
    assert len(ids) == len(set(ids)) >= 3 * len(drawn)


def test_charts_stand_in_a_valid_page(sheet: Sheet) -> None:
    body = "".join(picture for code in LANGUAGES for picture in both(sheet, code))
    page = f'<!DOCTYPE html><html lang="kk"><head><meta charset="utf-8"><title>t</title></head><body>{body}</body></html>'
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    assert len(tree.findall(f".//{SVG}svg")) == 6


def test_charts_are_the_same_each_time_and_from_any_thread(sheet: Sheet) -> None:
    expected = {code: both(sheet, code) for code in LANGUAGES}
    with ThreadPoolExecutor(6) as pool:
        drawn = list(pool.map(lambda code: (code, both(sheet, code)), LANGUAGES * 6))
    assert all(pictures == expected[code] for code, pictures in drawn)


def test_headings_are_left_out_and_what_is_open_is_hatched(nasty: SheetTable, order: Order) -> None:
    chart = charts.of_rows(nasty, language("kk"))
    assert [group.mark for group in chart.groups] == ["1", "2.1", "2.2"]
    assert chart.is_open
    assert "<pattern" in charts.to_svg(chart)
    settled = charts.of_rows(table(order, "zoo", [("1", "басқа", 1, 1, 2)]), language("kk"))
    assert not settled.is_open
    assert "<pattern" not in charts.to_svg(settled)


@pytest.mark.parametrize("code", LANGUAGES)
def test_history_has_a_bar_for_each_year_a_table_applied(sheet: Sheet, code: str) -> None:
    chart = charts.of_history(sheet, language(code))
    assert [bar.label for bar in chart.bars] == ["2022", "2023", "2024"]
    point = "." if code == "en" else ","
    assert [bar.text for bar in chart.bars] == [f"30{point}0\xa0%", f"0{point}0\xa0%", f"40{point}0–70{point}0\xa0%"]
    assert all(bar.text in chart.description for bar in chart.bars)


def test_captions_take_two_lines_and_keep_what_they_are_about() -> None:
    words = " ".join(f"сөз{number}" for number in range(60))
    kazakh, russian = fit(words, "kk", 300, 10), fit(words, "ru", 300, 10)
    assert len(kazakh) == len(russian) == 2
    assert kazakh[0].startswith("…") and kazakh[-1].endswith("сөз59")
    assert russian[0].startswith("сөз0 ") and russian[-1].endswith("…")
    assert all(text_width(line, 10) <= 300 for line in kazakh + russian)
    assert fit("қысқа", "kk", 300, 10) == ("қысқа",)
    assert fit("", "kk", 300, 10) == ()
    assert wrap("бір екі", 1, 10) == ["бір", "екі"]


def test_pictures_are_the_same_each_time_and_from_any_thread(sheet: Sheet) -> None:
    shown = drawn_of(sheet, "kk")
    drawn = pictures(shown)
    assert pictures([]) == []
    assert [*pictures(shown[:1]), *pictures(shown[1:])] == drawn
    with ThreadPoolExecutor(4) as pool:
        assert all(again == drawn for again in pool.map(pictures, [shown] * 8))
    for chart, picture in zip(shown, drawn, strict=True):
        box = ElementTree.fromstring(charts.to_svg(chart)).attrib["viewBox"].split()
        with Image.open(io.BytesIO(picture)) as opened:
            assert opened.size == pytest.approx([float(length) / 72 * 150 for length in box[2:]], abs=1)
            colours = {pixel[:3] for _, pixel in opened.convert("RGB").getcolors(1 << 24) or []}
            assert {(31, 90, 133), (255, 255, 255)} <= colours
            assert not opened.text  # type: ignore[attr-defined]


def test_no_bars_is_still_a_chart(order: Order) -> None:
    empty = table(order, "zoo", [])
    assert ElementTree.fromstring(charts.to_svg(charts.of_rows(empty, language("kk")))).tag == f"{SVG}svg"
