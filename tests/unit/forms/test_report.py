"""The report's form: built from the criteria file, its fields parse values like workbook cells."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from evaluation.criteria import Order
from evaluation.criteria.expressions import parse
from evaluation.language import LANGUAGE_CODES, language
from evaluation.web.entry.report_presenter import answer_options, condition_json
from forms.entry.report import ReportForm, answer_name, expected_name, report_form
from tests.support.factories import clean

RUSSIAN = language("ru")


@pytest.fixture(autouse=True)
def request_context() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    with app.test_request_context():
        yield


def filled(order: Order, kind: str, stored: dict[str, Any], **typed: str) -> ReportForm:
    """Return the form as a browser submits it: the stored answers with the typed changes."""
    shown = report_form(order, kind)(stored, 2024, RUSSIAN, formdata=None)
    sent = {field.name: field.data or "" for field in shown if field.name.startswith(("answer-", "expected-"))}
    sent |= {f"answer-{code}": text for code, text in typed.items()}
    form = report_form(order, kind)(stored, 2024, RUSSIAN, formdata=MultiDict(sent))
    form.validate()
    return form


def test_every_kind_has_its_fields(order: Order) -> None:
    for kind in order.kind:
        form = report_form(order, kind)({}, 2024, RUSSIAN, formdata=None)
        names = {answer_name(item) for item in (*order.indicators_of(kind), *order.evidence_of(kind))}
        assert {field.name for field in form if field.name.startswith("answer-")} == names
        assert report_form(order, kind) is report_form(order, kind)


def test_a_form_sent_back_untouched_changes_nothing(order: Order) -> None:
    for kind in order.kind:
        texts = {item.code: "one\r\ntwo" for item in order.evidence_of(kind) if item.type == "text"}
        for stored in ({}, clean(order, kind), clean(order, kind) | texts):
            assert list(filled(order, kind, stored).submitted_cells()) == []


def test_typed_values_are_parsed(order: Order) -> None:
    kind = order.kinds[1].code
    choice = next(order.choices[item.choices or ""][0] for item in order.indicators_of(kind) if item.type == "choice")
    by_type = {item.type: item for item in reversed(order.indicators_of(kind))}
    typed = {
        "money": ("12\xa0500\u202f000,50", 1_250_000_050),
        "date": ("31.05.2025", "2025-05-31"),
        "yes_no": ("yes", True),
        "whole": ("1 200", 1200),
        "choice": (choice.label.kk.upper(), choice.value),
    }
    form = filled(order, kind, {}, **{by_type[type_].code: text for type_, (text, _) in typed.items()})
    assert {cell.item.type: cell.value for cell in form.submitted_cells()} == {
        type_: value for type_, (_, value) in typed.items()
    }
    assert all(cell.expected is None and cell.error is None for cell in form.submitted_cells())


def test_invalid_input_is_shown_with_an_error(order: Order) -> None:
    kind = order.kinds[1].code
    item = next(indicator for indicator in order.indicators_of(kind) if indicator.type == "date")
    form = filled(order, kind, {item.code: "2025-05-31"}, **{item.code: "31.02.2025"})
    [sent] = form.submitted_cells()
    assert (sent.text, sent.value, sent.expected) == ("31.02.2025", None, "2025-05-31")
    assert sent.error and "31.02.2025" in sent.error
    shown = report_form(order, kind)({}, 2024, RUSSIAN, formdata=None)
    shown.show_submitted(sent)
    assert shown[answer_name(item)].data == "31.02.2025" and shown[expected_name(item)].data == '"2025-05-31"'


def test_a_letter_chooses_only_what_no_other_label_begins_with(order: Order) -> None:
    for item in order.indicators:
        for code in LANGUAGE_CODES:
            shown = list(answer_options(order, item, language(code)))
            letters = "".join(option.letters for option in shown)
            assert len(letters) == len(set(letters))
            assert [option.number for option in shown] == list(range(1, len(shown) + 1))
    yes_no = next(item for item in order.indicators if item.type == "yes_no")
    assert [option.letters for option in answer_options(order, yes_no, RUSSIAN)] == ["yди", "nжн"]
    assert not any(option.shared_letters for option in answer_options(order, yes_no, RUSSIAN))


def test_a_letter_of_several_labels_is_shared_by_them(order: Order) -> None:
    item = next(item for item in order.indicators if item.type == "choice")
    for code in LANGUAGE_CODES:
        shown = list(answer_options(order, item, language(code)))
        first = [option.label[0].lower() for option in shown]
        for option, letter in zip(shown, first, strict=True):
            assert letter in (option.shared_letters if first.count(letter) > 1 else option.letters + option.shared_letters)


def test_conditions_are_converted_to_json() -> None:
    condition = condition_json(parse("a > 0 and (b == yes or answered(c) or a < b)"))
    assert condition == {
        "every": [
            {"left": "a", "sign": ">", "right": 0, "code": False},
            {
                "some": [
                    {"left": "b", "sign": "==", "right": True, "code": False},
                    {"answered": "c"},
                    {"left": "a", "sign": "<", "right": "b", "code": True},
                ]
            },
        ]
    }
