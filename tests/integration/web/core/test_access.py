"""Requests every route as every role for the own and a foreign body, and compares the responses with the policy.

A new route declares its action (`allow`). If its address has new arguments, their values are added to `arguments`; the body of
its request is added to `SENT`. The test fails on a route that lacks either.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from evaluation.budgets.classification import GROUPS
from evaluation.clock import now
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.logs import PERSONAL
from evaluation.policy import ALLOWED, SIGN_IN_ROLES, Action, Role
from evaluation.registry.models import Body, ReportingYear
from evaluation.web.core.access import action_of
from tests.support import accounts
from tests.support.factories import bin_of
from tests.support.log_lines import collected_lines
from tests.support.route_world import YEAR, BodyResources, World, build_route_world
from tests.support.visits import SIGN_IN

METHODS = ("GET", "POST")
OUTCOMES = ("let in", "to sign in", "403", "404")


def arguments(world: World, resources: BodyResources, role: Role) -> dict[str, Any]:
    """Argument of an address → value; keys `endpoint:name` and `blueprint:name` override the value of `name`."""
    return {
        "bin_": resources.bin,
        "organisation_bin": resources.organisation_bin,
        "year": YEAR,
        "kind": world.kind,
        "code": "ru",
        "format_": "json",
        "filename": "css/base.css",
        "bootstrap.static:filename": "css/bootstrap.min.css",
        "bootstrap_static_of_other_version:filename": "css/bootstrap.min.css",
        "token": "x",
        "id_": resources.file,
        "remark_id": resources.remark,
        "anomaly_id": resources.anomaly,
        "decision_id": resources.decision,
        "draft_id": resources.drafts.get(role, resources.drafts[Role.CLERK]),
        "group": GROUPS[0],
        "account_id": world.account,
        "session_id": "0" * 64,
        "method.page:code": world.app.extensions["orders"].latest.code,
        "regions.area:code": "31",
        "audit.history:code": _indicator_code(world),
        "registry.organisation:bin_": resources.organisation_bin,
        "registry.change_organisation:bin_": resources.organisation_bin,
        "uploads:id_": resources.uploads.get(role, resources.uploads[Role.CLERK]),
        # A job of the role's own account: nobody may see another person's.
        "job_id": world.jobs.get(role, world.jobs[Role.CLERK]),
        # A notification of the role's own account: access depends on whether the account can see the notification's body.
        "notification_id": world.messages[resources.id, role if role in SIGN_IN_ROLES else Role.CLERK],
    }


def _indicator_code(world: World) -> str:
    """The code of an indicator that applies to the organisations of the world."""
    return str(world.app.extensions["orders"].latest.indicators_of(world.kind)[0].code)


def _edit(world: World) -> dict[str, Any]:
    return {
        "json": {
            "edits": [
                {"organisation": world.body.organisation_bin, "code": _indicator_code(world), "typed": "", "expected": None}
            ]
        }
    }


SENT: dict[str, Callable[[World], dict[str, Any]]] = {"answers.save": _edit}
"""Endpoint → request; other endpoints get an empty form, and their error message counts as access."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, order: Order) -> Iterator[World]:
    world = build_route_world(tmp_path_factory.mktemp("access"), order)
    yield world
    with world.app.app_context():
        db.engine.dispose()


# Expected responses


def expected(role: Role, action: Action, is_visible: bool) -> str:
    """The outcome of a request for a role, the route's action and the visibility of the resource."""
    if action not in ALLOWED[role]:
        return "to sign in" if role == Role.NOBODY else "403"
    return "let in" if is_visible or action in (Action.PUBLIC, Action.ACCOUNT) else "404"


def outcome(response: TestResponse) -> str:
    if response.status_code in (401, 303, 302) and (response.location or SIGN_IN).startswith(SIGN_IN):
        return "to sign in"
    if response.status_code in (403, 404):
        return str(response.status_code)
    return "let in" if response.status_code < 500 else f"error {response.status_code}"


def addresses(world: World, rule: Rule, role: Role) -> Iterator[tuple[str, bool]]:
    """Yield the addresses of a route to request, each with whether a viewer of only the own body can see its resource."""
    visible_values, foreign = (_values(rule, arguments(world, resources, role)) for resources in (world.body, world.foreign_body))
    choices = {name: re.findall(r"[\w-]+", options) for options, name in re.findall(r"any\(([^)]*)\):(\w+)", rule.rule)}
    for combination in product(*choices.values()):
        more = dict(zip(choices, combination, strict=True))
        yield _build(world, rule, visible_values | more), True
        if visible_values != foreign:
            yield _build(world, rule, foreign | more), False


def strays(world: World, rule: Rule, role: Role) -> Iterator[tuple[str, bool]]:
    """Yield addresses that have the own body with a resource of the foreign body."""
    visible_values, foreign = (_values(rule, arguments(world, resources, role)) for resources in (world.body, world.foreign_body))
    if "bin_" in rule.arguments:
        for name in sorted(set(visible_values) - {"bin_"}):
            if visible_values[name] != foreign[name]:
                yield _build(world, rule, visible_values | {name: foreign[name]}), False


def _values(rule: Rule, values: dict[str, Any]) -> dict[str, Any]:
    choices = re.findall(r"any\([^)]*\):(\w+)", rule.rule)
    route_values = {name: _value(rule, values, name) for name in rule.arguments if name not in choices}
    missing = [name for name, value in route_values.items() if value is None]
    assert not missing, f"{rule.endpoint} needs {missing}: add them to `arguments` in {__name__}"
    return route_values


def _value(rule: Rule, values: dict[str, Any], name: str) -> Any:
    resources = (f"{rule.endpoint}:{name}", f"{rule.endpoint.partition('.')[0]}:{name}", name)
    return next((values[resources] for resources in resources if resources in values), None)


def _build(world: World, rule: Rule, values: dict[str, Any]) -> str:
    built = world.app.url_map.bind("localhost").build(
        rule.endpoint, values, rule.methods and sorted(rule.methods & set(METHODS))[0]
    )
    return str(built)


def rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def as_table(counts: "Counter[tuple[Role, str, str]]") -> str:
    """The counts as a table."""
    lines = [f"{'':15}{'':10}" + "".join(f"{outcome_:>12}" for outcome_ in OUTCOMES)]
    for role in (Role.NOBODY, *SIGN_IN_ROLES):
        for whose in ("own", "foreign", "stray"):
            numbers = [counts[role, whose, outcome_] for outcome_ in OUTCOMES]
            if any(numbers):
                lines.append(f"{role:15}{whose:10}" + "".join(f"{number:>12}" for number in numbers))
    return "\n".join(lines)


# Requests of all routes


def test_every_route_declares_its_action(world: World) -> None:
    with world.app.app_context():
        assert not [rule.endpoint for rule in rules(world.app) if action_of(rule.endpoint) is None]


def test_every_route_for_every_role_and_body(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    counts: Counter[tuple[Role, str, str]] = Counter()
    wrong, revealed = [], []
    for rule in rules(world.app):
        with world.app.app_context():
            action = action_of(rule.endpoint)
        assert action is not None, rule.endpoint
        for method in sorted((rule.methods or set()) & set(METHODS)):
            for role in (Role.NOBODY, *SIGN_IN_ROLES):
                everywhere = role in (Role.ADMINISTRATOR, Role.NOBODY)
                requests = [
                    (url, is_visible or everywhere, "own" if is_visible else "foreign")
                    for url, is_visible in addresses(world, rule, role)
                ]
                requests += [(url, is_visible, "stray") for url, is_visible in strays(world, rule, role)]
                for url, is_visible, whose in requests:
                    sent = SENT.get(rule.endpoint, _nothing) if method != "GET" else _nothing
                    with collected_lines() as lines:
                        response = world.request(role, method, url, **sent(world))
                    revealed += filter(PERSONAL.search, lines.messages)
                    should, actual = expected(role, action, is_visible), outcome(response)
                    if action == Action.PUBLIC and actual == "to sign in":
                        actual = "let in"
                    counts[role, whose, actual] += 1
                    if actual != should:
                        wrong.append(f"{role} {method} {url} ({rule.endpoint}, {action}): {should}, not {actual}")
    with capsys.disabled():
        print(f"\n{len(rules(world.app))} routes\n{as_table(counts)}")
    assert not wrong, "\n".join(wrong)
    assert not revealed, "the log names people or bodies"
    assert set(counts) <= {(role, whose, outcome_) for role, whose, _ in counts for outcome_ in OUTCOMES}


def _nothing(_: World) -> dict[str, Any]:
    return {}


def test_a_signed_out_script_gets_json(world: World) -> None:
    for rule in rules(world.app):
        with world.app.app_context():
            action = action_of(rule.endpoint)
        for method in sorted((rule.methods or set()) & set(METHODS)):
            if action != Action.PUBLIC:
                response = world.request(
                    Role.NOBODY, method, next(addresses(world, rule, Role.NOBODY))[0], headers={"Accept": "application/json"}
                )
                assert response.status_code == 401 and response.json, rule.endpoint
                assert response.json["sign_in"].startswith(SIGN_IN) and response.json["message"]


def test_a_route_without_an_action_is_forbidden_for_every_role(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")
    app.add_url_rule("/undeclared", "undeclared", lambda: "let in")
    for role in (None, *SIGN_IN_ROLES):
        client = accounts.signed_in(app, role) if role else app.test_client()
        assert client.get("/undeclared").status_code == 403


# Visible bodies of each role


def test_which_bodies_every_role_can_see(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")
    with app.app_context():
        region = Body(bin=bin_of(1), name_kk="Облыс", level="region", kato="310000000")
        without = Body(bin=bin_of(2), name_kk="Ауыл", level="rural", parent=region)
        other = Body(bin=bin_of(3), name_kk="Басқа", level="region", kato="350000000")
        central = Body(bin=bin_of(4), name_kk="Министрлік", level="central")
        db.session.add_all(
            [region, without, other, central, ReportingYear(year=YEAR, order_code=app.extensions["orders"].latest.code)]
        )
        db.session.commit()
        ids = {body.bin: body.id for body in (region, without, other, central)}
    every = set(ids)
    for role, bodies, region_code, seen in (
        ("clerk", [bin_of(2)], None, {bin_of(2)}),
        ("head", [], None, set()),
        ("clerk", [], "31", set()),
        ("reviewer", [], None, every),
        ("reviewer", [], "31", {bin_of(1), bin_of(2)}),
        ("reviewer", [bin_of(4)], "31", {bin_of(1), bin_of(2)}),
        ("observer", [], "35", {bin_of(3)}),
        ("observer", [], None, every),
        ("administrator", [bin_of(1)], "31", every),
    ):
        client = accounts.sign_in(
            app.test_client(), accounts.make_account(app, role, [ids[bin_] for bin_ in bodies], region_code)
        )
        for bin_ in every:
            status = client.get(f"/bodies/{bin_}/{YEAR}").status_code
            assert status == (200 if bin_ in seen else 404), (role, bin_)


def test_identifying_the_viewer_needs_two_queries_or_fewer(world: World) -> None:
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        for role in SIGN_IN_ROLES:
            statements.clear()
            # An address without a route needs no query except those that identify the viewer.
            nowhere = world.request(role, "GET", "/nowhere", headers={"Accept": "application/json"})
            assert nowhere.status_code == 404 and len(statements) <= 2, statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_saved_database_is_restored(world: World) -> None:
    """A request of one route does not influence the responses of the next routes."""
    assert world.request(Role.ADMINISTRATOR, "POST", f"/people/{world.account}/disable").status_code < 400
    with world.app.app_context():
        account = db.session.get(accounts.Account, world.account)
        assert account and account.active and now()
