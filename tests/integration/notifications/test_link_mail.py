"""Mails with one-time links: encrypted while they wait, gone from the database when they are sent or have failed."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from evaluation.database import db
from evaluation.jobs import worker
from evaluation.jobs.models import Job
from evaluation.notifications import link_mail
from evaluation.notifications.email import Mail, MailConnection

MAIL = Mail("a@example.kz", "Құпиясөз", "http://localhost/account/new-password/secret-token")


@pytest.mark.parametrize("error", [None, OSError("down")])
def test_a_link_is_stored_encrypted_and_only_until_it_is_sent(
    database_url: str, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, error: OSError | None
) -> None:
    app, sent = make_app(database_url, SMTP_URL="smtp://127.0.0.1:1"), list[Mail]()

    def send(_: Any, mail: Mail) -> None:
        if error is not None:
            raise error
        sent.append(mail)

    monkeypatch.setattr(MailConnection, "send", send)
    monkeypatch.setattr(app.extensions["jobs"], "_open", lambda: 1 / 0)
    with app.app_context():
        link_mail.send_after_commit(MAIL)
        db.session.rollback()
        link_mail.send_after_commit(MAIL)
        db.session.commit()
        job = db.session.query(Job).one()
        assert "secret" not in str(job.parameters) and "a@example.kz" not in str(job.parameters) and job.parameters
        db.session.rollback()
        assert worker.run_parts() == 1
        db.session.expire_all()
        job = db.session.query(Job).one()
        assert job.parameters == {} and job.status == ("done" if error is None else "failed")
        assert sent == ([MAIL] if error is None else [])
