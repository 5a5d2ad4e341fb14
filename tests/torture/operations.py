"""Everything that anybody may do to the registry, to answers and to years, done as chance has it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import openpyxl

from evaluation.answers.justifications import justify, withdraw
from evaluation.answers.prior_year_counts import Declaration, declare
from evaluation.answers.progress.queries import body_state, justifications
from evaluation.answers.queries import declared_by
from evaluation.answers.readiness import queries as submissions
from evaluation.answers.save import AnswerInput, save, undo
from evaluation.audit.models import Event
from evaluation.database import db
from evaluation.language import language
from evaluation.registry import operations as registering
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations as upkeep
from evaluation.registry.admin import queries as states
from evaluation.registry.admin.states import Dated, Former, OrganisationState, Period
from evaluation.registry.models import STATUSES
from evaluation.review import operations as review
from evaluation.review.remarks import operations as remarks
from evaluation.submissions.extensions.operations import extend
from evaluation.workbooks import load as collection
from evaluation.workbooks.models import Upload
from evaluation.workbooks.registry import plan as planning
from evaluation.workbooks.registry.plan import Terms
from evaluation.workbooks.registry.queries import reported
from evaluation.workbooks.registry.writer import write_registry
from evaluation.workbooks.upload import operations as uploads
from evaluation.workbooks.upload.model import BLANKS, OVERWRITE
from tests.support.factories import clean, random_answers, row, workbook
from tests.torture.random_source import REASON, SYSTEM, TODAY, YEARS, Chance


class Hand(Chance):
    """Does one thing after another."""

    # The registry

    def open_year(self) -> None:
        upkeep.open_year(SYSTEM, YEARS[0], self.order.code)

    def change_term(self) -> None:
        opened = registry.reporting_year(self.year())
        upkeep.change_term(
            SYSTEM, opened, (opened.starts_on, opened.deadline), (None, self.random.choice([None, date(2030, 1, 1)]))
        )

    def add_body(self) -> None:
        upkeep.add_body(SYSTEM, replace(self.some_body(), bin=self.fresh(), name_kk=self.name(), closed_on=None, former=()))

    def change_body(self) -> None:
        was = self.some_body()
        upkeep.change_body(SYSTEM, was, self.name(), self.name(), None, None, None, self.random.choice([None, self.day()]))

    def rename_body(self) -> None:
        upkeep.rename_body(SYSTEM, self.some_body(), self.day(), self.name(), self.name())

    def close_body(self) -> None:
        upkeep.close_body(SYSTEM, self.some_body(), self.day())

    def reopen_body(self) -> None:
        upkeep.reopen_body(SYSTEM, self.some_body())

    def add_organisation(self) -> None:
        period = Period(self.some_body().bin, self.day())
        periods = self.random.choice([(), (period,), (period,), (replace(period, until=period.since + timedelta(400)),)])
        statuses = self.random.choice([(), (), (Dated("liquidation", self.day()),)])
        former = self.random.choice([(), (Former(self.day(), "Бұрынғы", "Бывшая"),)])
        state = OrganisationState(
            self.fresh(), self.kind(), self.name(), "", None, former=former, statuses=statuses, periods=periods
        )
        upkeep.add_organisation(SYSTEM, state)

    def register_organisations(self) -> None:
        own, body, since = self.fresh(), self.some_body().bin, self.day()
        registering.register_organisations(SYSTEM, [(own, self.kind(), self.name(), "")])
        if self.random.random() < 0.7:
            entered = registry.known(SYSTEM)
            until = self.random.choice([None, since + timedelta(self.random.randrange(900))])
            registering.supervise(SYSTEM, [(entered.organisations[own][0], entered.bodies[body], since, until)])

    def supervise_in(self) -> None:
        entered, year = registry.known(SYSTEM), self.year()
        there = registry.supervisors(year)
        loose = [id_ for id_, _ in entered.organisations.values() if id_ not in there]
        bodies = list(entered.bodies.values())
        some = self.random.sample(loose, min(len(loose), 2))
        registering.supervise_in(SYSTEM, year, [(own, self.random.choice(bodies)) for own in some])

    def change_organisation(self) -> None:
        was = self.some_organisation()
        now = replace(
            was, name_kk=self.name(), name_ru=self.name(), state_share=self.random.choice([None, 10_000]), kind=self.kind()
        )
        upkeep.change_organisation(SYSTEM, was, now, bool(reported(SYSTEM, {was.bin})))

    def rename_organisation(self) -> None:
        upkeep.rename_organisation(SYSTEM, self.some_organisation(), self.day(), self.name(), "")

    def move_organisation(self) -> None:
        upkeep.move_organisation(SYSTEM, self.some_organisation(), self.some_body().bin, self.random.choice(YEARS))

    def set_status(self) -> None:
        upkeep.set_status(SYSTEM, self.some_organisation(), self.random.choice(STATUSES), self.day())

    def withdraw_status(self) -> None:
        upkeep.withdraw_status(SYSTEM, self.some_organisation())

    def registry_workbook(self) -> None:
        book = openpyxl.load_workbook(io.BytesIO(write_registry(SYSTEM, self.app.extensions["orders"], language("kk"))))
        sheet = book["organisations"]
        columns = {cell.value: cell.column for cell in sheet[1]}
        for at in range(2, sheet.max_row + 1):
            if sheet.cell(at, 1).value in states.organisation_states(SYSTEM) and self.random.random() < 0.4:
                sheet.cell(at, columns["body_bin"]).value = self.some_body().bin
                sheet.cell(at, columns["name_kk"]).value = self.name()
        out = io.BytesIO()
        book.save(out)
        terms = Terms(self.random.choice(YEARS), self.random.random() < 0.5)
        planning.apply(SYSTEM, planning.plan(SYSTEM, out.getvalue(), self.app.extensions["orders"], terms))

    # Answers

    def save(self) -> None:
        year, body, owned = self.of_body()
        edits = []
        for own in owned:
            given = (
                clean(self.order, own.kind) if self.random.random() < 0.6 else random_answers(self.order, own.kind, self.random)
            )
            evidence = [
                item.code
                for item in self.order.indicators
                if item.code in self.order.codes_of(own.kind) and item.code not in given
            ]
            given |= dict.fromkeys(self.random.sample(evidence, min(2, len(evidence))))
            edits += [AnswerInput(own.id, code, value, (own.answers | own.evidence).get(code)) for code, value in given.items()]
        saved = save(SYSTEM, self.order, year, self.random.choice([body.id, None]), edits)
        assert not saved.conflicts

    def undo_batch(self) -> None:
        changed = db.session.query(Event).filter(Event.action.in_(("saved", "undone")), Event.batch.is_not(None))
        event = self.random.choice(changed.order_by(Event.id).all())
        undo(SYSTEM, self.order, event.year, None, event.batch)

    def declare(self) -> None:
        year, body, _ = self.of_body()
        criterion, _item = self.random.choice(list(self.order.declared()))
        kind = self.kind()
        was = declared_by(SYSTEM, year, body.id).get((kind, criterion.code))
        declare(SYSTEM, self.order, year, body.id, [Declaration(kind, criterion.code, self.random.choice([None, 0, 3]), was)])

    def justify(self) -> None:
        year, body, owned = self.of_body()
        for own in owned:
            for finding in own.findings:
                if finding.severity != "error":
                    justify(
                        self.head, self.order, year, body.id, own.id, finding.rule, finding.code, f"{REASON} {self.name()}", TODAY
                    )

    def withdraw(self) -> None:
        year, body = self.standing("returned", "reopened")
        own, rule, code = self.random.choice(sorted(justifications(SYSTEM, year, body.id)))
        withdraw(SYSTEM, year, body.id, own, rule, code)

    def upload(self) -> None:
        mode = self.random.choice([BLANKS, OVERWRITE])
        orders = self.app.extensions["orders"]
        sent = uploads.receive(self.head, self.book(), "book.xlsx", mode, orders)
        plan = uploads.plan_of(self.head, sent, orders, mode, firm=True)
        uploads.apply(self.head, sent, orders, mode, plan.digest)

    def undo_upload(self) -> None:
        applied = db.session.query(Upload).filter_by(state="applied").order_by(Upload.id).all()
        uploads.undo(self.head, self.random.choice(applied), self.order)

    def load(self) -> None:
        kind, body = self.kind(), self.some_body().bin
        given = random_answers(self.order, kind, self.random, 0.5)
        data = workbook(self.order, self.random.choice(YEARS), {kind: [row(self.order, body, self.fresh(), given)]})
        collection.load_workbook(SYSTEM, data, self.app.extensions["orders"], register=True)

    # The review

    def submit(self) -> None:
        year, body, owned = self.of_body()
        review.submit(self.head, self.order, year, body, self.version(year, body.id), TODAY, nil=not owned)

    def accept(self) -> None:
        year, body = self.standing("submitted")
        review.accept(self.reviewer, year, body, self.version(year, body.id), TODAY)

    def year_through(self) -> None:
        """Fill a body's year and have it accepted."""
        year, body, owned = self.of_body()
        edits = [
            AnswerInput(own.id, code, value, own.answers.get(code))
            for own in owned
            for code, value in clean(self.order, own.kind).items()
        ]
        save(SYSTEM, self.order, year, body.id, edits)
        for own in body_state(SYSTEM, self.order, year, body.id, TODAY).organisations.values():
            for finding in own.findings:
                if finding.open and finding.severity != "error":
                    justify(self.head, self.order, year, body.id, own.id, finding.rule, finding.code, REASON, TODAY)
        lacking = submissions.readiness(SYSTEM, self.order, year, body, TODAY).undeclared
        declare(SYSTEM, self.order, year, body.id, [Declaration(*each.key, 1) for each in lacking])
        review.submit(self.head, self.order, year, body, self.version(year, body.id), TODAY, nil=not owned)
        review.accept(self.reviewer, year, body, self.version(year, body.id), TODAY)

    def give_back(self) -> None:
        year, body = self.standing("submitted")
        review.give_back(self.reviewer, year, body.id, self.version(year, body.id), REASON)

    def reopen(self) -> None:
        year, body = self.standing("accepted")
        review.reopen(self.reviewer, year, body.id, self.version(year, body.id), REASON)

    def extend(self) -> None:
        year, body, _ = self.of_body()
        extend(SYSTEM, registry.reporting_year(year), body, date(2030, self.random.randrange(2, 12), 1), REASON, TODAY)

    def remark(self) -> None:
        """On the sheet, on a row of it or on an answer."""
        year, body = self.standing("submitted")
        table = self.random.choice(self.order.form.tables)
        places: list[dict[str, Any]] = [{}, {"kind": table.kind, "row": table.scored_rows[0].number}]
        owned = body_state(SYSTEM, self.order, year, body.id, TODAY).organisations.values()
        places += [{"organisation_id": own.id, "code": self.order.asked_of(own.kind)[0].code} for own in owned]
        remarks.make(self.reviewer, self.order, year, body.id, self.name(), **self.random.choice(places))

    def reply(self) -> None:
        remarks.reply(self.random.choice([self.head, self.reviewer]), self.some_remark(), self.name())

    def resolve(self) -> None:
        remarks.resolve(self.reviewer, self.some_remark())

    def unresolve(self) -> None:
        remarks.unresolve(self.reviewer, self.some_remark())


DEEDS: list[Callable[[Hand], None]] = [each for name, each in vars(Hand).items() if not name.startswith("_")]
LIKELY = DEEDS + 2 * [Hand.save, Hand.submit, Hand.accept, Hand.give_back, Hand.withdraw] + 4 * [Hand.year_through, Hand.reopen]
