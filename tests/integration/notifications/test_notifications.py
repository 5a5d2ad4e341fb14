"""Notifications: recipients, the inbox, mail through a real server on the loopback interface, and reminders."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from evaluation.clock import now, today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.notifications import outbox, queries
from evaluation.notifications.models import Notification
from evaluation.notifications.operations import notify
from evaluation.notifications.reminders import due_reminder_day, remind
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry.models import Body, ReportingYear
from evaluation.review.operations import return_submission
from evaluation.submissions.models import Extension, Submission
from tests.support import accounts
from tests.support.accounts import assign_bodies, make_account, sign_in
from tests.support.factories import row, workbook
from tests.support.html import attributes, parse, texts, visible_text
from tests.support.mail_server import NOBODY, Server
from tests.support.scenario import BODY, EMPTY_BODY, OTHER_BODY, SYSTEM, YEAR, Scenario, two_kind_scenario
from tests.support.visits import change_account, post

REASON = "Себебі: <b>қайта</b>\nқараңыз"


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return in_regions(two_kind_scenario(app, order))


def in_regions(scenario: Scenario) -> Scenario:
    """Put the first body in a region, the second under it, the third in another region, without active accounts."""
    with scenario.app.app_context():
        bodies = {item.bin: item for item in db.session.query(Body)}
        bodies[BODY].kato, bodies[OTHER_BODY].parent_id, bodies[EMPTY_BODY].kato = "310000000", bodies[BODY].id, "350000000"
        db.session.query(accounts.Account).update({"active": False})
        db.session.commit()
    return scenario


def emails(scenario: Scenario, notified: list[int]) -> set[str]:
    results = db.session.query(accounts.Account.email).filter(accounts.Account.id.in_(notified))
    return {email for (email,) in results}


def id_of(email: str) -> int:
    return int(db.session.query(accounts.Account.id).filter_by(email=email).scalar())


# Recipients


def test_recipients(scenario: Scenario) -> None:
    app, body_id, foreign, empty = scenario.app, *(scenario.bodies[bin_] for bin_ in (BODY, OTHER_BODY, EMPTY_BODY))
    clerk, head = make_account(app, "clerk", [body_id, empty]), make_account(app, "head", [body_id])
    make_account(app, "clerk", [body_id], active=False)
    other = make_account(app, "clerk", [foreign])
    near, country = make_account(app, "reviewer", region="31"), make_account(app, "reviewer")
    for role in ("administrator", "observer"):
        make_account(app, role)
    with app.app_context():

        def notified(body_id: int, to: Any, **more: Any) -> set[str]:
            return emails(scenario, notify(SYSTEM, "remark", YEAR, body_id, recipients=to, **more))

        assert (
            notified(body_id, "body") == {clerk, head}
            and notified(foreign, "body") == {other}
            and notified(empty, "body") == {clerk}
        )
        # The second body is in the first one's region; the third body's region has no reviewer.
        assert notified(body_id, "reviewers") == notified(foreign, "reviewers") == {near} and notified(empty, "reviewers") == {
            country
        }
        assert notified(body_id, "body", excluded_account_id=id_of(head)) == {clerk}
        assert (
            notified(body_id, "body", dedup_key="x") == {clerk, head}
            and not notified(body_id, "body", dedup_key="x")
            and notified(body_id, "body", dedup_key="y")
        )
        with pytest.raises(Forbidden):
            notify(scenario.viewer(Role.CLERK), "remark", YEAR, foreign)
        assert {item.mail_status for item in db.session.query(Notification)} == {"none"}, "no server is configured"
        db.session.rollback()
        assert not db.session.query(Notification).count()


# The inbox


def shown(client: FlaskClient, url: str = "/notifications") -> str:
    """Return the text of a page that is shown."""
    return visible_text(page_of(client, url))


def page_of(client: FlaskClient, url: str = "/notifications") -> BeautifulSoup:
    response = client.get(url)
    assert response.status_code == 200
    return parse(response)


def head_count(client: FlaskClient) -> int:
    """Return the number of unread notifications in the header of a page."""
    counts = texts(client.get("/account/"), ".unread-count")
    return int(counts[0].split()[0]) if counts else 0


def test_the_inbox(scenario: Scenario) -> None:
    app, body_id = scenario.app, scenario.bodies[BODY]
    code, organisation = (
        scenario.order.indicators_of(scenario.kinds[0])[0].code,
        scenario.organisations[scenario.organisation_bins[0]],
    )
    clerk, colleague = make_account(app, "clerk", [body_id]), make_account(app, "head", [body_id])
    reviewer = make_account(app, "reviewer", region="31")
    client, other, reviews = (sign_in(app.test_client(), email) for email in (clerk, colleague, reviewer))
    client.set_cookie("language", "en")
    assert "There are no messages yet" in shown(client) and head_count(client) == 0
    with app.app_context():
        notify(SYSTEM, "returned", YEAR, body_id, data={"reason": REASON})
        notify(SYSTEM, "remark", YEAR, body_id, organisation, code, data={"text": "Неге?"})
        notify(SYSTEM, "remark", YEAR, body_id, organisation, code, data={"text": "Так", "reply": True}, recipients="reviewers")
        table = scenario.order.form.tables[0]
        row = table.rows[-1]
        notify(SYSTEM, "remark", YEAR, body_id, data={"text": "Жол", "kind": table.kind, "row": row.number, "remark": 7})
        db.session.commit()
        ids = [item.id for item in db.session.query(Notification).filter_by(account_id=id_of(clerk)).order_by(Notification.id)]
    assert head_count(client) == 3 and head_count(reviews) == 1
    text = shown(client)
    assert len(page_of(client).select(".is-unread")) == 3 and text.index("Жол") < text.index("Неге?") < text.index(
        "The year was returned for correction"
    )
    assert "Себебі: <b>қайта" in text and "Бірінші әкімдік , 2024" in text and str(scenario.order.by_code[code].label.en) in text
    assert row.text.en[:40] in text
    for code_of_language in LANGUAGE_CODES:
        client.set_cookie("language", code_of_language)
        assert language(code_of_language).gettext("The year was returned for correction") in shown(client)
    client.set_cookie("language", "en")
    # A notification leads to its answer and is then read.
    cell = f"/bodies/{BODY}/{YEAR}/organisations/{scenario.organisation_bins[0]}?field={code}#field-{code}"
    assert (
        client.get(f"/notifications/{ids[1]}", headers={"Sec-Purpose": "prefetch"}).location == cell and head_count(client) == 3
    )
    assert client.get(f"/notifications/{ids[1]}").location == cell and head_count(client) == 2
    assert (
        client.get(cell).status_code == 200 and client.get(f"/notifications/{ids[0]}").location == f"/bodies/{BODY}/{YEAR}/entry"
    )
    unread = page_of(client, "/notifications?show=unread")
    assert len(unread.select(".is-unread")) == 1 and "Неге?" not in visible_text(unread)
    # Another person's notification is not found.
    for stranger in (other, reviews):
        assert stranger.get(f"/notifications/{ids[2]}").status_code == 404
    assert client.get(f"/notifications/{ids[2] + 1000}").status_code == 404 and head_count(other) == 3
    assert post(client, "/notifications/read", "/notifications").location == "/notifications" and head_count(client) == 0
    assert client.get(f"/notifications/{ids[2]}").location == f"/bodies/{BODY}/{YEAR}/remarks#remark-7"
    assert "All notifications are read" in shown(client, "/notifications?show=unread") and head_count(other) == 3
    # A notification of a body that the person no longer belongs to is not found.
    assign_bodies(app, colleague, [scenario.bodies[OTHER_BODY]])
    assert head_count(other) == 0 and not page_of(other).select("ul.inbox")
    assert other.get(f"/notifications/{ids[0]}").status_code == 404
    with app.app_context(), pytest.raises(Forbidden):
        queries.inbox(Viewer.nobody())


def test_a_long_inbox_has_pages(scenario: Scenario) -> None:
    client = scenario.client("clerk")
    with scenario.app.app_context():
        for number in range(51):
            notify(SYSTEM, "returned", YEAR, scenario.bodies[BODY], data={"reason": f"reason {number};"})
        db.session.commit()
    first, second = shown(client), shown(client, "/notifications?show=unread&page=2")
    assert "reason 50;" in first and "reason 0;" not in first and "reason 0;" in second and "reason 1;" not in second
    links = attributes(page_of(client, "/notifications?show=unread&page=2"), "a", "href")
    assert any("show=unread&page=1" in link for link in links) and "reason 0;" in shown(client, "/notifications?page=99")


# Mail


@pytest.fixture
def server() -> Iterator[Server]:
    result = Server()
    result.up()
    yield result
    result.controller.stop(no_assert=True)


@pytest.fixture
def mailing(database_url: str, make_app: Callable[..., Flask], order: Order, server: Server) -> Scenario:
    return in_regions(two_kind_scenario(make_app(database_url, SMTP_URL=server.url, PUBLIC_URL="http://localhost/eval"), order))


def states() -> dict[str, tuple[str, int]]:
    """Return e-mail address → status and attempts of its one mail."""
    db.session.expire_all()
    rows = db.session.query(accounts.Account.email, Notification.mail_status, Notification.attempts).join(Notification)
    return {email: (state, tries) for email, state, tries in rows}


def test_mail_goes_after_the_page_is_answered(mailing: Scenario, server: Server) -> None:
    app, empty = mailing.app, mailing.bodies[EMPTY_BODY]
    reviewer, head = make_account(app, "reviewer", language="ru"), make_account(app, "head", [empty])
    make_account(app, "reviewer", email="somebody@demo.invalid")
    client = sign_in(app.test_client(), head)
    page = f"/bodies/{EMPTY_BODY}/{YEAR}/submission"
    # A refused request sends no mail.
    assert post(client, page, version="7", nil="1").status_code == 409
    assert post(client, page, version="0", nil="1").status_code == 303
    to, letter = server.mails.get(timeout=10)
    with app.app_context():
        assert states() == {reviewer: ("sent", 1), "somebody@demo.invalid": ("none", 0)} and to == reviewer
    subject = letter["Subject"].strip()
    assert subject.startswith(language("ru").gettext("The year was submitted")) and "Үшінші" in subject
    assert letter["Auto-Submitted"] == "auto-generated" and letter.get_content_type() == "text/plain" and letter["Date"]
    text = letter.get_content()
    assert re.findall(r"https?://\S+", text) == [
        f"http://localhost/eval/bodies/{EMPTY_BODY}/{YEAR}",
        "http://localhost/eval/notifications",
    ]
    assert language("ru").gettext("Body") + ": Үшінші" in text and "The head" in text and server.mails.empty()


def test_a_server_that_is_down_is_tried_again(mailing: Scenario, server: Server) -> None:
    app, body_id = mailing.app, mailing.bodies[BODY]
    code, organisation = (
        mailing.order.indicators_of(mailing.kinds[0])[0].code,
        mailing.organisations[mailing.organisation_bins[0]],
    )
    clerk, head = make_account(app, "clerk", [body_id]), make_account(app, "head", [body_id], language="en")
    refused, gone = make_account(app, "clerk", [body_id], email=NOBODY), make_account(app, "clerk", [body_id])
    injected = make_account(app, "clerk", [body_id], email="x@example.org\nBcc: all@example.org")
    server.down()
    with app.app_context():
        db.session.get(Body, body_id).name_kk = "Бірінші\r\nBcc: all@example.org " + "ұзын атау " * 50  # type: ignore[union-attr]
        notify(SYSTEM, "remark", YEAR, body_id, organisation, code, data={"text": "Неге?\n.\nҚараңыз"}, send_mail=False)
        db.session.commit()
        assert outbox.send_waiting_mail(SYSTEM) == {"waiting": 1} and sorted(states().values()) == [("waiting", 0)] * 4 + [
            ("waiting", 1)
        ]
        # The mail with the fewest attempts is sent first, so that a failing one delays no other.
        assert outbox.send_waiting_mail(SYSTEM) == {"waiting": 1} and sorted(states().values())[-2:] == [("waiting", 1)] * 2
    change_account(app, gone, active=False)
    server.up()
    run = app.test_cli_runner().invoke(args=["remind", "--lang", "en"])
    assert (
        run.exit_code == 0 and "E-mails sent: 2" in run.output and "E-mails given up after too many attempts: 2" in run.output
    ), run.output
    taken = server.taken()
    with app.app_context():
        results = {email: state for email, (state, _) in states().items()}
        assert results == {clerk: "sent", head: "sent", refused: "failed", injected: "failed", gone: "none"}
        assert not outbox.send_waiting_mail(SYSTEM) and set(taken) == {clerk, head}
        # A process that died before it stored the result: the same mail is sent again when the claim expires.
        stored = db.session.query(Notification).filter_by(account_id=id_of(head)).one()
        stored.mail_status, stored.claimed_at = "waiting", now() - timedelta(minutes=1)
        db.session.commit()
        assert not outbox.send_waiting_mail(SYSTEM)
        stored.claimed_at = now() - outbox.CLAIM_DURATION - timedelta(minutes=1)
        db.session.commit()
        assert outbox.send_waiting_mail(SYSTEM) == {"sent": 1} and server.taken()[head]["Message-ID"] == taken[head]["Message-ID"]
        assert not outbox._claim(stored.id), "a sent mail cannot be claimed"
        # The mail fails after the last attempt.
        server.down()
        stored.mail_status, stored.attempts = "waiting", outbox.MAX_ATTEMPTS - 1
        db.session.commit()
        assert outbox.send_waiting_mail(SYSTEM) == {"failed": 1} and states()[head] == ("failed", outbox.MAX_ATTEMPTS)
    server.up()
    letter, subject = taken[head], taken[head]["Subject"].strip()
    assert letter["Bcc"] is None and "\n" not in subject and len(subject) < 250
    assert subject.startswith("A new remark – Бірінші Bcc:") and subject.endswith("…, 2024")
    cell = f"http://localhost/eval/bodies/{BODY}/{YEAR}/organisations/{mailing.organisation_bins[0]}?field={code}#field-{code}"
    text = letter.get_content().replace("\r\n", "\n")
    assert (
        "Body: Бірінші Bcc:" in text
        and cell in text
        and "> Неге?\n> .\n> Қараңыз" in text
        and mailing.order.by_code[code].label.en in text
    )
    assert mailing.order.by_code[code].label.kk in taken[clerk].get_content()


def test_two_that_send_at_once_send_nothing_twice(mailing: Scenario, server: Server) -> None:
    app, everyone = mailing.app, {make_account(mailing.app, "clerk", [mailing.bodies[BODY]]) for _ in range(12)}
    with app.app_context():
        notify(SYSTEM, "returned", YEAR, mailing.bodies[BODY], data={"reason": REASON}, send_mail=False)
        db.session.commit()
    ready = threading.Barrier(3)

    def go() -> None:
        with app.app_context():
            ready.wait()
            outbox.send_waiting_mail(SYSTEM)

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert set(server.taken()) == everyone and set(states().values()) == {("sent", 1)}


# Reminders


def test_when_people_are_reminded() -> None:
    assert [due_reminder_day(left) for left in (15, 14, 13, 4, 3, 2, 1, 0, -1)] == [None, 14, 14, 14, 3, 3, 3, 0, None]


def test_reminders(scenario: Scenario) -> None:
    app, deadline = scenario.app, date(2025, 4, 1)
    bodies = [scenario.bodies[bin_] for bin_ in (BODY, OTHER_BODY, EMPTY_BODY)]
    clerk = make_account(app, "clerk", bodies)
    make_account(app, "reviewer")
    with app.app_context():

        def notified(day: date) -> dict[str, int]:
            return {item.body.bin: item.days_left for item in remind(SYSTEM, day)}

        db.session.get(ReportingYear, YEAR).deadline = deadline  # type: ignore[union-attr]

        def at(days: int) -> dict[str, int]:
            return notified(deadline - timedelta(days=days))

        all_of = dict.fromkeys((BODY, OTHER_BODY, EMPTY_BODY))
        assert not at(15) and at(14) == all_of | dict.fromkeys(all_of, 14) and not at(14) and not at(4)
        at_hand = {"submitted_id": id_of(clerk), "submitted_at": now(), "first_submitted_on": deadline, "round": 1}
        db.session.add(Submission(year=YEAR, body_id=bodies[1], status="submitted", changed_by="x", **at_hand))
        db.session.add(Submission(year=YEAR, body_id=bodies[2], status="returned", changed_by="x", **at_hand))
        for until in (deadline + timedelta(days=90), deadline + timedelta(days=10)):
            db.session.add(Extension(year=YEAR, body_id=bodies[0], until=until, reason="Себеп", granted_by="x"))
            db.session.flush()
        # A submitted year needs no reminder; an extension moves the day; a missed reminder is sent later.
        assert (
            at(2) == {EMPTY_BODY: 2, BODY: 12} and at(0) == {EMPTY_BODY: 0} and not at(-1) and at(-8) == {BODY: 2} and not at(-11)
        )
        db.session.commit()
        # A new person gets the reminder that the others have; nobody gets it twice.
        new = make_account(app, "clerk", [bodies[2]])
        assert at(1) == {EMPTY_BODY: 1} and not at(1)
        assert db.session.query(Notification).filter_by(account_id=id_of(new)).one().data == {
            "by": "system",
            "until": deadline.isoformat(),
            "days": 1,
        }
        with pytest.raises(Forbidden):
            remind(scenario.viewer(Role.REVIEWER), deadline)
        # The day to correct a returned year by counts in place of the deadline, even where the year has none.
        returned = db.session.query(Submission).filter_by(body_id=bodies[2]).one()
        returned.correct_by, year = deadline + timedelta(days=40), db.session.get(ReportingYear, YEAR)
        assert year and at(-20) == {} and at(-30) == {EMPTY_BODY: 10}
        year.deadline = None
        assert at(-38) == {EMPTY_BODY: 2} and not at(-38) and not at(-41)
        db.session.commit()
    inbox = shown(sign_in_en(app, clerk))
    assert "Last day to submit the year: 11 April 2025" in inbox and "Last day to correct the year: 11 May 2025" in inbox


def test_decisions_about_a_year_are_announced(mailing: Scenario, server: Server) -> None:
    """An opened year, changed dates, an extension and a day to correct by reach the people of the bodies concerned."""
    app, bodies = mailing.app, [mailing.bodies[bin_] for bin_ in (BODY, OTHER_BODY, EMPTY_BODY)]
    clerk, head = make_account(app, "clerk", bodies[:1], language="en"), make_account(app, "head", bodies[1:2])
    make_account(app, "reviewer")
    admin = sign_in_en(app, make_account(app, "administrator"))
    deadline, later = today() + timedelta(days=50), today() + timedelta(days=60)
    new = {"year": f"{YEAR + 1}", "order_code": mailing.order.code, "deadline": f"{deadline:%d.%m.%Y}"}

    def mails(count: int) -> dict[str, Any]:
        return dict(server.mails.get(timeout=10) for _ in range(count))

    assert post(admin, "/registry/years", **new | {"deadline": "x"}).status_code == 422
    assert post(admin, "/registry/years", **new).status_code == 303
    mail = mails(2)
    assert set(mail) == {clerk, head} and mail[clerk]["Subject"].startswith("The reporting year is open – Бірінші")
    day = language("en").long_date(deadline)
    assert f"Deadline: {day}" in mail[clerk].get_content() and "First day of entry" not in mail[clerk].get_content()
    year_url = f"/registry/years/{YEAR + 1}"
    dates = {"expected_starts_on": "", "expected_deadline": new["deadline"], "starts_on": ""}
    with app.app_context():
        db.session.add(Submission(year=YEAR + 1, body_id=bodies[1], status="submitted", changed_by="x", **submitted_by(head)))
        db.session.commit()
    for deadline_text, count in ((new["deadline"], 0), (f"{later:%d.%m.%Y}", 1)):
        assert post(admin, year_url, **dates | {"deadline": deadline_text}).status_code == 303
        assert set(mails(count)) == ({clerk} if count else set())
    extension = {"body": BODY, "until": f"{later + timedelta(days=5):%d.%m.%Y}", "reason": REASON}
    for count in (1, 0):
        assert post(admin, f"{year_url}/extension", **extension).status_code == 303
        assert set(mails(count)) == ({clerk} if count else set())
    with app.app_context():
        reviewer = mailing.viewer(Role.REVIEWER, OTHER_BODY)
        return_submission(reviewer, YEAR + 1, bodies[1], 1, REASON, later)
        db.session.commit()
    assert language("kk").long_date(later) in mails(1)[head].get_content()
    inbox = shown(sign_in_en(app, clerk))
    for text in ("The reporting year is open", "The dates of the reporting year changed", "The deadline is extended", "Себебі"):
        assert text in inbox
    assert f"Extended until: {language('en').long_date(later + timedelta(days=5))}" in inbox
    assert f"Correct by: {language('en').long_date(later)}" in shown(sign_in_en(app, head)) and server.mails.empty()


def test_a_year_that_a_load_opens_is_announced(scenario: Scenario, tmp_path: Path) -> None:
    clerk, path = make_account(scenario.app, "clerk", [scenario.bodies[BODY]]), tmp_path / "year.xlsx"
    rows = {scenario.kinds[0]: [row(scenario.order, BODY, scenario.organisation_bins[0], {})]}
    path.write_bytes(workbook(scenario.order, YEAR + 1, rows))
    for _ in range(2):
        done = scenario.app.test_cli_runner().invoke(args=["load", str(path), "--register"])
        assert done.exit_code == 0, done.output
    inbox = shown(sign_in_en(scenario.app, clerk))
    assert inbox.count("The reporting year is open") == 1 and f", {YEAR + 1}" in inbox


def submitted_by(email: str) -> dict[str, Any]:
    """Return the columns of a submission by a person."""
    return {"submitted_id": id_of(email), "submitted_at": now(), "first_submitted_on": today(), "round": 1}


def sign_in_en(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("language", "en")
    return sign_in(client, email)


def test_the_command(scenario: Scenario) -> None:
    make_account(scenario.app, "head", [scenario.bodies[BODY]])
    with scenario.app.app_context():
        year = db.session.get(ReportingYear, YEAR)
        assert year
        year.deadline = today() + timedelta(days=3)
        db.session.commit()
    run = scenario.app.test_cli_runner().invoke
    words = f"{YEAR}, Бірінші әкімдік ({BODY}): 3 days left, people reminded: 1"
    nothing_due = "No reminders of a deadline are due"
    for arguments, said in ((["--dry-run"], words), (["--dry-run"], words), ([], words), ([], nothing_due)):
        done = run(args=["remind", "--lang", "en", *arguments])
        assert done.exit_code == 0 and said in done.output and ("dry run" in done.output) == bool(arguments), done.output
