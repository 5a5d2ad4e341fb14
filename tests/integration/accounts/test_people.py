"""Accounts: the operations of an administrator and their audit events."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from evaluation.accounts import operations, queries
from evaluation.accounts.checks import InvalidAccount
from evaluation.accounts.models import Account
from evaluation.accounts.queries import AccountFilters
from evaluation.audit import queries as audit
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.policy import Action, Forbidden, Role, Viewer
from evaluation.registry import operations as registry
from evaluation.registry.models import Body
from evaluation.registry.operations import NewBody
from tests.support.accounts import PASSWORD
from tests.support.factories import bin_of

SYSTEM = Viewer.system()
REGION, CITY, VILLAGE = bin_of(1), bin_of(2), bin_of(3)


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """Register a region with a city and a village, on both databases, inside the application."""
    with app.app_context():
        enter_bodies()
        db.session.commit()
        yield app


def enter_bodies() -> None:
    registry.register_bodies(
        SYSTEM,
        [
            NewBody(REGION, "Алматы облысының әкімдігі", "Акимат Алматинской области", "region", None, "190000000"),
            NewBody(CITY, "Қонаев қаласының әкімдігі", "Акимат города Қонаев", "district", REGION, "191000000"),
            NewBody(VILLAGE, "Шеңгелді ауылы әкімінің аппараты", "Аппарат акима села Шенгельды", "rural", CITY, "191040100"),
        ],
    )


def ids(*bins: str) -> list[int]:
    return [db.session.scalars(select(Body.id).where(Body.bin == bin_)).one() for bin_ in bins]


def clerk(email: str = "clerk@example.kz", *bins: str) -> Account:
    return operations.add_account(SYSTEM, email, "Clerk", "clerk", ids(*(bins or (CITY,))), password=PASSWORD)


def administrator(email: str = "admin@example.kz") -> tuple[Account, Viewer]:
    account = operations.add_account(SYSTEM, email, "Administrator", "administrator", password=PASSWORD)
    return account, Viewer("Administrator", Role.ADMINISTRATOR, None, account.id)


def events(*actions: str) -> list[AuditEvent]:
    return audit.events(SYSTEM, AuditEvent.action.in_(actions))


def test_an_account_is_added_without_a_password_and_audited(app: Flask) -> None:
    account = operations.add_account(
        SYSTEM, "  Aigul@Akimat.KZ ", " Айгүл   Сейітова ", "clerk", ids(CITY, VILLAGE), language="kk"
    )
    assert (account.email, account.name, account.password, account.active) == ("aigul@akimat.kz", "Айгүл Сейітова", None, True)
    assert [body.bin for body in queries.bodies_of(SYSTEM, [account.id])[account.id]] == [CITY, VILLAGE]
    [event] = events("account_added")
    assert event.actor == "system" and event.data["account"] == account.id
    assert event.data["changes"]["bodies"] == [None, sorted([CITY, VILLAGE])]
    assert event.data["changes"]["role"] == [None, "clerk"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"email": "nobody"}, {"email"}),
        ({"email": "x@y"}, {"email"}),
        ({"email": "x" * 250 + "@example.kz"}, {"email"}),
        ({"email": "CLERK@Example.KZ"}, {"email"}),
        ({"name": "  "}, {"name"}),
        ({"name": "а" * 201}, {"name"}),
        ({"role": "system"}, {"role"}),
        ({"role": "nobody", "name": ""}, {"role", "name"}),
        ({"role": "clerk"}, {"bodies"}),
        ({"role": "head", "region": "19"}, {"bodies", "region"}),
        ({"role": "clerk", "body_ids": [999_999]}, {"bodies"}),
        ({"role": "administrator", "region": "19"}, {"region"}),
        ({"role": "reviewer", "region": "75"}, {"region"}),
        ({"role": "reviewer", "body_ids": [1]}, {"bodies"}),
        ({"language": "de"}, {"language"}),
    ],
)
def test_errors_are_reported_by_field_and_nothing_is_stored(app: Flask, changes: dict[str, object], fields: set[str]) -> None:
    clerk()
    right = {"email": "new@example.kz", "name": "New", "role": "observer"}
    with pytest.raises(InvalidAccount) as refused:
        operations.add_account(SYSTEM, **(right | changes))  # type: ignore[arg-type]
    assert set(refused.value.errors) == fields
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1


def test_changes_are_audited_with_old_and_new_values(app: Flask) -> None:
    account = clerk()
    before = account.fs_uniquifier
    same = {"email": account.email, "name": account.name, "role": "clerk", "body_ids": ids(CITY)}
    assert operations.change_account(SYSTEM, account, **same) is False
    assert operations.change_account(SYSTEM, account, **(same | {"name": "Head of all", "body_ids": ids(CITY, VILLAGE)}))
    assert account.fs_uniquifier == before, "sessions continue"
    assert operations.change_account(SYSTEM, account, account.email, account.name, "reviewer", region="19")
    assert queries.body_ids(SYSTEM, account.id) == frozenset()
    first, second = (event.data["changes"] for event in events("account_changed"))
    assert first == {"name": ["Clerk", "Head of all"], "bodies": [[CITY], sorted([CITY, VILLAGE])]}
    assert second == {"role": ["clerk", "reviewer"], "region": [None, "19"], "bodies": [sorted([CITY, VILLAGE]), []]}
    operations.change_account(SYSTEM, account, "other@example.kz", account.name, "reviewer", region="19")
    assert account.fs_uniquifier != before, "links mailed to the old address are invalid"


def test_an_address_of_another_account_is_refused(app: Flask) -> None:
    account = clerk()
    clerk("other@example.kz")
    with pytest.raises(InvalidAccount) as refused:
        operations.change_account(SYSTEM, account, "Other@example.kz", "Clerk", "clerk", ids(CITY))
    assert set(refused.value.errors) == {"email"}


def test_a_disabled_account_loses_access_immediately(app: Flask) -> None:
    account = clerk()
    before = account.fs_uniquifier
    operations.disable_account(SYSTEM, account)
    assert not account.active and account.fs_uniquifier != before
    assert queries.viewer_of(account).role == Role.NOBODY
    with pytest.raises(EvaluationError):
        operations.reset_password(SYSTEM, account)
    operations.disable_account(SYSTEM, account)
    operations.enable_account(SYSTEM, account)
    assert account.active
    assert [event.action for event in events("account_disabled", "account_enabled")] == ["account_disabled", "account_enabled"]


def test_a_reset_removes_the_password_and_ends_sessions(app: Flask) -> None:
    account = clerk()
    before = account.fs_uniquifier
    account.tf_primary_method, account.tf_totp_secret = "authenticator", "secret of the factor"
    account.failures = 3
    operations.reset_password(SYSTEM, account)
    assert account.password is None and account.fs_uniquifier != before and account.failures == 0
    assert account.tf_totp_secret, "resetting the password leaves the second factor"
    operations.reset_password(SYSTEM, account, second_factor=True)
    assert account.tf_primary_method is None and account.tf_totp_secret is None
    assert len(events("password_reset")) == 2 and len(events("second_factor_removed")) == 1
    assert "secret" not in str([event.data for event in events("account_added", "password_reset", "second_factor_removed")])
    assert "argon2" not in str([event.data for event in events("account_added")])


def test_administrators_cannot_lock_themselves_out(app: Flask) -> None:
    acting, viewer = administrator()
    other, _ = administrator("second@example.kz")
    as_they_are = {"email": acting.email, "name": acting.name, "role": "administrator"}
    for refused in (
        lambda: operations.disable_account(viewer, acting),
        lambda: operations.reset_password(viewer, acting),
        lambda: operations.remove_second_factor(viewer, acting),
        lambda: operations.change_account(viewer, acting, **(as_they_are | {"role": "observer"})),
    ):
        with pytest.raises(EvaluationError):
            refused()
    assert operations.change_account(viewer, acting, **(as_they_are | {"name": "Renamed"}))
    operations.disable_account(viewer, other)
    for refused in (
        lambda: operations.disable_account(SYSTEM, acting),
        lambda: operations.change_account(SYSTEM, acting, **(as_they_are | {"role": "observer"})),
    ):
        with pytest.raises(EvaluationError, match="last administrator"):
            refused()


def test_concurrent_administrators_cannot_both_be_disabled(app: Flask) -> None:
    first, _ = administrator()
    second, _ = administrator("second@example.kz")
    db.session.commit()
    pairs, ready = [(first.id, second.id), (second.id, first.id)], threading.Barrier(2)

    def disable(acting: int, other: int) -> None:
        with app.app_context():
            account = queries.account(SYSTEM, other)
            assert account is not None
            ready.wait()
            try:
                operations.disable_account(Viewer("Administrator", Role.ADMINISTRATOR, None, acting), account)
                db.session.commit()
            except (EvaluationError, OperationalError):
                db.session.rollback()

    for _ in range(5):
        threads = [threading.Thread(target=disable, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.rollback()
        assert len(queries.active_administrators(SYSTEM)) == 1
        for account in (first, second):
            operations.enable_account(SYSTEM, account)
        db.session.commit()


def test_concurrent_additions_of_one_address(app: Flask) -> None:
    ready, refused = threading.Barrier(2), []

    def add() -> None:
        with app.app_context():
            ready.wait()
            try:
                operations.add_account(SYSTEM, "twin@example.kz", "Twin", "observer")
                db.session.commit()
            except (InvalidAccount, OperationalError) as error:
                refused.append(error)
                db.session.rollback()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert queries.accounts(SYSTEM, AccountFilters(search="twin")).total == 1


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ADMINISTRATOR, Role.SYSTEM)])
def test_only_administrators_manage_accounts(app: Flask, role: Role) -> None:
    account, viewer = clerk(), Viewer("Someone", role, None, 77)
    for refused in (
        lambda: operations.add_account(viewer, "x@example.kz", "X", "observer"),
        lambda: operations.change_account(viewer, account, "x@example.kz", "X", "observer"),
        lambda: operations.disable_account(viewer, account),
        lambda: operations.enable_account(viewer, account),
        lambda: operations.reset_password(viewer, account),
        lambda: operations.remove_second_factor(viewer, account),
        lambda: queries.accounts(viewer, AccountFilters()),
        lambda: queries.account(viewer, account.id),
        lambda: queries.account_by_email(viewer, account.email),
        lambda: queries.bodies_of(viewer, [account.id]),
        lambda: queries.body_ids(viewer, account.id),
        lambda: queries.active_administrators(viewer),
    ):
        with pytest.raises(Forbidden):
            refused()
    assert not viewer.may(Action.MANAGE_ACCOUNTS)


def test_the_list_is_searched_filtered_and_sorted(app: Flask) -> None:
    for number, (name, role, bins, region) in enumerate(
        [
            ("Қарлығаш", "clerk", (CITY, VILLAGE), None),
            ("Ғалым", "head", (CITY,), None),
            ("Әсел", "reviewer", (), "19"),
            ("Үміт", "observer", (), None),
        ]
    ):
        operations.add_account(SYSTEM, f"person{number}@example.kz", name, role, ids(*bins), region, password="x" * 12)
    gone = operations.add_account(SYSTEM, "gone@example.kz", "Жоқ", "observer")

    def names(**filters: str) -> list[str]:
        return [account.name for account in queries.accounts(SYSTEM, AccountFilters(**filters)).items]

    assert names() == ["Әсел", "Ғалым", "Жоқ", "Қарлығаш", "Үміт"]
    assert names(search="әсел") == names(search="асел") == ["Әсел"] and names(search="PERSON1@example") == ["Ғалым"]
    assert names(role="clerk") == ["Қарлығаш"]
    assert names(body=VILLAGE) == ["Қарлығаш"] and names(body="конаев") == ["Ғалым", "Қарлығаш"]
    assert names(status="waiting") == ["Жоқ"]
    operations.disable_account(SYSTEM, gone)
    assert names(status="disabled") == ["Жоқ"] and not names(status="waiting")
    assert len(names(status="active")) == 4 and not names(search="100%")


def test_a_long_list_is_paged(app: Flask) -> None:
    for number in range(53):
        operations.add_account(SYSTEM, f"p{number}@example.kz", f"Person {number:02}", "observer")
    first, second = (queries.accounts(SYSTEM, AccountFilters(), page) for page in (1, 2))
    assert (first.total, first.last, len(first.items), len(second.items)) == (53, 2, 50, 3)
    assert queries.accounts(SYSTEM, AccountFilters(), 99).number == 2
