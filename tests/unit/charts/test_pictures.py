"""Pictures with links: nothing leaves the area, shades differ in grey, links are native and named, bytes are equal each time."""

import io
from collections.abc import Iterable
from itertools import pairwise
from random import Random
from xml.etree import ElementTree

import pytest
from PIL import Image

from evaluation.charts import Link, Picture, RowPoints, draw_cached, style, to_svg
from evaluation.charts.distribution import LevelDistribution, ShareBin, distribution
from evaluation.charts.heat_map import HeatCell, HeatRow, HeatTable, heat_map
from evaluation.charts.measure import text_width
from evaluation.charts.picture import Align, Box, Label
from evaluation.charts.shares import Share, class_of, shade_classes, share_text
from evaluation.charts.side_by_side import BodyPoints, side_by_side_chart
from evaluation.charts.tile_map import Tile, tile_map
from evaluation.charts.trends import SERIES, Trend, YearPoint, trend_chart
from evaluation.comparison.pictures.tiles import positions_with, tile_positions
from evaluation.language import LANGUAGE_CODES, language
from evaluation.sheets.writers.pictures import pictures

SVG = "{http://www.w3.org/2000/svg}"
LONG_NAME = "Аудандық маңызы бар қала, кент, ауыл, ауылдық округ"
REGIONS = 20


def shares(seed: int, count: int) -> list[Share]:
    random, values = Random(seed), []
    for _ in range(count):
        low = random.randint(0, 40)
        values.append(Share(low, low + random.choice((0, 0, 3)), 43))
    return values


def link(number: int) -> Link:
    return Link(f"/bodies?year=2024&region={number}", f"«Ә» & <{number}>")


def all_pictures(code: str) -> dict[str, Picture]:
    """One picture of each sort, with links on everything that can have one."""
    drawn, values = language(code), shares(5, 90)
    tiles = [
        Tile(position.column, position.row, position.names[code], None if number % 6 == 1 else values[number], link(number))
        for number, position in enumerate(positions_with(["99"]))
    ]
    columns = [position.names[code] for position in tile_positions()]
    rows = tuple(
        HeatRow(
            f"{row}.1", LONG_NAME * 3, tuple(HeatCell(values[(row * 7 + n) % 90], link(row * 100 + n)) for n in range(REGIONS))
        )
        for row in range(3)
    )
    bins = tuple(ShareBin(count * 97 % 1500, count * 97 % 1500 // 2, link(count)) for count in range(10))
    points = tuple(YearPoint(year, values[year % 90], link(year)) for year in range(2014, 2025))
    return {
        "tiles": tile_map("Ә", tiles, [Tile(0, 0, LONG_NAME, values[0], link(200))] * 2, drawn),
        "heat": heat_map("Ә", columns, [HeatTable(LONG_NAME, rows)], drawn),
        "distribution": distribution(
            "Ә", [LevelDistribution(LONG_NAME, bins, Share(0, 43, 43)), LevelDistribution("Ә", bins[:1] * 10)], drawn
        ),
        "trends": trend_chart("Ә", [Trend(LONG_NAME * 2, points)] * len(SERIES), drawn),
    }


def label_box(label: Label) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a label."""
    width = text_width(label.text, label.size, label.bold)
    if label.upright:
        return label.x, label.y - width, label.x + label.size, label.y
    left = label.x - {Align.LEFT: 0.0, Align.CENTER: width / 2, Align.RIGHT: width}[label.align]
    return left, label.y, left + width, label.y + label.size


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_nothing_leaves_the_area(code: str) -> None:
    for name, picture in all_pictures(code).items():
        for shape in picture.shapes:
            if isinstance(shape, Label):
                left, top, right, bottom = label_box(shape)
            elif isinstance(shape, Box):
                left, top, right, bottom = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
            else:
                continue
            assert left >= 0 and top >= 0 and right <= picture.width and bottom <= picture.height, (name, shape)


def test_text_is_legible_on_a_narrow_screen() -> None:
    """A picture that does not scroll is shown at 366 pixels for 370 points there, so that 8 points are about 8 pixels."""
    for code in LANGUAGE_CODES:
        for name, picture in all_pictures(code).items():
            sizes = [shape.size for shape in picture.shapes if isinstance(shape, Label)]
            assert min(sizes) >= 7.5, (name, code)
            assert picture.width == style.WIDTH_PT or name == "heat"


def test_links_are_native_and_named() -> None:
    for name, picture in all_pictures("kk").items():
        root = ElementTree.fromstring(to_svg(picture))
        links = root.findall(f".//{SVG}a")
        assert {(item.attrib["href"], item[0].text) for item in links} == set(picture.link_names.items()), name
        assert len(picture.link_names) > 5 and all(item[0].tag == f"{SVG}title" for item in links)
        assert all(set(item.attrib) == {"href", "tabindex"} and item.attrib["tabindex"] == "-1" for item in links)
        assert root.attrib["role"] == "group"
        assert {item.attrib["pointer-events"] for item in root.iter(f"{SVG}text")} == {"none"}


def test_pictures_are_equal_bytes_every_time() -> None:
    drawn = list(all_pictures("ru").values())
    svgs = [to_svg(picture) for picture in drawn]
    draw_cached.cache_clear()
    assert [to_svg(picture) for picture in all_pictures("ru").values()] == svgs
    for picture, file in zip(drawn, pictures(drawn), strict=True):
        with Image.open(io.BytesIO(file)) as image:
            assert image.size == pytest.approx((picture.width / 72 * 150, picture.height / 72 * 150), abs=1)


def luminance(color: str) -> float:
    """The relative luminance of a colour (WCAG 2)."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_shades_differ_in_grey_and_their_text_is_legible() -> None:
    faces = [face for face, _ in style.SHADES]
    assert all(contrast(lighter, darker) > 1.25 for lighter, darker in pairwise(faces))
    assert [luminance(face) for face in faces] == sorted(map(luminance, faces), reverse=True)
    assert all(contrast(face, ink) >= 4.5 for face, ink in style.SHADES)


def test_series_differ_without_colour() -> None:
    assert len({shape for _, shape, _ in SERIES}) == len({dashes for dashes, _, _ in SERIES}) == len(SERIES)


def test_classes_cover_every_share() -> None:
    random = Random(3)
    for _ in range(300):
        total = random.randint(1, 62)
        values = [Share(low := random.randint(0, total), low, total) for _ in range(random.randint(1, 25))]
        classes = shade_classes(values)
        assert 1 <= len(classes) <= len(style.SHADES)
        for share in values:
            item = class_of(share, classes)
            assert item.low * share.total <= 100 * share.low <= item.high * share.total
    assert shade_classes([Share(0, 0, 0)]) == ()


def test_open_shares_are_ranges() -> None:
    russian = language("ru")
    assert share_text(Share(5, 5, 8), russian) == "62,5\xa0%"
    assert share_text(Share(4, 6, 8), russian) == "50–75\xa0%"
    assert share_text(Share(0, 0, 0), russian) == "–"


def test_tiles_are_the_regions_of_the_country() -> None:
    positions = tile_positions()
    assert len(positions) == len({(position.column, position.row) for position in positions}) == REGIONS
    assert all(set(position.names) == set(LANGUAGE_CODES) for position in positions)
    further = positions_with(["31", "98", "99"])
    assert further[:REGIONS] == positions
    assert [(position.region, position.row) for position in further[REGIONS:]] == [("98", 5), ("99", 5)]


def test_every_body_side_by_side_has_one_bar() -> None:
    def bodies(values: Iterable[int | None]) -> list[BodyPoints]:
        return [
            BodyPoints(letter, None if low is None else RowPoints("1", "Ә", low, 2, 2), link(ord(letter)))
            for letter, low in zip("ABC", values, strict=True)
        ]

    chart = side_by_side_chart("Ә", [("1", "Ә", bodies((0, 2, None))), ("2", "Ә", bodies((1, 1, None)))], "ABC", language("ru"))
    assert [[bar.label for bar in group.bars] for group in chart.groups] == [["A", "B", "C"]] * 2
    assert [bar.text for bar in chart.groups[0].bars] == ["0–2\xa0/\xa02", "2\xa0/\xa02", "–"]
    svg = to_svg(chart)
    # A bar is a box for its maximum, for its points and for its open points, as far as it has them.
    assert svg.count("<a ") == 2 + 2 + 3 + 3 and "A – 0–2" in chart.description
