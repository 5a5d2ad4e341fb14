"""The checks see what is wrong: a page with one violation of each kind."""

import pytest

from tests.browser.access.checks import focus_violations, violations, violations_when_enlarged
from tests.browser.conftest import NewPage

BAD = """<!doctype html><html lang="ru"><head><title>T</title><style>
:focus-visible { outline: 3px solid #1f5a85 }
.small { display: inline-block; width: 15px; height: 15px; overflow: hidden }
.pale:focus-visible { outline-color: #eee }
.bare:focus-visible { outline: none }
.covered { position: fixed; bottom: 10px; left: 0 }
.cover { position: fixed; inset: auto 0 0; height: 90px; margin: 0; background: #fff }
.wide { width: 500px }
.cut { width: 60px; overflow: hidden; white-space: nowrap }
</style></head><body><main><h1>T</h1>
<a class="small" href="#a">A</a><a class="small" href="#b">B</a>
<button class="pale">Один</button> <button class="bare">Два</button> <button class="covered">Три</button><p class="cover">x</p>
<button onclick="" tabindex="3">Четыре</button>
<p>Бұл сөйлем орыс бетінде тұр.</p><p>This sentence is in English.</p>
<table><tr><td>1</td></tr></table>
<svg viewBox="0 0 9 9" width="20" height="20"><rect width="5" height="5"/></svg>
<p class="cut">Очень длинный текст, который не виден</p><p class="wide">x</p>
</main></body></html>"""


@pytest.fixture(scope="module")
def no_site() -> str:
    return "http://127.0.0.1"


def test_the_checks_see_what_is_wrong(no_site: str, new_page: NewPage) -> None:
    with new_page(no_site, "ru", 390) as page:
        page.set_content(BAD)
        report = "\n".join([*violations(page), *violations_when_enlarged(page), *focus_violations(page)])
    for part in (
        "axe target-size",
        "smallTargets: a",
        "Бұл сөйлем",
        "This sentence",
        "no name",
        "no headers",
        "namelessPictures: svg",
        "cutTexts: p.cut",
        "wideParts: p.wide",
        "at 400 %: ",
        "with text spacing: ",
        'button.pale "Один": focus contrast',
        'button.bare "Два": no visible focus',
        'button.covered "Три": hidden behind other content',
        'changes the order of Tab: button "Четыре"',
    ):
        assert part in report, f"{part} is not in\n{report}"
