"""Pages of remarks: forms beside answers and rows, replies and resolution in the list, changes between submission rounds."""

import json

from flask.testing import FlaskClient

from evaluation.answers.progress.queries import body_progress
from evaluation.database import db
from evaluation.policy import Role
from evaluation.review.models import Remark
from evaluation.review.operations import return_submission, submit
from evaluation.review.remarks.operations import MAX_TEXT_CHARACTERS
from tests.support.accounts import token_of
from tests.support.html import attributes, find, form_values, texts
from tests.support.scenario import BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario

REMARKS = f"/bodies/{BODY}/{YEAR}/remarks"


def submit_year(scenario: Scenario, version: int = 0) -> None:
    submit(scenario.viewer(Role.HEAD), scenario.order, YEAR, scenario.body(), version, TODAY)
    db.session.commit()


def test_remarks_are_added_answered_and_resolved_by_pages(scenario: Scenario) -> None:
    body, organisation_bin, kind = f"/bodies/{BODY}/{YEAR}", scenario.organisation_bins[0], scenario.kinds[0]
    report, sheet = f"{body}/organisations/{organisation_bin}", f"{body}/sheet"
    code = scenario.order.indicators_of(kind)[0].code
    item, number = scenario.order.by_code[code], scenario.order.table[kind].scored_rows[0].number
    clerk, reviewer, observer = (scenario.client(role) for role in ("clerk", "reviewer", "observer"))
    tokens = {client: token_of(client, "/account/") for client in (clerk, reviewer, observer)}

    def sent(client: FlaskClient, **data: str) -> dict[str, str]:
        return {"csrf_token": tokens[client]} | data

    with scenario.app.app_context():
        scenario.fill()
    assert "Make a remark" not in reviewer.get(report).text and "There are no remarks" in clerk.get(REMARKS).text
    with scenario.app.app_context():
        submit_year(scenario)
    assert f'id="remark-text-{code}"' in reviewer.get(report).text
    text = reviewer.get(f"{sheet}?lang=ru").text
    assert f'id="remark-text-{kind}-{number}"' in text and f'id="row-{kind}-{number}"' in text
    for other in (clerk, observer):
        assert "Make a remark" not in other.get(report).text
    assert observer.get(REMARKS).status_code == observer.get(f"{body}/changes").status_code == 403

    # Every form returns to the position of the remark.
    data = sent(reviewer, text="<b>Неге?</b>", organisation=organisation_bin, code=code)
    added = reviewer.post(REMARKS, data=data)
    assert added.status_code == 303 and added.location == f"{report}?field={code}#field-{code}"
    added = reviewer.post(REMARKS, data=sent(reviewer, text="Осы жолды қараңыз", kind=kind, row=number, lang="ru"))
    assert added.location == f"{sheet}?lang=ru#row-{kind}-{number}"
    assert reviewer.post(REMARKS, data=sent(reviewer, text="Парақ")).location == f"{sheet}#remarks"
    listed = reviewer.post(REMARKS, data=sent(reviewer, text="Тізім", back="list")).location
    assert listed.startswith(f"{REMARKS}#remark-")
    for invalid in (
        {"organisation": scenario.foreign_bin, "code": code},
        {"organisation": organisation_bin, "code": "x"},
        {"kind": kind, "row": "99"},
    ):
        assert reviewer.post(REMARKS, data=data | {"organisation": "", "code": ""} | invalid).status_code == 404
    for role in (clerk, observer):
        assert role.post(REMARKS, data=sent(role, text="x")).status_code == 403
    refused = reviewer.post(REMARKS, data=data | {"text": "ә" * (MAX_TEXT_CHARACTERS + 1)})
    assert refused.status_code == 422 and "ә" * MAX_TEXT_CHARACTERS in refused.text and "longer than 2000" in refused.text
    assert f'name="code" value="{code}"' in refused.text

    year = reviewer.get(body).text
    assert "can be accepted when all remarks are resolved" in year and 'id="accept-send"' not in year
    assert "4 remarks are not resolved</a>" in year and "Return for correction</a>" in reviewer.get(REMARKS).text
    with scenario.app.app_context():
        ids = [item.id for item in db.session.query(Remark).order_by(Remark.id)]
        assert len(ids) == 4
        return_submission(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], 1)
        db.session.commit()
    assert "4 remarks are not resolved" in clerk.get(f"{body}/submission").text
    home = clerk.get(f"{body}/entry").text
    assert "4 open remarks" in home and f'href="{report}?field={code}#field-{code}"' in home
    page = clerk.get(report).text
    assert (
        "1 answer with an open remark:" in page and "&lt;b&gt;Неге?&lt;/b&gt;" in page and "Reply in the list of remarks" in page
    )
    assert "Неге?" not in observer.get(report).text
    text = observer.get(sheet).text
    assert "Осы жолды қараңыз" not in text and "remark" not in text
    text = clerk.get(REMARKS).text
    assert text.index("Парақ") < text.index("Осы жолды қараңыз") < text.index("Неге?") and "Mark as resolved" not in text
    late = reviewer.post(REMARKS, data=data)
    assert late.status_code == 409 and "&lt;b&gt;Неге?&lt;/b&gt;" in late.text

    # The clerk replies, corrects and submits again; the reviewer sees the changes and resolves the remarks.
    answer = sent(clerk, text="Міне", back="list")
    assert clerk.post(f"{REMARKS}/{ids[0]}/reply", data=answer).location == f"{REMARKS}#remark-{ids[0]}"
    empty = clerk.post(f"{REMARKS}/{ids[0]}/reply", data=answer | {"text": " "})
    assert empty.status_code == 422 and "nothing was sent" in empty.text
    assert clerk.post(f"{REMARKS}/{ids[0]}/resolve", data=answer).status_code == 403
    assert clerk.post(f"{REMARKS}/{ids[-1] + 1}/reply", data=answer).status_code == 404
    assert reviewer.post(f"{REMARKS.replace(BODY, OTHER_BODY)}/{ids[0]}/resolve", data=sent(reviewer)).status_code == 404
    assert "was not submitted before" not in clerk.get(f"{body}/changes").text
    with scenario.app.app_context():
        state = body_progress(SYSTEM, scenario.order, YEAR, scenario.bodies[BODY], TODAY).organisations[
            scenario.organisations[organisation_bin]
        ]
        scenario.answer(organisation_bin, **{code: state.answers[code] + 1})
        submit_year(scenario, 2)
    changes = reviewer.get(f"{body}/changes").text
    assert "1 change:" in changes and item.label.en in changes and f'href="{report}?field={code}#field-{code}"' in changes
    assert "Changed since the submission of" in reviewer.get(REMARKS).text
    for id_ in ids:
        assert reviewer.post(f"{REMARKS}/{id_}/resolve", data=sent(reviewer)).status_code == 303
    assert reviewer.post(f"{REMARKS}/{ids[0]}/unresolve", data=sent(reviewer)).location.endswith(f"#field-{code}")
    text = reviewer.get(REMARKS).text
    assert "Mark as resolved" in text and "Reopen" in text and "Міне" in text
    assert "1 open remark<" in clerk.get(f"{body}/entry").text


def test_a_text_stays_in_the_browser_until_it_is_stored(scenario: Scenario) -> None:
    """The next page names the key of a stored text; a refused text and one whose sign-in expired stay in the browser."""
    with scenario.app.app_context():
        scenario.fill()
        submit_year(scenario)
    reviewer, sheet = scenario.client("reviewer"), f"/bodies/{BODY}/{YEAR}/sheet"
    form = find(reviewer.get(REMARKS), f'form[action="{REMARKS}"]')
    values, field = form_values(form), find(form, "textarea")
    key = str(field["data-draft"])
    assert key == values["draft"] == f"{YEAR}/{BODY}/remark" and form.select(f"#{field['id']}-restored[hidden]")
    year = reviewer.get(f"/bodies/{BODY}/{YEAR}")
    assert attributes(year, "textarea", "data-draft") == [f"{YEAR}/{BODY}/return_submission"]

    def stored_keys(url: str) -> list[str]:
        """Return the keys that the next page names, once."""
        page = find(reviewer.get(url), "body")
        assert find(reviewer.get(url), "body")["data-stored-drafts"] == "[]"
        assert page["data-account"] != "0"
        return list(json.loads(str(page["data-stored-drafts"])))

    assert reviewer.post(REMARKS, data=values | {"text": " "}).status_code == 422
    assert stored_keys(sheet) == []
    assert reviewer.post(REMARKS, data=values | {"text": "Неге?"}).status_code == 303
    assert stored_keys(sheet) == [key] and key not in texts(reviewer.get(sheet), ".notice")
    visitor = scenario.app.test_client()
    assert "/account/sign-in" in visitor.post(REMARKS, data=values | {"text": "Неге?"}).location
    assert not find(visitor.get("/account/sign-in"), "body").has_attr("data-stored-drafts")
    with visitor.session_transaction() as session:
        assert "stored-draft" not in str(session.get("_flashes"))
