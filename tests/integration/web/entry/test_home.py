"""The first page by role, and the clerk's home: deadline, progress, next blank answer."""

import re
from datetime import date, timedelta

from bs4 import Tag
from flask import Flask

from evaluation.audit.models import AuditEvent
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.notifications.models import Notification
from evaluation.pagination import PAGE_SIZE
from evaluation.policy import Role
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.models import ReportingYear
from evaluation.review.operations import return_submission
from evaluation.review.remarks.operations import add_remark, reply
from tests.support.accounts import signed_in, token_of
from tests.support.factories import bin_of, clean
from tests.support.html import attributes, find, linked_bins, parse, texts, visible_text
from tests.support.scenario import BODY, EMPTY_BODY, OTHER_BODY, SYSTEM, YEAR, Scenario, first_indicator
from tests.support.submission_states import set_status

ENTRY = f"/bodies/{BODY}/{YEAR}/entry"


def cell(scenario: Scenario, number: int, code: str) -> str:
    return f"/bodies/{BODY}/{YEAR}/organisations/{scenario.organisation_bins[number]}?field={code}#field-{code}"


def first_code(scenario: Scenario, kind: int) -> str:
    return scenario.order.indicators_of(scenario.kinds[kind])[0].code


def listed(text: str) -> list[str]:
    """The BINs in the list of organisations."""
    return texts(text, ".entry-organisations .bin-note")


def other_years(text: str) -> Tag:
    """Return the section of the other years that are not submitted."""
    return find(text, 'section[aria-labelledby="others"]')


def test_the_first_page_is_by_role(scenario: Scenario) -> None:
    for role in ("clerk", "head"):
        response = scenario.client(role).get("/")
        assert response.status_code == 303 and response.location == ENTRY
    for role in ("reviewer", "observer", "administrator"):
        response = scenario.client(role).get("/")
        assert response.status_code == 303 and response.location == "/bodies"
    two = scenario.client("clerk", BODY, OTHER_BODY).get("/")
    assert two.status_code == 200 and f'href="{ENTRY}"' in two.text and f"/bodies/{OTHER_BODY}/{YEAR}/entry" in two.text
    assert "belongs to no body" in signed_in(scenario.app, "clerk").get("/").text
    assert "/account/sign-in" in scenario.app.test_client().get("/").location


def submit_year(scenario: Scenario, bin_: str = BODY) -> None:
    """Set the year's status to submitted without checking its answers, and commit."""
    set_status(YEAR, scenario.bodies[bin_])
    db.session.commit()


def return_year(scenario: Scenario, reason: str) -> None:
    return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 1, reason)
    db.session.commit()


def open_years(scenario: Scenario, **deadlines: date | None) -> None:
    """Open further years, `y2025=date(...)`; committed."""
    for year, deadline in deadlines.items():
        operations.open_year(SYSTEM, int(year[1:]), scenario.order.code, deadline=deadline)
    set_deadline(today() + timedelta(days=30))


def set_deadline(deadline: date | None) -> None:
    year = db.session.get(ReportingYear, YEAR)
    assert year
    year.deadline = deadline
    db.session.commit()


def test_the_due_year_comes_first_and_the_page_names_the_others(scenario: Scenario) -> None:
    clerk, newer = scenario.client("clerk"), f"/bodies/{BODY}/{YEAR + 1}/entry"
    reason = "Балансты тексеріңіз. " * 12
    with scenario.app.app_context():
        open_years(scenario, y2022=None, y2025=today() + timedelta(days=400))
    assert clerk.get("/").location == ENTRY
    others = other_years(clerk.get(ENTRY).text)
    assert attributes(others, "a", "href") == [newer, f"/bodies/{BODY}/2022/entry"]
    shown = visible_text(others)
    assert "400 days left" in shown and "no deadline" in shown and "Returned for correction" not in shown
    with scenario.app.app_context():
        submit_year(scenario)
    links_below = find(clerk.get(newer), "#others").find_all_next("a", href=True)
    assert clerk.get("/").location == newer and not any(ENTRY in str(link["href"]) for link in links_below)
    with scenario.app.app_context():
        return_year(scenario, reason)
    assert clerk.get("/").location == ENTRY
    others = other_years(clerk.get(newer).text)
    shown = visible_text(others)
    assert ENTRY in attributes(others, "a", "href") and "Returned for correction" in shown and "30 days left" in shown
    assert reason[:80] in shown and reason.strip() not in shown


def test_people_of_several_bodies_choose_body_and_year(scenario: Scenario) -> None:
    clerk = scenario.client("clerk", BODY, OTHER_BODY, EMPTY_BODY)
    with scenario.app.app_context():
        open_years(scenario, y2025=today() + timedelta(days=400))
        scenario.answer(scenario.organisation_bins[0], **{first_code(scenario, 0): 1})
        submit_year(scenario, OTHER_BODY)
        submit_year(scenario)
        return_year(scenario, "Тексеріңіз")
    text = clerk.get("/").text
    assert f'href="/?year={YEAR}" aria-current="page"' in text and 'href="/?year=2025"' in text
    rows = parse(text).select("table.my-bodies tbody tr")
    row_texts = {bin_: visible_text(row) for bin_, row in zip(linked_bins(text), rows, strict=True)}
    links = {bin_: attributes(row, "a", "href") for bin_, row in zip(linked_bins(text), rows, strict=True)}
    assert set(row_texts) == {BODY, OTHER_BODY, EMPTY_BODY} and all(
        links[bin_][0] == f"/bodies/{bin_}/2024/entry" for bin_ in links
    )
    assert "Returned for correction" in row_texts[BODY] and "Тексеріңіз" in row_texts[BODY] and "30 days left" in row_texts[BODY]
    assert re.search(r"\b1 / \d+", row_texts[BODY]) and f"{ENTRY}/next" in links[BODY]
    submitted = row_texts[OTHER_BODY]
    assert "Submitted" in submitted and "View the answers" in submitted and "left" not in submitted
    assert "Draft" in row_texts[EMPTY_BODY] and f"/bodies/{EMPTY_BODY}/{YEAR}/submission" in links[EMPTY_BODY]
    others = other_years(text)
    shown = visible_text(others)
    assert "/?year=2025" in attributes(others, "a", "href") and "3 bodies" in shown and "400 days left" in shown
    page_2025 = clerk.get("/?year=2025").text
    shown = visible_text(other_years(page_2025))
    assert "2 bodies" in shown and "returned for correction: 1" in shown and f"/bodies/{BODY}/2025/entry" in page_2025
    for odd in ("1999", "x", "99999999999999999999"):
        assert f'href="/?year={YEAR}" aria-current="page"' in clerk.get(f"/?year={odd}").text


def test_answers_of_a_locked_year_can_be_viewed(scenario: Scenario) -> None:
    clerk, page = scenario.client("clerk"), f"/bodies/{BODY}/{YEAR}"
    assert "Enter answers" in clerk.get(page).text and "View the answers" not in clerk.get(page).text
    with scenario.app.app_context():
        submit_year(scenario)
    for url in (page, ENTRY):
        text = clerk.get(url).text
        assert texts(text, "main a.btn-primary")[0] == "View the answers"
        assert "Enter answers" not in text and "Next blank answer" not in texts(text, "a")
    with scenario.app.app_context():
        return_year(scenario, "Тексеріңіз")
    assert "Enter answers" in clerk.get(page).text


def test_without_a_year_the_clerk_gets_an_explanation(app: Flask, order: Order) -> None:
    with app.app_context():
        operations.register_bodies(SYSTEM, [operations.NewBody(BODY, "Бірінші")])
        id_ = registry.registry_index(SYSTEM).bodies[BODY]
        db.session.commit()
    assert "No reporting year is open yet" in signed_in(app, "clerk", bodies=[id_]).get("/").text


def test_sections_in_the_page_head_depend_on_the_role(scenario: Scenario) -> None:
    parts = {"My year", "Bodies", "Workbook", "Registry", "People"}
    shown = {
        "clerk": {"My year", "Bodies", "Workbook"},
        "head": {"My year", "Bodies", "Workbook"},
        "reviewer": {"Bodies"},
        "observer": {"Bodies"},
        "administrator": {"Bodies", "Registry", "People"},
    }
    for role, words in shown.items():
        links = texts(scenario.client(role).get("/bodies"), 'nav[aria-label="Main"] a')
        assert parts.intersection(links) == words, role


def test_only_people_of_the_body_open_its_home(scenario: Scenario) -> None:
    assert scenario.client("clerk").get(ENTRY).status_code == 200
    for role in ("reviewer", "observer", "administrator"):
        assert scenario.client(role).get(ENTRY).status_code == 403
    assert scenario.client("head", OTHER_BODY).get(ENTRY).status_code == 404
    assert scenario.client("clerk").get(ENTRY.replace(str(YEAR), "2019")).status_code == 404


def test_deadline_and_next_step_are_shown(scenario: Scenario) -> None:
    clerk = scenario.client("clerk")
    text = clerk.get(ENTRY).text
    required_count = sum(
        len([item for item in scenario.order.indicators_of(kind) if item.applies_when is None]) for kind in scenario.kinds
    )
    assert f"0&nbsp;/&nbsp;{required_count}" in text.replace("\n", "") and "30 days left" in text
    assert f'class="btn btn-primary" href="{cell(scenario, 0, first_code(scenario, 0))}"' in text
    assert listed(text) == list(scenario.organisation_bins) and text.count("Not started</span>") >= 2
    with scenario.app.app_context():
        year = db.session.get(ReportingYear, YEAR)
        assert year
        year.deadline = today()
        db.session.commit()
        scenario.fill([scenario.organisation_bins[0]])
    text = clerk.get(ENTRY).text
    assert "Today is the last day" in text
    assert f'class="btn btn-primary" href="{cell(scenario, 1, first_code(scenario, 1))}"' in text
    with scenario.app.app_context():
        scenario.fill()
    text = clerk.get(ENTRY).text
    assert "ready to be submitted" in text and "No head of the body has an account" in text
    scenario.client("head")
    text = clerk.get(ENTRY).text
    assert "Ask the head to submit:" in text and "The head</strong>" in text
    assert f'href="/bodies/{BODY}/{YEAR}/submission"' in scenario.client("head").get(ENTRY).text


def test_a_clerk_notifies_the_head_once_until_something_changes(scenario: Scenario) -> None:
    clerk, notify = scenario.client("clerk"), f"/bodies/{BODY}/{YEAR}/submission/notify-head"
    token = {"csrf_token": token_of(clerk, "/account/password")}
    assert clerk.post(notify, data=token).status_code == 409, "not ready"
    with scenario.app.app_context():
        scenario.fill()
    head = scenario.client("head")

    def notified_count() -> int:
        with scenario.app.app_context():
            return db.session.query(Notification).filter_by(kind="ready").count()

    assert find(clerk.get(ENTRY), ".due-next form button").text == "Notify the head"
    assert not parse(head.get(ENTRY)).select(".due-next form"), "a head submits"
    for _ in range(2):
        assert clerk.post(notify, data=token).status_code == 303 and notified_count() == 1
    assert "The head has been notified: The clerk, " in visible_text(find(clerk.get(ENTRY), ".due-next"))
    with scenario.app.app_context():
        code = first_indicator(scenario.order, scenario.kinds[0], "money")
        scenario.answer(scenario.organisation_bins[0], **{code: 70_000})
        db.session.commit()
    assert clerk.post(notify, data=token).status_code == 303 and notified_count() == 2
    with scenario.app.app_context():
        actions = [event.action for event in db.session.query(AuditEvent).order_by(AuditEvent.id)]
        assert actions.count("head_notified") == 2
        set_status(YEAR, scenario.body_id)
        db.session.commit()
    assert clerk.post(notify, data=token).status_code == 409, "submitted"


def test_a_returned_year_shows_when_to_correct_it_and_what_is_unanswered(scenario: Scenario) -> None:
    with scenario.app.app_context():
        scenario.fill()
        version = scenario.submit().version
        remark = add_remark(scenario.viewer(Role.REVIEWER), scenario.order, YEAR, scenario.body_id, "Неге?").id
        correct_by = today() + timedelta(days=5)
        return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.body_id, version, "", correct_by)
        db.session.commit()
    due = find(scenario.client("clerk").get(ENTRY), ".due")
    assert "Correct by" in due.text and "5 days left" in due.text and "Submitted on time" not in due.text
    assert "1 remark has no reply yet." in due.text and "ready to be submitted" not in due.text
    with scenario.app.app_context():
        reply(scenario.viewer(Role.CLERK), remark, "Түзетілді.")
        db.session.commit()
    assert "ready to be submitted" in find(scenario.client("clerk").get(ENTRY), ".due").text


def test_errors_and_warnings_are_next_when_nothing_is_blank(scenario: Scenario) -> None:
    clerk = scenario.client("clerk")
    with scenario.app.app_context():
        scenario.answer(scenario.organisation_bins[0], **clean(scenario.order, scenario.kinds[0]))
        scenario.answer(scenario.organisation_bins[1], **clean(scenario.order, scenario.kinds[1]))
        db.session.commit()
    text = clerk.get(ENTRY).text
    assert "Next warning</a>" in text and "warning</span>" in text.replace("warnings", "warning")
    assert listed(clerk.get(f"{ENTRY}?state=warnings").text)
    assert not listed(clerk.get(f"{ENTRY}?state=errors").text)
    kind = scenario.kinds[1]
    numbers = [item.code for item in scenario.order.indicators_of(kind) if item.type == "whole"]
    rule = next(rule for rule in scenario.order.rules_for_kind(kind, scenario.order.contradictions) if rule.indicator in numbers)
    with scenario.app.app_context():
        scenario.answer(scenario.organisation_bins[1], **{rule.indicator: 900})
        db.session.commit()
    text = clerk.get(ENTRY).text
    assert f'href="{cell(scenario, 1, rule.indicator)}">Next error</a>' in text
    assert listed(clerk.get(f"{ENTRY}?state=errors").text) == [scenario.organisation_bins[1]]


def test_next_blank_continues_at_the_start_of_the_list(scenario: Scenario) -> None:
    clerk = scenario.client("clerk")
    codes = first_code(scenario, 0), first_code(scenario, 1)
    assert clerk.get(f"{ENTRY}/next").location == cell(scenario, 0, codes[0])
    assert clerk.get(f"{ENTRY}/next?after={scenario.organisation_bins[0]}").location == cell(scenario, 1, codes[1])
    assert clerk.get(f"{ENTRY}/next?after={scenario.organisation_bins[1]}").location == cell(scenario, 0, codes[0])
    assert clerk.get(f"{ENTRY}/next?after=nonsense").location == cell(scenario, 0, codes[0])
    with scenario.app.app_context():
        scenario.answer(scenario.organisation_bins[0], **{codes[0]: 5})
        db.session.commit()
    second = scenario.order.indicators_of(scenario.kinds[0])[1].code
    assert clerk.get(f"{ENTRY}/next").location == cell(scenario, 0, second)
    with scenario.app.app_context():
        scenario.fill()
    assert clerk.get(f"{ENTRY}/next").location == ENTRY


def test_the_list_is_searched_filtered_and_paged(scenario: Scenario) -> None:
    extra = [bin_of(1000 + number) for number in range(PAGE_SIZE + 20)]
    names = dict.fromkeys(extra, ("Мектеп", "Школа")) | {extra[7]: ("Ғарыш мектебі", "Школа космоса")}
    with scenario.app.app_context():
        kind = scenario.kinds[0]
        operations.register_organisations(SYSTEM, [(bin_, kind, *name) for bin_, name in names.items()])
        ids = registry.registry_index(SYSTEM).organisations
        operations.add_supervision(SYSTEM, [(ids[bin_][0], scenario.bodies[BODY], date(2020, 1, 1), None) for bin_ in extra])
        scenario.answer(scenario.organisation_bins[0], **{first_code(scenario, 0): 1})
        db.session.commit()
    clerk = scenario.client("clerk")
    first, second = clerk.get(ENTRY).text, clerk.get(f"{ENTRY}?page=2").text
    assert len(listed(first)) == PAGE_SIZE and len(listed(second)) == 22 and not {*listed(first)} & {*listed(second)}
    assert listed(clerk.get(f"{ENTRY}?page=99").text) == listed(second)
    assert "70 organisations" in clerk.get(f"{ENTRY}?q=ШКОЛА").text
    assert listed(clerk.get(f"{ENTRY}?q=МЕКТЕБІ ғарыш").text) == [extra[7]]
    assert listed(clerk.get(f"{ENTRY}?q={extra[5]}").text) == [extra[5]]
    assert listed(clerk.get(f"{ENTRY}?kind={scenario.kinds[1]}").text) == [scenario.organisation_bins[1]]
    assert listed(clerk.get(f"{ENTRY}?state=partial").text) == [scenario.organisation_bins[0]]
    assert not listed(clerk.get(f"{ENTRY}?state=complete").text)
    assert len(listed(clerk.get(f"{ENTRY}?state=unfinished&kind={scenario.kinds[0]}").text)) == PAGE_SIZE
    assert "No organisation matches" in clerk.get(f"{ENTRY}?q=nothing").text
    hostile = clerk.get(f"{ENTRY}?q=<script>&kind=x&state=y&page=x").text
    assert "&lt;script&gt;" in hostile and "<script>" not in hostile


def test_prior_year_counts_are_declared(scenario: Scenario) -> None:
    clerk = scenario.client("clerk")
    criterion = next(scenario.order.prior_year_counts())[0].code
    name = f"count-{scenario.kinds[0]}-{criterion}"
    expected_field = f"expected-{scenario.kinds[0]}-{criterion}"
    other = {f"count-{scenario.kinds[1]}-{criterion}": "", f"expected-{scenario.kinds[1]}-{criterion}": ""}
    token = {"csrf_token": token_of(clerk, ENTRY), **other}
    assert clerk.post(ENTRY, data=token | {name: "3", expected_field: ""}).status_code == 303
    assert f'name="{name}" type="text" value="3"' in clerk.get(ENTRY).text
    for wrong, message in (
        ("-1", "Write 0 or more"),
        ("x", "is not a whole number"),
        ("2,5", "is not a whole number"),
        ("1 2", "write 12;"),
        ("99999999999", "Enter a whole number"),
    ):
        response = clerk.post(ENTRY, data=token | {name: wrong, expected_field: "3"})
        assert response.status_code == 422 and message in response.text and f'value="{wrong}"' in response.text
    taken = clerk.post(ENTRY, data=token | {name: "8", expected_field: ""})
    assert taken.status_code == 409 and "The clerk changed this in the meantime" in taken.text
    assert f'name="{expected_field}" type="hidden" value="3"' in taken.text and 'value="8"' in taken.text
    assert clerk.post(ENTRY, data=token | {name: "8", expected_field: "3"}).status_code == 303
    assert clerk.post(ENTRY, data=token | {name: "", expected_field: "8"}).status_code == 303
    with scenario.app.app_context():
        events = [
            event.data
            for event in db.session.query(AuditEvent).filter_by(action="prior_year_counts_declared").order_by(AuditEvent.id)
        ]
    key = f"{scenario.kinds[0]}/{criterion}"
    assert events == [{key: [None, 3]}, {key: [3, 8]}, {key: [8, None]}]


def test_last_years_figures_are_counted_where_its_reports_are_stored(scenario: Scenario) -> None:
    money = next(
        item.code for item in scenario.order.indicators_of(scenario.kinds[0]) if item.type == "money" and item.min is None
    )
    with scenario.app.app_context():
        operations.open_year(SYSTEM, YEAR + 1, scenario.order.code)
        scenario.answer(scenario.organisation_bins[0], **{money: -100})
        db.session.commit()
    text = scenario.client("clerk").get(f"/bodies/{BODY}/{YEAR + 1}/entry").text
    criterion = next(scenario.order.prior_year_counts())[0].code
    assert "counted from last year" in text and f"count-{scenario.kinds[0]}-{criterion}" not in text
    assert f"count-{scenario.kinds[1]}-{criterion}" in text


def test_the_body_page_links_the_home_for_people_of_the_body(scenario: Scenario) -> None:
    page = f"/bodies/{BODY}/{YEAR}"
    assert f'href="{ENTRY}"' in scenario.client("clerk").get(page).text
    for role in ("reviewer", "observer", "administrator"):
        text = scenario.client(role).get(page).text
        assert ENTRY not in text and f'href="{page}/organisations/{scenario.organisation_bins[0]}"' in text
    assert f'href="/bodies/{EMPTY_BODY}/{YEAR}"' in scenario.client("reviewer").get("/bodies").text


def test_answers_are_checked_beside_last_years_before_submitting(scenario: Scenario) -> None:
    head, address = scenario.client("head"), f"/bodies/{BODY}/{YEAR}/submission/answers"
    money = first_indicator(scenario.order, scenario.kinds[0], "money")
    with scenario.app.app_context():
        scenario.fill()
        scenario.answer(scenario.organisation_bins[0], **{money: 1_234_500})
        db.session.commit()
    assert address in attributes(head.get(f"/bodies/{BODY}/{YEAR}/submission"), "a", "href")
    page = head.get(address)
    assert texts(page, ".checked-answers caption .bin-note") == list(scenario.organisation_bins)
    row = find(page, f'.checked-answers tr:has(a[href="{cell(scenario, 0, money)}"])')
    assert texts(row, "td") == ["12 345", "–"]
    assert scenario.client("clerk", OTHER_BODY).get(address).status_code == 404
