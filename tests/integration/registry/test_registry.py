"""The registry: periods of supervision, the order of names, higher bodies, upgrades; on SQLite and PostgreSQL."""

import unicodedata
from datetime import date

import pytest
from alembic import command
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from evaluation import schema
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import operations, queries
from evaluation.registry.admin import operations as administration
from evaluation.registry.admin import queries as admin_queries
from evaluation.registry.admin.queries import OrganisationFilters
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


def stored_periods(organisation: int) -> list[tuple[int, str, str]]:
    """Return an organisation's periods of supervision as (body id, first day, last day)."""
    statement = text("SELECT body_id, since, until FROM supervision WHERE organisation_id = :organisation ORDER BY since")
    return [
        (body, str(since), str(until)) for body, since, until in db.session.execute(statement, {"organisation": organisation})
    ]


@pytest.fixture
def registered(app: Flask, order: Order) -> Flask:
    kind = next(iter(order.kind))
    with app.app_context():
        bodies = [
            NewBody(bin_of(n), name, f"Орган {n}", "district", None, f"1{n:02d}000000") for n, name in enumerate(NAMES, start=1)
        ]
        operations.register_bodies(SYSTEM, [*bodies, NewBody(bin_of(50), "Ауыл", "", "rural", bin_of(1))])
        operations.register_organisations(SYSTEM, [(bin_of(100 + n), kind, name, "") for n, name in enumerate(NAMES)])
        db.session.commit()
    return app


def test_a_new_period_fits_between_existing_ones(registered: Flask) -> None:
    with registered.app_context():
        operations.add_supervision(SYSTEM, [(1, 1, date(2020, 1, 1), date(2023, 6, 30)), (1, 2, date(2025, 3, 1), None)])
        operations.add_supervision_for_year(SYSTEM, 2023, [(1, 3)])
        assert stored_periods(1) == [(1, "2020-01-01", "2023-06-30"), (3, "2023-07-01", "2025-02-28"), (2, "2025-03-01", "None")]
        assert [queries.supervisor_ids(year).get(1) for year in (2019, 2022, 2023, 2024, 2025)] == [None, 1, 3, 3, 2]
        operations.add_supervision_for_year(SYSTEM, 2025, [(2, 4)])
        operations.add_supervision_for_year(SYSTEM, 2022, [(2, 4)])
        assert stored_periods(2) == [(4, "2022-01-01", "None")], "a later stored_periods of the same body is extended backwards"
        db.session.rollback()


def test_the_database_refuses_two_open_periods(registered: Flask) -> None:
    with registered.app_context(), pytest.raises(IntegrityError):
        operations.add_supervision(SYSTEM, [(1, 1, date(2020, 1, 1), None), (1, 2, date(2021, 1, 1), None)])


def test_names_are_in_alphabetical_order_of_their_language(registered: Flask, order: Order) -> None:
    with registered.app_context():
        operations.add_supervision(SYSTEM, [(id_, 1, date(2020, 1, 1), None) for id_ in range(1, len(NAMES) + 1)])
        assert [item.name_kk for item in queries.organisations(SYSTEM, 1, 2024)] == ORDERED
        db.session.execute(text("UPDATE body SET kato = NULL"))
        names = [item.name_kk for item in queries.bodies(SYSTEM, level="district").items]
        assert names == ORDERED
        russian = [item.name_ru for item in queries.bodies(SYSTEM, level="district", language="ru").items]
        assert russian == sorted(russian) != [item.name_ru for item in queries.bodies(SYSTEM, level="district").items]
        db.session.rollback()


def test_a_search_finds_names_as_people_type_them(registered: Flask, order: Order) -> None:
    kind = next(iter(order.kind))
    with registered.app_context():
        operations.register_bodies(SYSTEM, [NewBody(bin_of(60), "Қонаев қаласының әкімдігі", "Акимат города Конаев")])
        schools = [(bin_of(700 + n), kind, f"№{n} мектеп", f"Школа № {n}") for n in (7, 8, 17, 70)]
        water = (bin_of(800), kind, unicodedata.normalize("NFD", "«Йод-Су» ЖШС"), "")
        operations.register_organisations(SYSTEM, [*schools, water])

        def bodies(typed: str) -> list[str]:
            return [item.bin for item in queries.bodies(SYSTEM, typed).items]

        def organisations(typed: str) -> list[str]:
            rows = admin_queries.list_organisations(SYSTEM, OrganisationFilters(typed), date(2024, 1, 1)).items
            return [row.organisation.bin for row in rows]

        assert bodies("конаев") == bodies("КОНАЕВ акимат") == bodies(bin_of(60)[:11]) == [bin_of(60)]
        assert bodies("уштарал") == [] and bodies("ушарал") == [bin_of(8)] and not bodies("«")
        assert organisations("Школа № 7") == organisations("№7") == [bin_of(707)]
        assert organisations("йод-су") == organisations("«ЙОД – СУ»") == organisations("йод") == [bin_of(800)]
        state = admin_queries.organisation_states(SYSTEM, bin_of(707))[bin_of(707)]
        administration.rename_organisation(SYSTEM, state, date(2024, 1, 1), "Абай лицейі", "")
        assert organisations("№ 7") == organisations("лицейи") == [bin_of(707)], "former names are found too"
        db.session.rollback()


def test_parents_are_limited_to_visible_bodies(registered: Flask) -> None:
    with registered.app_context():
        ids = queries.registry_index(SYSTEM).bodies
        child = queries.body(SYSTEM, bin_of(50))
        assert child is not None
        assert {id_: parent.bin for id_, parent in queries.parents(SYSTEM, [child]).items()} == {child.id: bin_of(1)}
        assert queries.parents(Viewer("clerk", Role.CLERK, frozenset({ids[bin_of(50)]})), [child]) == {}


def test_a_failed_upgrade_releases_its_lock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("half way")

    with app.app_context():
        monkeypatch.setattr(command, "upgrade", fail)
        with pytest.raises(RuntimeError):
            schema.upgrade("0001")
        monkeypatch.undo()
        schema.upgrade("0001")
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0
