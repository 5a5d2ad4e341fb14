"""The clock: when something happened, and the day it is in Kazakhstan, wherever the server's own clock stands."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Almaty")
"""Of the whole country since 1 March 2024."""


def now() -> datetime:
    """The time of a change, in UTC without an offset, as both databases keep it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def precise() -> datetime:
    """The time now to the microsecond, in UTC without an offset: that of a line of the record."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    """The day it is in Kazakhstan: days such as a deadline are counted by it."""
    return datetime.now(ZONE).date()


def local(at: datetime) -> datetime:
    """A stored time as a clock on the wall in Kazakhstan had it."""
    return at.replace(tzinfo=UTC).astimezone(ZONE)
