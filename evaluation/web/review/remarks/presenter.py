"""Remarks as pages show them: the label and address of each remark's target, and what the viewer can do."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from flask import g, url_for
from flask_babel import gettext

from evaluation.answers import values
from evaluation.answers.queries import stored_reports
from evaluation.criteria.model import Order
from evaluation.language import Language, heading
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.review.diff import CellChange, ChangeKind
from evaluation.review.models import Remark
from evaluation.review.remarks import queries
from evaluation.review.remarks.model import RemarkIndex, RemarkTarget
from evaluation.submissions.models import ACCEPTED, SUBMITTED
from evaluation.submissions.queries import submission
from evaluation.web.core.request_context import current_language, current_viewer, language_of, named

MAX_HOME_REMARKS = 5
"""Open remarks that a clerk's home page shows with their text."""
SHEET_RANK, ROW_RANK, ANSWER_RANK = 0, 1, 2
"""The order of locations: the whole sheet, its rows, the answers."""


@dataclass(frozen=True)
class RemarkThreads:
    """The remarks of a body's year and what the viewer can do with them; empty for a viewer who cannot reply to remarks."""

    body: Body
    year: int
    index: RemarkIndex = field(default_factory=RemarkIndex)
    may_remark: bool = False
    may_reply: bool = False
    may_resolve: bool = False

    @property
    def open(self) -> tuple[Remark, ...]:
        """The remarks that are not resolved."""
        return self.index.open

    @property
    def unanswered(self) -> tuple[Remark, ...]:
        """The open remarks to which the body has not replied since their author wrote last."""
        return tuple(
            remark for remark in self.index.open if not remark.replies or remark.replies[-1].author_id == remark.author_id
        )

    def has_open_remark(self, organisation_id: int, codes: Collection[str]) -> bool:
        """Return whether one of these answers has an open remark."""
        return any(code in self.open_codes.get(organisation_id, ()) for code in codes)

    @cached_property
    def open_codes(self) -> dict[int, frozenset[str]]:
        """Organisation id → codes of its answers that have an open remark."""
        return self.index.open_codes()


def remark_threads(body: Body, year: int | ReportingYear) -> RemarkThreads:
    """Return the remarks of a body's year; they are read once per request."""
    number = year.year if isinstance(year, ReportingYear) else year
    cache: dict[tuple[int, int], RemarkThreads] = g.setdefault("remark_threads", {})
    if (body.id, number) not in cache:
        cache[body.id, number] = _read_threads(body, number)
    return cache[body.id, number]


def _read_threads(body: Body, year: int) -> RemarkThreads:
    viewer = current_viewer()
    if not viewer.may(Action.REPLY, body.id):
        return RemarkThreads(body, year)
    current, may_review = submission(viewer, year, body.id), viewer.may(Action.REVIEW, body.id)
    status = current.status if current else None
    return RemarkThreads(
        body,
        year,
        RemarkIndex(tuple(queries.remarks(viewer, year, body.id))),
        may_remark=may_review and status == SUBMITTED,
        may_reply=status != ACCEPTED,
        may_resolve=may_review and status != ACCEPTED,
    )


@dataclass(frozen=True)
class RemarkLocation:
    """What a remark is about, for people.

    `owner` is the name of an organisation or of a table of the sheet, `label` the question or row, `url` the address of that
    position; it is empty if the target no longer exists. `rank` sorts locations: the sheet, its rows, the answers.
    """

    owner: str
    owner_language: str
    label: str
    url: str
    rank: tuple[int, int, int]


class RemarkLocator:
    """Finds the locations of remarks and changes of one body's year, with labels in one language."""

    def __init__(self, order: Order, year: int, body: Body, language: Language):
        self.order, self.year, self.body, self.language = order, year, body, language
        organisations = registry.organisations(current_viewer(), body.id, year, language.code)
        kind_ranks = {kind: rank for rank, kind in enumerate(order.kind)}
        organisations.sort(key=lambda organisation: kind_ranks.get(organisation.kind, len(kind_ranks)))
        self.organisations: dict[int, SupervisedOrganisation] = {organisation.id: organisation for organisation in organisations}
        self._organisation_ranks = {organisation.id: rank for rank, organisation in enumerate(organisations)}
        self._code_ranks = {code: rank for rank, code in enumerate(order.by_code)}

    def locate(self, target: RemarkTarget, languages: str = "") -> RemarkLocation:
        """Return the location of a remark; `languages` is the language choice of the sheet page, such as "kk+ru"."""
        if target.organisation_id is not None:
            return self.answer(target.organisation_id, str(target.code))
        if target.kind is not None:
            return self.row(target.kind, str(target.row), languages)
        label, url = gettext("The assessment sheet as a whole"), self._sheet_url("remarks", languages)
        return RemarkLocation("", self.language.code, label, url, (SHEET_RANK, 0, 0))

    def answer(self, organisation_id: int, code: str) -> RemarkLocation:
        """Return the location of an answer or an item of evidence; an empty code is the whole report."""
        organisation, item = self.organisations.get(organisation_id), self.order.by_code.get(code)
        label = item.label[self.language.code] if item else gettext("The whole report")
        organisation_rank = self._organisation_ranks.get(organisation_id, len(self._organisation_ranks))
        rank = (ANSWER_RANK, organisation_rank, self._code_ranks.get(code, -1))
        if organisation is None:
            owner = gettext("An organisation that no longer belongs to the body")
            return RemarkLocation(owner, self.language.code, label, "", rank)
        url = self.report_url(organisation, code and f"field-{code}", code)
        return RemarkLocation(*self._name(organisation), label, url, rank)

    def row(self, kind: str, number: str, languages: str = "") -> RemarkLocation:
        """Return the location of a row of the sheet."""
        tables = [table.kind for table in self.order.form.tables]
        numbers = [row.number for row in self.order.table[kind].rows]
        text = self.order.table[kind].rows[numbers.index(number)].text[self.language.code]
        label = gettext("Row %(row)s of the sheet: %(text)s", row=number, text=text)
        url = self._sheet_url(f"row-{kind}-{number}", languages)
        rank = (ROW_RANK, tables.index(kind), numbers.index(number))
        return RemarkLocation(self.kind_name(kind), self.language.code, label, url, rank)

    def kind_name(self, kind: str) -> str:
        """Return the name of a kind's table."""
        return heading(self.order.kind[kind].plural[self.language.code])

    def report_url(self, organisation: SupervisedOrganisation, anchor: str, code: str = "") -> str:
        """Return the address of an organisation's report, or of one of its answers."""
        return url_for(
            "report.page",
            bin_=self.body.bin,
            year=self.year,
            organisation_bin=organisation.bin,
            field=code or None,
            _anchor=anchor or None,
        )

    def _name(self, organisation: SupervisedOrganisation) -> tuple[str, str]:
        """Return an organisation's name and the language that the name is in."""
        entity = named(organisation)
        return entity.name(self.language.code), language_of(entity, self.language.code)

    def _sheet_url(self, anchor: str, languages: str) -> str:
        return url_for("sheets.page", bin_=self.body.bin, year=self.year, lang=languages or None, _anchor=anchor)


@dataclass(frozen=True)
class RemarkRow:
    """A remark in the list: its location, the current answer, and the answer before and after a change since the baseline."""

    remark: Remark
    location: RemarkLocation
    answer: str
    change: tuple[str, str] | None


def open_remark_locations(order: Order, body: Body, year: int | ReportingYear) -> list[tuple[Remark, RemarkLocation]]:
    """Return the first open remarks of a year with their locations, in the order of the locations."""
    threads = remark_threads(body, year)
    locator = RemarkLocator(order, threads.year, body, current_language())
    located = [(remark, locator.locate(RemarkTarget.of(remark))) for remark in threads.open]
    return sorted(located, key=lambda pair: (pair[1].rank, pair[0].id))[:MAX_HOME_REMARKS]


def open_remark_texts(body: Body, year: int | ReportingYear) -> dict[int, dict[str, list[str]]]:
    """Return organisation id → code of an answer → texts of the open remarks on it."""
    texts: dict[int, dict[str, list[str]]] = {}
    for remark in remark_threads(body, year).open:
        if remark.organisation_id is not None and remark.code is not None:
            texts.setdefault(remark.organisation_id, {}).setdefault(remark.code, []).append(remark.text)
    return texts


def remark_rows(threads: RemarkThreads, locator: RemarkLocator, changes: list[CellChange]) -> list[RemarkRow]:
    """Return the remarks of a year as rows, open ones first, each part in the order of the locations."""
    targets = [(remark, RemarkTarget.of(remark)) for remark in threads.index.remarks]
    ids = sorted({target.organisation_id for _, target in targets if target.organisation_id is not None})
    reports = stored_reports(current_viewer(), threads.year, ids) if ids else {}
    changed = {(change.organisation_id, change.code): change for change in changes if change.kind == ChangeKind.ANSWER}
    order, language, rows = locator.order, current_language(), []
    for remark, target in targets:
        item, answer, texts = order.by_code.get(target.code or ""), "", None
        if item is not None and target.organisation_id in reports:
            value = reports[target.organisation_id].value(item.code)
            answer = values.format_value(order, item, value, language) or gettext("no answer")
        if item is not None and (change := changed.get((target.organisation_id, item.code))):
            texts = before_and_after(order, change, language)
        rows.append(RemarkRow(remark, locator.locate(target), answer, texts))
    return sorted(rows, key=lambda row: (row.remark.resolved_at is not None, row.location.rank, row.remark.id))


def before_and_after(order: Order, change: CellChange, language: Language) -> tuple[str, str]:
    """Return the texts of a changed answer before and after; a blank is empty."""
    item = order.by_code[change.code]
    return values.format_value(order, item, change.old, language), values.format_value(order, item, change.new, language)
