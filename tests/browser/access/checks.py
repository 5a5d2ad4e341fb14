"""Checks of an open page: axe with the rules of WCAG 2.2 AA, and what axe does not measure (`checks.js`)."""

from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

CHECKS = (Path(__file__).parent / "checks.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = f"axe.run({{runOnly: {TAGS}, resultTypes: ['violations'], rules: {{'target-size': {{enabled: true}}}}}})"
ON_EVERY_PAGE = ("smallTargets", "otherLanguages", "namelessTables", "namelessPictures", "cutTexts", "wideParts")
NARROW = {"width": 320, "height": 256}
"""A window of 1280 × 1024 pixels at a zoom of 400 % (WCAG 1.4.10)."""
TEXT_SPACING = (
    "*:not(svg *) { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
    " p { margin-bottom: 2em !important }"
)
"""The spaces that a reader may set (WCAG 1.4.12)."""
SET_SPACING = """text => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = text ? [sheet] : [];
}"""


def prepare(page: Page) -> None:
    """Unfold what the page hides, and load the checks."""
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    if not page.evaluate("'accessChecks' in window"):
        page.evaluate(AXE_SCRIPT)
        page.evaluate(CHECKS)


def violations(page: Page) -> Iterator[str]:
    """Yield what axe and the checks of this page report."""
    prepare(page)
    for violation in page.evaluate(AXE)["violations"]:
        for node in violation["nodes"]:
            yield f"axe {violation['id']}: {node['html'][:160]}"
    yield from _measured(page, *ON_EVERY_PAGE)


def violations_when_enlarged(page: Page) -> Iterator[str]:
    """Yield what is cut off or wider than the window at 400 % zoom and with wide text spacing; the window has its size again."""
    prepare(page)
    size = page.viewport_size
    assert size
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    yield from (f"at 400 %: {text}" for text in _measured(page, "wideParts", "cutTexts"))
    page.set_viewport_size(size)
    page.evaluate(SET_SPACING, TEXT_SPACING)
    yield from (f"with text spacing: {text}" for text in _measured(page, "wideParts", "cutTexts"))
    page.evaluate(SET_SPACING, "")


def _measured(page: Page, *names: str) -> Iterator[str]:
    for name in names:
        yield from (f"{name}: {' '.join(text.split())}" for text in page.evaluate(f"accessChecks.{name}()"))


START_OF_PAGE = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  scrollTo(0, 0);
}"""
MORE_KEYS = 10
"""Tab presses beyond the number of controls after which a page is a trap: some controls appear on the way."""


def focus_violations(page: Page) -> Iterator[str]:
    """Press Tab through the page: yield controls that are not reached, whose focus is not seen, and where the focus is caught."""
    prepare(page)
    page.evaluate(START_OF_PAGE)
    for _ in range(page.evaluate("accessChecks.prepareWalk()") + MORE_KEYS):
        page.keyboard.press("Tab")
        state = page.evaluate("accessChecks.focusState()")
        if state is None:
            break
        yield from (f"{state['name']}: {problem}" for problem in state["problems"])
    else:
        yield f"the focus does not leave the page: {state['name']}"
    yield from (f"not reached: {name}" for name in page.evaluate("accessChecks.missedStops()"))
    yield from (f"changes the order of Tab: {name}" for name in page.evaluate("accessChecks.positiveTabIndexes()"))
