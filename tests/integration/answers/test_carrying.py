"""A database from before there was a record begins one, with what stands in it."""

import orjson
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import text

from app import create_app
from evaluation import database
from evaluation.answers.carrying import CARRIED_OVER, carry_over
from evaluation.audit.models import Event
from evaluation.audit.verification import verify
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.review.history.reconstruct import known
from evaluation.review.integrity import discrepancies
from evaluation.sheets import queries as sheets
from evaluation.sheets.input import sheet_of
from tests.support.factories import bin_of, clean

SYSTEM = Viewer.system()
BODY, OWN = bin_of(1), bin_of(2)


def before_the_record(app: Flask, order: Order) -> None:
    """Put the tables back to how the first release had them, and fill them as it did."""
    kind = order.kinds[0].code
    with app.app_context(), db.engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(database.MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        answers = orjson.dumps(clean(order, kind)).decode()
        criterion = next(order.declared())[0].code
        for statement in (
            f"INSERT INTO reporting_year (year, order_code, invented) VALUES (2024, '{order.code}', false)",
            f"INSERT INTO body (id, bin, name_kk, name_ru) VALUES (1, '{BODY}', 'Орган', 'Орган')",
            f"INSERT INTO organisation (id, bin, kind, name_kk, name_ru) VALUES (1, '{OWN}', '{kind}', 'Ұйым', '')",
            "INSERT INTO supervision (body_id, organisation_id, since) VALUES (1, 1, '2020-01-01')",
            f"INSERT INTO declared_count (year, body_id, kind, criterion, count) VALUES (2024, 1, '{kind}', '{criterion}', 3)",
        ):
            connection.execute(text(statement))
        columns = "organisation_id, year, answers, evidence, version, changed_at"
        values = "1, 2024, :answers, '{}', 1, '2025-01-01 00:00:00'"
        connection.execute(text(f"INSERT INTO report ({columns}) VALUES ({values})"), {"answers": answers})
        connection.commit()


def test_what_was_there_before_the_record_is_carried_over(app: Flask, order: Order) -> None:
    before_the_record(app, order)
    upgraded = create_app({"DATABASE_URL": app.config["DATABASE_URL"], "SECRET_KEY": "tests"})
    assert upgraded.test_client().get("/account/sign-in").status_code == 200
    with upgraded.app_context():
        told = [event.action for event in db.session.query(Event).order_by(Event.id)]
        assert {"body_added", "organisation_added", "year_opened", CARRIED_OVER, "declared"} < set(told)
        assert verify(SYSTEM) == [] and list(discrepancies(SYSTEM)) == []
        body = registry.body(SYSTEM, BODY)
        assert body
        now = db.session.query(Event.at).order_by(Event.id.desc()).first()
        rebuilt = known(SYSTEM, registry.orders(), body, 2024, now[0])  # type: ignore[index]
        assert rebuilt and sheet_of(rebuilt.source) == sheets.sheet(SYSTEM, BODY, 2024)
        assert not carry_over(SYSTEM), "once is enough"
        db.session.rollback()
        db.engine.dispose()
