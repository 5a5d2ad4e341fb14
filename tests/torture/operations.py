"""Every operation on the registry, answers and years, applied to random choices."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import openpyxl

from evaluation.answers.justifications import justify, withdraw
from evaluation.answers.model import AnswerInput
from evaluation.answers.prior_year_counts import CountInput, save_declared_counts
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.queries import declared_counts_of_body, justifications
from evaluation.answers.readiness.queries import readiness
from evaluation.answers.save import save_answers, undo_batch
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from evaluation.language import language
from evaluation.registry import operations as registration
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations as admin
from evaluation.registry.admin import queries as states
from evaluation.registry.admin import years as registry_years
from evaluation.registry.admin.rules import DoubtfulValue
from evaluation.registry.models import STATUSES
from evaluation.registry.states import FormerNames, OrganisationState, StatusEntry, SupervisionPeriod
from evaluation.review import operations as review
from evaluation.review.remarks import operations as remarks
from evaluation.review.remarks.model import RemarkTarget
from evaluation.submissions.extensions.operations import grant_extension
from evaluation.workbooks.load import load_workbook
from evaluation.workbooks.models import Upload
from evaluation.workbooks.registry.plan import apply_plan, plan_changes
from evaluation.workbooks.registry.queries import bins_with_reports
from evaluation.workbooks.registry.row_states import WorkbookOptions
from evaluation.workbooks.registry.writer import write_registry
from evaluation.workbooks.upload import operations as uploads
from evaluation.workbooks.upload.model import BLANKS, OVERWRITE
from tests.support.factories import clean, random_answers, row, workbook
from tests.torture.random_source import REASON, SYSTEM, TODAY, YEARS, RandomSource


class Operator(RandomSource):
    """Performs one operation after another."""

    # The registry

    def open_year(self) -> None:
        registry_years.open_year(SYSTEM, YEARS[0], self.order.code)

    def change_entry_period(self) -> None:
        opened = registry.reporting_year(self.year())
        deadline = self.random.choice([None, date(2030, 1, 1)])
        registry_years.change_year_dates(SYSTEM, opened, (opened.starts_on, opened.deadline), (None, deadline))

    def add_body(self) -> None:
        admin.add_body(
            SYSTEM, replace(self.some_body(), bin=self.new_bin(), name_kk=self.name(), closed_on=None, former_names=())
        )

    def change_body(self) -> None:
        expected = self.some_body()
        admin.change_body(SYSTEM, expected, self.name(), self.name(), None, None, None, self.random.choice([None, self.day()]))

    def rename_body(self) -> None:
        admin.rename_body(SYSTEM, self.some_body(), self.day(), self.name(), self.name())

    def close_body(self) -> None:
        admin.close_body(SYSTEM, self.some_body(), self.day())

    def reopen_body(self) -> None:
        admin.reopen_body(SYSTEM, self.some_body())

    def add_organisation(self) -> None:
        period = SupervisionPeriod(self.some_body().bin, self.day())
        periods = self.random.choice([(), (period,), (period,), (replace(period, until=period.since + timedelta(400)),)])
        statuses = self.random.choice([(), (), (StatusEntry("liquidation", self.day()),)])
        former = self.random.choice([(), (FormerNames(self.day(), "Бұрынғы", "Бывшая"),)])
        state = OrganisationState(
            self.new_bin(), self.kind(), self.name(), "", None, former_names=former, statuses=statuses, periods=periods
        )
        try:
            admin.add_organisation(SYSTEM, state)
        except DoubtfulValue as doubt:
            admin.add_organisation(SYSTEM, state, doubt.confirmation)

    def register_organisations(self) -> None:
        bin_, body_bin, since = self.new_bin(), self.some_body().bin, self.day()
        registration.register_organisations(SYSTEM, [(bin_, self.kind(), self.name(), "")])
        if self.random.random() < 0.7:
            index = registry.registry_index(SYSTEM)
            until = self.random.choice([None, since + timedelta(self.random.randrange(900))])
            registration.add_supervision(SYSTEM, [(index.organisations[bin_][0], index.bodies[body_bin], since, until)])

    def add_supervision_for_year(self) -> None:
        index, year = registry.registry_index(SYSTEM), self.year()
        supervised = registry.supervisor_ids(year)
        unsupervised = [id_ for id_, _ in index.organisations.values() if id_ not in supervised]
        bodies = list(index.bodies.values())
        sample = self.random.sample(unsupervised, min(len(unsupervised), 2))
        registration.add_supervision_for_year(SYSTEM, year, [(id_, self.random.choice(bodies)) for id_ in sample])

    def change_organisation(self) -> None:
        expected = self.some_organisation()
        current = replace(
            expected, name_kk=self.name(), name_ru=self.name(), state_share=self.random.choice([None, 10_000]), kind=self.kind()
        )
        admin.change_organisation(SYSTEM, expected, current, bool(bins_with_reports(SYSTEM, {expected.bin})))

    def rename_organisation(self) -> None:
        admin.rename_organisation(SYSTEM, self.some_organisation(), self.day(), self.name(), "")

    def move_organisation(self) -> None:
        admin.move_organisation(SYSTEM, self.some_organisation(), self.some_body().bin, self.random.choice(YEARS))

    def add_status(self) -> None:
        admin.add_status(SYSTEM, self.some_organisation(), self.random.choice(STATUSES), self.day())

    def withdraw_status(self) -> None:
        admin.withdraw_status(SYSTEM, self.some_organisation())

    def apply_registry_workbook(self) -> None:
        orders = self.app.extensions["orders"]
        book = openpyxl.load_workbook(io.BytesIO(write_registry(SYSTEM, orders, language("kk"))))
        sheet = book["organisations"]
        columns = {cell.value: cell.column for cell in sheet[1]}
        for number in range(2, sheet.max_row + 1):
            if sheet.cell(number, 1).value in states.organisation_states(SYSTEM) and self.random.random() < 0.4:
                sheet.cell(number, columns["body_bin"]).value = self.some_body().bin
                sheet.cell(number, columns["name_kk"]).value = self.name()
        out = io.BytesIO()
        book.save(out)
        options = WorkbookOptions(self.random.choice(YEARS), self.random.random() < 0.5)
        apply_plan(SYSTEM, plan_changes(SYSTEM, out.getvalue(), orders, options))

    # Answers

    def save(self) -> None:
        year, body, organisations = self.of_body()
        inputs = []
        for organisation in organisations:
            kind, stored = organisation.kind, {**organisation.answers, **organisation.evidence}
            values = clean(self.order, kind) if self.random.random() < 0.6 else random_answers(self.order, kind, self.random)
            codes = self.order.codes_of(kind)
            evidence = [item.code for item in self.order.indicators if item.code in codes and item.code not in values]
            values |= dict.fromkeys(self.random.sample(evidence, min(2, len(evidence))))
            inputs += [AnswerInput(organisation.organisation_id, code, value, stored.get(code)) for code, value in values.items()]
        result = save_answers(SYSTEM, self.order, year, self.random.choice([body.id, None]), inputs)
        assert not result.conflicts

    def undo_batch(self) -> None:
        actions = ("answers_saved", "change_undone")
        batches = db.session.query(AuditEvent).filter(AuditEvent.action.in_(actions), AuditEvent.batch.is_not(None))
        event = self.random.choice(batches.order_by(AuditEvent.id).all())
        undo_batch(SYSTEM, self.order, event.year, None, event.batch)

    def declare_count(self) -> None:
        year, body, _ = self.of_body()
        criterion, _definition = self.random.choice(list(self.order.prior_year_counts()))
        kind, count = self.kind(), self.random.choice([None, 0, 3])
        stored = declared_counts_of_body(SYSTEM, [year], body.id).get(year, {}).get((kind, criterion.code))
        save_declared_counts(SYSTEM, self.order, year, body.id, [CountInput(kind, criterion.code, count, stored)])

    def justify(self) -> None:
        year, body, organisations = self.of_body()
        for organisation in organisations:
            for issue in organisation.issues:
                if issue.severity != "error":
                    warning = (organisation.organisation_id, issue.rule, issue.code)
                    justify(self.head, self.order, year, body.id, *warning, f"{REASON} {self.name()}", TODAY)

    def withdraw(self) -> None:
        year, body = self.year_in_status("returned", "reopened")
        warning = self.random.choice(sorted(justifications(SYSTEM, year, body.id)))
        withdraw(SYSTEM, year, body.id, *warning)

    def upload(self) -> None:
        mode = self.random.choice([BLANKS, OVERWRITE])
        orders = self.app.extensions["orders"]
        upload = uploads.receive(self.head, self.book(), "book.xlsx", mode, orders)
        plan = uploads.current_plan(self.head, upload, orders, mode, lock_bodies=True)
        uploads.apply(self.head, upload, orders, mode, plan.digest)

    def undo_upload(self) -> None:
        applied = db.session.query(Upload).filter_by(status="applied").order_by(Upload.id).all()
        uploads.undo(self.head, self.random.choice(applied), self.order)

    def load(self) -> None:
        kind, body_bin = self.kind(), self.some_body().bin
        answers = random_answers(self.order, kind, self.random, 0.5)
        data = workbook(self.order, self.random.choice(YEARS), {kind: [row(self.order, body_bin, self.new_bin(), answers)]})
        load_workbook(SYSTEM, data, self.app.extensions["orders"], register=True)

    # The review

    def submit(self) -> None:
        year, body, organisations = self.of_body()
        version = self.version(year, body.id)
        review.submit(self.head, self.order, year, body, version, TODAY, nil_return=not organisations)

    def accept(self) -> None:
        year, body = self.year_in_status("submitted")
        review.accept(self.reviewer, year, body, self.version(year, body.id), TODAY)

    def complete_and_accept(self) -> None:
        """Fill a body's year and have it accepted."""
        year, body, organisations = self.of_body()
        inputs = [
            AnswerInput(organisation.organisation_id, code, value, organisation.answers.get(code))
            for organisation in organisations
            for code, value in clean(self.order, organisation.kind).items()
        ]
        save_answers(SYSTEM, self.order, year, body.id, inputs)
        for progress in body_progress(SYSTEM, self.order, year, body.id, TODAY).organisations.values():
            for issue in progress.issues:
                if issue.is_open and issue.severity != "error":
                    warning = (progress.organisation_id, issue.rule, issue.code)
                    justify(self.head, self.order, year, body.id, *warning, REASON, TODAY)
        missing = readiness(SYSTEM, self.order, year, body, TODAY).missing_counts
        save_declared_counts(SYSTEM, self.order, year, body.id, [CountInput(*count.key, 1) for count in missing])
        version = self.version(year, body.id)
        review.submit(self.head, self.order, year, body, version, TODAY, nil_return=not organisations)
        review.accept(self.reviewer, year, body, self.version(year, body.id), TODAY)

    def return_submission(self) -> None:
        year, body = self.year_in_status("submitted")
        review.return_submission(self.reviewer, year, body.id, self.version(year, body.id), REASON)

    def reopen(self) -> None:
        year, body = self.year_in_status("accepted")
        review.reopen(self.reviewer, year, body.id, self.version(year, body.id), REASON)

    def grant_extension(self) -> None:
        year, body, _ = self.of_body()
        last_day = date(2030, self.random.randrange(2, 12), 1)
        grant_extension(SYSTEM, registry.reporting_year(year), body, last_day, REASON, TODAY)

    def remark(self) -> None:
        """Add a remark on the sheet, on a row or on an answer."""
        year, body = self.year_in_status("submitted")
        table = self.random.choice(self.order.form.tables)
        targets: list[dict[str, Any]] = [{}, {"kind": table.kind, "row": table.scored_rows[0].number}]
        targets += [
            {"organisation_id": progress.organisation_id, "code": self.order.indicators_of(progress.kind)[0].code}
            for progress in body_progress(SYSTEM, self.order, year, body.id, TODAY).organisations.values()
        ]
        target = RemarkTarget(**self.random.choice(targets))
        remarks.add_remark(self.reviewer, self.order, year, body.id, self.name(), target)

    def reply(self) -> None:
        remarks.reply(self.random.choice([self.head, self.reviewer]), self.some_remark(), self.name())

    def resolve(self) -> None:
        remarks.resolve(self.reviewer, self.some_remark())

    def unresolve(self) -> None:
        remarks.unresolve(self.reviewer, self.some_remark())


OPERATIONS: list[Callable[[Operator], None]] = [method for name, method in vars(Operator).items() if not name.startswith("_")]
WEIGHTED_OPERATIONS = (
    OPERATIONS
    + 2 * [Operator.save, Operator.submit, Operator.accept, Operator.return_submission, Operator.withdraw]
    + 4 * [Operator.complete_and_accept, Operator.reopen]
)
"""All operations, with a higher probability for those that the others depend on."""
