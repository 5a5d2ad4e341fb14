"""What tests are made of: BINs, filled workbooks, invented reports. Everything follows the order it is given."""

import io
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

import openpyxl
from idnumbers.nationalid.kaz.util import checksum

from evaluation.criteria import Order
from evaluation.scoring.frames import report_frame

A_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
"""The smallest file that counts as a PDF."""
REGISTRY_COLUMNS = ("body_bin", "body_name", "bin", "name")


def bin_of(number: int) -> str:
    """The `number`-th of the tests' own valid BINs; serials that have no check digit are passed over."""
    stem = f"0501400{number % 10_000:04d}" if number < 10_000 else f"{5 + number // 10_000:02d}01400{number % 10_000:04d}"
    digit = checksum(stem + "0")
    return stem + str(digit) if digit is not None else bin_of(number + 50_000)


def clean(order: Order, kind: str) -> dict[str, Any]:
    """Answers, in stored form, with which an organisation is in breach of nothing."""
    return {item.code: BEST[item.type](item) for item in order.indicators_of(kind) if item.applies_when is None}


def _best_choice(item: Any) -> str:
    return "compliant"


BEST: dict[str, Any] = {
    "money": lambda item: 0 if item.min is not None else 100_000_00,
    "whole": lambda item: 0 if item.code.startswith("unpassported") else 1,
    "yes_no": lambda item: not item.code.startswith("insol"),
    "choice": _best_choice,
    "date": lambda item: "2025-05-31",
    "text": lambda item: "мәтін",
}


def reports(order: Order, rows: Mapping[str, Iterable[tuple[str, str, Mapping[str, Any]]]]) -> dict[str, Any]:
    """Frames by kind from (body, organisation, stored answers)."""
    return {
        kind: report_frame(order, kind, *map(list, zip(*lines, strict=True)))
        for kind, kind_rows in rows.items()
        if (lines := list(kind_rows))
    }


def random_answers(order: Order, kind: str, random: Random, blank: float = 0.3) -> dict[str, Any]:
    """Random answers in stored form within the indicators' ranges, some of them blank; contradictions may occur."""
    answers: dict[str, Any] = {}
    for item in order.indicators_of(kind):
        if random.random() >= blank:
            answers[item.code] = random.choice(small_domain(order, item))
    return answers


def small_domain(order: Order, item: Any, beyond: bool = False) -> Sequence[Any]:
    """A few values of an indicator, enough to bring about every outcome; with `beyond` also one past either end of them."""
    match item.type:
        case "money":
            return ((0, 100, 200) if item.min is not None else (-100, 0, 100)) + ((300,) if beyond else ())
        case "whole":
            return (0, 1, 2, 3) if beyond else (0, 1, 2)
        case "date":
            ends = ("2025-01-01", "2025-12-31") if beyond else ()
            return ("2025-05-30", "2025-05-31", *ends)
        case "yes_no":
            return (True, False)
        case "choice":
            return tuple(choice.value for choice in order.choices[item.choices])
    return ("мәтін",)


def excel(order: Order, code: str, value: Any) -> Any:
    """A stored value as a clerk has it in a cell."""
    item = order.by_code.get(code)
    return value / 100 if item is not None and item.type == "money" and isinstance(value, int) else value


def workbook(
    order: Order,
    year: int,
    rows: Mapping[str, Iterable[Mapping[str, Any]]],
    *,
    about: Mapping[str, Any] | None = None,
    previous: Iterable[Mapping[str, Any]] = (),
    columns: Mapping[str, Sequence[str]] | None = None,
    change: Any = None,
) -> bytes:
    """A filled workbook: by kind, rows of column code → cell value. `change` may alter it before it is saved."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "about"
    for key, value in ({"order": order.code, "year": year} if about is None else about).items():
        sheet.append([key, value])
    for kind, kind_rows in rows.items():
        codes = [item.code for item in order.indicators_of(kind)] if kind in order.kind else []
        _table(book, kind, (columns or {}).get(kind) or (*REGISTRY_COLUMNS, *codes), kind_rows)
    declared = [item.code for _, item in order.prior_year_counts()]
    if previous:
        _table(book, "previous", ("body_bin", "kind", *declared), previous)
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def row(order: Order, body: str, organisation: str, answers: Mapping[str, Any], **cells: Any) -> dict[str, Any]:
    """A worksheet row from stored answers; `cells` override it."""
    return {
        "body_bin": body,
        "body_name": f"Әкімдік {body}",
        "bin": organisation,
        "name": f"Ұйым {organisation}",
        **{code: excel(order, code, value) for code, value in answers.items()},
        **cells,
    }


def _table(book: Any, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    sheet = book.create_sheet(name)
    sheet.append(list(columns))
    sheet.append([f"{code} (қазақша)" for code in columns])
    sheet.append([f"{code} (по-русски)" for code in columns])
    for cells in rows:
        sheet.append([cells.get(code) for code in columns])
