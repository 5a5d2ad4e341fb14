"""What an administrator changes in the registry, and what sheets of earlier years keep; on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from evaluation.answers.models import Report
from evaluation.audit.models import AuditEvent
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.pagination import PAGE_SIZE
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations as registering
from evaluation.registry import queries
from evaluation.registry.admin import operations
from evaluation.registry.admin import queries as upkeep
from evaluation.registry.admin.operations import Stale
from evaluation.registry.admin.queries import LOOSE, BodyFilters, OrganisationFilters
from evaluation.registry.admin.rules import Refusal
from evaluation.registry.admin.states import BodyState, Dated, Former, OrganisationState, Period
from evaluation.registry.operations import NewBody
from evaluation.sheets import queries as sheets
from tests.support.factories import bin_of, clean

SYSTEM = Viewer.system()
CENTRAL, REGION, DISTRICT, RURAL, OTHER = (bin_of(n) for n in range(1, 6))
OWN, SECOND = bin_of(100), bin_of(101)
ANN = Viewer("Анна", Role.ADMINISTRATOR, None, 7)


@pytest.fixture
def entered(app: Flask, order: Order) -> Iterator[Order]:
    """Two reporting years, a tree of bodies, and two organisations of a district that have answered both years."""
    kind = order.kinds[0].code
    with app.app_context():
        for year in (2023, 2024):
            registering.open_year(SYSTEM, year, order.code)
        registering.register_bodies(
            SYSTEM,
            [
                NewBody(CENTRAL, "Министрлік", "Министерство", "central"),
                NewBody(REGION, "Облыс", "Область", "region", None, "310000000"),
                NewBody(DISTRICT, "Аудан", "Район", "district", REGION, "316200000"),
                NewBody(RURAL, "Округ", "Округ", "rural", DISTRICT, "316247000"),
                NewBody(OTHER, "Басқа аудан", "Другой район", "district", REGION, "316400000"),
            ],
        )
        registering.register_organisations(SYSTEM, [(own, kind, f"Мекеме {own}", f"Учреждение {own}") for own in (OWN, SECOND)])
        known = queries.known(SYSTEM)
        ids = [known.organisations[own][0] for own in (OWN, SECOND)]
        registering.supervise(SYSTEM, [(id_, known.bodies[DISTRICT], date(2022, 1, 1), None) for id_ in ids])
        for year in (2023, 2024):
            for id_ in ids:
                db.session.add(Report(organisation_id=id_, year=year, answers=clean(order, kind), evidence={}))
        db.session.commit()
        yield order
        db.session.rollback()


def body(bin_: str) -> BodyState:
    return upkeep.body_states(SYSTEM, bin_)[bin_]


def organisation(bin_: str = OWN) -> OrganisationState:
    return upkeep.organisation_states(SYSTEM, bin_)[bin_]


def members(bin_: str, year: int) -> set[str]:
    found = queries.body(SYSTEM, bin_)
    assert found is not None
    return {each.bin for each in queries.organisations(SYSTEM, found.id, year)}


def refused(problem: str, act: object, *given: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act(ANN, *given)  # type: ignore[operator]
    assert caught.value.problem == problem
    return caught.value


def test_a_move_leaves_earlier_sheets_as_they_were(entered: Order) -> None:
    before = sheets.sheet(SYSTEM, DISTRICT, 2023)
    operations.move_organisation(ANN, organisation(), OTHER, 2024)
    assert organisation().periods == (
        Period(DISTRICT, date(2022, 1, 1), date(2023, 12, 31)),
        Period(OTHER, date(2024, 1, 1), None),
    )
    assert members(DISTRICT, 2023) == {OWN, SECOND} and members(OTHER, 2023) == set()
    assert members(DISTRICT, 2024) == {SECOND} and members(OTHER, 2024) == {OWN}
    assert sheets.sheet(SYSTEM, DISTRICT, 2023) == before
    moved = sheets.sheet(SYSTEM, OTHER, 2024)
    assert moved is not None and moved.max > 0
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None and (event.action, event.actor, event.account_id) == ("organisation_moved", "Анна", 7)
    assert [len(each) for each in event.data["periods"]] == [1, 2] and event.organisation_id is not None
    refused("already_there", operations.move_organisation, organisation(), OTHER, 2024)
    # From an earlier year on: what was entered for later is overruled, and one period is left of both.
    operations.move_organisation(ANN, organisation(), OTHER, 2022)
    assert organisation().periods == (Period(OTHER, date(2022, 1, 1), None),)
    operations.move_organisation(ANN, organisation(), DISTRICT, 2022)
    assert organisation().periods == (Period(DISTRICT, date(2022, 1, 1), None),)


def test_new_names_stand_on_the_sheets_of_their_years(entered: Order) -> None:
    operations.rename_body(ANN, body(DISTRICT), date(2024, 3, 1), "Жаңа аудан", "Новый район")
    operations.rename_organisation(ANN, organisation(), date(2024, 6, 1), "Бірінші", "Первое")
    operations.rename_organisation(ANN, organisation(), date(2025, 6, 1), "Екінші", "Второе")
    own = queries.body(SYSTEM, DISTRICT)
    assert own is not None and own.name_kk == "Жаңа аудан"
    for year, name, theirs in ((2023, "Аудан", f"Мекеме {OWN}"), (2024, "Жаңа аудан", "Бірінші")):
        sheet = sheets.sheet(SYSTEM, DISTRICT, year)
        assert sheet is not None and sheet.body.name_kk == name
        assert theirs in {each.name_kk for each in queries.organisations(SYSTEM, own.id, year)}
        assert queries.names(SYSTEM, [own.id], year)[OWN][0] == theirs
        assert name in {each.name_kk for each in queries.bodies(SYSTEM, year=year).items}
    assert [each.name_kk for each in queries.organisations(SYSTEM, own.id, 2025)] == ["Екінші", f"Мекеме {SECOND}"]
    assert not db.session.dirty and not db.session.new, "names of earlier years are shown, not stored"
    assert organisation().former == (
        Former(date(2024, 5, 31), f"Мекеме {OWN}", f"Учреждение {OWN}"),
        Former(date(2025, 5, 31), "Бірінші", "Первое"),
    )
    assert [each.bin for each in queries.bodies(SYSTEM, "Аудан").items if each.bin == DISTRICT], "found by its former name"
    refused("renamed_later", operations.rename_organisation, organisation(), date(2025, 1, 1), "Үшінші", "")
    refused("future_name", operations.rename_body, body(REGION), date(today().year + 1, 1, 1), "Келешек", "")
    operations.rename_organisation(ANN, organisation(), date(2025, 6, 1), "Дұрыс", "Верно")
    assert len(organisation().former) == 2 and organisation().name_kk == "Дұрыс", "the same day corrects"


def test_a_body_is_closed_once_nothing_stands_under_it(entered: Order) -> None:
    wrong = refused("body_has_organisations", operations.close_body, body(DISTRICT), date(2023, 12, 31))
    assert wrong.values == {"count": 2, "day": "31.12.2023"}
    for own in (OWN, SECOND):
        operations.move_organisation(ANN, organisation(own), OTHER, 2024)
    refused("body_has_lower", operations.close_body, body(DISTRICT), date(2023, 12, 31))
    operations.change_body(ANN, body(RURAL), "Округ", "Округ", "rural", OTHER, "316247000", None)
    operations.close_body(ANN, body(DISTRICT), date(2023, 12, 31))
    assert body(DISTRICT).closed_on == date(2023, 12, 31)
    assert [DISTRICT in {each.bin for each in queries.bodies(SYSTEM, year=year).items} for year in (2023, 2024)] == [True, False]
    assert [DISTRICT in {each.bin for each in queries.all_bodies(SYSTEM, year)} for year in (2023, 2024)] == [True, False]
    refused("body_closed", operations.move_organisation, organisation(), DISTRICT, 2024)
    refused("closed_already", operations.close_body, body(DISTRICT), date(2024, 12, 31))
    operations.reopen_body(ANN, body(DISTRICT))
    assert body(DISTRICT).closed_on is None
    refused("not_closed", operations.reopen_body, body(DISTRICT))


def test_a_body_owes_nothing_for_the_years_before_its_first_day(entered: Order) -> None:
    own = bin_of(50)
    operations.add_body(ANN, BodyState(own, "Жаңа", "", "district", REGION, "316600000", date(2024, 6, 1)))
    assert [own in {each.bin for each in queries.bodies(SYSTEM, year=year).items} for year in (2023, 2024)] == [False, True]
    assert [own in {each.bin for each in queries.all_bodies(SYSTEM, year)} for year in (2023, 2024)] == [False, True]
    assert queries.body(SYSTEM, own, 2023) is None and queries.body(SYSTEM, own, 2024) and queries.body(SYSTEM, own)
    assert sheets.sheet(SYSTEM, own, 2023) is None and sheets.sheet(SYSTEM, own, 2024)
    refused("body_not_yet", operations.move_organisation, organisation(), own, 2024)
    operations.move_organisation(ANN, organisation(), own, 2025)
    seen = body(own)

    def beginning(day: date | None) -> tuple[object, ...]:
        return seen, seen.name_kk, seen.name_ru, seen.level, seen.parent, seen.kato, day

    late = refused("body_had_organisations", operations.change_body, *beginning(date(2025, 6, 1)))
    assert late.values == {"count": 1, "day": "01.06.2025"} and late.at == "since"
    refused("strange_day", operations.change_body, *beginning(date(205, 1, 1)))
    operations.change_body(ANN, *beginning(None))  # type: ignore[arg-type]
    assert own in {each.bin for each in queries.bodies(SYSTEM, year=2023).items}
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None and event.data == {"since": ["2024-06-01", None]}
    seen = body(own)
    operations.move_organisation(ANN, organisation(), DISTRICT, 2024)
    operations.close_body(ANN, seen, date(2024, 12, 31))
    seen = body(own)
    refused("closed_before", operations.change_body, *beginning(date(2025, 1, 1)))


def test_in_liquidation_counts_and_closed_does_not(entered: Order) -> None:
    operations.set_status(ANN, organisation(), "liquidation", date(2023, 5, 1))
    assert OWN in members(DISTRICT, 2023)
    refused("same_status", operations.set_status, organisation(), "liquidation", date(2023, 6, 1))
    refused("status_later", operations.set_status, organisation(), "bankrupt", date(2023, 4, 1))
    operations.set_status(ANN, organisation(), "closed", date(2024, 12, 31))
    found = organisation()
    assert found.periods == (Period(DISTRICT, date(2022, 1, 1), date(2024, 12, 30)),)
    assert found.statuses == (Dated("liquidation", date(2023, 5, 1)), Dated("closed", date(2024, 12, 31)))
    assert OWN in members(DISTRICT, 2023) and OWN not in members(DISTRICT, 2024)
    refused("closed_organisation", operations.move_organisation, found, OTHER, 2025)
    refused("closed_organisation", operations.set_status, found, "active", date(2025, 1, 1))
    operations.withdraw_status(ANN, found)
    assert organisation().periods == (Period(DISTRICT, date(2022, 1, 1), None),)
    operations.withdraw_status(ANN, organisation())
    refused("no_status", operations.withdraw_status, organisation())


def test_levels_parents_and_kato_suit_each_other(entered: Order) -> None:
    def change(bin_: str, **values: str | None) -> tuple[object, ...]:
        now = replace(body(bin_), **values)  # type: ignore[arg-type]
        return body(bin_), now.name_kk, now.name_ru, now.level, now.parent, now.kato, now.since

    for problem, given in (
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
        refused(problem, operations.change_body, *given)
    operations.change_body(ANN, *change(DISTRICT, level=None, kato=None))  # type: ignore[arg-type]
    operations.change_body(ANN, *change(RURAL, level=None, kato=None))  # type: ignore[arg-type]
    operations.change_body(ANN, *change(REGION, level=None, kato=None))  # type: ignore[arg-type]
    refused("parent_cycle", operations.change_body, *change(REGION, parent=RURAL))
    refused("known_bin", operations.add_body, BodyState(REGION, "Облыс"))
    operations.add_body(ANN, BodyState(bin_of(50), "Жаңа", "", "region", CENTRAL, "430000000"))
    assert body(bin_of(50)).parent == CENTRAL


def test_what_was_changed_meanwhile_is_not_overwritten(entered: Order) -> None:
    seen, seen_own = body(DISTRICT), organisation()
    operations.change_body(ANN, seen, "Аудан әкімдігі", seen.name_ru, seen.level, seen.parent, seen.kato, None)
    operations.set_status(ANN, seen_own, "liquidation", date(2024, 1, 1))
    with pytest.raises(Stale) as caught:
        operations.change_body(ANN, seen, "Менікі", seen.name_ru, seen.level, seen.parent, seen.kato, None)
    assert caught.value.fields == {"name_kk": ("Аудан", "Аудан әкімдігі")}
    with pytest.raises(Stale) as again:
        operations.move_organisation(ANN, seen_own, OTHER, 2024)
    assert set(again.value.fields) == {"statuses"}
    assert body(DISTRICT).name_kk == "Аудан әкімдігі" and len(organisation().periods) == 1


def test_organisations_are_entered_and_corrected(entered: Order) -> None:
    kind, another = entered.kinds[0].code, entered.kinds[1].code
    fresh = OrganisationState(bin_of(300), kind, "Жаңа", "", 5_125, True, False, periods=(Period(OTHER, date(2024, 5, 1)),))
    operations.add_organisation(ANN, fresh)
    assert organisation(bin_of(300)) == fresh
    operations.change_organisation(ANN, fresh, replace(fresh, kind=another, state_share=10_000), reported=False)
    assert organisation(bin_of(300)).kind == another and organisation(bin_of(300)).state_share == 10_000
    refused("kind_reported", operations.change_organisation, organisation(), replace(organisation(), kind=another), True)
    refused("not_share", operations.change_organisation, organisation(), replace(organisation(), state_share=10_001), True)
    refused("not_kind_of_order", operations.change_organisation, organisation(), replace(organisation(), kind="guild"), False)
    refused("known_bin", operations.add_organisation, organisation())
    refused("body_unknown", operations.move_organisation, organisation(), bin_of(999), 2024)


def test_lists_are_searched_filtered_and_paged(entered: Order) -> None:
    kind, day = entered.kinds[1].code, today()
    registering.register_organisations(SYSTEM, [(bin_of(1_000 + n), kind, f"№{n:03d} кәсіпорын", "") for n in range(120)])
    registering.supervise_in(
        SYSTEM, 2024, [(queries.known(SYSTEM).organisations[bin_of(1_000)][0], queries.known(SYSTEM).bodies[RURAL])]
    )
    operations.set_status(ANN, organisation(bin_of(1_001)), "liquidation", date(2024, 1, 1))
    operations.set_status(ANN, organisation(bin_of(1_002)), "closed", date(2024, 1, 1))

    def found(page: int = 1, **filters: str) -> tuple[int, list[str]]:
        listed = upkeep.organisations_listed(SYSTEM, OrganisationFilters(**filters), day, page)
        return listed.total, [line.organisation.bin for line in listed.items]

    assert found(kind=kind)[0] == 120 and len(found(kind=kind)[1]) == PAGE_SIZE
    assert len(found(3, kind=kind)[1]) == 20 and found(99, kind=kind) == found(3, kind=kind)
    assert found(search="кәсіпорын №007") == (1, [bin_of(1_007)]) == found(search=bin_of(1_007))
    assert found(status="liquidation") == (1, [bin_of(1_001)]) and found(status="closed") == (1, [bin_of(1_002)])
    assert found(body=LOOSE)[0] == 118 and found(body=RURAL) == (1, [bin_of(1_000)])
    assert found(region="31")[0] == 3 and found(region="43")[0] == 0
    assert found(kind=entered.kinds[0].code, body=DISTRICT)[0] == 2
    operations.move_organisation(ANN, organisation(bin_of(1_000)), OTHER, 2024)
    operations.close_body(ANN, body(RURAL), date(2024, 12, 31))

    def bodies(**filters: str) -> list[str]:
        return [line.body.bin for line in upkeep.bodies_listed(SYSTEM, BodyFilters(**filters), day).items]

    assert bodies() == [CENTRAL, REGION, DISTRICT, RURAL, OTHER]
    assert bodies(state="closed") == [RURAL] and RURAL not in bodies(state="open")
    assert bodies(level="district") == [DISTRICT, OTHER] and bodies(search="басқа") == [OTHER]
    assert {line.body.bin: line.organisations for line in upkeep.bodies_listed(SYSTEM, BodyFilters(), day).items}[DISTRICT] == 2
    assert [each.bin for each in upkeep.bodies_matching(SYSTEM, "аудан")] == [DISTRICT, OTHER]
    assert [each.bin for each in upkeep.bodies_matching(SYSTEM, f" {OTHER} ")] == [OTHER]


def test_years_are_opened_with_their_days(entered: Order) -> None:
    operations.open_year(ANN, 2025, entered.code, date(2026, 3, 31), date(2026, 1, 10))
    opened, was, later = queries.reporting_year(2025), (date(2026, 1, 10), date(2026, 3, 31)), (None, date(2026, 4, 15))
    assert opened is not None and (opened.starts_on, opened.deadline) == was and not opened.invented
    refused("year_open", operations.open_year, 2025, entered.code)
    refused("year_order", operations.open_year, entered.from_year - 1, entered.code)
    refused("future_year", operations.open_year, today().year + 1, entered.code)
    refused("early_deadline", operations.change_term, opened, was, (None, date(2025, 12, 31)))
    refused("early_start", operations.change_term, opened, was, (date(2024, 12, 31), None))
    refused("late_start", operations.change_term, opened, was, (date(2026, 4, 1), date(2026, 3, 31)))
    operations.change_term(ANN, opened, was, later)
    with pytest.raises(operations.TermChanged):
        operations.change_term(ANN, opened, was, (None, None))
    assert (opened.starts_on, opened.deadline) == later


def test_only_who_registers_may(entered: Order) -> None:
    everyone = [Viewer("x", role, None) for role in (Role.CLERK, Role.HEAD, Role.REVIEWER, Role.OBSERVER, Role.NOBODY)]
    state, own = body(RURAL), organisation()
    for viewer in everyone:
        for act, *given in (
            (operations.add_body, BodyState(bin_of(60), "Жаңа")),
            (operations.close_body, state, date(2024, 1, 1)),
            (operations.rename_body, state, date(2024, 1, 1), "Жаңа", ""),
            (operations.move_organisation, own, OTHER, 2024),
            (operations.set_status, own, "closed", date(2024, 1, 1)),
            (operations.add_organisation, replace(own, bin=bin_of(61))),
            (operations.open_year, 2025, entered.code),
            (upkeep.body_states,),
            (upkeep.organisation_states,),
        ):
            with pytest.raises(Forbidden):
                act(viewer, *given)  # type: ignore[operator]
