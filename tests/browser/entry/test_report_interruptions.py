"""The form with obstacles: no connection, an invalid answer, missing evidence; and its print."""

import json

import pytest
from playwright.sync_api import Page, expect

from evaluation.criteria import Order
from evaluation.criteria.expressions import codes
from evaluation.language import language
from tests.browser.conftest import NewPage
from tests.browser.entry_helpers import VIEWS, WIDTHS, Site, assert_accessible, state_of, typed
from tests.support.factories import A_PDF
from tests.support.scenario import BODY, FOREIGN_ORGANISATION, YEAR, first_indicator


def store_unsent(page: Page, site: Site, organisation_bin: str, code: str, text: str) -> None:
    """Queue an answer in the browser as if the user had typed it."""
    account = page.locator("[data-account]").first.get_attribute("data-account")
    entry = {"organisation": organisation_bin, "code": code, "typed": text, "expected": None, "state": "invalid", "queuedAt": 1}
    key = f"outbox/{account}/{BODY}/{YEAR}/{organisation_bin}/{code}"
    page.evaluate("([key, entry]) => localStorage.setItem(key, entry)", [key, json.dumps(entry)])


def caution_with_evidence(order: Order, kind: str) -> tuple[str, str, str]:
    """Return a choice, the digit of its answer that makes a caution require evidence, and the code of that evidence."""
    choice = first_indicator(order, kind, "choice")
    rule = next(caution for caution in order.cautions if caution.indicator == choice and order.evidence_by_rule[caution.code])
    assert choice in codes(rule.when)
    return choice, "3", order.evidence_by_rule[rule.code][0]


@pytest.mark.parametrize(("code", "width"), [("kk", 390), ("ru", 1280)])
def test_links_wait_for_the_connection(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, other), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    message = language(code).gettext(
        "No connection: stay on this page. Your answers are stored here and are saved when it is back."
    )
    with new_page(site.address, code, width, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.context.set_offline(True)
        typed(page, money, "100")
        state_of(page, money, "offline")
        for leave in ("[rel=next]", ".site-name", "[data-next]", ".site-who button"):
            if not page.locator(leave).first.is_visible():
                page.locator(".site-menu-button").click()
            page.locator(leave).first.click()
            expect(page.locator("[data-leave-warning]")).to_have_text(message)
            assert page.url.endswith(organisation_bin)
        page.keyboard.press("Alt+ArrowDown")
        expect(page.locator(f"#answer-{money}")).to_have_value("100")
        assert_accessible(page, width)
        page.context.set_offline(False)
        state_of(page, money, "saved")
        expect(page.locator("[data-leave-warning]")).to_be_empty()
        page.locator("[rel=next]").first.click()
        page.wait_for_url(f"**/{other}*")
    assert site.stored_values(organisation_bin) == {money: 10_000}


def test_a_connection_that_is_back_lets_go_at_once(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, other), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.route("**/answers", lambda route: route.abort(), times=1)
        typed(page, money, "100")
        expect(page.locator("[data-queue-status]")).to_have_attribute("data-state", "trouble")
        page.locator("[rel=next]").first.click()
        page.wait_for_url(f"**/{other}*")
    assert site.stored_values(organisation_bin) == {money: 10_000}


@pytest.mark.parametrize("width", WIDTHS)
def test_a_wrong_answer_is_shown_before_going_on(width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, other), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "ru", width, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.locator(f"#answer-{money}").fill("abc")
        page.locator("[data-next]").click()
        expect(page.locator(f"#answer-{money}")).to_be_focused()
        expect(page.locator(f"#error-{money}")).to_contain_text("abc")
        state_of(page, money, "invalid")
        page.locator("[data-next]").click()
        page.wait_for_url(f"**/{other}*")
        back = page.locator("[data-queue-status] a")
        expect(back).to_have_text(f"Организация {organisation_bin}")
        back.click()
        expect(page.locator(f"#answer-{money}")).to_have_value("abc")
    assert site.stored_values(organisation_bin) == {}


def test_answers_no_longer_required_here_can_be_discarded(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "en", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        store_unsent(page, site, FOREIGN_ORGANISATION, money, "71")
        store_unsent(page, site, organisation_bin, "gone", "72")
        page.reload()
        expect(page.locator("[data-queue-status]")).to_contain_text(f"No longer part of this form, {FOREIGN_ORGANISATION}: “71”.")
        expect(page.locator("[data-queue-status] button")).to_have_count(2)
        page.locator("[data-queue-status] button").first.click()
        page.locator("[data-queue-status] button").first.click()
        expect(page.locator("[data-queue-status]")).to_have_attribute("data-state", "saved")
        assert not page.evaluate("Object.keys(localStorage).filter(each => each.startsWith('outbox/')).length")


def test_pages_of_the_year_report_unsent_answers(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), money = site.scenario.bins_of(kind), first_indicator(order, kind, "money")
    with new_page(site.address, "kk", email=site.scenario.emails["clerk"]) as page:
        for address in ("entry", "submission"):
            page.goto(f"/bodies/{BODY}/{YEAR}/{address}")
            page.evaluate("localStorage.clear()")
            page.reload()
            expect(page.locator("#unsent-answers")).to_be_hidden()
            store_unsent(page, site, organisation_bin, money, "abc")
            page.reload()
            expect(page.locator("#unsent-answers a")).to_have_text(f"Ұйым {organisation_bin}")
            assert_accessible(page, *WIDTHS)
        page.locator("#unsent-answers a").click()
        expect(page.locator(f"#answer-{money}")).to_have_value("abc")


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_a_warning_leads_to_the_evidence_it_asks_for(code: str, width: int, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), (choice, digit, act) = site.scenario.bins_of(kind), caution_with_evidence(order, kind)
    warning, field = f"#field-{choice} .issue.is-warning", f"#answer-{act}"
    with new_page(site.address, code, width, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.locator(f"#answer-{choice}-{digit}").check()
        for _ in range(2):
            link = page.locator(f"{warning} .evidence-links a")
            expect(link).to_have_text(order.by_code[act].label[code])
            expect(page.locator(field)).to_be_visible()
            link.click()
            expect(page.locator(field)).to_be_focused()
            # The same is there where the page comes with the warning.
            page.goto(site.scenario.report_url(organisation_bin))
        assert_accessible(page, width)
        typed(page, act, "№ 5")
        expect(page.locator(warning)).to_have_count(0)


def test_a_file_alone_does_not_name_the_act(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), (choice, digit, act) = site.scenario.bins_of(kind), caution_with_evidence(order, kind)
    with new_page(site.address, "ru", email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.locator(f"#answer-{choice}-{digit}").check()
        expect(page.locator(f"#answer-{act}")).to_be_visible()
        group = page.locator("[data-group]", has=page.locator(f"#field-{choice}"))
        row = group.locator(".row-number").inner_text()
        expect(group.locator("label", has_text=language("ru").gettext("Files for row %(row)s", row=row))).to_have_count(1)
        file = {"name": "act.pdf", "mimeType": "application/pdf", "buffer": A_PDF}
        group.locator("input[type=file]").set_input_files([file])
        still = group.locator(".missing-evidence")
        expect(still.locator("a:visible")).to_have_text(order.by_code[act].label["ru"])
        expect(still).to_be_visible()
        count = group.locator("[data-evidence-count]")
        before = count.inner_text()
        typed(page, act, "№ 5")
        expect(still).to_be_hidden()
        expect(count).not_to_have_text(before)
        expect(group.locator("[data-file-count]")).to_have_text("1 файл")


def test_a_file_is_attached_at_once_or_the_page_says_why_not(site: Site, new_page: NewPage, order: Order) -> None:
    """Dropped, refused, and chosen without a connection: never lost without a word."""
    kind = order.kinds[0].code
    organisation_bin, other = site.scenario.bins_of(kind)
    with new_page(site.address, "ru", 390, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        group = page.locator("[data-group]", has=page.locator("input[type=file]")).last
        group.evaluate(
            """(element, text) => {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([text], "dropped.pdf", { type: "application/pdf" }));
                element.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
            }""",
            A_PDF.decode(),
        )
        expect(group.get_by_role("link", name="dropped.pdf")).to_be_visible()
        field = group.locator("input[type=file]")
        field.set_input_files([{"name": "virus.pdf", "mimeType": "application/pdf", "buffer": b"MZ"}])
        expect(group.locator("[data-files-error]")).to_contain_text("virus.pdf")
        expect(field).to_be_focused()
        expect(group.locator("[data-files-error]")).to_be_in_viewport()
        page.route("**/files", lambda route: route.abort())
        field.set_input_files([{"name": "act.pdf", "mimeType": "application/pdf", "buffer": A_PDF + b"2"}])
        expect(group.locator("[data-files-error]")).to_contain_text("нет связи")
        page.locator("[data-next]").click()
        expect(field).to_be_focused()
        expect(page.locator("[data-leave-warning]")).to_contain_text("Выбранный файл не прикреплен")
        page.locator("[data-next]").click()
        page.wait_for_url(f"**/{other}*")


def test_a_letter_of_several_answers_leads_from_one_to_the_next(site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), choice = site.scenario.bins_of(kind), first_indicator(order, kind, "choice")
    labels = [option.label["kk"] for option in order.choices[order.by_code[choice].choices or ""]]
    letter = next(label[0] for label in labels if sum(other[0] == label[0] for other in labels) > 1)
    sharing = [number for number, label in enumerate(labels, 1) if label[0] == letter]
    with new_page(site.address, "kk", email=site.scenario.emails["clerk"]) as page:
        page.goto(f"{site.scenario.report_url(organisation_bin)}#field-{choice}")
        for number in [*sharing, sharing[0]]:
            page.locator(f"#field-{choice} :focus").dispatch_event(
                "keydown", {"key": letter, "bubbles": True, "cancelable": True}
            )
            expect(page.locator(f"#answer-{choice}-{number}")).to_be_checked()
            expect(page.locator(f"#answer-{choice}-{number}")).to_be_focused()


@pytest.mark.parametrize("code", ["kk", "ru"])
def test_print_shows_the_answers(code: str, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    (organisation_bin, _), (choice, _, act) = site.scenario.bins_of(kind), caution_with_evidence(order, kind)
    site.store_answers(organisation_bin, {choice: "violated", act: "№ 5"})
    other = next(item.code for item in order.evidence_of(kind) if item.code != act)
    with new_page(site.address, code, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(organisation_bin))
        page.emulate_media(media="print")
        expect(page.locator(".print-only")).to_be_visible()
        expect(page.locator(f"#answer-{act}")).to_be_visible()
        for hidden in (
            f"#answer-{other}",
            f"#hint-{choice}",
            "[data-keyboard-help]",
            f"#answer-{choice}-1 + label",
            ".report-bar",
        ):
            expect(page.locator(hidden)).to_be_hidden()
        expect(page.locator(f"#answer-{choice}-3 + label")).to_be_visible()


@pytest.mark.parametrize("code", ["kk", "ru"])
def test_the_bar_is_one_line_on_a_phone(code: str, site: Site, new_page: NewPage, order: Order) -> None:
    kind = order.kinds[0].code
    with new_page(site.address, code, 390, email=site.scenario.emails["clerk"]) as page:
        page.goto(site.scenario.report_url(site.scenario.bins_of(kind)[0]))
        question = page.locator(".question").first.bounding_box()
        assert question is not None and question["y"] < 600, "the first question is in the upper two thirds"
        page.locator(".site-menu-button").press("Enter")
        expect(page.locator(".site-who button")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".site-who button")).to_be_hidden()
        bar = page.locator(".report-bar")
        expect(bar.locator("button:visible")).to_have_count(1)
        box = bar.bounding_box()
        assert box is not None and box["height"] < 72
