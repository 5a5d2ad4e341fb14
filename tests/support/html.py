"""Reads pages as a browser does: by elements, not by text patterns."""

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

PARSER = "lxml"


def parse(page: TestResponse | str) -> BeautifulSoup:
    """The parsed page."""
    return BeautifulSoup(page if isinstance(page, str) else page.text, PARSER)


def find(page: Tag | TestResponse | str, selector: str) -> Tag:
    """Return the first element that the CSS selector matches; a page without one fails the test."""
    element = _node(page).select_one(selector)
    assert element is not None, f"no element matches {selector}"
    return element


def visible_text(element: Tag | TestResponse | str) -> str:
    """Text of an element or page, white space folded to single blanks."""
    node = element if isinstance(element, Tag) else parse(element)
    return " ".join(node.get_text(" ").split())


def texts(page: Tag | TestResponse | str, selector: str) -> list[str]:
    """Text of each element that the CSS selector matches, in the order of the page."""
    return [visible_text(element) for element in _node(page).select(selector)]


def attributes(page: Tag | TestResponse | str, selector: str, name: str) -> list[str]:
    """Value of an attribute of each element that the CSS selector matches and that has the attribute."""
    return [str(element[name]) for element in _node(page).select(selector) if element.has_attr(name)]


def linked_bins(page: Tag | TestResponse | str) -> list[str]:
    """Return the BIN of the body that the row header of each table row links to."""
    return [address.split("/")[2] for address in attributes(page, 'th[scope="row"] > a[href^="/bodies/"]', "href")]


def form_values(form: Tag) -> dict[str, str]:
    """What a browser sends when the form is submitted without a button: successful controls by name.

    Controls outside the form that name it by their attribute `form` are included.
    Of several controls with one name the last counts.
    """
    root = form.find_parents()[-1] if form.find_parents() else form
    controls = form.select("input, select, textarea")
    if form.get("id"):
        controls += root.select(f'[form="{form["id"]}"]')
    values: dict[str, str] = {}
    for control in controls:
        if not control.get("name") or control.has_attr("disabled") or control.get("form", form.get("id")) != form.get("id"):
            continue
        name = str(control["name"])
        if control.name == "select":
            options = control.select("option")
            selected = [option for option in options if option.has_attr("selected")] or options[:1]
            if selected:
                values[name] = str(selected[-1].get("value", selected[-1].get_text()))
        elif control.name == "textarea":
            values[name] = control.get_text().removeprefix("\n")
        elif control.get("type") in ("checkbox", "radio"):
            if control.has_attr("checked"):
                values[name] = str(control.get("value", "on"))
        elif control.name == "input" and control.get("type") not in ("submit", "button", "image", "file", "reset"):
            values[name] = str(control.get("value", ""))
    return values


def csrf_token(page: TestResponse | str) -> str:
    """The page's CSRF token; empty where the page has no form with one."""
    tokens = attributes(page, 'input[name="csrf_token"]', "value")
    return tokens[0] if tokens else ""


def _node(page: Tag | TestResponse | str) -> Tag:
    return page if isinstance(page, Tag) else parse(page)
