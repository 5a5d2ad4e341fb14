"""An invented country of 2,700 bodies and 25,000 organisations, as a database and as a workbook."""

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from flask import Flask

from app import create_app
from evaluation import database, schema
from evaluation.criteria import Order, load_orders
from evaluation.demo.generator import country
from evaluation.demo.model import DemoCountry
from evaluation.demo.store import store

YEAR = 2024
WIDTH = 25
"""Columns of the workbook's worksheets: the organisation's own, every indicator, and evidence as far as it fits."""


def make(order: Order) -> DemoCountry:
    return country(order, years=(YEAR - 1, YEAR))


def app_on(folder: Path) -> Flask:
    app = create_app({"DATABASE_URL": f"sqlite:///{folder / 'country.db'}", "SECRET_KEY": "benchmark"})
    with app.app_context():
        schema.upgrade()
    return app


def stored(folder: Path) -> Flask:
    """An app whose database holds the country, both years."""
    app = app_on(folder)
    with app.app_context():
        order = load_orders().latest
        store(order, make(order))
        database.db.session.commit()
    return app


def workbook(order: Order, country: DemoCountry) -> bytes:
    """The country's year as one workbook of 25,000 rows."""
    names = {body.bin: body.name_kk for body in country.bodies}
    reports = {report.bin: report for report in country.reports if report.year == YEAR}
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    days = book.add_format({"num_format": "dd.mm.yyyy"})
    about = book.add_worksheet("about")
    about.write_row(0, 0, ("order", order.code))
    about.write_row(1, 0, ("year", YEAR))
    for kind in order.kind:
        columns = (*order.indicators_of(kind), *order.evidence_of(kind))[: WIDTH - 4]
        evidence = set(order.evidence_of(kind))
        sheet = book.add_worksheet(kind)
        for line in range(3):
            sheet.write_row(line, 0, ("body_bin", "body_name", "bin", "name", *(item.code for item in columns)))
        line = 3
        for organisation in country.organisations:
            if organisation.kind != kind or not organisation.counts_in(YEAR):
                continue
            for column, value in enumerate(
                (organisation.body_bin, names[organisation.body_bin], organisation.bin, organisation.name_kk)
            ):
                sheet.write_string(line, column, value)
            answers = reports[organisation.bin].answers if organisation.bin in reports else {}
            for column, item in enumerate(columns, start=4):
                _write(
                    sheet,
                    line,
                    column,
                    item.type,
                    _evidence(item.type, line) if item in evidence else answers.get(item.code),
                    days,
                )
            line += 1
    book.close()
    return out.getvalue()


def _evidence(type_: str, line: int) -> Any:
    """Three cells of evidence in four are filled in."""
    values: dict[str, Any] = {"text": f"№ {line}-қ, акт", "date": "2024-05-17", "money": line * 1000, "whole": line % 9}
    return values[type_] if line % 4 else None


def _write(sheet: Any, line: int, column: int, type_: str, value: Any, days: Any) -> None:
    if value is None:
        return
    if type_ == "money":
        sheet.write_number(line, column, value / 100)
    elif type_ == "date":
        sheet.write_datetime(line, column, datetime.fromisoformat(value), days)
    elif type_ == "yes_no":
        sheet.write_string(line, column, "иә" if value else "жоқ")
    else:
        sheet.write(line, column, value)
