"""Changes of the registry by an administrator, and the unchanged sheets of earlier years; on SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from evaluation.answers.models import Report
from evaluation.audit.chain import flush_events
from evaluation.audit.models import AuditEvent
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.pagination import PAGE_SIZE
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations as registry_operations
from evaluation.registry import queries
from evaluation.registry.admin import operations, years
from evaluation.registry.admin import queries as admin_queries
from evaluation.registry.admin.operations import RegistryConflict
from evaluation.registry.admin.queries import UNSUPERVISED, BodyFilters, OrganisationFilters
from evaluation.registry.admin.rules import RegistryError
from evaluation.registry.operations import NewBody
from evaluation.registry.states import BodyState, FormerNames, OrganisationState, StatusEntry, SupervisionPeriod
from evaluation.sheets import queries as sheets
from tests.support.factories import bin_of, clean

SYSTEM = Viewer.system()
CENTRAL, REGION, DISTRICT, RURAL, OTHER_DISTRICT = (bin_of(n) for n in range(1, 6))
ORGANISATION, SECOND_ORGANISATION = bin_of(100), bin_of(101)
ADMINISTRATOR = Viewer("Анна", Role.ADMINISTRATOR, None, 7)


@pytest.fixture
def entered(app: Flask, order: Order) -> Iterator[Order]:
    """Provide two reporting years, a tree of bodies, and two organisations of a district with reports of both years."""
    kind = order.kinds[0].code
    with app.app_context():
        for year in (2023, 2024):
            registry_operations.open_year(SYSTEM, year, order.code)
        registry_operations.register_bodies(
            SYSTEM,
            [
                NewBody(CENTRAL, "Министрлік", "Министерство", "central"),
                NewBody(REGION, "Облыс", "Область", "region", None, "310000000"),
                NewBody(DISTRICT, "Аудан", "Район", "district", REGION, "316200000"),
                NewBody(RURAL, "Округ", "Округ", "rural", DISTRICT, "316247000"),
                NewBody(OTHER_DISTRICT, "Басқа аудан", "Другой район", "district", REGION, "316400000"),
            ],
        )
        registry_operations.register_organisations(
            SYSTEM, [(bin_, kind, f"Мекеме {bin_}", f"Учреждение {bin_}") for bin_ in (ORGANISATION, SECOND_ORGANISATION)]
        )
        index = queries.registry_index(SYSTEM)
        ids = [index.organisations[bin_][0] for bin_ in (ORGANISATION, SECOND_ORGANISATION)]
        registry_operations.add_supervision(SYSTEM, [(id_, index.bodies[DISTRICT], date(2022, 1, 1), None) for id_ in ids])
        for year in (2023, 2024):
            for id_ in ids:
                db.session.add(Report(organisation_id=id_, year=year, answers=clean(order, kind), evidence={}))
        db.session.commit()
        yield order
        db.session.rollback()


def body(bin_: str) -> BodyState:
    return admin_queries.body_states(SYSTEM, bin_)[bin_]


def organisation(bin_: str = ORGANISATION) -> OrganisationState:
    return admin_queries.organisation_states(SYSTEM, bin_)[bin_]


def members(bin_: str, year: int) -> set[str]:
    item = queries.body(SYSTEM, bin_)
    assert item is not None
    return {organisation.bin for organisation in queries.organisations(SYSTEM, item.id, year)}


def assert_rejected(code: str, operation: object, *arguments: object) -> RegistryError:
    """Assert that an operation of the administrator violates the rule of a code; return the error."""
    with pytest.raises(RegistryError) as caught:
        operation(ADMINISTRATOR, *arguments)  # type: ignore[operator]
    assert caught.value.code == code
    return caught.value


def latest_event() -> AuditEvent | None:
    """Return the latest audit event, also before the transaction commits."""
    flush_events(db.session)
    return db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()


def test_a_move_does_not_change_earlier_sheets(entered: Order) -> None:
    before = sheets.body_sheet(SYSTEM, DISTRICT, 2023)
    operations.move_organisation(ADMINISTRATOR, organisation(), OTHER_DISTRICT, 2024)
    assert organisation().periods == (
        SupervisionPeriod(DISTRICT, date(2022, 1, 1), date(2023, 12, 31)),
        SupervisionPeriod(OTHER_DISTRICT, date(2024, 1, 1), None),
    )
    assert members(DISTRICT, 2023) == {ORGANISATION, SECOND_ORGANISATION} and members(OTHER_DISTRICT, 2023) == set()
    assert members(DISTRICT, 2024) == {SECOND_ORGANISATION} and members(OTHER_DISTRICT, 2024) == {ORGANISATION}
    assert sheets.body_sheet(SYSTEM, DISTRICT, 2023) == before
    moved = sheets.body_sheet(SYSTEM, OTHER_DISTRICT, 2024)
    assert moved is not None and moved.max > 0
    event = latest_event()
    assert event is not None and (event.action, event.actor, event.account_id) == ("organisation_moved", "Анна", 7)
    assert [len(periods) for periods in event.data["periods"]] == [1, 2] and event.organisation_id is not None
    assert_rejected("already_there", operations.move_organisation, organisation(), OTHER_DISTRICT, 2024)
    # A move from an earlier year replaces the later period, so that one period remains.
    operations.move_organisation(ADMINISTRATOR, organisation(), OTHER_DISTRICT, 2022)
    assert organisation().periods == (SupervisionPeriod(OTHER_DISTRICT, date(2022, 1, 1), None),)
    operations.move_organisation(ADMINISTRATOR, organisation(), DISTRICT, 2022)
    assert organisation().periods == (SupervisionPeriod(DISTRICT, date(2022, 1, 1), None),)


def test_sheets_show_the_names_of_their_year(entered: Order) -> None:
    operations.rename_body(ADMINISTRATOR, body(DISTRICT), date(2024, 3, 1), "Жаңа аудан", "Новый район")
    operations.rename_organisation(ADMINISTRATOR, organisation(), date(2024, 6, 1), "Бірінші", "Первое")
    operations.rename_organisation(ADMINISTRATOR, organisation(), date(2025, 6, 1), "Екінші", "Второе")
    district = queries.body(SYSTEM, DISTRICT)
    assert district is not None and district.name_kk == "Жаңа аудан"
    for year, name, organisation_name in ((2023, "Аудан", f"Мекеме {ORGANISATION}"), (2024, "Жаңа аудан", "Бірінші")):
        sheet = sheets.body_sheet(SYSTEM, DISTRICT, year)
        assert sheet is not None and sheet.body.name_kk == name
        assert organisation_name in {item.name_kk for item in queries.organisations(SYSTEM, district.id, year)}
        assert queries.organisation_names(SYSTEM, [district.id], year)[ORGANISATION][0] == organisation_name
        assert name in {item.name_kk for item in queries.bodies(SYSTEM, year=year).items}
    assert [item.name_kk for item in queries.organisations(SYSTEM, district.id, 2025)] == [
        "Екінші",
        f"Мекеме {SECOND_ORGANISATION}",
    ]
    assert not db.session.dirty and not db.session.new, "names of earlier years are shown, not stored"
    assert organisation().former_names == (
        FormerNames(date(2024, 5, 31), f"Мекеме {ORGANISATION}", f"Учреждение {ORGANISATION}"),
        FormerNames(date(2025, 5, 31), "Бірінші", "Первое"),
    )
    assert [item.bin for item in queries.bodies(SYSTEM, "Аудан").items if item.bin == DISTRICT], "found by its former name"
    assert_rejected("renamed_later", operations.rename_organisation, organisation(), date(2025, 1, 1), "Үшінші", "")
    assert_rejected("future_name", operations.rename_body, body(REGION), date(today().year + 1, 1, 1), "Келешек", "")
    operations.rename_organisation(ADMINISTRATOR, organisation(), date(2025, 6, 1), "Дұрыс", "Верно")
    assert len(organisation().former_names) == 2 and organisation().name_kk == "Дұрыс", "the same day corrects"


def test_a_body_is_closed_once_it_supervises_nothing(entered: Order) -> None:
    error = assert_rejected("body_has_organisations", operations.close_body, body(DISTRICT), date(2023, 12, 31))
    assert error.values == {"count": 2, "day": "31.12.2023"}
    for bin_ in (ORGANISATION, SECOND_ORGANISATION):
        operations.move_organisation(ADMINISTRATOR, organisation(bin_), OTHER_DISTRICT, 2024)
    assert_rejected("body_has_lower", operations.close_body, body(DISTRICT), date(2023, 12, 31))
    operations.change_body(ADMINISTRATOR, body(RURAL), "Округ", "Округ", "rural", OTHER_DISTRICT, "316247000", None)
    operations.close_body(ADMINISTRATOR, body(DISTRICT), date(2023, 12, 31))
    assert body(DISTRICT).closed_on == date(2023, 12, 31)
    assert [DISTRICT in {item.bin for item in queries.bodies(SYSTEM, year=year).items} for year in (2023, 2024)] == [True, False]
    assert [DISTRICT in {item.bin for item in queries.all_bodies(SYSTEM, year)} for year in (2023, 2024)] == [True, False]
    assert_rejected("body_closed", operations.move_organisation, organisation(), DISTRICT, 2024)
    assert_rejected("closed_already", operations.close_body, body(DISTRICT), date(2024, 12, 31))
    operations.reopen_body(ADMINISTRATOR, body(DISTRICT))
    assert body(DISTRICT).closed_on is None
    assert_rejected("not_closed", operations.reopen_body, body(DISTRICT))


def test_a_body_is_not_assessed_for_years_before_its_first_day(entered: Order) -> None:
    new_bin = bin_of(50)
    operations.add_body(ADMINISTRATOR, BodyState(new_bin, "Жаңа", "", "district", REGION, "316600000", date(2024, 6, 1)))
    assert [new_bin in {item.bin for item in queries.bodies(SYSTEM, year=year).items} for year in (2023, 2024)] == [False, True]
    assert [new_bin in {item.bin for item in queries.all_bodies(SYSTEM, year)} for year in (2023, 2024)] == [False, True]
    assert queries.body(SYSTEM, new_bin, 2023) is None and queries.body(SYSTEM, new_bin, 2024) and queries.body(SYSTEM, new_bin)
    assert sheets.body_sheet(SYSTEM, new_bin, 2023) is None and sheets.body_sheet(SYSTEM, new_bin, 2024)
    assert_rejected("body_not_yet", operations.move_organisation, organisation(), new_bin, 2024)
    operations.move_organisation(ADMINISTRATOR, organisation(), new_bin, 2025)
    state = body(new_bin)

    def with_first_day(day: date | None) -> tuple[object, ...]:
        return state, state.name_kk, state.name_ru, state.level, state.parent, state.kato, day

    late = assert_rejected("body_had_organisations", operations.change_body, *with_first_day(date(2025, 6, 1)))
    assert late.values == {"count": 1, "day": "01.06.2025"} and late.field == "since"
    assert_rejected("strange_day", operations.change_body, *with_first_day(date(205, 1, 1)))
    operations.change_body(ADMINISTRATOR, *with_first_day(None))  # type: ignore[arg-type]
    assert new_bin in {item.bin for item in queries.bodies(SYSTEM, year=2023).items}
    event = latest_event()
    assert event is not None and event.data == {"since": ["2024-06-01", None]}
    state = body(new_bin)
    operations.move_organisation(ADMINISTRATOR, organisation(), DISTRICT, 2024)
    operations.close_body(ADMINISTRATOR, state, date(2024, 12, 31))
    state = body(new_bin)
    assert_rejected("closed_before", operations.change_body, *with_first_day(date(2025, 1, 1)))


def test_an_organisation_in_liquidation_is_a_member_and_a_closed_one_is_not(entered: Order) -> None:
    operations.add_status(ADMINISTRATOR, organisation(), "liquidation", date(2023, 5, 1))
    assert ORGANISATION in members(DISTRICT, 2023)
    assert_rejected("same_status", operations.add_status, organisation(), "liquidation", date(2023, 6, 1))
    assert_rejected("status_later", operations.add_status, organisation(), "bankrupt", date(2023, 4, 1))
    operations.add_status(ADMINISTRATOR, organisation(), "closed", date(2024, 12, 31))
    closed = organisation()
    assert closed.periods == (SupervisionPeriod(DISTRICT, date(2022, 1, 1), date(2024, 12, 30)),)
    assert closed.statuses == (StatusEntry("liquidation", date(2023, 5, 1)), StatusEntry("closed", date(2024, 12, 31)))
    assert ORGANISATION in members(DISTRICT, 2023) and ORGANISATION not in members(DISTRICT, 2024)
    assert_rejected("closed_organisation", operations.move_organisation, closed, OTHER_DISTRICT, 2025)
    assert_rejected("closed_organisation", operations.add_status, closed, "active", date(2025, 1, 1))
    operations.withdraw_status(ADMINISTRATOR, closed)
    assert organisation().periods == (SupervisionPeriod(DISTRICT, date(2022, 1, 1), None),)
    operations.withdraw_status(ADMINISTRATOR, organisation())
    assert_rejected("no_status", operations.withdraw_status, organisation())


def test_level_parent_and_kato_must_agree(entered: Order) -> None:
    def change(bin_: str, **values: str | None) -> tuple[object, ...]:
        state = replace(body(bin_), **values)  # type: ignore[arg-type]
        return body(bin_), state.name_kk, state.name_ru, state.level, state.parent, state.kato, state.since

    for code, arguments in (
        ("parent_of_rural", change(RURAL, parent=REGION)),
        ("parent_of_district", change(DISTRICT, parent=CENTRAL)),
        ("parent_of_region", change(REGION, parent=DISTRICT)),
        ("own_parent", change(REGION, parent=REGION)),
        ("unknown_parent", change(REGION, parent=bin_of(999))),
        ("lower_level", change(DISTRICT, level="region", parent=None, kato="430000000")),
        ("kato_of_region", change(REGION, kato="316200000")),
        ("kato_of_district", change(DISTRICT, kato="316247001")),
        ("kato_of_rural", change(RURAL, kato="316200000")),
        ("kato_of_central", change(CENTRAL, kato="310000000")),
        ("not_kato", change(REGION, kato="31000000")),
        ("kato_elsewhere", change(DISTRICT, kato="436200000")),
        ("name_missing", change(REGION, name_kk="")),
        ("not_level", change(REGION, level="village")),
    ):
        assert_rejected(code, operations.change_body, *arguments)
    operations.change_body(ADMINISTRATOR, *change(DISTRICT, level=None, kato=None))  # type: ignore[arg-type]
    operations.change_body(ADMINISTRATOR, *change(RURAL, level=None, kato=None))  # type: ignore[arg-type]
    operations.change_body(ADMINISTRATOR, *change(REGION, level=None, kato=None))  # type: ignore[arg-type]
    assert_rejected("parent_cycle", operations.change_body, *change(REGION, parent=RURAL))
    assert_rejected("known_bin", operations.add_body, BodyState(REGION, "Облыс"))
    operations.add_body(ADMINISTRATOR, BodyState(bin_of(50), "Жаңа", "", "region", CENTRAL, "430000000"))
    assert body(bin_of(50)).parent == CENTRAL


def test_a_concurrent_change_is_not_overwritten(entered: Order) -> None:
    expected, expected_organisation = body(DISTRICT), organisation()
    operations.change_body(
        ADMINISTRATOR, expected, "Аудан әкімдігі", expected.name_ru, expected.level, expected.parent, expected.kato, None
    )
    operations.add_status(ADMINISTRATOR, expected_organisation, "liquidation", date(2024, 1, 1))
    with pytest.raises(RegistryConflict) as caught:
        operations.change_body(
            ADMINISTRATOR, expected, "Менікі", expected.name_ru, expected.level, expected.parent, expected.kato, None
        )
    assert caught.value.changed == {"name_kk": ("Аудан", "Аудан әкімдігі")}
    with pytest.raises(RegistryConflict) as again:
        operations.move_organisation(ADMINISTRATOR, expected_organisation, OTHER_DISTRICT, 2024)
    assert set(again.value.changed) == {"statuses"}
    assert body(DISTRICT).name_kk == "Аудан әкімдігі" and len(organisation().periods) == 1


def test_organisations_are_entered_and_corrected(entered: Order) -> None:
    kind, another = entered.kinds[0].code, entered.kinds[1].code
    state = OrganisationState(
        bin_of(300), kind, "Жаңа", "", 5_125, True, False, periods=(SupervisionPeriod(OTHER_DISTRICT, date(2024, 5, 1)),)
    )
    operations.add_organisation(ADMINISTRATOR, state)
    assert organisation(bin_of(300)) == state
    operations.change_organisation(ADMINISTRATOR, state, replace(state, kind=another, state_share=10_000), has_reports=False)
    assert organisation(bin_of(300)).kind == another and organisation(bin_of(300)).state_share == 10_000
    assert_rejected("kind_reported", operations.change_organisation, organisation(), replace(organisation(), kind=another), True)
    assert_rejected(
        "not_share", operations.change_organisation, organisation(), replace(organisation(), state_share=10_001), True
    )
    assert_rejected(
        "not_kind_of_order", operations.change_organisation, organisation(), replace(organisation(), kind="guild"), False
    )
    assert_rejected("known_bin", operations.add_organisation, organisation())
    assert_rejected("body_unknown", operations.move_organisation, organisation(), bin_of(999), 2024)


def test_lists_are_filtered_and_divided_into_pages(entered: Order) -> None:
    kind, day = entered.kinds[1].code, today()
    registry_operations.register_organisations(SYSTEM, [(bin_of(1_000 + n), kind, f"№{n:03d} кәсіпорын", "") for n in range(120)])
    registry_operations.add_supervision_for_year(
        SYSTEM,
        2024,
        [(queries.registry_index(SYSTEM).organisations[bin_of(1_000)][0], queries.registry_index(SYSTEM).bodies[RURAL])],
    )
    operations.add_status(ADMINISTRATOR, organisation(bin_of(1_001)), "liquidation", date(2024, 1, 1))
    operations.add_status(ADMINISTRATOR, organisation(bin_of(1_002)), "closed", date(2024, 1, 1))

    def listed(page: int = 1, **filters: str) -> tuple[int, list[str]]:
        result = admin_queries.list_organisations(SYSTEM, OrganisationFilters(**filters), day, page)
        return result.total, [row.organisation.bin for row in result.items]

    assert listed(kind=kind)[0] == 120 and len(listed(kind=kind)[1]) == PAGE_SIZE
    assert len(listed(3, kind=kind)[1]) == 20 and listed(99, kind=kind) == listed(3, kind=kind)
    assert listed(search="кәсіпорын №007") == (1, [bin_of(1_007)]) == listed(search=bin_of(1_007))
    assert listed(status="liquidation") == (1, [bin_of(1_001)]) and listed(status="closed") == (1, [bin_of(1_002)])
    assert listed(body=UNSUPERVISED)[0] == 118 and listed(body=RURAL) == (1, [bin_of(1_000)])
    assert listed(region="31")[0] == 3 and listed(region="43")[0] == 0
    assert listed(kind=entered.kinds[0].code, body=DISTRICT)[0] == 2
    operations.move_organisation(ADMINISTRATOR, organisation(bin_of(1_000)), OTHER_DISTRICT, 2024)
    operations.close_body(ADMINISTRATOR, body(RURAL), date(2024, 12, 31))

    def bodies(**filters: str) -> list[str]:
        return [row.body.bin for row in admin_queries.list_bodies(SYSTEM, BodyFilters(**filters), day).items]

    assert bodies() == [CENTRAL, REGION, DISTRICT, RURAL, OTHER_DISTRICT]
    assert bodies(status="closed") == [RURAL] and RURAL not in bodies(status="open")
    assert bodies(level="district") == [DISTRICT, OTHER_DISTRICT] and bodies(search="басқа") == [OTHER_DISTRICT]
    assert {row.body.bin: row.organisations for row in admin_queries.list_bodies(SYSTEM, BodyFilters(), day).items}[DISTRICT] == 2
    assert [item.bin for item in admin_queries.match_bodies(SYSTEM, "аудан")] == [DISTRICT, OTHER_DISTRICT]
    assert [item.bin for item in admin_queries.match_bodies(SYSTEM, f" {OTHER_DISTRICT} ")] == [OTHER_DISTRICT]


def test_a_year_is_opened_with_its_dates(entered: Order) -> None:
    years.open_year(ADMINISTRATOR, 2025, entered.code, date(2098, 3, 31), date(2098, 1, 10))
    year, expected, later = queries.reporting_year(2025), (date(2098, 1, 10), date(2098, 3, 31)), (None, date(2098, 4, 15))
    assert year is not None and (year.starts_on, year.deadline) == expected and not year.invented
    assert_rejected("year_open", years.open_year, 2025, entered.code)
    assert_rejected("year_order", years.open_year, entered.from_year - 1, entered.code)
    assert_rejected("future_year", years.open_year, today().year + 1, entered.code)
    assert_rejected("early_deadline", years.change_year_dates, year, expected, (None, date(2025, 12, 31)))
    assert_rejected("early_start", years.change_year_dates, year, expected, (date(2024, 12, 31), None))
    assert_rejected("late_start", years.change_year_dates, year, expected, (date(2098, 4, 1), date(2098, 3, 31)))
    years.change_year_dates(ADMINISTRATOR, year, expected, later)
    with pytest.raises(years.YearDatesConflict):
        years.change_year_dates(ADMINISTRATOR, year, expected, (None, None))
    assert (year.starts_on, year.deadline) == later


def test_only_an_administrator_may_change_the_registry(entered: Order) -> None:
    viewers = [Viewer("x", role, None) for role in (Role.CLERK, Role.HEAD, Role.REVIEWER, Role.OBSERVER, Role.NOBODY)]
    body_state, state = body(RURAL), organisation()
    for viewer in viewers:
        for operation, *arguments in (
            (operations.add_body, BodyState(bin_of(60), "Жаңа")),
            (operations.close_body, body_state, date(2024, 1, 1)),
            (operations.rename_body, body_state, date(2024, 1, 1), "Жаңа", ""),
            (operations.move_organisation, state, OTHER_DISTRICT, 2024),
            (operations.add_status, state, "closed", date(2024, 1, 1)),
            (operations.add_organisation, replace(state, bin=bin_of(61))),
            (years.open_year, 2025, entered.code),
            (admin_queries.body_states,),
            (admin_queries.organisation_states,),
        ):
            with pytest.raises(Forbidden):
                operation(viewer, *arguments)  # type: ignore[operator]
