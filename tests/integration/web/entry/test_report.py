"""The report's form without scripts: saving, conflicts, issues, permissions; on both databases."""

import json
from typing import Any

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from evaluation.answers.models import Justification
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from tests.support.accounts import sign_in, token_of
from tests.support.factories import clean
from tests.support.html import attributes, find, form_values, parse, texts
from tests.support.scenario import (
    BODY,
    FOREIGN_ORGANISATION,
    OTHER_BODY,
    YEAR,
    Scenario,
    all_kinds_scenario,
    first_indicator,
    store_answers,
    stored_values,
)
from tests.support.submission_states import set_status

REASON = "Акт проверен, сумма указана верно."


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return all_kinds_scenario(app, order)


def client_of(app: Flask, email: str, code: str = "en") -> FlaskClient:
    client = app.test_client()
    client.set_cookie("language", code)
    return sign_in(client, email)


def fields(text: str) -> dict[str, str]:
    """Return what a browser sends for the unchanged form: field name → value."""
    return form_values(find(text, "#report"))


def save(client: FlaskClient, url: str, go: str = "stay", page: TestResponse | None = None, **changed: Any) -> TestResponse:
    """Open the page or use the opened `page`, change fields and press Save."""
    text = (page or client.get(url)).text
    # Keyword names cannot contain hyphens: answer__code means answer-code.
    sent = fields(text) | {name.replace("__", "-", 1): value for name, value in changed.items()}
    return client.post(url, data=sent | {"csrf_token": token_of(client, url)} | ({"go": go} if go else {}))


def test_the_page_shows_questions_beside_last_years_answers(app: Flask, order: Order, scenario: Scenario) -> None:
    for kind, (organisation_bin, _) in scenario.bins_by_kind.items():
        for code in ("kk", "ru", "en"):
            response = client_of(app, scenario.emails["clerk"], code).get(scenario.report_url(organisation_bin))
            parser = html5lib.HTMLParser(strict=True)
            parser.parse(response.text)
            ids = attributes(response, "[id]", "id")
            assert len(ids) == len(set(ids))
            for item in (*order.indicators_of(kind), *order.evidence_of(kind)):
                assert f'id="field-{item.code}"' in response.text and item.hint[code].replace("'", "&#39;") in response.text
            for row in order.table[kind].scored_rows:
                assert order.criterion[row.criterion or ""].breach_text[code].replace("'", "&#39;") in response.text
            money = first_indicator(order, kind, "money", has_minimum=False)
            then = clean(order, kind)[money]
            assert language(code).number(then / 100) in response.text
            assert " style=" not in response.text and "onclick" not in response.text


def test_saving_stores_valid_answers_and_shows_invalid_ones(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    organisation_bin, url = scenario.bins_of(kind)[1], scenario.report_url(scenario.bins_of(kind)[1])
    money, amount = (
        first_indicator(order, kind, "money", has_minimum=False),
        first_indicator(order, kind, "money", has_minimum=True),
    )
    yes = first_indicator(order, kind, "yes_no")
    note = next(item.code for item in order.evidence_of(kind) if item.type == "text")
    client = client_of(app, scenario.emails["clerk"])
    changed = {f"answer__{money}": "12 500,50", f"answer__{amount}": "many", f"answer__{yes}": "no"}
    changed[f"answer__{note}"] = "one\r\ntwo"
    response = save(client, url, **changed)
    assert response.status_code == 200
    assert 'value="many"' in response.text and 'aria-invalid="true"' in response.text
    assert "“many” is not an amount" in response.text
    assert "3 answers are saved." in response.text and "12\xa0500.50" in response.text
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 1_250_050, yes: False, note: "one\ntwo"}
    corrected = save(client, url, page=response, **{f"answer__{amount}": "7"})
    assert corrected.status_code == 303 and corrected.location == url
    assert "1 answer is saved." in client.get(url).text
    assert save(client, url).status_code == 303
    emptied = save(client, url, **{f"answer__{yes}": "", f"answer__{amount}": " "})
    assert emptied.status_code == 303
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 1_250_050, note: "one\ntwo"}


def test_a_conflict_shows_both_values(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money, yes = (
        scenario.bins_of(kind),
        first_indicator(order, kind, "money"),
        first_indicator(order, kind, "choice"),
    )
    url, mine, theirs = (
        scenario.report_url(organisation_bin),
        client_of(app, scenario.emails["clerk"]),
        client_of(app, scenario.emails["colleague"]),
    )
    opened = mine.get(url)
    assert save(theirs, url, **{f"answer__{money}": "700", f"answer__{yes}": "violated"}).status_code == 303
    answer = {f"answer__{money}": "100", f"answer__{yes}": "compliant"}
    clash = save(mine, url, page=opened, **answer)
    label = next(choice.label.en for choice in order.choices[order.by_code[yes].choices or ""] if choice.value == "violated")
    assert clash.status_code == 200 and f"<strong>{label}</strong>" in clash.text and "<strong>700</strong>" in clash.text
    assert clash.text.count("(The clerk, ") == 2 and 'value="100"' in clash.text
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 70_000, yes: "violated"}
    assert save(mine, url, page=clash).status_code == 200, "without a choice nothing is overwritten"
    chosen = save(mine, url, page=clash, **{f"choice__{money}": "typed", f"choice__{yes}": "stored"})
    assert chosen.status_code == 303
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 10_000, yes: "violated"}


def test_a_value_that_changed_again_is_shown_again(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money = scenario.bins_of(kind), first_indicator(order, kind, "money")
    url, mine, theirs = (
        scenario.report_url(organisation_bin),
        client_of(app, scenario.emails["clerk"]),
        client_of(app, scenario.emails["colleague"]),
    )
    opened = mine.get(url)
    save(theirs, url, **{f"answer__{money}": "700"})
    clash = save(mine, url, page=opened, **{f"answer__{money}": "100"})
    save(theirs, url, **{f"answer__{money}": "800"})
    again = save(mine, url, page=clash, **{f"choice__{money}": "typed"})
    assert again.status_code == 200 and "<strong>800</strong>" in again.text
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 80_000}


def test_an_answer_typed_in_another_state_of_the_year_is_proposed_with_both_values(
    app: Flask, order: Order, scenario: Scenario
) -> None:
    """A page that was opened before the year was submitted and returned stores nothing by itself."""
    kind = order.kinds[0].code
    (organisation_bin, _), money = scenario.bins_of(kind), first_indicator(order, kind, "money")
    url, client = scenario.report_url(organisation_bin), client_of(app, scenario.emails["clerk"])
    with app.app_context():
        store_answers(order, organisation_bin, {money: -125_000_000})
        db.session.commit()
    opened = client.get(url)
    with app.app_context():
        set_status(YEAR, scenario.body_id, "returned")
        db.session.commit()
    proposal = save(client, url, page=opened, **{f"answer__{money}": "123"})
    assert proposal.status_code == 200 and "<strong>-1\xa0250\xa0000</strong>" in proposal.text
    assert "before the year was submitted, returned" in find(proposal, f"#field-{money} .conflict").text
    assert find(proposal, f"#answer-{money}[autofocus]")["value"] == "123"
    with app.app_context():
        assert stored_values(organisation_bin) == {money: -125_000_000}
    assert save(client, url, page=proposal, **{f"choice__{money}": "typed"}).status_code == 303
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 12_300}


def test_an_error_is_shown_before_going_on(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    (organisation_bin, other), rule = scenario.bins_of(kind), order.contradictions[0]
    compare: Any = rule.when
    url, client = scenario.report_url(organisation_bin), client_of(app, scenario.emails["clerk"])
    answers = {f"answer__{compare.left}": "5", f"answer__{compare.right}": "1"}
    stopped = save(client, url, go="next", **answers)
    assert stopped.status_code == 303 and f"?field={rule.indicator}#field-{rule.indicator}" in stopped.location
    assert "The answers have an error" in (page := client.get(stopped.location)).text
    assert find(page, "[data-error-count]").text == "Errors: 1"
    assert save(client, url, go="next").location.endswith(other)


def test_costs_and_issues_are_shown_at_their_answers(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    (organisation_bin, _), rule = scenario.bins_of(kind), order.contradictions[0]
    loss = first_indicator(order, kind, "money", has_minimum=False)
    compare: Any = rule.when
    with app.app_context():
        store_answers(order, organisation_bin, {loss: -1, compare.left: 5, compare.right: 1})
        db.session.commit()
    page = parse(client_of(app, scenario.emails["clerk"]).get(scenario.report_url(organisation_bin)))
    field = find(page, f"#field-{rule.indicator}").get_text()
    assert rule.message.en in field and "Error:" in field
    row = next(row.number for row in order.table[kind].scored_rows if row.criterion == order.by_code[loss].criteria[0])
    assert f"breaches row {row}: −" in find(page, f"#field-{loss}").get_text()


def warning(order: Order, kind: str) -> tuple[Any, dict[str, Any]]:
    """Return the indicator of the caution for audits without an act, and answers that cause the caution."""
    choice = first_indicator(order, kind, "choice")
    return choice, {choice: "violated"}


def test_a_reason_justifies_a_warning(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), url = scenario.bins_of(kind), scenario.report_url(scenario.bins_of(kind)[0])
    choice, answers = warning(order, kind)
    with app.app_context():
        store_answers(order, organisation_bin, answers)
        db.session.commit()
    client = client_of(app, scenario.emails["clerk"])
    text = client.get(url).text
    key = next(value for value in attributes(text, 'button[name="justify"]', "value") if value.endswith(f":{choice}"))
    first = parse(text).select('#report button, button[form="report"]')[0]
    assert first["name"] == "go", "Enter in a field presses the first button, which saves"
    short = client.post(url, data=fields(text) | {"csrf_token": token_of(client, url), "justify": key, f"reason-{key}": "so"})
    assert short.status_code == 200 and "at least" in short.text
    field = find(short, "textarea[autofocus]")
    assert (field["name"], field.text, field["aria-invalid"]) == (f"reason-{key}", "so", "true")
    assert find(short, f'[id="{field["aria-describedby"]}"]').text and find(short, f'details.justify[id="reason-{key}"][open]')
    assert f"#reason-{key}" in attributes(short, "[data-unsaved-list] a", "href")
    response = client.post(
        url, data=fields(text) | {"csrf_token": token_of(client, url), "justify": key, f"reason-{key}": REASON}
    )
    assert response.status_code == 303 and response.location.endswith(f"#field-{choice}")
    with app.app_context():
        assert [value.reason for value in db.session.query(Justification)] == [REASON]
    for email in (scenario.emails["clerk"], scenario.emails["reviewer"]):
        assert REASON in client_of(app, email).get(url).text
    withdrawn = client.post(url, data=fields(client.get(url).text) | {"csrf_token": token_of(client, url), "withdraw": key})
    assert withdrawn.status_code == 303
    with app.app_context():
        assert not db.session.query(Justification).count()


def test_one_reason_is_stored_for_the_same_warning_of_several_organisations(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    bins, (choice, answers) = scenario.bins_of(kind), warning(order, kind)
    with app.app_context():
        for organisation_bin in bins:
            store_answers(order, organisation_bin, answers)
        db.session.commit()
    client, url = client_of(app, scenario.emails["clerk"]), f"/bodies/{BODY}/{YEAR}/warnings"
    group = next(address for address in attributes(client.get(url), "tbody a", "href") if address.endswith(f"code={choice}"))
    assert group in attributes(client.get(scenario.report_url(bins[0])), f"#field-{choice} .justify a", "href")
    assert attributes(client.get(group), "input[name=organisation][checked]", "value") == list(bins)
    token = {"csrf_token": token_of(client, group)}
    for sent in ({"organisation": bins[0], "reason": "so"}, {"organisation": "1", "reason": REASON}):
        rejected = client.post(group, data=token | sent)
        assert rejected.status_code == 422 and sent["reason"] in rejected.text
    assert client.post(group, data=token | {"organisation": list(bins), "reason": REASON}).status_code == 303
    assert "The reason is saved for 2 organisations." in client.get(url).text
    with app.app_context():
        assert [value.reason for value in db.session.query(Justification)] == [REASON] * 2
        batches = {event.batch for event in db.session.query(AuditEvent).filter_by(action="justification_added")}
        assert len(batches) == 1 and None not in batches
    assert group not in attributes(client.get(url), "tbody a", "href")
    late = client.post(group, data=token | {"organisation": list(bins), "reason": REASON + " 2"})
    assert late.status_code == 422, "a reason that somebody stored meanwhile stays"
    with app.app_context():
        assert [value.reason for value in db.session.query(Justification)] == [REASON] * 2


def test_a_warning_expands_and_links_its_evidence(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    organisation_bin = scenario.bins_of(kind)[0]
    choice, answers = warning(order, kind)
    rule = next(caution for caution in order.cautions if caution.indicator == choice and order.evidence_by_rule[caution.code])
    [act] = order.evidence_by_rule[rule.code]

    def shown() -> tuple[str, bool]:
        text = client_of(app, scenario.emails["clerk"]).get(scenario.report_url(organisation_bin)).text
        return text, find(text, f"details.evidence:has(#field-{act})").has_attr("open")

    assert not shown()[1]
    with app.app_context():
        store_answers(order, organisation_bin, answers)
        db.session.commit()
    text, unfolded = shown()
    assert unfolded and f'<a href="#field-{act}">' in text
    with app.app_context():
        store_answers(order, organisation_bin, {act: "No. 5"})
        db.session.commit()
    text, unfolded = shown()
    assert not unfolded and f'<a href="#field-{act}">' not in text


def test_every_row_of_the_form_accepts_files(app: Flask, order: Order, scenario: Scenario) -> None:
    for kind, (organisation_bin, _) in scenario.bins_by_kind.items():
        labels = texts(client_of(app, scenario.emails["clerk"]).get(scenario.report_url(organisation_bin)), "label")
        prefix = "Files for row "
        assert [label.removeprefix(prefix) for label in labels if label.startswith(prefix)] == [
            row.number for row in order.table[kind].scored_rows
        ]


def test_the_page_is_read_only_without_edit_permission(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[1].code
    (_, organisation_bin), yes = scenario.bins_of(kind), first_indicator(order, kind, "yes_no")
    with app.app_context():
        store_answers(order, organisation_bin, {yes: True})
        db.session.commit()
    url = scenario.report_url(organisation_bin)
    for email in (scenario.emails["reviewer"], scenario.emails["observer"]):
        client = client_of(app, email, "ru")
        text = client.get(url).text
        assert (
            ">да</p>" in text
            and 'form="report"' not in text
            and "js/entry/report/page.js" not in text
            and 'name="answer-' not in text
        )
        token = {"csrf_token": token_of(client, "/account/password")}
        assert client.post(url, data=token | {f"answer-{yes}": "no"}).status_code == 403
    with app.app_context():
        set_status(YEAR, scenario.body_id)
        db.session.commit()
    client = client_of(app, scenario.emails["clerk"])
    text = client.get(url).text
    assert "was submitted" in text and 'form="report"' not in text
    token = {"csrf_token": token_of(client, "/account/password"), f"expected-{yes}": "true", f"answer-{yes}": "no"}
    late = client.post(url, data=token)
    assert late.status_code == 409 and "was submitted" in late.text
    with app.app_context():
        assert stored_values(organisation_bin) == {yes: True}


def test_reports_of_other_bodies_are_404(app: Flask, order: Order, scenario: Scenario) -> None:
    organisation_bin = scenario.bins_of(order.kinds[0].code)[0]
    clerk, stranger = client_of(app, scenario.emails["clerk"]), client_of(app, scenario.emails["stranger"])
    token = {"csrf_token": token_of(clerk, "/account/password")}
    for url in (
        scenario.report_url(FOREIGN_ORGANISATION),
        scenario.report_url(FOREIGN_ORGANISATION, OTHER_BODY),
        scenario.report_url("1"),
        scenario.report_url(organisation_bin).replace(str(YEAR), "1999"),
    ):
        assert clerk.get(url).status_code == 404
        assert clerk.post(url, data=token).status_code == 404
    assert stranger.get(scenario.report_url(organisation_bin)).status_code == 404
    assert stranger.get(scenario.report_url(organisation_bin, OTHER_BODY)).status_code == 404
    nobody = app.test_client().get(scenario.report_url(organisation_bin))
    assert nobody.status_code == 303 and "/sign-in" in nobody.location


def test_from_organisation_to_organisation(app: Flask, order: Order, scenario: Scenario) -> None:
    every = [organisation_bin for kind in order.kind for organisation_bin in scenario.bins_of(kind)]
    client = client_of(app, scenario.emails["clerk"])
    url = scenario.report_url(every[0])
    assert 'rel="prev"' not in client.get(url).text
    visited = []
    while url:
        visited.append(url.split("/")[-1])
        response = save(client, url, go="next")
        url = "" if response.location == url else response.location
    assert visited == every
    blank = order.indicators_of(next(iter(order.kind)))[0].code
    text = client.get(scenario.report_url(every[0])).text
    assert f"?field={blank}#field-{blank}" in text
    focused = client.get(scenario.report_url(every[0]) + f"?field={blank}").text
    assert len(parse(focused).select("[autofocus]")) == 1


def test_tampered_hidden_fields_overwrite_nothing(app: Flask, order: Order, scenario: Scenario) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money = scenario.bins_of(kind), first_indicator(order, kind, "money")
    with app.app_context():
        store_answers(order, organisation_bin, {money: 500})
        db.session.commit()
    client = client_of(app, scenario.emails["clerk"])
    for expected in ("{", '"x"', "[1]", "null", json.dumps({"a": 1})):
        response = save(
            client, scenario.report_url(organisation_bin), **{f"answer__{money}": "9", f"expected__{money}": expected}
        )
        assert response.status_code == 200 and "<strong>5</strong>" in response.text
    with app.app_context():
        assert stored_values(organisation_bin) == {money: 500}
    assert client.get(f"/bodies/{BODY}/{YEAR}/organisations/{organisation_bin}?field=%22x").status_code == 200
