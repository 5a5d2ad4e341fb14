"""What remarks are about, and the remarks of a body's year by what they are about."""

from dataclasses import dataclass, field

from evaluation.review.models import Remark


@dataclass(frozen=True)
class RemarkTarget:
    """What a remark is about: an answer (organisation and code), a row of the sheet (kind and row), or the sheet (neither)."""

    organisation_id: int | None = None
    code: str | None = None
    kind: str | None = None
    row: str | None = None

    @classmethod
    def of(cls, remark: Remark) -> "RemarkTarget":
        """Return the target of a stored remark."""
        return cls(remark.organisation_id, remark.code, remark.kind, remark.row)


@dataclass(frozen=True)
class RemarkIndex:
    """The remarks of a body's year with their replies, in the order of their creation, indexed by target."""

    remarks: tuple[Remark, ...] = ()
    _by_target: dict[RemarkTarget, list[Remark]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for remark in self.remarks:
            self._by_target.setdefault(RemarkTarget.of(remark), []).append(remark)

    def at_answer(self, organisation_id: int, code: str) -> tuple[Remark, ...]:
        """Return the remarks on an answer or an item of evidence."""
        return tuple(self._by_target.get(RemarkTarget(organisation_id, code), ()))

    def at_row(self, kind: str, row: str) -> tuple[Remark, ...]:
        """Return the remarks on a row of the sheet."""
        return tuple(self._by_target.get(RemarkTarget(kind=kind, row=row), ()))

    def at_sheet(self) -> tuple[Remark, ...]:
        """Return the remarks on the sheet as a whole."""
        return tuple(self._by_target.get(RemarkTarget(), ()))

    @property
    def open(self) -> tuple[Remark, ...]:
        """The remarks that are not resolved."""
        return tuple(remark for remark in self.remarks if remark.resolved_at is None)

    def open_codes(self) -> dict[int, frozenset[str]]:
        """Return organisation id → codes of its answers that have an open remark."""
        codes: dict[int, set[str]] = {}
        for remark in self.open:
            if remark.organisation_id is not None and remark.code is not None:
                codes.setdefault(remark.organisation_id, set()).add(remark.code)
        return {organisation_id: frozenset(open_codes) for organisation_id, open_codes in codes.items()}
