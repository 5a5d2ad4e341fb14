"""Pages of background jobs: starting them, progress, the file, and who may see them."""

import io
import zipfile
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from evaluation.accounts.models import Account
from evaluation.answers.issues import WorkbookRejected
from evaluation.audit.models import AuditEvent
from evaluation.comparison.readings.bases import bases_of
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.jobs.models import Job
from evaluation.language import language
from evaluation.workbooks.format.reader import read_workbook
from tests.support.accounts import make_account, sign_in, token_of
from tests.support.body_list_cases import YEAR, CountryScenario, country_scenario
from tests.support.html import attributes, find, visible_text


@pytest.fixture
def country(app: Flask, order: Order) -> CountryScenario:
    return country_scenario(app, order)


def client_of(app: Flask, role: str, region: str | None = None) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("language", "en")
    return sign_in(client, make_account(app, role, region=region))


def post(client: FlaskClient, url: str, **data: Any) -> TestResponse:
    return client.post(url, data={"csrf_token": token_of(client, "/account/"), **data})


def download(client: FlaskClient, url: str) -> TestResponse:
    return client.get(url, buffered=True)


def names(response: TestResponse) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_the_sheets_of_a_selection_are_one_zip(country: CountryScenario) -> None:
    app, bins = country.app, {}
    reviewer = client_of(app, "reviewer")
    with app.app_context():
        bins = {body.bin for body in country_bodies()}
    page = reviewer.get(f"/jobs/new/sheets/{YEAR}")
    assert attributes(page, 'input[name="format"][checked]', "value") == ["pdf"]
    started = post(reviewer, f"/jobs/new/sheets/{YEAR}", format="json", languages="kk")
    assert started.status_code == 303 and started.location.startswith("/jobs/")
    shown = reviewer.get(started.location)
    assert "refresh" not in shown.text and not shown.text.count("<progress")
    file = download(reviewer, str(find(shown, 'main a[href$="/file"]')["href"]))
    listed = names(file)
    assert len(listed) == len(bins) and all(any(bin_ in name for name in listed) for bin_ in bins)
    with app.app_context():
        exported = db.session.query(AuditEvent).filter_by(action="file_exported").all()
        assert len(exported) == len(bins) and len({event.batch for event in exported}) == 1
    # The filters of the list select bodies.
    one = next(iter(bins))
    page = reviewer.get(f"/jobs/new/sheets/{YEAR}?q={one}")
    assert "1 body" in visible_text(page)
    started = post(reviewer, f"/jobs/new/sheets/{YEAR}?q={one}", format="pdf", languages="ru", form_only="1")
    (name,) = names(download(reviewer, f"{started.location}/file"))
    assert name.startswith(f"bagalau-paragy-{YEAR}-{one}-") and name.endswith("nysan-ru.pdf")
    assert "1 body, PDF, Русский" in visible_text(reviewer.get("/jobs"))
    none = post(reviewer, f"/jobs/new/sheets/{YEAR}?q=999999999999", format="pdf", languages="ru")
    assert "There are no sheets to write" in reviewer.get(none.location).text
    assert post(reviewer, f"/jobs/new/sheets/{YEAR}", format="exe", languages="kk").status_code == 422


def country_bodies() -> Any:
    from evaluation.policy import Viewer
    from evaluation.registry import queries as registry

    return registry.all_bodies(Viewer.system(), YEAR)


def test_a_person_of_a_region_gets_its_bodies_alone(country: CountryScenario) -> None:
    with country.app.app_context():
        bodies = country_bodies()
        kato = next(body.kato for body in bodies if body.kato)
    observer = client_of(country.app, "observer", kato[:2])
    # Who cannot reply to remarks must not learn by the number of sheets which bodies have some.
    counts = {
        find(observer.get(f"/jobs/new/sheets/{YEAR}{query}"), "main").text for query in ("", "?remarks=open", "?remarks=none")
    }
    assert len(counts) == 1
    started = post(observer, f"/jobs/new/sheets/{YEAR}", format="json", languages="kk")
    listed = names(download(observer, f"{started.location}/file"))
    assert 0 < len(listed) < len(bodies)


def test_the_workbook_of_all_answers_can_be_read_back(country: CountryScenario) -> None:
    reviewer = client_of(country.app, "reviewer")
    assert "bodies" in visible_text(reviewer.get(f"/jobs/new/workbook/{YEAR}"))
    started = post(reviewer, f"/jobs/new/workbook/{YEAR}", language="ru")
    file = download(reviewer, f"{started.location}/file")
    with country.app.app_context():
        try:
            workbook = read_workbook(file.data, country.app.extensions["orders"])
        except WorkbookRejected as rejected:
            # The country has answers that contradict each other.
            workbook = rejected.partial
        rows = sum(len(worksheet.columns["bin"]) for worksheet in workbook.worksheets.values())
        assert rows == country_organisations(), "every organisation of the year"


def country_organisations() -> int:
    from evaluation.policy import Viewer
    from evaluation.registry import queries as registry

    return sum(len(registry.organisations(Viewer.system(), body.id, YEAR)) for body in country_bodies())


def test_nobody_else_sees_a_job(country: CountryScenario) -> None:
    reviewer = client_of(country.app, "reviewer")
    with country.app.app_context():
        code = bases_of(YEAR)[0].code
    other = post(reviewer, f"/readings/{YEAR}", code=code).location
    job = post(reviewer, f"/jobs/new/workbook/{YEAR}", language="ru").location
    assert reviewer.get(f"/readings/results{other.removeprefix('/jobs')}").status_code == 200
    assert {f"{job}{route}" for route in ("", "/file", "/progress", "/cancel")} <= {url for _, url in routes_of(country.app, job)}
    for role in ("reviewer", "administrator", "clerk"):
        stranger = client_of(country.app, role)
        for method, url in (*routes_of(country.app, job), *routes_of(country.app, other)):
            response = post(stranger, url) if method == "POST" else stranger.get(url)
            assert response.status_code == 404, (role, method, url)
        assert job not in stranger.get("/jobs").text
    assert job in reviewer.get("/jobs").text
    message = reviewer.get("/notifications")
    assert "The job is done" in visible_text(message)
    assert reviewer.get(find(message, ".inbox h2 a")["href"]).location == job  # type: ignore[arg-type]


def test_a_file_is_refused_once_its_person_sees_less(country: CountryScenario) -> None:
    whole, regional = client_of(country.app, "reviewer"), client_of(country.app, "observer", "43")
    jobs = {client: post(client, f"/jobs/new/workbook/{YEAR}", language="ru").location for client in (whole, regional)}
    assert all(download(client, f"{job}/file").status_code == 200 for client, job in jobs.items())
    with country.app.app_context():
        db.session.execute(update(Account).where(Account.role == "reviewer").values(region="43"))
        db.session.commit()
    refused = download(whole, f"{jobs[whole]}/file")
    assert refused.status_code == 410 and "may no longer see" in refused.text and whole.get(jobs[whole]).status_code == 200
    assert download(regional, f"{jobs[regional]}/file").status_code == 200
    # Who sees more than at the start gets the file, who sees other bodies does not.
    for region, status in ((None, 200), ("10", 410)):
        with country.app.app_context():
            db.session.execute(update(Account).where(Account.role == "observer").values(region=region))
            db.session.commit()
        assert download(regional, f"{jobs[regional]}/file").status_code == status


def routes_of(app: Flask, job: str) -> list[tuple[str, str]]:
    """Every route that takes the id of a job, as method and address."""
    with app.test_request_context():
        return [
            (method, url_for(rule.endpoint, job_id=int(job.rpartition("/")[2])))
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) & {"GET", "POST"}
            if "job_id" in rule.arguments
        ]


def test_a_running_job_shows_its_progress_and_can_be_cancelled(country: CountryScenario) -> None:
    reviewer = client_of(country.app, "reviewer")
    job = post(reviewer, f"/jobs/new/workbook/{YEAR}", language="ru").location
    with country.app.app_context():
        stored = db.session.query(Job).one()
        stored.status, stored.ended_at, stored.file_name = "running", None, None
        db.session.commit()
    page = reviewer.get(job)
    assert page.text.count('http-equiv="refresh"') == 1 and find(page, "progress")
    answer = reviewer.get(f"{job}/progress").json
    assert answer and answer["active"] and "<progress" in answer["html"]
    assert post(reviewer, f"{job}/cancel").location == job
    assert "cancelled" in visible_text(reviewer.get(job)).lower()
    assert download(reviewer, f"{job}/file").status_code == 410
    assert not reviewer.get(f"{job}/progress").json["active"]  # type: ignore[index]


def test_pages_of_jobs_have_their_words_in_both_languages(country: CountryScenario) -> None:
    for code in ("kk", "ru"):
        client = country.app.test_client()
        client.set_cookie("language", code)
        sign_in(client, make_account(country.app, "reviewer"))
        assert language(code).gettext("You have not started any job yet.") in client.get("/jobs").text
