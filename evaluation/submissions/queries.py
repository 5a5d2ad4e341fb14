"""Reads of submissions and of what locks a body's year, each scoped by its viewer."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from evaluation.accounts.models import Account, AccountBody
from evaluation.clock import today as current_day
from evaluation.database import MAX_IDS_PER_STATEMENT, Statement, db, fetch_rows
from evaluation.policy import Role, Viewer
from evaluation.registry.clauses import exists_in_year
from evaluation.registry.models import Body, ReportingYear
from evaluation.registry.queries import visible
from evaluation.submissions.deadlines import EntryPeriod
from evaluation.submissions.locks import Lock, lock_of, year_state
from evaluation.submissions.models import DRAFT, Extension, Submission
from evaluation.submissions.status import YearStatus, year_status


def submission(viewer: Viewer, year: int, body_id: int) -> Submission | None:
    """Return the current submission row of a body's year; None for a draft that was never submitted."""
    statement = select(Submission).join(Body, Body.id == Submission.body_id)
    statement = visible(statement.where(Submission.year == year, Body.id == body_id), viewer)
    stored: Submission | None = db.session.scalar(statement.execution_options(populate_existing=True))
    return stored


@dataclass(frozen=True)
class BodyWorkflow:
    """The workflow of one body's year: its submission row and the extension in force, each None when there is none."""

    body_bin: str
    submission: Submission | None = None
    extension: Extension | None = None

    @property
    def status(self) -> str | None:
        """The status of the submission; None for a draft that was never submitted."""
        return self.submission.status if self.submission else None

    def period(self, year: ReportingYear | None) -> EntryPeriod:
        """Return the days between which a draft takes changes; `year` is None when it is not open."""
        until = self.extension.until if self.extension else None
        return EntryPeriod(None, None, until) if year is None else EntryPeriod(year.starts_on, year.deadline, until)

    def year_state(self, year: ReportingYear | None) -> str:
        """Return the state of the body's year."""
        return year_state(self.submission.version if self.submission else 0, self.period(year))


def body_workflow(viewer: Viewer, year: int, body_id: int) -> BodyWorkflow | None:
    """Return the current workflow of a body's year in one statement; None when the viewer cannot see the body."""
    latest = select(func.max(Extension.id)).where(Extension.body_id == body_id, Extension.year == year).scalar_subquery()
    statement = (
        select(Body.bin, Submission, Extension)
        .outerjoin(Submission, (Submission.body_id == Body.id) & (Submission.year == year))
        .outerjoin(Extension, Extension.id == latest)
        .where(Body.id == body_id)
    )
    row = db.session.execute(visible(statement, viewer).execution_options(populate_existing=True)).first()
    return None if row is None else BodyWorkflow(*row)


def year_statuses(viewer: Viewer, bodies: Iterable[Body], years: Iterable[ReportingYear]) -> list[YearStatus]:
    """Return the status of each of these years of each of these bodies, of those bodies that exist on the year's 31 December."""
    wanted_years, visible_bodies = list(years), [body for body in bodies if viewer.can_see(body.id)]
    statement = select(Submission).where(Submission.year.in_([year.year for year in wanted_years]))
    statement = statement.where(Submission.body_id.in_([body.id for body in visible_bodies]))
    stored = {(row.year, row.body_id): row for row in db.session.scalars(statement)}
    return [
        year_status(year, body.id, stored.get((year.year, body.id)))
        for body in visible_bodies
        for year in wanted_years
        if body.has_begun_by(year.year) and (body.closed_on is None or body.closed_on >= date(year.year, 12, 31))
    ]


def head_names(viewer: Viewer, body_id: int) -> list[str]:
    """Return the names of the people who can submit the body's year."""
    statement = (
        select(Account.name)
        .join(AccountBody, AccountBody.account_id == Account.id)
        .join(Body, Body.id == AccountBody.body_id)
        .where(Body.id == body_id, Account.role == Role.HEAD.value, Account.active.is_(True))
    )
    return list(db.session.scalars(visible(statement, viewer).order_by(Account.name)))


def lock(viewer: Viewer, year: int, body_id: int, today: date | None = None) -> Lock | None:
    """Return what prevents changes to a body's year on a day, by default the current one; None when the year is open."""
    return locks(viewer, year, [body_id], today).get(body_id)


def locks(viewer: Viewer, year: int, body_ids: Iterable[int], today: date | None = None) -> dict[int, Lock]:
    """Return body id → what prevents changes to its year on a day, by default the current one; open years are left out."""
    wanted, day = list(body_ids), today or current_day()
    statement = (
        select(Body.id, Submission.status, *entry_period_columns(year))
        .select_from(Body)
        .outerjoin(Submission, (Submission.body_id == Body.id) & (Submission.year == year))
        .outerjoin(ReportingYear, ReportingYear.year == year)
    )
    statement = visible(_of_bodies(statement, wanted), viewer)
    lock_by_body = {row[0]: lock_of(row[1], year, EntryPeriod(*row[2:]), day) for row in db.session.execute(statement)}
    return {body_id: body_lock for body_id in wanted if (body_lock := lock_by_body.get(body_id)) is not None}


def entry_period_columns(year: Any) -> tuple[Any, ...]:
    """Return the columns of an :class:`EntryPeriod`, for a statement that joins the body and the reporting year."""
    latest = select(Extension.until).where(Extension.body_id == Body.id, Extension.year == year)
    return ReportingYear.starts_on, ReportingYear.deadline, latest.order_by(Extension.id.desc()).limit(1).scalar_subquery()


def first_submission_days(viewer: Viewer, year: int, body_ids: Collection[int] | None = None) -> dict[int, date]:
    """Return body id → the day (Asia/Almaty) of the first submission of its year, of the bodies that submitted it."""
    statement = select(Body.id, Submission.first_submitted_on).join(Submission, Submission.body_id == Body.id)
    statement = statement.where(Submission.year == year, Submission.first_submitted_on.is_not(None))
    return {row[0]: row[1] for row in db.session.execute(visible(_of_bodies(statement, body_ids), viewer))}


def status_counts(viewer: Viewer, year: int) -> dict[str, int]:
    """Return status → number of bodies in it, of the bodies that exist on 31 December of the year; no zero counts."""
    status = func.coalesce(Submission.status, DRAFT)
    statement = select(status, func.count()).select_from(Body)
    statement = statement.outerjoin(Submission, (Submission.body_id == Body.id) & (Submission.year == year))
    return dict(fetch_rows(visible(statement, viewer).where(exists_in_year(year)).group_by(status)))


def _of_bodies(statement: Statement, body_ids: Collection[int] | None) -> Statement:
    """Restrict a statement to these bodies, unless naming so many ids costs more than reading all rows."""
    return statement if body_ids is None or len(body_ids) > MAX_IDS_PER_STATEMENT else statement.where(Body.id.in_(body_ids))
