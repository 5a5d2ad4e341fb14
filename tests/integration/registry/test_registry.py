"""The registry: who supervises whom and when, names in their order, one upgrade at a time; on SQLite and on PostgreSQL."""

from datetime import date

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from evaluation import database
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import operations, queries
from evaluation.registry.operations import NewBody
from tests.support.factories import bin_of

SYSTEM = Viewer.system()
NAMES = ["«Ән-күй» мектебі", "Алма", "Көктал", "Қаратау", "Тамды", "Ғабит", "Гүлдер", "Үшарал", "Ұялы", "Іле", "Ыстық", "Әйтеке"]
ORDERED = [
    "Алма",
    "Әйтеке",
    "«Ән-күй» мектебі",
    "Гүлдер",
    "Ғабит",
    "Көктал",
    "Қаратау",
    "Тамды",
    "Ұялы",
    "Үшарал",
    "Ыстық",
    "Іле",
]


def period(organisation: int) -> list[tuple[int, str, str]]:
    """An organisation's supervisions as (body, first day, last day)."""
    statement = text("SELECT body_id, since, until FROM supervision WHERE organisation_id = :own ORDER BY since")
    return [(body, str(since), str(until)) for body, since, until in db.session.execute(statement, {"own": organisation})]


@pytest.fixture
def filled(app: Flask, order: Order) -> Flask:
    kind = next(iter(order.kind))
    with app.app_context():
        bodies = [
            NewBody(bin_of(n), name, f"Орган {n}", "district", None, f"1{n:02d}000000") for n, name in enumerate(NAMES, start=1)
        ]
        operations.register_bodies(SYSTEM, [*bodies, NewBody(bin_of(50), "Ауыл", "", "rural", bin_of(1))])
        operations.register_organisations(SYSTEM, [(bin_of(100 + n), kind, name, "") for n, name in enumerate(NAMES)])
        db.session.commit()
    return app


def test_periods_are_fitted_between_those_there_are(filled: Flask) -> None:
    with filled.app_context():
        operations.supervise(SYSTEM, [(1, 1, date(2020, 1, 1), date(2023, 6, 30)), (1, 2, date(2025, 3, 1), None)])
        operations.supervise_in(SYSTEM, 2023, [(1, 3)])
        assert period(1) == [(1, "2020-01-01", "2023-06-30"), (3, "2023-07-01", "2025-02-28"), (2, "2025-03-01", "None")]
        assert [queries.supervisors(year).get(1) for year in (2019, 2022, 2023, 2024, 2025)] == [None, 1, 3, 3, 2]
        operations.supervise_in(SYSTEM, 2025, [(2, 4)])
        operations.supervise_in(SYSTEM, 2022, [(2, 4)])
        assert period(2) == [(4, "2022-01-01", "None")], "a later period of the same body is moved forward"
        db.session.rollback()


def test_two_open_periods_are_refused_by_the_database(filled: Flask) -> None:
    with filled.app_context(), pytest.raises(IntegrityError):
        operations.supervise(SYSTEM, [(1, 1, date(2020, 1, 1), None), (1, 2, date(2021, 1, 1), None)])


def test_names_are_ordered_as_a_reader_expects(filled: Flask, order: Order) -> None:
    with filled.app_context():
        operations.supervise(SYSTEM, [(own, 1, date(2020, 1, 1), None) for own in range(1, len(NAMES) + 1)])
        assert [each.name_kk for each in queries.organisations(SYSTEM, 1, 2024)] == ORDERED
        db.session.execute(text("UPDATE body SET kato = NULL"))
        names = [each.name_kk for each in queries.bodies(SYSTEM, level="district").items]
        assert names == ORDERED
        russian = [each.name_ru for each in queries.bodies(SYSTEM, level="district", language="ru").items]
        assert russian == sorted(russian) != [each.name_ru for each in queries.bodies(SYSTEM, level="district").items]
        db.session.rollback()


def test_a_parent_is_shown_to_who_may_see_it(filled: Flask) -> None:
    with filled.app_context():
        ids = queries.known(SYSTEM).bodies
        child = queries.body(SYSTEM, bin_of(50))
        assert child is not None
        assert {own: parent.bin for own, parent in queries.parents(SYSTEM, [child]).items()} == {child.id: bin_of(1)}
        assert queries.parents(Viewer("clerk", Role.CLERK, frozenset({ids[bin_of(50)]})), [child]) == {}


def test_a_failed_upgrade_leaves_no_lock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("half way")

    with app.app_context():
        monkeypatch.setattr(command, "upgrade", fail)
        with pytest.raises(RuntimeError):
            database.upgrade("0001")
        monkeypatch.undo()
        database.upgrade("0001")
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0
