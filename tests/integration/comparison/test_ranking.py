"""The reads of the ranking against brute force on random countries, and who may see whose rank."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from evaluation.audit.models import AuditEvent
from evaluation.comparison.access import MIN_OTHERS, Access
from evaluation.comparison.operations import open_ranking
from evaluation.comparison.queries import access_of, is_ranking_open
from evaluation.comparison.ranking.model import RankingQuery, RankingRow, Scope
from evaluation.comparison.ranking.queries import body_ranks, distribution, members, ranking
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry.models import LEVELS
from tests.support.ranking_country import REGION_CODES, YEAR, RankedBody, ranking_country

SYSTEM = Viewer.system()
SIZE = 40


def expected_ranks(bodies: Iterable[RankedBody]) -> dict[int, tuple[int, int]]:
    """Body id → best and worst rank, counted one by one with fractions."""
    ranked = [body for body in bodies if body.tables]
    return {
        body.id: (
            1 + sum(other.share[0] > body.share[1] for other in ranked if other is not body),
            1 + sum(other.share[1] > body.share[0] for other in ranked if other is not body),
        )
        for body in ranked
    }


def rows_of(query: RankingQuery, viewer: Viewer = SYSTEM, page: int | None = None) -> list[RankingRow]:
    return list(ranking(viewer, YEAR, query, "ru", members(viewer, YEAR), page).items)


def ranks_of(rows: Iterable[RankingRow]) -> dict[int, tuple[int, int]]:
    return {row.body.id: (row.rank.best, row.rank.worst) for row in rows if row.rank}


def scopes_with_members(bodies: list[RankedBody]) -> dict[Scope, list[RankedBody]]:
    """Every scope of the country → its bodies."""
    existing = [body for body in bodies if body.exists]
    scopes = {Scope(): existing}
    scopes |= {Scope("level", level): [body for body in existing if body.level == level] for level in LEVELS}
    scopes |= {Scope("region", code): [body for body in existing if body.region == code] for code in REGION_CODES}
    for tables in {frozenset(body.tables) for body in existing if body.tables}:
        scopes[Scope.of_tables(tables)] = [body for body in existing if set(body.tables) == tables]
    return scopes


@pytest.mark.parametrize("seed", range(3))
def test_ranks_in_every_scope_equal_brute_force(app: Flask, order: Order, seed: int) -> None:
    with app.app_context():
        bodies = ranking_country(order, Random(seed), SIZE)
        db.session.commit()
        scopes, everyone = scopes_with_members(bodies), members(SYSTEM, YEAR)
        expected = {scope: expected_ranks(in_scope) for scope, in_scope in scopes.items()}
        for scope, in_scope in scopes.items():
            rows = rows_of(RankingQuery(scope))
            assert ranks_of(rows) == expected[scope], scope
            assert distribution(SYSTEM, YEAR, scope).total == len(rows) == everyone.count(SYSTEM, scope)
            apart = rows_of(RankingQuery(scope, without_tables=True))
            assert {row.body.id for row in apart} == {body.id for body in in_scope if not body.tables}
            assert len(apart) == everyone.count(SYSTEM, scope, without_tables=True) and not any(row.rank for row in apart)
        for body in bodies:
            items = body_ranks(SYSTEM, YEAR, body.id)
            assert {item.scope: (item.rank.best, item.rank.worst, item.total) for item in items} == {
                scope: (*expected[scope][body.id], len(expected[scope]))
                for scope, in_scope in scopes.items()
                if body.tables and body in in_scope
            }


def test_rows_have_the_points_and_the_change(app: Flask, order: Order) -> None:
    with app.app_context():
        bodies = {body.id: body for body in ranking_country(order, Random(7), SIZE)}
        for row in rows_of(RankingQuery()):
            body = bodies[row.body.id]
            assert {kind: (table.low, table.high, table.max) for kind, table in row.tables.items()} == body.tables
            assert (row.points.low, row.points.high, row.points.max) == body.points
            assert (row.parent and row.parent.id) == body.parent
            low, high, maximum = body.previous
            before = (Fraction(high, maximum), Fraction(low, maximum)) if maximum else None
            assert row.change == (before and tuple(100 * (now - past) for now, past in zip(body.share, before, strict=True)))


def sort_values(body: RankedBody, key: str) -> tuple[Any, ...] | None:
    """What a body is sorted by; None for a value that it lacks."""
    low, high, maximum = body.previous
    if key == "rank":
        return body.share
    if key == "points":
        return body.points[:2]
    if key == "previous":
        return (Fraction(low, maximum), Fraction(high, maximum)) if maximum else None
    if key == "change":
        return (float(body.share[0]) - high / maximum, float(body.share[1]) - low / maximum) if maximum else None
    return body.tables.get(key.removeprefix("table-"), (None,))[:2] if key.removeprefix("table-") in body.tables else None


def test_every_sort_order_and_its_pages(app: Flask, order: Order) -> None:
    with app.app_context():
        bodies = {body.id: body for body in ranking_country(order, Random(11), SIZE)}
        keys = ("rank", "points", "change", "previous", f"table-{order.form.tables[0].kind}")
        for key in keys:
            for is_descending in (False, True):
                rows = rows_of(RankingQuery(sort=key, is_descending=is_descending))
                values = [sort_values(bodies[row.body.id], key) for row in rows]
                with_value = [value for value in values if value is not None]
                assert values[: len(with_value)] == with_value, "bodies without a value come last"
                # The best rank has the largest share.
                assert with_value == sorted(with_value, reverse=is_descending != (key == "rank")), (key, is_descending)
        names = [row.body.name_ru for row in rows_of(RankingQuery(sort="name", is_descending=True))]
        assert names == sorted(names, reverse=True)
        # A search leaves the ranks as they are.
        everyone = rows_of(RankingQuery())
        single = rows_of(RankingQuery(search=everyone[5].body.bin))
        assert [row.body.id for row in single] == [everyone[5].body.id] and single[0].rank == everyone[5].rank
        assert ranking(SYSTEM, YEAR, RankingQuery(), "ru", members(SYSTEM, YEAR), 99).number == 1


def test_the_choices_are_the_scopes_of_visible_bodies(app: Flask, order: Order) -> None:
    with app.app_context():
        bodies = [body for body in ranking_country(order, Random(3), SIZE) if body.exists and body.tables]
        everyone = members(SYSTEM, YEAR)
        assert set(everyone.levels(SYSTEM)) == {body.level for body in bodies}
        assert set(everyone.regions(SYSTEM)) == {body.region for body in bodies if body.region}
        assert set(everyone.table_scopes(SYSTEM)) == {Scope.of_tables(body.tables) for body in bodies}
        clerk = Viewer("c", Role.CLERK, frozenset({bodies[0].id}))
        assert everyone.levels(clerk) == [bodies[0].level]
        assert everyone.table_scopes(clerk) == [Scope.of_tables(bodies[0].tables)]


# Access


@pytest.fixture
def viewers(app: Flask, order: Order) -> tuple[list[RankedBody], Callable[[Role], Viewer]]:
    """A stored country, and viewers of the bodies of one region, or of one body."""
    with app.app_context():
        bodies = ranking_country(order, Random(5), SIZE)
        db.session.commit()
    ranked = [body for body in bodies if body.exists and body.tables]
    region = frozenset(body.id for body in bodies if body.region == REGION_CODES[1])
    rural = next(body.id for body in ranked if body.level == "rural")

    def viewer(role: Role) -> Viewer:
        return Viewer("x", role, region if role in (Role.REVIEWER, Role.OBSERVER) else frozenset({rural}))

    return ranked, viewer


def test_limited_viewers_see_their_bodies_with_ranks_among_all(
    app: Flask, order: Order, viewers: tuple[list[RankedBody], Callable[[Role], Viewer]]
) -> None:
    ranked, viewer_of = viewers
    with app.app_context():
        everyone = ranks_of(rows_of(RankingQuery()))
        for role in (Role.REVIEWER, Role.OBSERVER, Role.CLERK, Role.HEAD):
            viewer = viewer_of(role)
            access = access_of(viewer, YEAR)
            assert viewer.bodies is not None and not access.is_unlimited
            shown = ranks_of(rows_of(RankingQuery(), access.reader))
            assert shown == {id_: rank for id_, rank in everyone.items() if id_ in viewer.bodies} and shown
            assert access.can_name(next(iter(viewer.bodies))) and not access.can_name(10**6)
            is_region = role in (Role.REVIEWER, Role.OBSERVER)
            others = Counter(body.level for body in ranked if body.id not in viewer.bodies)
            assert access.others == others and access.can_count() is is_region
            for level in LEVELS:
                has_body = any(body.level == level for body in ranked if body.id in viewer.bodies)
                assert access.can_count(level) is ((is_region or has_body) and others[level] >= MIN_OTHERS), level
            assert not access_of(viewer).can_count() and not access_of(viewer).can_count("rural")
            foreign = next(body for body in ranked if body.id not in viewer.bodies)
            assert body_ranks(viewer, YEAR, foreign.id) == []


def test_an_administrator_opens_and_limits_the_ranking(
    app: Flask, viewers: tuple[list[RankedBody], Callable[[Role], Viewer]]
) -> None:
    ranked, viewer_of = viewers
    administrator, clerk = Viewer("a", Role.ADMINISTRATOR, None), viewer_of(Role.CLERK)
    with app.app_context():
        for role in (Role.CLERK, Role.HEAD, Role.REVIEWER, Role.OBSERVER, Role.NOBODY):
            with pytest.raises(Forbidden):
                open_ranking(replace(clerk, role=role, bodies=None), True)
        for is_open, changes in ((False, False), (True, True), (True, False), (False, True)):
            assert open_ranking(administrator, is_open) is changes
            db.session.commit()
            assert is_ranking_open(clerk) is is_open
            access = access_of(clerk)
            assert access.is_unlimited is is_open and access.can_count() is is_open
            assert len(rows_of(RankingQuery(), access.reader)) == (len(ranked) if is_open else 1)
        actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("ranking"))).all()
        assert actions == ["ranking_opened", "ranking_limited"]
    assert Access(administrator).is_unlimited and not Access(clerk, body_levels=frozenset({"rural"})).can_count()
