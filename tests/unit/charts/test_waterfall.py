"""The waterfall of the parts of a change: positions of the bars, the broken scale, links and the description."""

import pytest

from evaluation.charts import Link, style, to_svg
from evaluation.charts.picture import Box
from evaluation.charts.waterfall import TOTAL_FILL, Step, waterfall_picture
from evaluation.language import language

LINK = Link("/changes#source-fixed", "fixed: +3")


def bars(*steps: Step) -> list[Box]:
    """The bars of the steps from top to bottom, without keys and backgrounds of labels."""
    shapes = waterfall_picture("Title", steps, language("en")).shapes
    boxes = [shape for shape in shapes if isinstance(shape, Box) and shape.height == style.BAR_HEIGHT_PT]
    return boxes[-len(steps) :]


def test_a_part_begins_where_the_one_before_ends() -> None:
    first, gain, loss, last = bars(
        Step("2023", 2, "2", is_total=True),
        Step("a", 3, "+3", link=LINK),
        Step("b", -4, "−4"),
        Step("2024", 1, "1", is_total=True),
    )
    scale = (style.WIDTH_PT - 2 * style.MARGIN_PT) / 5
    assert [box.width for box in (first, gain, loss, last)] == pytest.approx([2 * scale, 3 * scale, 4 * scale, scale])
    assert gain.x == pytest.approx(first.x + first.width)
    assert loss.x + loss.width == pytest.approx(gain.x + gain.width)
    assert loss.x == pytest.approx(last.x + last.width)
    assert [box.fill for box in (first, gain, loss)] == [TOTAL_FILL, style.POINTS_FILL, style.OPEN_FILL]
    assert gain.link == LINK


def test_small_parts_of_large_totals_stay_visible() -> None:
    first, gain, last = bars(
        Step("2023", 1000, "1 000", is_total=True), Step("a", 10, "+10"), Step("2024", 1010, "1 010", is_total=True)
    )
    assert gain.width > 30
    assert first.x == last.x == style.MARGIN_PT
    assert first.width < last.width


@pytest.mark.parametrize("values", ((0, 0, 0), (5, -5, 0), (0, 5, 5)))
def test_zeros(values: tuple[int, int, int]) -> None:
    for box in bars(*(Step("s", value, str(value), is_total=at != 1) for at, value in enumerate(values))):
        assert box.x >= style.MARGIN_PT and box.x + box.width <= style.WIDTH_PT + 1


def test_the_element_has_its_text_and_links() -> None:
    steps = [Step("2023", 2, "2", is_total=True), Step("Audits", 1, "+1", link=LINK), Step("2024", 3, "3", is_total=True)]
    svg = to_svg(waterfall_picture("Why", steps, language("en")))
    assert "<title" in svg and "2023: 2; Audits: +1; 2024: 3." in svg and LINK.url in svg
