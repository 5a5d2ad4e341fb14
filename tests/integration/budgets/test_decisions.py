"""Budget decisions: drafts, confirmation, what a person corrected, scope, and what happens to their files."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from evaluation import storage
from evaluation.audit import queries as audit
from evaluation.budgets import drafts, operations, queries
from evaluation.budgets.confirmation import Confirmation
from evaluation.budgets.errors import AlreadyStored, DecisionRejected, DraftUnavailable
from evaluation.budgets.model import Section, Total
from evaluation.budgets.models import BudgetDraft, BudgetSource, StoredDecision, StoredLine
from evaluation.budgets.records import entries_of
from evaluation.clock import now
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.policy import Forbidden, Role
from evaluation.registry import operations as registry
from evaluation.review.stored_files.operations import Pruning, damaged_files, finish_pruning
from evaluation.review.stored_files.queries import hashes_of_removed_evidence, named_hashes
from evaluation.submissions.locks import Locked
from tests.support.budget_cases import KONAEV, TEXT, a_decision, income, planned, send, settled, store
from tests.support.scenario import BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario
from tests.support.settings import change_settings

SOURCE_COLUMNS = ("body_id", "name", "media_type", "sha256", "size", "is_pasted", "lines", "sent_by")


def rows_of(model: type[Any]) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def events(scenario: Scenario) -> list[tuple[str, int, dict[str, Any]]]:
    entries = audit.entries(SYSTEM, audit.AuditEvent.action.like("budget_%"))
    return [(entry.action, entry.year or 0, entry.data) for entry in entries]


def test_a_draft_is_its_senders_and_nothing_of_the_year(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = scenario.viewer(Role.CLERK)
    with scenario.app.app_context():
        draft = send(scenario, monkeypatch, a_decision())
        db.session.commit()
        assert entries_of(draft) == (a_decision(),) and draft.source.is_pasted
        assert [line.text for line in queries.source_lines(clerk, draft.source)] == TEXT.split("\n")
        assert storage.read(draft.source.sha256) == TEXT.encode()
        drafts.save_corrections(clerk, draft, {"l0": None})
        db.session.commit()
        stored = queries.draft(clerk, draft.id)
        assert stored and stored.corrections == {"l0": None}
        assert queries.drafts(clerk, scenario.body_id) == [draft] and queries.decisions(clerk, scenario.body_id) == []
        for role in (Role.HEAD, Role.REVIEWER, Role.OBSERVER, Role.ADMINISTRATOR):
            assert queries.draft(scenario.viewer(role), draft.id) is None
        assert queries.draft(scenario.viewer(Role.CLERK, OTHER_BODY), draft.id) is None, "a clerk who moved to another body"
        assert events(scenario) == []
        drafts.discard_draft(clerk, draft)
        db.session.commit()
        assert rows_of(BudgetDraft) == rows_of(BudgetSource) == 0
        with pytest.raises(DraftUnavailable):
            operations.store_decisions(clerk, draft, [Confirmation(0, settled(a_decision()))], today=TODAY)


def test_an_expired_draft_is_gone(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = scenario.viewer(Role.CLERK)
    with scenario.app.app_context():
        draft = send(scenario, monkeypatch, a_decision())
        draft.created_at = now() - queries.DRAFT_LIFE
        db.session.commit()
        assert queries.draft(clerk, draft.id) is None
        with pytest.raises(DraftUnavailable):
            drafts.save_corrections(clerk, draft, {})
        db.session.add(BudgetSource(**{name: getattr(draft.source, name) for name in SOURCE_COLUMNS}))
        finish_pruning(SYSTEM, Pruning())
        db.session.commit()
        assert rows_of(BudgetDraft) == rows_of(BudgetSource) == 0


def test_a_text_without_budget_and_a_large_one_are_refused(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, body = scenario.viewer(Role.CLERK), scenario.body_id
    change_settings(scenario.app, evidence_megabytes=1, account_quota_megabytes=1)
    with scenario.app.app_context():
        with pytest.raises(DecisionRejected, match="No budget") as error:
            send(scenario, monkeypatch)
        assert error.value.field == "text"
        with pytest.raises(DecisionRejected, match="1 MB"):
            drafts.receive(clerk, YEAR, body, "a.txt", b"1" * (2**20 + 1), TODAY)
        assert list(storage.list_files()) == [] and rows_of(BudgetDraft) == 0
        send(scenario, monkeypatch, a_decision(), text="1" * 600_000)
        with pytest.raises(EvaluationError, match="limit of 1 MB"):
            send(scenario, monkeypatch, a_decision(), text="2" * 600_000)


def test_a_confirmed_decision_shows_what_the_person_corrected(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    read, clerk = a_decision(number=""), scenario.viewer(Role.CLERK)
    correction = replace(read.lines[3], amount=Decimal("499.99999"))
    entered = income("2/01/3", "123", 10, "Дивидендтер")
    confirmed = settled(
        read,
        number=" 11-2  ",
        totals={**read.totals, Section.COSTS: Total(Decimal(301), 8)},
        lines=(*read.lines[:3], correction, *read.lines[4:6], entered),
    )
    with scenario.app.app_context():
        draft = send(scenario, monkeypatch, read)
        row = operations.store_decisions(clerk, draft, [Confirmation(0, confirmed)], today=TODAY)[0]
        db.session.commit()
        details = queries.decision(scenario.viewer(Role.REVIEWER), scenario.body_id, row.id)
        assert details and details.decision == replace(confirmed, number="11-2")
        assert [(item.line.code, item.origin) for item in details.lines] == [
            ("2", "read"),
            ("2/01", "read"),
            ("2/01/1", "read"),
            ("2/01/5", "corrected"),
            ("3", "read"),
            ("3/01", "read"),
            ("2/01/3", "entered"),
            ("01/2/489/001", "removed"),
        ]
        assert [item.printed for item in details.lines if item.printed] == [read.lines[3]]
        assert details.printed.number == "" and details.printed.totals == read.totals
        assert [(item.source_line, item.settled) for item in details.settlements] == [(10, "line")]
        assert row.corrections == 5, "a corrected, an entered and a removed line, the number and a total"
        assert row.planned["net_income"] == 120_050_000 and row.planned["rent"] == 49_999_999 and row.planned["management"] == 0
        assert rows_of(BudgetDraft) == 0 and rows_of(BudgetSource) == 1
        ((action, year, data),) = events(scenario)
        assert (action, year, data["number"], data["planned"]) == ("budget_decision_stored", YEAR, "11-2", row.planned)
        assert data["sha256"] == row.source.sha256 and data["digest"] == row.digest


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"number": " "}, "number"),
    ({"number": "1" * 101}, "number"),
    ({"date": None}, "date"),
    ({"year": None}, "year"),
    ({"year": YEAR + 1}, "year"),
    ({"lines": ()}, "lines"),
    ({"unread": a_decision().unread}, "unread"),
    ({"lines": (income("2-1", "1", 1),)}, "code"),
    ({"lines": (income("2", "0.000001", 1),)}, "amount"),
    ({"lines": (income("2", "90071992547.40992", 1),)}, "amount"),
    ({"lines": (income("2", "NaN", 1),)}, "amount"),
    ({"totals": {Section.INCOME: Total(Decimal("-1e30"), 1)}}, "amount"),
    ({"lines": (income("2", "1", 41),)}, "source_line"),
    ({"lines": (income("2", "1", 0),)}, "source_line"),
]


def test_a_decision_that_is_not_possible_is_refused_as_a_whole(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, good = scenario.viewer(Role.CLERK), Confirmation(0, settled(a_decision()))
    with scenario.app.app_context():
        draft = send(scenario, monkeypatch, a_decision())
        db.session.commit()
        for changes, field in WRONG:
            wrong = Confirmation(0, replace(settled(a_decision(number="12")), **changes))
            with pytest.raises(DecisionRejected) as error:
                operations.store_decisions(clerk, queries.draft(clerk, draft.id) or draft, [good, wrong], today=TODAY)
            assert error.value.field == field, changes
            db.session.rollback()
            assert rows_of(StoredDecision) == rows_of(StoredLine) == 0


def test_the_years_of_one_decision_are_stored_separately(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = scenario.viewer(Role.CLERK)
    with scenario.app.app_context():
        registry.open_year(SYSTEM, YEAR + 1, scenario.order.code)
        entries = [
            a_decision(year=YEAR + offset, number="5", lines=(income("2/01/1", str(offset + 1), 4),)) for offset in range(3)
        ]
        draft = send(scenario, monkeypatch, *entries)
        confirmed = [Confirmation(offset, settled(entry)) for offset, entry in enumerate(entries)]
        with pytest.raises(DecisionRejected, match=f"{YEAR + 2} is not open"):
            operations.store_decisions(clerk, draft, confirmed, today=TODAY)
        rows = operations.store_decisions(clerk, draft, confirmed[:2], discard=False, today=TODAY)
        db.session.commit()
        assert [row.year for row in rows] == [YEAR, YEAR + 1] and len({row.source_id for row in rows}) == 1
        assert queries.draft(clerk, draft.id) is not None, "the third year can still be stored"
        series = queries.series(clerk, scenario.body_id)
        assert [(item.year, item.planned["net_income"]) for item in series] == [(YEAR, 100_000), (YEAR + 1, 200_000)]
        assert queries.predecessor(clerk, rows[1], queries.LAST_YEAR) == rows[0]
        assert operations.remove_decision(clerk, YEAR, scenario.body_id, rows[0].id, TODAY)
        assert operations.remove_decision(clerk, YEAR, scenario.body_id, rows[1].id, TODAY) is None, "of another year"
        drafts.discard_draft(clerk, draft)
        db.session.commit()
        assert rows_of(BudgetSource) == 1, "the other year still has it"


def test_a_later_decision_counts_and_both_stay(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, body = scenario.viewer(Role.CLERK), scenario.body_id
    with scenario.app.app_context():
        amended = store(scenario, monkeypatch, read=a_decision(number="20-1", date=date(2024, 6, 1)))
        first = store(scenario, monkeypatch)
        same_day = store(scenario, monkeypatch, read=a_decision(number="20-2", date=date(2024, 6, 1)))
        db.session.commit()
        assert queries.decisions(clerk, body) == [same_day, amended, first]
        assert queries.current_decision(clerk, YEAR, body) == same_day
        assert queries.predecessor(clerk, same_day, queries.AMENDED) == amended
        assert queries.predecessor(clerk, first, queries.AMENDED) is None
        with pytest.raises(AlreadyStored, match="11-2"):
            store(scenario, monkeypatch)
        db.session.rollback()
        again = store(scenario, monkeypatch, replace=True)
        db.session.commit()
        assert again.id != first.id and len(queries.decisions(clerk, body)) == 3
        assert [action for action, *_ in events(scenario)][-2:] == ["budget_decision_removed", "budget_decision_stored"]
        assert rows_of(BudgetSource) == 3


def test_only_people_of_the_body_write_and_its_reviewers_read(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    body = scenario.body_id
    with scenario.app.app_context():
        row = store(scenario, monkeypatch)
        draft = send(scenario, monkeypatch, a_decision(number="12"))
        db.session.commit()
        confirmation = Confirmation(0, settled(a_decision(number="12")))
        for viewer in (
            scenario.viewer(Role.REVIEWER),
            scenario.viewer(Role.OBSERVER),
            scenario.viewer(Role.ADMINISTRATOR),
            scenario.viewer(Role.CLERK, OTHER_BODY),
        ):
            for action in (
                lambda viewer=viewer: drafts.receive_text(viewer, YEAR, body, TEXT, TODAY),
                lambda viewer=viewer: operations.store_decisions(viewer, draft, [confirmation], today=TODAY),
                lambda viewer=viewer: operations.remove_decision(viewer, YEAR, body, row.id, TODAY),
                lambda viewer=viewer: drafts.discard_draft(viewer, draft),
            ):
                with pytest.raises(Forbidden):
                    action()
        for viewer in (
            scenario.viewer(Role.OBSERVER),
            scenario.viewer(Role.CLERK, OTHER_BODY),
            scenario.viewer(Role.REVIEWER, OTHER_BODY),
        ):
            with pytest.raises(Forbidden):
                queries.decision(viewer, body, row.id)
            with pytest.raises(Forbidden):
                queries.source_lines(viewer, row.source)
            with pytest.raises(Forbidden):
                operations.record_download(viewer, row)
        other = scenario.bodies[OTHER_BODY]
        assert queries.decision(scenario.viewer(Role.REVIEWER, BODY, OTHER_BODY), other, row.id) is None, "another body's address"
        assert queries.decision(scenario.viewer(Role.HEAD), body, row.id) is not None


def test_a_locked_year_takes_no_decision(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, late = scenario.viewer(Role.CLERK), TODAY + timedelta(days=100_000)
    with scenario.app.app_context():
        row = store(scenario, monkeypatch)
        draft = send(scenario, monkeypatch, a_decision(number="12"))
        for action in (
            lambda: drafts.receive_text(clerk, YEAR, scenario.body_id, TEXT, late),
            lambda: operations.store_decisions(clerk, draft, [Confirmation(0, settled(a_decision(number="12")))], today=late),
            lambda: operations.remove_decision(clerk, YEAR, scenario.body_id, row.id, late),
        ):
            with pytest.raises(Locked):
                action()
        scenario.fill()
        scenario.submit()
        with pytest.raises(Locked):
            operations.remove_decision(clerk, YEAR, scenario.body_id, row.id, TODAY)


def test_the_file_is_stored_as_evidence_is(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, reviewer = scenario.viewer(Role.CLERK), scenario.viewer(Role.REVIEWER)
    with scenario.app.app_context():
        row = store(scenario, monkeypatch)
        sha256 = row.source.sha256
        for _ in range(2):
            operations.record_download(reviewer, row)
        db.session.commit()
        actions = [action for action, *_ in events(scenario)]
        assert actions.count("budget_decision_downloaded") == 1, "once a day"
        assert named_hashes(SYSTEM, db.session.connection()) == {sha256} and list(damaged_files(SYSTEM)) == []
        storage.delete(sha256)
        assert [(file.table, file.id) for file in damaged_files(SYSTEM)] == [("budget_source", row.source_id)]
        operations.remove_decision(clerk, YEAR, scenario.body_id, row.id, TODAY)
        db.session.commit()
        assert named_hashes(SYSTEM, db.session.connection()) == set() and rows_of(StoredLine) == 0
        assert sha256 in hashes_of_removed_evidence(SYSTEM, now() + timedelta(days=1)), "a reviewer has relied on it"


def test_a_real_decision_is_stored_unchanged(scenario: Scenario) -> None:
    clerk = scenario.viewer(Role.CLERK)
    with scenario.app.app_context():
        registry.open_year(SYSTEM, 2026, scenario.order.code)
        draft = drafts.receive(clerk, 2026, scenario.body_id, "Қонаев.txt", KONAEV.read_bytes(), TODAY)
        (read,) = entries_of(draft)
        row = operations.store_decisions(clerk, draft, [Confirmation(0, read)], today=TODAY)[0]
        db.session.commit()
        details = queries.decision(clerk, scenario.body_id, row.id)
        assert details and details.decision == read and row.corrections == 0
        assert (row.number, row.date, row.source.name) == ("61-208", date(2026, 3, 17), "Қонаев.txt")
        assert {item.origin for item in details.lines} == {"read"}
        assert planned(row)["property_income"] > 0
