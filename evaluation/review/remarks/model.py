"""Where remarks are pinned, and the remarks of a body's year by where they are."""

from dataclasses import dataclass, field

from evaluation.review.models import Remark


@dataclass(frozen=True)
class Pin:
    """What a remark is about: an answer (organisation and code), a row of the sheet (kind and row), with neither the sheet."""

    organisation_id: int | None = None
    code: str | None = None
    kind: str | None = None
    row: str | None = None

    @classmethod
    def of(cls, remark: Remark) -> "Pin":
        return cls(remark.organisation_id, remark.code, remark.kind, remark.row)


@dataclass(frozen=True)
class Threads:
    """The remarks of a body's year, each with its replies, in the order they were made; by what they are about."""

    remarks: tuple[Remark, ...] = ()
    _at: dict[Pin, list[Remark]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for remark in self.remarks:
            self._at.setdefault(Pin.of(remark), []).append(remark)

    def at_answer(self, organisation_id: int, code: str) -> tuple[Remark, ...]:
        return tuple(self._at.get(Pin(organisation_id, code), ()))

    def at_row(self, kind: str, row: str) -> tuple[Remark, ...]:
        return tuple(self._at.get(Pin(kind=kind, row=row), ()))

    def at_sheet(self) -> tuple[Remark, ...]:
        return tuple(self._at.get(Pin(), ()))

    @property
    def open(self) -> tuple[Remark, ...]:
        """Those that are not resolved."""
        return tuple(remark for remark in self.remarks if remark.resolved_at is None)

    def open_cells(self) -> dict[int, frozenset[str]]:
        """Organisation id → codes of its answers with a remark that is not resolved."""
        found: dict[int, set[str]] = {}
        for remark in self.open:
            if remark.organisation_id is not None and remark.code is not None:
                found.setdefault(remark.organisation_id, set()).add(remark.code)
        return {own: frozenset(codes) for own, codes in found.items()}
