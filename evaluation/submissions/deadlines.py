"""The days between which a body's year is answered."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class EntryPeriod:
    """The first and the last day (Asia/Almaty, both included) on which a draft takes changes; None is no limit.

    `extended_until` is the last day of the body's extension in force. It counts only when it is later than the deadline.
    """

    starts_on: date | None = None
    deadline: date | None = None
    extended_until: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which a draft takes changes."""
        if self.deadline is None or self.extended_until is None:
            return self.deadline
        return max(self.deadline, self.extended_until)

    @property
    def is_extended(self) -> bool:
        """Whether the extension gives more days than the deadline does."""
        return self.last_day != self.deadline
