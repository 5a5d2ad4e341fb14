"""Saving answers: changes, conflicts with concurrent changes, undo; on both databases."""

import threading
from collections import Counter
from typing import Any

import pytest
from flask import Flask

from evaluation.answers import queries, save
from evaluation.answers.model import AnswerInput
from evaluation.answers.save import SaveResult, UnknownCell, save_answers, undo_batch
from evaluation.audit import queries as audit
from evaluation.audit.actions import AuditAction
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from evaluation.submissions.locks import Locked
from tests.support.factories import bin_of
from tests.support.scenario import BODY, OTHER_BODY, SYSTEM, YEAR, Scenario, build_scenario
from tests.support.submission_states import set_status


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """Two bodies with one organisation each."""
    kind = order.kinds[1].code
    organisations = {BODY: [(bin_of(11), kind)], OTHER_BODY: [(bin_of(12), kind)]}
    return build_scenario(app, order, [NewBody(BODY, "Бір"), NewBody(OTHER_BODY, "Екі")], organisations)


def clerk_and_ids(scenario: Scenario) -> tuple[Viewer, int, int, int]:
    """A clerk of the first body, its id, the id of its organisation, and of the other body's organisation."""
    clerk = Viewer("clerk@example.kz", Role.CLERK, frozenset({scenario.body_id}), None)
    return clerk, scenario.body_id, scenario.organisations[bin_of(11)], scenario.organisations[bin_of(12)]


def money(order: Order) -> tuple[str, str]:
    money_codes = [item.code for item in order.indicators_of(order.kinds[1].code) if item.type == "money"]
    return money_codes[0], money_codes[1]


def answers(organisation_id: int) -> dict[str, Any]:
    return queries.stored_reports(SYSTEM, YEAR, [organisation_id])[organisation_id].answers


def test_saved_answers_are_audited_and_can_be_undone(app: Flask, order: Order, scenario: Scenario) -> None:
    viewer, body, organisation_id, _ = clerk_and_ids(scenario)
    first, second = money(order)
    note = next(item.code for item in order.evidence_of(order.kinds[1].code) if item.type == "text")
    with app.app_context():
        saved = save_answers(
            viewer, order, YEAR, body, [AnswerInput(organisation_id, first, 100), AnswerInput(organisation_id, note, "Акт № 1")]
        )
        assert len(saved.changed) == 2 and not saved.conflicts
        block = [AnswerInput(organisation_id, first, 250, 100), AnswerInput(organisation_id, second, 5)]
        pasted = save_answers(viewer, order, YEAR, body, block, AuditAction.BLOCK_PASTED, all_or_nothing=True)
        assert answers(organisation_id) == {first: 250, second: 5}
        assert queries.stored_reports(SYSTEM, YEAR, [organisation_id])[organisation_id].evidence == {note: "Акт № 1"}
        assert queries.stored_reports(SYSTEM, YEAR, [organisation_id])[organisation_id].version == 2
        last_changes = audit.last_changes(viewer, YEAR, [(organisation_id, first), (organisation_id, "nothing")])
        assert last_changes.keys() == {(organisation_id, first)} and last_changes[organisation_id, first][0] == viewer.name
        assert [event.data for event in audit.batch_events(viewer, pasted.batch)] == [{first: [100, 250], second: [None, 5]}]
        assert audit.can_undo_batch(viewer, YEAR, body, (AuditAction.BLOCK_PASTED,), pasted.batch)
        assert not audit.can_undo_batch(viewer, YEAR, body, (AuditAction.ANSWERS_SAVED,), pasted.batch)
        assert not undo_batch(viewer, order, YEAR, body, pasted.batch).conflicts
        assert answers(organisation_id) == {first: 100}
        assert not audit.can_undo_batch(viewer, YEAR, body, (AuditAction.BLOCK_PASTED,), pasted.batch), "undone already"


def test_a_concurrently_changed_cell_is_not_overwritten(app: Flask, order: Order, scenario: Scenario) -> None:
    viewer, body, organisation_id, _ = clerk_and_ids(scenario)
    first, second = money(order)
    with app.app_context():
        save_answers(Viewer.system(), order, YEAR, body, [AnswerInput(organisation_id, first, 700)])
        saved = save_answers(
            viewer, order, YEAR, body, [AnswerInput(organisation_id, first, 100), AnswerInput(organisation_id, second, 5)]
        )
        assert [(conflict.stored_value, conflict.author) for conflict in saved.conflicts] == [(700, "system")]
        assert saved.conflicts[0].changed_at is not None
        assert answers(organisation_id) == {first: 700, second: 5}, "the other cell is stored"
        all_or_nothing = save_answers(
            viewer,
            order,
            YEAR,
            body,
            [AnswerInput(organisation_id, first, 100), AnswerInput(organisation_id, second, 6, 5)],
            all_or_nothing=True,
        )
        assert all_or_nothing.conflicts and not all_or_nothing.changed
        assert answers(organisation_id) == {first: 700, second: 5}
        chosen = save_answers(
            viewer, order, YEAR, body, [AnswerInput(organisation_id, first, 100, saved.conflicts[0].stored_value)]
        )
        assert chosen.changed and answers(organisation_id)[first] == 100


def test_metrics_count_changes_and_conflicts_wherever_they_come_from(
    app: Flask, order: Order, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[str] = Counter()
    monkeypatch.setattr(save.SAVES, "add", lambda amount: counts.update(saves=amount))
    monkeypatch.setattr(save.CONFLICTS, "add", lambda amount: counts.update(conflicts=amount))
    viewer, body, organisation_id, _ = clerk_and_ids(scenario)
    first, second = money(order)
    with app.app_context():
        block = [AnswerInput(organisation_id, first, 1), AnswerInput(organisation_id, second, 2)]
        saved = save_answers(viewer, order, YEAR, body, block)
        save_answers(viewer, order, YEAR, body, block)
        assert counts == {"saves": 1, "conflicts": 0}
        save_answers(viewer, order, YEAR, body, [AnswerInput(organisation_id, first, 3)], all_or_nothing=True)
        assert counts == {"saves": 1, "conflicts": 1}
        undo_batch(viewer, order, YEAR, body, saved.batch)
        assert counts == {"saves": 2, "conflicts": 1}


def test_later_changes_are_not_undone(app: Flask, order: Order, scenario: Scenario) -> None:
    viewer, body, organisation_id, _ = clerk_and_ids(scenario)
    first, second = money(order)
    with app.app_context():
        saved = save_answers(
            viewer, order, YEAR, body, [AnswerInput(organisation_id, first, 1), AnswerInput(organisation_id, second, 2)]
        )
        save_answers(Viewer.system(), order, YEAR, body, [AnswerInput(organisation_id, second, 3, 2)])
        rejected = undo_batch(viewer, order, YEAR, body, saved.batch)
        assert [conflict.answer_input.code for conflict in rejected.conflicts] == [second]
        assert answers(organisation_id) == {first: 1, second: 3}


def test_true_differs_from_1_and_a_blank_removes_an_answer(app: Flask, order: Order, scenario: Scenario) -> None:
    viewer, body, organisation_id, _ = clerk_and_ids(scenario)
    yes_no = next(item.code for item in order.indicators_of(order.kinds[1].code) if item.type == "yes_no")
    with app.app_context():
        save_answers(viewer, order, YEAR, body, [AnswerInput(organisation_id, yes_no, True)])
        assert save_answers(viewer, order, YEAR, body, [AnswerInput(organisation_id, yes_no, False, 1)]).conflicts
        assert save_answers(viewer, order, YEAR, body, [AnswerInput(organisation_id, yes_no, None, True)]).changed
        assert answers(organisation_id) == {}


def test_cells_of_other_bodies_are_rejected(app: Flask, order: Order, scenario: Scenario) -> None:
    viewer, body, organisation_id, foreign = clerk_and_ids(scenario)
    first, _ = money(order)
    institution_only = next(
        item.code
        for item in order.indicators
        if item.code not in {indicator.code for indicator in order.indicators_of(order.kinds[1].code)}
    )
    with app.app_context():
        for edit in (
            AnswerInput(foreign, first, 1),
            AnswerInput(organisation_id, institution_only, "compliant"),
            AnswerInput(organisation_id, "nothing", 1),
            AnswerInput(10**9, first, 1),
        ):
            with pytest.raises(UnknownCell):
                save_answers(viewer, order, YEAR, body, [edit])
            with pytest.raises((UnknownCell, Forbidden)):
                save_answers(viewer, order, YEAR, None, [edit])
        other = next(id_ for id_ in registry.registry_index(SYSTEM).bodies.values() if id_ != body)
        with pytest.raises(Forbidden):
            save_answers(viewer, order, YEAR, other, [AnswerInput(foreign, first, 1)])
        observer = Viewer("observer", Role.OBSERVER, frozenset({body}))
        with pytest.raises(Forbidden):
            save_answers(observer, order, YEAR, body, [AnswerInput(organisation_id, first, 1)])
        set_status(YEAR, body)
        with pytest.raises(Locked):
            save_answers(viewer, order, YEAR, body, [AnswerInput(organisation_id, first, 1)])


def test_concurrent_saves_lose_nothing(app: Flask, order: Order, scenario: Scenario) -> None:
    """Sixteen people each save two values of a different cell of the same new report; every value is stored."""
    viewer, body, organisation_id, _ = clerk_and_ids(scenario)
    kind = order.kinds[1].code
    texts = [item.code for item in order.evidence_of(kind) if item.type == "text"]
    codes = [item.code for item in order.indicators_of(kind) if item.type in ("money", "whole")]
    work = [(code, 1, 2) for code in codes] + [(code, "бір", "екі") for code in texts]
    results: list[SaveResult | Exception] = []

    def person(code: str, one: Any, two: Any) -> None:
        with app.app_context():
            try:
                for edit in (AnswerInput(organisation_id, code, one), AnswerInput(organisation_id, code, two, one)):
                    results.append(save_answers(viewer, order, YEAR, body, [edit]))
                    db.session.commit()
            except Exception as error:
                results.append(error)

    threads = [threading.Thread(target=person, args=cells) for cells in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(cells, SaveResult) and cells.changed for cells in results), results
    with app.app_context():
        report = queries.stored_reports(SYSTEM, YEAR, [organisation_id])[organisation_id]
        assert report.answers | report.evidence == {code: two for code, _, two in work}
        assert report.version == 2 * len(work)
