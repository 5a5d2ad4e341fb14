"""An opened year is moved to another order: the preview, the obstacles, and what reads the year afterwards."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.criteria.loader import FOLDER
from evaluation.database import db
from evaluation.policy import Forbidden, Role
from evaluation.registry import queries as registry
from evaluation.registry.admin.rules import RegistryError
from evaluation.registry.models import ReportingYear
from evaluation.review import operations as review
from evaluation.review.history.reconstruct import sheet_as_of
from evaluation.review.integrity import discrepancies
from evaluation.review.year_order import move_year, other_orders, preview_move
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import token_of
from tests.support.paths import ROOT, SECOND_ORDER
from tests.support.scenario import BODY, SYSTEM, TODAY, YEAR, Scenario, justify_warnings, store_answers, two_kind_scenario

URL = f"/registry/years/{YEAR}/order"


@dataclass
class World:
    """A year of Order 47 with two other orders that apply to it: an amended one, and the invented one of other kinds."""

    scenario: Scenario
    amended: Order
    invented: Order

    @property
    def year(self) -> ReportingYear:
        year = registry.reporting_year(YEAR)
        assert year
        return year


@pytest.fixture
def world(database_url: str, make_app: Callable[..., Flask], order: Order, tmp_path: Path) -> World:
    folder = tmp_path / "criteria"
    folder.mkdir()
    shutil.copy(FOLDER / "order_47_2022.toml", folder / "order.toml")
    patch = ["git", "apply", str(ROOT / "docs" / "examples" / "changed-redaction.patch")]
    subprocess.run(patch, cwd=folder, check=True, timeout=60)
    for name, source, year in (("order", folder / "order.toml", YEAR), ("second", SECOND_ORDER, YEAR - 1)):
        text = source.read_text(encoding="utf-8").replace("from_year = 2030", f"from_year = {year}", 1)
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    app = make_app(database_url, CRITERIA=(folder,))
    orders = app.extensions["orders"]
    scenario = two_kind_scenario(app, order)
    with app.app_context():
        scenario.fill()
    amended, invented = (next(o for o in orders.all if o.from_year == year) for year in (YEAR, YEAR - 1))
    return World(scenario, amended, invented)


def test_a_year_is_moved_and_everything_follows(world: World) -> None:
    scenario, amended = world.scenario, world.amended
    with scenario.app.app_context():
        admin, body = scenario.viewer(Role.ADMINISTRATOR), scenario.body()
        review.submit(scenario.viewer(Role.HEAD), scenario.order, YEAR, body, 0, TODAY)
        db.session.commit()
        before = datetime.now(UTC).replace(tzinfo=None)
        assert [order.code for order in other_orders(world.year)] == [amended.code, world.invented.code]
        move = preview_move(admin, world.year, amended)
        assert [item.code for item in move.added] == ["unregistered_leases"]
        # Both institutions of the scenario answer the dropped question; two bodies have organisations.
        assert [(item.indicator.code, item.count) for item in move.dropped] == [("phone_furniture_audit", 1)]
        assert move.maxima and all(change.before != change.after for change in move.maxima)
        assert (move.unassessed, move.submitted, move.accepted, move.obstacle) == (0, 1, 0, None)
        before_points, after_points = next((change.before, change.after) for change in move.points if change.body.bin == BODY)
        # The new question is not answered yet: its points are open.
        assert before_points and after_points and before_points[0] == before_points[1] and after_points[0] < after_points[1]
        with pytest.raises(Forbidden):
            move_year(scenario.viewer(Role.REVIEWER), world.year, scenario.order.code, amended.code)
        move_year(admin, world.year, scenario.order.code, amended.code)
        db.session.commit()
        with pytest.raises(RegistryError) as again:
            move_year(admin, world.year, scenario.order.code, world.invented.code)
        assert again.value.code == "year_order_changed"
        db.session.rollback()
        event = db.session.query(AuditEvent).filter_by(action="year_order_changed").one()
        assert (event.year, event.data) == (YEAR, {"order": [scenario.order.code, amended.code]})
        assert registry.order_of(YEAR) == amended and not list(discrepancies(SYSTEM))
        past = sheet_as_of(SYSTEM, registry.orders(), body, YEAR, before)
        assert past and past.sheet_input.current.order == scenario.order
    # Every page of the year is shown under the new order; the submitted year now lacks answers and cannot be accepted.
    reviewer, clerk = scenario.client("reviewer"), scenario.client("clerk")
    for url in ("", "/sheet", "/remarks", "/as-of?on=2026-01-01"):
        assert reviewer.get(f"/bodies/{BODY}/{YEAR}{url}").status_code in (200, 422), url
    for url in (f"/bodies/{BODY}/{YEAR}/entry", scenario.report_url(scenario.organisation_bins[0])):
        assert clerk.get(url).status_code == 200, url
    with scenario.app.app_context():
        body = scenario.body()
        with pytest.raises(Exception, match=r"."):
            review.accept(scenario.viewer(Role.REVIEWER), YEAR, body, 1, TODAY)
        db.session.rollback()
        review.return_submission(scenario.viewer(Role.REVIEWER), YEAR, body.id, 1, "Жаңа сұрақтар")
        for bin_ in scenario.organisation_bins:
            store_answers(amended, bin_, {"unregistered_leases": 0})
        justify_warnings(amended, body.id)
        review.submit(scenario.viewer(Role.HEAD), amended, YEAR, body, 2, TODAY)
        revision = review.accept(scenario.viewer(Role.REVIEWER), YEAR, body, 3, TODAY)
        db.session.commit()
        # The answers of the question that is no longer asked stay stored and are not part of the sheet.
        assert amended.code in revision.content and '"phone_furniture_audit":' not in revision.content
        assert not list(discrepancies(SYSTEM))
        with pytest.raises(RegistryError) as accepted:
            move_year(scenario.viewer(Role.ADMINISTRATOR), world.year, amended.code, scenario.order.code)
        assert accepted.value.code == "year_accepted"


def test_the_page_previews_and_moves(world: World) -> None:
    """The invented order has other kinds: nothing is assessed under it, and the page says so."""
    scenario = world.scenario
    admin = scenario.client("administrator")
    page = admin.get(URL)
    assert_valid(page, "en")
    assert world.amended.code in page.text and world.invented.code in page.text and "What changes" not in page.text
    assert f'href="{URL}"' in admin.get(f"/registry/years/{YEAR}").text
    preview = admin.get(f"{URL}?to={world.invented.code}")
    assert_valid(preview, "en")
    assert (
        "Organisations of kinds that the order does not have" in preview.text and "The points of 2 bodies change" in preview.text
    )
    assert "Move the year</button>" in preview.text and scenario.client("reviewer").get(URL).status_code == 403
    form = {"csrf_token": token_of(admin, URL), "order_code": world.invented.code, "expected": world.amended.code}
    stale = admin.post(URL, data=form)
    assert stale.status_code == 422 and "Someone else moved the year" in stale.text
    assert admin.post(URL, data=form | {"order_code": "nowhere"}).status_code == 422
    assert admin.post(URL, data=form | {"expected": scenario.order.code}).status_code == 303
    assert world.invented.title.en in admin.get(f"/registry/years/{YEAR}").text
    for code in ("kk", "ru"):
        for url in (URL, f"{URL}?to={world.amended.code}"):
            assert_valid(scenario.client("administrator", code=code).get(url), code)


def test_answers_of_another_type_are_an_obstacle(world: World, order: Order) -> None:
    with world.scenario.app.app_context():
        changed = {"type": "text", "choices": None}
        items = tuple(item.model_copy(update=changed) if item.code == "area_audit" else item for item in world.amended.indicators)
        other = Order.model_construct(**{**dict(world.amended), "indicators": items})
        move = preview_move(SYSTEM, world.year, other)
        assert [(item.indicator.code, item.count) for item in move.incompatible] == [("area_audit", 2)]
        assert move.obstacle and move.obstacle.code == "year_order_types" and not move.points
