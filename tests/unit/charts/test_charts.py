"""Charts: SVG that can be in a page beside others, with a description of its values, and with the same bytes each time."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import html5lib
import pytest
from PIL import Image

from evaluation import charts
from evaluation.charts import RowPoints, TableHistory, YearShare
from evaluation.charts.measure import shorten, text_width, wrap
from evaluation.language import language
from evaluation.sheets.writers.pictures import pictures
from tests.support.paths import ROOT

LANGUAGES = ("kk", "ru", "en")
LETTERS = "ӘҒҚҢӨҰҮҺІәғқңөұүһі"
SPECIAL_TEXT = f"$x$ «Ә&Б» <b> =1+1 #set ]]> -- {LETTERS}"
SVG = "{http://www.w3.org/2000/svg}"
TITLE = f"museum {SPECIAL_TEXT}"
ROWS = (
    RowPoints("1", SPECIAL_TEXT, 1, 1, 2),
    RowPoints("2.1", "сөз " * 200, 0, 2, 2),
    RowPoints("2.2", "қ" * 300, 0, 0, 0),
)
SETTLED_ROWS = (RowPoints("1", "басқа", 1, 1, 2),)
OPEN_ROWS = (RowPoints("1", "басқа", 0, 2, 2),)
HISTORY = (TableHistory(TITLE, (YearShare(2022, 3, 3, 10), YearShare(2023, 0, 0, 10), YearShare(2024, 4, 7, 10))),)


def both_charts(code: str) -> list[charts.Chart]:
    """The chart of rows and the chart of years in one language."""
    return [charts.row_points_chart(TITLE, ROWS, language(code)), charts.share_history_chart(HISTORY, language(code))]


def both_svgs(code: str) -> list[str]:
    return [charts.to_svg(chart) for chart in both_charts(code)]


@pytest.mark.parametrize("code", LANGUAGES)
def test_svg_is_well_formed_and_has_a_title_and_a_description(code: str) -> None:
    for svg in both_svgs(code):
        assert svg.startswith("<svg ")
        assert "<?xml" not in svg and "<!DOCTYPE" not in svg and "<metadata" not in svg
        root = ElementTree.fromstring(svg)
        assert root.tag == f"{SVG}svg"
        assert root.attrib["role"] == "img"
        assert root.attrib["lang"] == code
        assert root.attrib["viewBox"].startswith("0 0 370 ")
        first, second = root[0], root[1]
        assert (first.tag, second.tag) == (f"{SVG}title", f"{SVG}desc")
        assert first.text and second.text
        assert root.attrib["aria-labelledby"].split() == [first.attrib["id"], second.attrib["id"]]


def test_text_stays_text() -> None:
    svg, _ = both_svgs("kk")
    text = " ".join(ElementTree.fromstring(svg).itertext())
    for letter in LETTERS:
        assert letter in text
    assert "$x$ «Ә&Б» <b> =1+1 #set" in text
    assert "1\xa0/\xa02" in text and "0–2\xa0/\xa02" in text
    assert 'font-family="DejaVu Sans,' in svg


def test_svg_refers_only_to_itself() -> None:
    """There is no style sheet, no style attribute (the content security policy forbids it) and no link out of the picture."""
    for svg in both_svgs("ru"):
        assert "<style" not in svg and "style=" not in svg and "http" not in svg.replace("http://www.w3.org/", "")
        root = ElementTree.fromstring(svg)
        ids = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
        for element in root.iter():
            for value in element.attrib.values():
                if value.startswith("url(#"):
                    assert value[5:-1] in ids


def test_ids_are_unique_across_charts() -> None:
    svgs = [svg for code in LANGUAGES for svg in both_svgs(code)]
    repeated = charts.row_points_chart("zoo", OPEN_ROWS, language("kk"))
    svgs += [charts.to_svg(repeated), charts.to_svg(repeated, "050140000011")]
    ids = [element.attrib["id"] for svg in svgs for element in ElementTree.fromstring(svg).iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids)) >= 3 * len(svgs)


def test_charts_are_valid_in_an_html_page() -> None:
    body = "".join(svg for code in LANGUAGES for svg in both_svgs(code))
    page = f'<!DOCTYPE html><html lang="kk"><head><meta charset="utf-8"><title>t</title></head><body>{body}</body></html>'
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    assert len(tree.findall(f".//{SVG}svg")) == 6


def test_charts_are_equal_in_every_thread() -> None:
    expected = {code: both_svgs(code) for code in LANGUAGES}
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda code: (code, both_svgs(code)), LANGUAGES * 6))
    assert all(svgs == expected[code] for code, svgs in results)


def test_open_points_are_hatched() -> None:
    chart = charts.row_points_chart(TITLE, ROWS, language("kk"))
    assert [group.mark for group in chart.groups] == ["1", "2.1", "2.2"]
    assert chart.is_open
    assert "<pattern" in charts.to_svg(chart)
    settled = charts.row_points_chart("zoo", SETTLED_ROWS, language("kk"))
    assert not settled.is_open
    assert "<pattern" not in charts.to_svg(settled)


@pytest.mark.parametrize("code", LANGUAGES)
def test_history_has_one_bar_per_year(code: str) -> None:
    chart = charts.share_history_chart(HISTORY, language(code))
    assert [bar.label for bar in chart.bars] == ["2022", "2023", "2024"]
    point = "." if code == "en" else ","
    assert [bar.text for bar in chart.bars] == [f"30{point}0\xa0%", f"0{point}0\xa0%", f"40{point}0–70{point}0\xa0%"]
    assert all(bar.text in chart.description for bar in chart.bars)


def test_captions_have_two_lines_and_retain_their_subject() -> None:
    text = " ".join(f"сөз{number}" for number in range(60))
    kazakh, russian = shorten(text, "kk", 300, 10), shorten(text, "ru", 300, 10)
    assert len(kazakh) == len(russian) == 2
    assert kazakh[0].startswith("…") and kazakh[-1].endswith("сөз59")
    assert russian[0].startswith("сөз0 ") and russian[-1].endswith("…")
    assert all(text_width(line, 10) <= 300 for line in kazakh + russian)
    assert shorten("қысқа", "kk", 300, 10) == ("қысқа",)
    assert shorten("", "kk", 300, 10) == ()
    assert wrap("бір екі", 1, 10) == ["бір", "екі"]


def test_pictures_are_equal_in_every_thread() -> None:
    kazakh = both_charts("kk")
    expected = pictures(kazakh)
    assert pictures([]) == []
    assert [*pictures(kazakh[:1]), *pictures(kazakh[1:])] == expected
    with ThreadPoolExecutor(4) as pool:
        assert all(result == expected for result in pool.map(pictures, [kazakh] * 8))
    for chart, picture in zip(kazakh, expected, strict=True):
        box = ElementTree.fromstring(charts.to_svg(chart)).attrib["viewBox"].split()
        with Image.open(io.BytesIO(picture)) as image:
            assert image.size == pytest.approx([float(length) / 72 * 150 for length in box[2:]], abs=1)
            colours = {pixel[:3] for _, pixel in image.convert("RGB").getcolors(1 << 24) or []}
            assert {(31, 90, 133), (255, 255, 255)} <= colours
            assert not image.text  # type: ignore[attr-defined]


def test_a_chart_without_bars_is_drawn() -> None:
    chart = charts.row_points_chart("zoo", (), language("kk"))
    assert ElementTree.fromstring(charts.to_svg(chart)).tag == f"{SVG}svg"


@pytest.mark.parametrize("module", ["evaluation.charts", "evaluation.sheets.writers", "app"])
def test_matplotlib_is_imported_only_to_draw(module: str) -> None:
    """Neither the application nor the charts nor the list of formats imports the libraries of drawing and writing."""
    code = f"import sys, {module}; print(sorted({{'matplotlib', 'typst', 'docx', 'segno'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert result.stdout.strip() == "[]"
