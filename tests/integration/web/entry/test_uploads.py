"""Uploads applied and undone by the pages."""

import pytest
from flask import Flask
from sqlalchemy import delete, update

from evaluation.answers import queries as collection
from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.audit import queries as audit
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import queries as registry
from evaluation.workbooks.upload import queries
from evaluation.workbooks.upload.model import OVERWRITE
from tests.integration.web.core.test_pages import assert_valid
from tests.support.accounts import token_of
from tests.support.factories import bin_of, clean, row, workbook
from tests.support.html import parse
from tests.support.submission_states import set_status
from tests.support.upload_cases import (
    BODY,
    OTHER,
    SYSTEM,
    YEAR,
    cell_of,
    changed,
    count,
    declared,
    download,
    form_fields,
    money,
    organisation_bin,
    press,
    sent,
    signed_in,
    stored,
    stored_counts,
)


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_an_upload_is_applied_as_shown_and_undone(
    filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes, code: str
) -> None:
    before, counts_before = stored(filled), stored_counts(filled)
    profit = money(order, kinds[0])[0]
    client = signed_in(filled, "clerk", BODY, code=code)
    address = sent(client, edited)
    page = client.get(address)
    assert_valid(page, code)
    assert [count(page.text, name) for name in ("new", "changed", "errors")] == [1, 2, 0]
    assert "-12,34" in page.text or "-12.34" in page.text or "−12" in page.text
    assert order.by_code[profit].label[code] in page.text and "Акт № 7" in page.text
    assert stored(filled) == before, "a preview changes nothing"
    response = press(client, address, "apply")
    assert response.status_code == 303 and response.location == address
    after = stored(filled)
    assert after[organisation_bin(0, 0)] == before[organisation_bin(0, 0)] | {profit: -1234}
    assert after[organisation_bin(0, 1)][profit] == before[organisation_bin(0, 1)][profit], "a blank cell erases nothing"
    assert "Акт № 7" in after[organisation_bin(0, 1)].values() and set(stored_counts(filled).values()) == {5}
    applied = client.get(address)
    assert_valid(applied, code)
    assert count(applied.text, "reports") == 2 and count(applied.text, "values") == 3
    with filled.app_context():
        cell = registry.registry_index(SYSTEM).organisations[organisation_bin(0, 0)][0], profit
        assert audit.last_changes(SYSTEM, YEAR, [cell])[cell][0] == "The clerk"
    assert press(client, address, "undo").status_code == 303
    assert stored(filled) == before and stored_counts(filled) == counts_before
    undone_page = client.get(address)
    assert_valid(undone_page, code)
    list_page = client.get("/uploads")
    assert_valid(list_page, code)
    assert address in list_page.text and "/undo" not in undone_page.text
    second_undo = client.post(f"{address}/undo", data={"csrf_token": token_of(client, "/workbook")})
    assert second_undo.status_code == 409 and stored(filled) == before


def test_new_reports_are_undone_too(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    data = download(filled)
    with filled.app_context():
        db.session.execute(update(collection.Report).values(answers={}, evidence={}))
        db.session.execute(delete(collection.Report).where(collection.Report.id % 2 == 0))
        db.session.commit()
    client = signed_in(filled, "head", BODY)
    address = sent(client, data, "blanks")
    assert press(client, address, "apply").status_code == 303
    assert len(stored(filled)) == 3 * len(kinds)
    assert press(client, address, "undo").status_code == 303
    assert stored(filled) == {}


def test_blanks_mode_fills_blanks_only(filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes) -> None:
    before = stored(filled)
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited, "blanks")
    page = client.get(address).text
    assert count(page, "new") == 1 and count(page, "preserved") == 2
    overwriting = client.get(f"{address}?mode=overwrite").text
    assert count(overwriting, "changed") == 2 and form_fields(overwriting, f"{address}/apply")["mode"] == OVERWRITE
    assert press(client, address, "apply", page).status_code == 303
    after = stored(filled)
    assert "Акт № 7" in after[organisation_bin(0, 1)].values() and after[organisation_bin(0, 0)] == before[organisation_bin(0, 0)]
    assert set(stored_counts(filled).values()) == {2}


def test_answers_are_cleared_where_blank_after_a_confirmation_and_restored_by_undo(
    filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes
) -> None:
    before, counts_before, profit = stored(filled), stored_counts(filled), money(order, kinds[0])[0]
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    page = client.get(address).text
    assert count(page, "blank") == 1 and f"{address}?mode=clear" in page and not parse(page).select("[data-count=cleared]")
    clearing = client.get(f"{address}?mode=clear")
    assert_valid(clearing, "en")
    assert count(clearing.text, "cleared") == 1 and "1 stored answer will be cleared" in clearing.text
    unconfirmed = press(client, address, "apply", clearing.text)
    assert unconfirmed.status_code == 422 and "Confirm first" in unconfirmed.text and stored(filled) == before
    fields = form_fields(clearing.text, f"{address}/apply") | {"clear": "y"}
    assert client.post(f"{address}/apply", data=fields).status_code == 303
    after = stored(filled)
    assert profit not in after[organisation_bin(0, 1)] and set(stored_counts(filled).values()) == {5}
    applied = client.get(address).text
    assert count(applied, "values") == 4 and "clear where blank" in applied
    assert press(client, address, "undo").status_code == 303
    assert stored(filled) == before and stored_counts(filled) == counts_before


def test_a_stale_plan_is_shown_again_and_nothing_is_stored(
    filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes
) -> None:
    profit = money(order, kinds[0])[0]
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    page = client.get(address).text
    with filled.app_context():
        id_ = registry.registry_index(SYSTEM).organisations[organisation_bin(0, 0)][0]
        save_answers(
            Viewer("Other", Role.SYSTEM, None),
            order,
            YEAR,
            None,
            [AnswerInput(id_, profit, 5500, clean(order, kinds[0])[profit])],
        )
        db.session.commit()
    before = stored(filled)
    response = press(client, address, "apply", page)
    assert response.status_code == 409 and stored(filled) == before
    assert_valid(response, "en")
    assert "Changed in the meantime" in response.text and "Other" in response.text and "55" in response.text
    assert press(client, address, "apply", response.text).status_code == 303
    assert stored(filled)[organisation_bin(0, 0)][profit] == -1234


def test_undo_is_rejected_after_a_later_change(filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes) -> None:
    profit = money(order, kinds[0])[0]
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    press(client, address, "apply")
    with filled.app_context():
        id_ = registry.registry_index(SYSTEM).organisations[organisation_bin(0, 0)][0]
        save_answers(Viewer("Other", Role.SYSTEM, None), order, YEAR, None, [AnswerInput(id_, profit, 5500, -1234)])
        db.session.commit()
    before, counts_before = stored(filled), stored_counts(filled)
    response = press(client, address, "undo")
    assert response.status_code == 409
    assert_valid(response, "en")
    assert order.by_code[profit].label.en in response.text and "Other" in response.text
    assert stored(filled) == before and stored_counts(filled) == counts_before, "all or nothing"
    with filled.app_context():
        save_answers(SYSTEM, order, YEAR, None, [AnswerInput(id_, profit, -1234, 5500)])
        db.session.execute(update(collection.DeclaredCount).values(count=9))
        db.session.commit()
    before = stored(filled)
    response = press(client, address, "undo")
    assert response.status_code == 409 and "9" in response.text
    assert stored(filled) == before, "a changed declared count prevents the undo of the answers too"


def test_undo_is_rejected_after_submission(filled: Flask, edited: bytes) -> None:
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    press(client, address, "apply")
    page = client.get(address).text
    with filled.app_context():
        body = registry.registry_index(SYSTEM).bodies[BODY]
        set_status(YEAR, body)
        db.session.commit()
    before = stored(filled)
    response = press(client, address, "undo", page)
    assert response.status_code == 409 and "was submitted" in response.text and stored(filled) == before


def test_undo_of_declared_counts_is_rejected_after_submission(filled: Flask, order: Order) -> None:
    data = download(filled, "en")
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, changed(data, **{f"previous__{cell_of(data, 'previous', declared(order))}": 5}))
    assert press(client, address, "apply").status_code == 303
    page = client.get(address).text
    with filled.app_context():
        body = registry.registry_index(SYSTEM).bodies[BODY]
        set_status(YEAR, body)
        db.session.commit()
    response = press(client, address, "undo", page)
    assert response.status_code == 409 and "was submitted" in response.text and set(stored_counts(filled).values()) == {5}


def test_an_upload_is_applied_only_once(filled: Flask, edited: bytes) -> None:
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    page = client.get(address).text
    assert press(client, address, "apply", page).status_code == 303
    before = stored(filled)
    assert press(client, address, "apply", page).status_code == 409
    assert press(client, address, "discard", page).status_code == 409
    assert stored(filled) == before
    assert client.get(address).status_code == 200


def test_another_clerk_cannot_see_or_change_an_upload(filled: Flask, edited: bytes) -> None:
    client, other_client = signed_in(filled, "clerk", BODY), signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    token = token_of(other_client, "/workbook")
    for path in ("", "/annotated.xlsx"):
        assert other_client.get(address + path).status_code == 404
    for action in ("apply", "undo", "discard"):
        form = {"csrf_token": token, "mode": "overwrite", "digest": "x", "last_event_id": "0"}
        assert other_client.post(f"{address}/{action}", data=form).status_code == 404
    assert address not in other_client.get("/uploads").text and address in client.get("/uploads").text
    assert client.get("/uploads/99999").status_code == client.get("/uploads/99999999999999999999").status_code == 404
    observer = signed_in(filled, "observer")
    assert observer.get("/workbook").status_code == observer.get(address).status_code == 403
    assert press(client, address, "discard").status_code == 303
    assert client.get(address).status_code == 404
    with filled.app_context():
        assert queries.uploads(Viewer.nobody()) == [] and queries.find_upload(Viewer.nobody(), 1) is None


def test_rows_of_another_body_are_errors(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    client = signed_in(filled, "clerk", BODY)
    data = workbook(order, YEAR, {kinds[0]: [row(order, OTHER, bin_of(90), {money(order, kinds[0])[0]: 100})]})
    page = client.get(sent(client, data))
    assert count(page.text, "errors") == 2 and "/apply" not in page.text
    assert_valid(page, "en")
