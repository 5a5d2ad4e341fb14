"""The accessibility statement: without an account, in three languages, with the contact of the setting."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from evaluation.database import db
from evaluation.review.models import Remark
from tests.support.html import attributes, find, texts
from tests.support.scenario import YEAR, two_kind_scenario


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
@pytest.mark.parametrize("contact", ["", "help@example.org"])
def test_the_statement(tmp_path: Path, make_app: Callable[..., Flask], code: str, contact: str) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", HELP_CONTACT=contact)
    client = app.test_client()
    client.set_cookie("language", code)
    response = client.get("/accessibility")
    assert response.status_code == 200 and find(response, "html")["lang"] == code
    assert len(texts(response, "main h2")) == 4 and len(texts(response, "main li")) == 13
    # The same help in the same place of every page (WCAG 3.2.6).
    sign_in = client.get("/account/sign-in")
    for page in (response, sign_in):
        assert attributes(page, "footer a[href='/accessibility']", "href")
        assert attributes(page, "footer a[href^=mailto]", "href") == ([f"mailto:{contact}"] if contact else [])
    assert attributes(response, "main a[href^=mailto]", "href") == ([f"mailto:{contact}"] if contact else [])


def test_a_typed_text_has_its_language(app: Flask) -> None:
    """A remark in Kazakh on a Russian page is marked as Kazakh; on a Kazakh page it needs no mark."""
    scenario = two_kind_scenario(app, app.extensions["orders"].latest)
    with app.app_context():
        db.session.add(Remark(year=YEAR, body_id=scenario.body_id, round=1, text="Құжаттарды қайта тексеріңіз", author="A"))
        db.session.commit()
    for code, expected in (("ru", ["kk"]), ("kk", [])):
        page = scenario.client("clerk", code=code).get(f"/bodies/{scenario.body_bin}/{YEAR}/remarks")
        assert attributes(page, "article p.typed[lang]", "lang") == expected
