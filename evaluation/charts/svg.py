"""Turns matplotlib's SVG document into an element that an HTML page can contain, beside others.

Ids become unique to the chart, and ids that nothing refers to go. The style sheet, which would apply to the whole page, and the
style attributes, which the content security policy forbids, become presentation attributes. The element gets a title and a
description.
"""

import hashlib
import re
from xml.etree import ElementTree

from evaluation.charts import style
from evaluation.charts.picture import Picture

SVG_NAMESPACE, XLINK_NAMESPACE = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
URL_REFERENCE = re.compile(r"url\(#([^)]+)\)")
ZERO_ROTATION = re.compile(r"rotate\(-?0(\.0*)? [^)]*\)")
ElementTree.register_namespace("", SVG_NAMESPACE)
ElementTree.register_namespace("xlink", XLINK_NAMESPACE)


def embeddable(document: bytes, picture: Picture, salt: str = "") -> str:
    """Convert the SVG document of a picture to an `<svg>` element as text; `salt` makes the ids of equal pictures different."""
    root = ElementTree.fromstring(document)  # noqa: S314 - the application drew it
    prefix = "chart-" + hashlib.sha256(repr((salt, picture)).encode()).hexdigest()[:12]
    elements = list(root.iter())
    for element in elements:
        _simplify(element)
    referenced = {id_ for element in elements for value in element.attrib.values() for id_ in _referenced_ids(value)}
    for element in elements:
        _prefix_ids(element, prefix, referenced)
    for parent in reversed(elements):
        for child in list(parent):
            if child.tag == f"{{{SVG_NAMESPACE}}}style" or (child.tag == f"{{{SVG_NAMESPACE}}}defs" and not len(child)):
                parent.remove(child)
    _set_links(root, picture)
    _set_root_attributes(root, picture, prefix)
    return ElementTree.tostring(root, encoding="unicode")


def _simplify(element: ElementTree.Element) -> None:
    """Turn styles into attributes, write path data on one line, and remove rotations by zero."""
    for declaration in filter(None, map(str.strip, element.attrib.pop("style", "").split(";"))):
        name, _, value = declaration.partition(":")
        if name != "font-family":
            element.set(name.strip(), value.strip())
    if "d" in element.attrib:
        element.set("d", " ".join(element.attrib["d"].split()))
    if ZERO_ROTATION.fullmatch(element.attrib.get("transform", "")):
        del element.attrib["transform"]
    for attribute in ("text", "tail"):
        if not (getattr(element, attribute) or "").strip():
            setattr(element, attribute, None)


def _referenced_ids(value: str) -> list[str]:
    return [value[1:]] if value.startswith("#") else URL_REFERENCE.findall(value)


def _prefix_ids(element: ElementTree.Element, prefix: str, referenced: set[str]) -> None:
    id_ = element.attrib.pop("id", None)
    if id_ in referenced:
        element.set("id", f"{prefix}-{id_}")
    for name, value in element.attrib.items():
        if name == f"{{{XLINK_NAMESPACE}}}href" and value.startswith("#"):
            element.set(name, f"#{prefix}-{value[1:]}")
        elif "url(#" in value:
            element.set(name, URL_REFERENCE.sub(rf"url(#{prefix}-\1)", value))


def _set_links(root: ElementTree.Element, picture: Picture) -> None:
    """Give the links native addresses and names.

    They are left out of the order of the Tab key, because the table beside the picture has the same ones. Texts let a click
    through to the linked shape behind them.
    """
    names = picture.link_names
    if not names:
        return
    for element in root.iter():
        if element.tag == f"{{{SVG_NAMESPACE}}}a":
            url = element.attrib.pop(f"{{{XLINK_NAMESPACE}}}href")
            # matplotlib would open every link in a new window.
            element.attrib.pop("target", None)
            element.attrib |= {"href": url, "tabindex": "-1"}
            title = ElementTree.Element(f"{{{SVG_NAMESPACE}}}title")
            title.text = names[url]
            element.insert(0, title)
        elif element.tag == f"{{{SVG_NAMESPACE}}}text":
            element.set("pointer-events", "none")


def _set_root_attributes(root: ElementTree.Element, picture: Picture, prefix: str) -> None:
    root.attrib.pop("version", None)
    root.attrib |= {
        "id": prefix,
        "class": "chart",
        # The content of an image is hidden from readers of the screen; that of a group is not.
        "role": "group" if picture.link_names else "img",
        "lang": picture.language,
        "aria-labelledby": f"{prefix}-title {prefix}-desc",
        "font-family": ", ".join(style.FONT_FAMILIES),
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }
    for position, (tag, text) in enumerate((("title", picture.title), ("desc", picture.description))):
        element = ElementTree.Element(f"{{{SVG_NAMESPACE}}}{tag}", {"id": f"{prefix}-{tag}"})
        element.text = text
        root.insert(position, element)
