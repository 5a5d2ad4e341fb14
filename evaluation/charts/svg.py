"""Makes of matplotlib's SVG one that can stand inside a page, beside others.

Its ids become unique to the chart, and only those that something refers to stay. Its style sheet, which would reach the
whole page, and its style attributes, which a content security policy forbids, become plain attributes. It gets a name
and a description.
"""

import hashlib
import re
from xml.etree import ElementTree

from evaluation.charts import style
from evaluation.charts.bars import Chart

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
REFERENCE = re.compile(r"url\(#([^)]+)\)")
NO_TURN = re.compile(r"rotate\(-?0(\.0*)? [^)]*\)")
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def inline(drawn: bytes, chart: Chart, salt: str = "") -> str:
    """An `<svg>` element as text. `salt` tells apart charts that show the same on one page."""
    root = ElementTree.fromstring(drawn)  # noqa: S314 - the product's own drawing
    prefix = "chart-" + hashlib.sha256(repr((salt, chart)).encode()).hexdigest()[:12]
    elements = list(root.iter())
    for element in elements:
        _plain(element)
    referred = {name for element in elements for value in element.attrib.values() for name in _references(value)}
    for element in elements:
        _own_ids(element, prefix, referred)
    for parent in reversed(elements):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}style" or (child.tag == f"{{{SVG}}}defs" and not len(child)):
                parent.remove(child)
    _name(root, chart, prefix)
    return ElementTree.tostring(root, encoding="unicode")


def _plain(element: ElementTree.Element) -> None:
    """Style as attributes, path data on one line, no turning by nothing."""
    for declaration in filter(None, map(str.strip, element.attrib.pop("style", "").split(";"))):
        name, _, value = declaration.partition(":")
        if name != "font-family":
            element.set(name.strip(), value.strip())
    if "d" in element.attrib:
        element.set("d", " ".join(element.attrib["d"].split()))
    if NO_TURN.fullmatch(element.attrib.get("transform", "")):
        del element.attrib["transform"]
    for text in ("text", "tail"):
        if not (getattr(element, text) or "").strip():
            setattr(element, text, None)


def _references(value: str) -> list[str]:
    return [value[1:]] if value.startswith("#") else REFERENCE.findall(value)


def _own_ids(element: ElementTree.Element, prefix: str, referred: set[str]) -> None:
    own = element.attrib.pop("id", None)
    if own in referred:
        element.set("id", f"{prefix}-{own}")
    for name, value in element.attrib.items():
        if name == f"{{{XLINK}}}href" and value.startswith("#"):
            element.set(name, f"#{prefix}-{value[1:]}")
        elif "url(#" in value:
            element.set(name, REFERENCE.sub(rf"url(#{prefix}-\1)", value))


def _name(root: ElementTree.Element, chart: Chart, prefix: str) -> None:
    root.attrib.pop("version", None)
    root.attrib |= {
        "id": prefix,
        "class": "chart",
        "role": "img",
        "lang": chart.language,
        "aria-labelledby": f"{prefix}-title {prefix}-desc",
        "font-family": ", ".join(style.FAMILIES),
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }
    for place, (tag, words) in enumerate((("title", chart.title), ("desc", chart.description))):
        element = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"{prefix}-{tag}"})
        element.text = words
        root.insert(place, element)
