"""The pages of budget decisions: from the pasted text through corrections to the stored decision, its files and warnings."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.budgets.models import BudgetDraft, StoredDecision
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES
from evaluation.policy import Role
from tests.support import accounts
from tests.support.html import attributes, csrf_token, find, form_values, texts, visible_text
from tests.support.scenario import BODY, OTHER_BODY, YEAR, Scenario, all_kinds_scenario, store_answers

LIST = f"/bodies/{BODY}/{YEAR}/budgets"
HEAD = "Решение маслихата города от {day} декабря {year} года № {number}\nБюджет города Бир на {budget} год\n"
ROWS = """				Наименование	Сумма, тысяч тенге
				I. Доходы	{income}
1				Налоговые поступления	800
	01			Подоходный налог	800
		2		Индивидуальный подоходный налог	800
2				Неналоговые поступления	200
	01			Доходы от государственной собственности	200
		1		Поступления части чистого дохода государственных предприятий	{net}
		5		Доходы от аренды имущества, находящегося в государственной собственности	{rent}
				II. Затраты	1 000
01				Государственные услуги общего характера	1 000
	2			Финансовая деятельность	1 000
		489		Отдел государственных активов и закупок района (города областного значения)	1 000
			001	Услуги по реализации государственной политики в сфере управления государственными активами	{policy}
			005	Приватизация, управление коммунальным имуществом	10
				III. Чистое бюджетное кредитование	0
				IV. Сальдо по операциям с финансовыми активами	0
				V. Дефицит (профицит) бюджета	0
				VI. Финансирование дефицита (использование профицита) бюджета	0
"""


def text(number: str = "10-1", day: int = 22, budget: int = YEAR, **amounts: object) -> str:
    amounts = {"income": "1 000", "net": 150, "rent": 50, "policy": 990} | amounts
    return HEAD.format(day=day, year=budget - 1, number=number, budget=budget) + ROWS.format(**amounts)


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return all_kinds_scenario(app, order)


def client(scenario: Scenario, name: str, code: str = "en") -> FlaskClient:
    client = scenario.app.test_client()
    client.set_cookie("language", code)
    return accounts.sign_in(client, scenario.emails[name])


def send(clerk: FlaskClient, **fields: object) -> TestResponse:
    page = clerk.get(f"{LIST}/new")
    return clerk.post(f"{LIST}/new", data={"csrf_token": csrf_token(page)} | fields, content_type="multipart/form-data")


def draft_of(clerk: FlaskClient, pasted: str) -> str:
    answer = send(clerk, text=pasted)
    assert answer.status_code == 303, visible_text(answer)
    return str(answer.location)


def post(clerk: FlaskClient, page: TestResponse, form: str, **changes: str) -> TestResponse:
    """Send the form of a page whose address ends like this, as a browser does, with changed fields."""
    element = find(page, f'form[action*="{form}"]')
    return clerk.post(str(element["action"]), data=form_values(element) | changes)


def stored(clerk: FlaskClient, pasted: str) -> str:
    """Store a decision as it was read; its address."""
    answer = post(clerk, clerk.get(draft_of(clerk, pasted)), "/store", store="1")
    assert answer.status_code == 303, visible_text(answer)
    return str(answer.location)


def test_a_decision_is_read_corrected_and_stored(scenario: Scenario) -> None:
    clerk = client(scenario, "clerk")
    address = draft_of(clerk, text(rent="5O", policy=991))
    page = clerk.get(address)
    # The line with a letter in its amount waits for a person, the wrong sum is named, nothing is stored.
    assert "5O" in visible_text(find(page, "fieldset.unread-line .source-excerpt"))
    assert texts(page, "table.inconsistencies tbody th") == ["II. Costs, 01/2/489 Correct : II. Costs, 01/2/489"]
    with scenario.app.app_context():
        assert not db.session.query(StoredDecision).count()
    assert not page.text.count('name="store"')

    key = attributes(page, "fieldset.unread-line[id] select", "name")[0].removeprefix("section-")
    wrong = post(
        clerk, page, f"{address}?part=unread", **{f"section-{key}": "income", f"code-{key}": "2/01/5", f"amount-{key}": "5O"}
    )
    assert wrong.status_code == 422
    assert attributes(wrong, f"#amount-{key}", "value") == ["5O"] and find(wrong, f"#amount-{key}-error")
    page = clerk.get(
        post(clerk, wrong, f"{address}?part=unread", **{f"name-{key}": "Доходы от аренды", f"amount-{key}": "50"}).location
    )
    assert "1, settled" in visible_text(page)

    costs = clerk.get(f"{address}?part=costs")
    amount = next(str(field["name"]) for field in find(costs, "table.line-inputs").select("input") if field.get("value") == "991")
    page = clerk.get(post(clerk, costs, f"{address}?part=costs", **{amount: "990"}).location)
    assert "none: all sums agree" in visible_text(page)

    # An error of the head keeps what was typed.
    refused = post(clerk, page, "/store", number="", date="2023-12-23", store="1")
    assert refused.status_code == 422 and attributes(refused, "#date", "value") == ["2023-12-23"]
    answer = post(clerk, refused, "/store", number="10-1", store="1")
    assert answer.status_code == 303
    shown = clerk.get(answer.location)
    assert "Decision No. 10-1 of 23 December 2023" in visible_text(find(shown, "h1"))
    assert "corrected; read as:" in visible_text(shown) and "entered by a person" in visible_text(shown)
    with scenario.app.app_context():
        row = db.session.query(StoredDecision).one()
        assert (row.year, row.corrections, row.body_id) == (YEAR, 3, scenario.bodies[BODY])
        assert not db.session.query(BudgetDraft).count()
    again = post(clerk, clerk.get(draft_of(clerk, text(day=23))), "/store", store="1")
    assert again.status_code == 409 and find(again, "#number-error") and find(again, "input#replace")
    assert post(clerk, again, "/store", store="1", replace="y").status_code == 303


def test_refusals_stand_at_their_field(scenario: Scenario) -> None:
    clerk = client(scenario, "clerk")
    nothing = send(clerk)
    assert nothing.status_code == 422 and find(nothing, "#file-error")
    prose = send(clerk, text="Только текст без таблиц")
    assert prose.status_code == 422 and find(prose, "#text-error")
    assert "Только текст без таблиц" in find(prose, "textarea#text").get_text()
    file = send(clerk, file=(io.BytesIO(b"MZ\x90\x00" + bytes(100)), "decision.exe"))
    assert file.status_code == 422 and find(file, "#file-error")
    both = send(clerk, text=text(), file=(io.BytesIO(text().encode()), "decision.txt"))
    assert both.status_code == 422
    assert send(clerk, file=(io.BytesIO(text().encode()), "decision.txt")).status_code == 303


def test_a_body_is_chosen_in_a_decision_of_several(scenario: Scenario) -> None:
    clerk = client(scenario, "clerk")
    district = text().replace("Бюджет города Бир", "Бюджет Алыс района")
    address = draft_of(clerk, district + text(net=100, rent=100))
    page = clerk.get(address)
    labels = texts(page, ".budget-choice label")
    assert len(labels) == 2
    # The annex that names the body is preselected.
    position = next(number for number, label in enumerate(labels) if "Бир" in label)
    assert attributes(page, ".budget-choice input[checked]", "value") == [str(position)]
    post(clerk, page, "/choice", entry=str(1 - position))
    assert attributes(clerk.get(address), ".budget-choice input[checked]", "value") == [str(1 - position)]
    assert clerk.post(f"{address}/choice", data={"csrf_token": csrf_token(page), "entry": "9"}).status_code == 400
    post(clerk, page, "/discard")
    assert clerk.get(address).status_code == 404


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_a_stored_decision_is_shown_compared_and_exported(scenario: Scenario, code: str) -> None:
    clerk = client(scenario, "clerk", code)
    first, second = stored(clerk, text()), stored(clerk, text("10-9", day=28, net=120, rent=80))
    page = clerk.get(second)
    codes = texts(page, ".budget-lines td.budget-code")
    assert "2/01/5" in codes and "01/2/489/005" in codes
    line_address = attributes(page, '.budget-lines a[href*="/source"]', "href")[0]
    marked = texts(clerk.get(line_address), "tr.is-marked td")
    assert len(marked) == 1 and "Налоговые поступления" in marked[0]
    comparison = clerk.get(f"{second}/comparison")
    rows = [visible_text(row) for row in find(comparison, "table.budget-differences").select("tr:has(td)")]
    assert len(rows) == 2 and "120" in rows[0] and "150" in rows[0] and "+30" in rows[1]
    assert len(find(clerk.get(f"{second}/comparison?all=1"), "table.budget-differences").select("tr:has(td)")) > 10
    assert clerk.get(f"{second}/comparison?with=99").status_code == 404
    assert visible_text(find(clerk.get(f"{first}/comparison"), "p.notice"))

    book = load_workbook(io.BytesIO(clerk.get(f"{second}.xlsx").data))
    lines = book.worksheets[0]
    values = {row[0]: row[2] for row in lines.iter_rows(min_row=2, values_only=True) if row[0]}
    assert values["2/01/1"] == 120 and values["01/2/489/001"] == 990
    levels = {lines.cell(row, 1).value: lines.row_dimensions[row].outlineLevel for row in range(2, lines.max_row + 1)}
    assert (levels["2"], levels["2/01"], levels["2/01/1"], levels[None]) == (1, 2, 3, 0)
    assert "10-9" in [cell.value for cell in book.worksheets[2]["B"]]


def test_the_file_is_a_download_that_the_log_knows(scenario: Scenario) -> None:
    clerk = client(scenario, "clerk")
    address = stored(clerk, text())
    answer = client(scenario, "reviewer").get(f"{address}/file")
    assert answer.data.decode() == text().rstrip()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer.headers["Content-Security-Policy"]
    with scenario.app.app_context():
        assert db.session.query(AuditEvent).filter_by(action=AuditAction.BUDGET_DECISION_DOWNLOADED).count() == 1


def test_a_difference_is_a_warning_that_the_body_explains(scenario: Scenario, order: Order) -> None:
    clerk, reviewer = client(scenario, "clerk"), client(scenario, "reviewer")
    rule = order.budget_comparison["net_income"]
    with scenario.app.app_context():
        for kind in rule.kinds:
            for bin_ in scenario.bins_of(kind):
                store_answers(order, bin_, {rule.due: 60_000_00, rule.paid: 50_000_00})
        db.session.commit()
    stored(clerk, text())
    page = clerk.get(LIST)
    row = find(page, "#group-net_income")
    assert [cell.replace("\xa0", " ") for cell in texts(row, "td")] == ["150", "120", "100", "50"]
    assert "not explained" in visible_text(row) and "changes no points" in visible_text(page)
    for address in (f"/bodies/{BODY}/{YEAR}", f"/bodies/{BODY}/{YEAR}/entry"):
        assert "not explained" in visible_text(find(clerk.get(address), ".budget-warnings"))
    short = post(clerk, page, "/explanations/net_income", reason="жоқ")
    assert short.status_code == 422 and "жоқ" in find(short, "textarea#reason-net_income").get_text()
    answer = post(clerk, page, "/explanations/net_income", reason="Доход года уплачен в следующем году")
    assert answer.status_code == 303
    assert "Доход года уплачен в следующем году" in visible_text(find(reviewer.get(f"/bodies/{BODY}/{YEAR}"), ".budget-warnings"))
    assert not attributes(reviewer.get(LIST), 'form[action*="/explanations/"]', "action")
    assert post(clerk, clerk.get(LIST), "/explanations/net_income", reason="").status_code == 303
    assert "not explained" in visible_text(find(clerk.get(LIST), "#group-net_income"))


def test_other_people_do_not_see_it(scenario: Scenario) -> None:
    clerk = client(scenario, "clerk")
    address, draft = stored(clerk, text()), draft_of(clerk, text("11"))
    for page in ("", "/source", "/file", "/comparison", ".xlsx"):
        assert client(scenario, "stranger").get(address + page).status_code == 404
        assert client(scenario, "observer").get(address + page).status_code == 403
        assert clerk.get((address + page).replace(BODY, OTHER_BODY)).status_code == 404
    # A draft is its sender's alone.
    for name, status in (("colleague", 404), ("stranger", 404), ("reviewer", 403)):
        assert client(scenario, name).get(draft).status_code == status
    reviewer = client(scenario, "reviewer")
    assert reviewer.get(address).status_code == 200 and not attributes(reviewer.get(address), 'form[action$="/remove"]', "action")
    post(clerk, clerk.get(address), "/remove")
    assert clerk.get(address).status_code == 404
    assert scenario.client(Role.ADMINISTRATOR).get(LIST).status_code == 403
