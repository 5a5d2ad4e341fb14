"""The clock: the time of events in UTC, and the date in Kazakhstan, independent of the server's time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Almaty")
"""The time zone of the whole country since 1 March 2024; deadlines are dates in it."""

MAX_CLOCK_SKEW = timedelta(minutes=1)
"""By how much the clocks of the product's computers may differ; a larger difference is a wrong clock, and is reported."""


def now() -> datetime:
    """Return the current time to the second, in UTC without an offset, as both databases store it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def precise_now() -> datetime:
    """Return the current time to the microsecond, in UTC without an offset: the time of an audit event."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    """Return the current date in Kazakhstan."""
    return datetime.now(ZONE).date()


def to_local(at: datetime) -> datetime:
    """Return a stored time (UTC without an offset) as the time in Kazakhstan."""
    return at.replace(tzinfo=UTC).astimezone(ZONE)
