"""Several years are accepted at once after a preview."""

from datetime import timedelta

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from evaluation.accounts.models import Account
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.queries import acceptable_submissions
from evaluation.review.models import Remark
from evaluation.submissions.models import SheetRevision, Submission
from tests.support import accounts
from tests.support.body_list_cases import BODIES, YEAR, CountryScenario, country_scenario, submission_in
from tests.support.factories import bin_of
from tests.support.html import attributes, find, linked_bins, visible_text


@pytest.fixture
def country(app: Flask, order: Order) -> CountryScenario:
    return country_scenario(app, order)


def post(client: FlaskClient, url: str, chosen: list[str], **more: str) -> TestResponse:
    token = accounts.token_of(client, f"/bodies/accept/{YEAR}") or accounts.token_of(client, "/account/")
    return client.post(url, data={"chosen": chosen, "csrf_token": token, **more})


def choices(text: str) -> list[str]:
    return attributes(text, 'input[name="chosen"]', "value")


def test_years_are_accepted_together(country: CountryScenario) -> None:
    url = f"/bodies/accept/{YEAR}"
    with country.app.app_context():
        db.session.get(ReportingYear, YEAR).deadline = today() + timedelta(days=9)  # type: ignore[union-attr]
        id_ = db.session.scalar(select(Account.id).where(Account.role == "head"))
        head = Viewer("The head", Role.HEAD, None, id_)
        for name in ("region", "village", "district"):
            stored = db.session.scalar(select(Submission).where(Submission.body_id == country.ids[name]))
            db.session.delete(stored)
        db.session.query(Remark).delete()
        db.session.flush()
        for name in ("village", "other"):
            country.complete(name)
            country.submit(name, head)
        db.session.add(submission_in(country, "region", "submitted", head, today()))
        db.session.commit()
        year = db.session.get(ReportingYear, YEAR)
        assert year
        assert [item.row.body.id for item in acceptable_submissions(head_as_reviewer(head), year, today()).items] == []
    reviewer = country.client("reviewer")
    page = reviewer.get(url)
    html5lib.HTMLParser(strict=True).parse(page.text)
    assert choices(page.text) == [f"{bin_of(5)}:1", f"{bin_of(2)}:3", f"{bin_of(4)}:1"]
    assert "First submission" in page.text and 'type="checkbox"' in page.text
    for invalid in ([], ["x"], [f"{bin_of(5)}:"], [f"{bin_of(5)}:-1"], ["\ufffe:1"]):
        for address in (url, f"{url}/preview"):
            response = post(reviewer, address, invalid)
            assert response.status_code == 422 and "Nothing is chosen" in response.text
    # All of the page at once; one version is stale, one body is not submitted.
    assert len(choices(post(reviewer, f"{url}/preview", [], all="1", listed=choices(page.text)).text)) == 3
    stale = post(reviewer, f"{url}/preview", [f"{bin_of(5)}:1", f"{bin_of(4)}:7", f"{bin_of(3)}:1"])
    assert choices(stale.text) == [f"{bin_of(5)}:1"] and "2 selected years can no longer be accepted" in stale.text
    html5lib.HTMLParser(strict=True).parse(stale.text)
    assert "Accept 1 year" in stale.text
    regional = country.client("reviewer", region="43")
    assert choices(regional.get(url).text) == [f"{bin_of(2)}:3", f"{bin_of(4)}:1"]
    assert bin_of(5) not in post(regional, url, [f"{bin_of(5)}:1"]).text
    with country.app.app_context():
        assert db.session.query(SheetRevision).count() == 1, "another region's is not accepted"
    # The region's year is incomplete: only it is refused.
    response = post(reviewer, url, choices(page.text))
    assert response.status_code == 200
    html5lib.HTMLParser(strict=True).parse(response.text)
    refused, accepted = (find(response, f'section[aria-labelledby="{result}"]') for result in ("refused", "accepted"))
    assert bin_of(2) in linked_bins(refused) and "no longer complete" in visible_text(refused)
    assert sorted(linked_bins(accepted)) == sorted([bin_of(5), bin_of(4)]) and bin_of(2) not in str(accepted)
    with country.app.app_context():
        statuses = {item.body_id: item.status for item in db.session.scalars(select(Submission))}
        by_name = {name: statuses.get(country.ids[name]) for name in BODIES}
        assert by_name == dict.fromkeys(BODIES) | {
            "ministry": "accepted",
            "village": "accepted",
            "other": "accepted",
            "region": "submitted",
        }
        assert db.session.query(SheetRevision).count() == 3
    # A second acceptance reports that the year was changed meanwhile.
    again = post(reviewer, url, [f"{bin_of(5)}:1"]).text
    assert "changed while your page was open" in again and 'id="accepted"' not in again
    assert "No such year is waiting" not in reviewer.get(url).text
    for role in ("observer", "administrator"):
        assert country.client(role).get(url).status_code == 403


def head_as_reviewer(head: Viewer) -> Viewer:
    """The head who submitted the years, now with the role of a reviewer."""
    return Viewer(head.name, Role.REVIEWER, None, head.account_id)
