"""Reads days from cells and text."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from evaluation.answers.invalid_value import InvalidValue, display_text
from evaluation.text import INVISIBLE

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)
"""Days outside these are mistyped, whatever is dated."""
EXCEL_EPOCH = date(1899, 12, 30)
"""Excel stores a day as the number of days since this one."""
MIDNIGHT = r"(?:[T ]0?0:00(?::00)?)?"
ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + MIDNIGHT, re.ASCII)
LOCAL_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})" + MIDNIGHT + r"(?: ?[гж]\.?)?", re.ASCII)
UNCERTAIN_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{2}|\d{4})", re.ASCII)
YEAR_FIRST_DATE = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})", re.ASCII)
SERIAL_NUMBER = re.compile(r"[1-9]\d{4}", re.ASCII)
CENTURY = 2000


def parse_date(cell: object, first_day: date = FIRST_DAY, last_day: date = LAST_DAY) -> str:
    """Parse a day; return YYYY-MM-DD. Raises InvalidValue, also for a day that is not between the two."""
    if isinstance(cell, date):
        day, shown = (cell.date() if isinstance(cell, datetime) else cell), None
    else:
        shown = display_text(cell)
        day = _parse_text(INVISIBLE.sub("", shown).strip() if isinstance(cell, str) else shown)
    if not first_day <= day <= last_day:
        raise InvalidValue("date_outside_years", value=shown or day, first=first_day, last=last_day)
    return day.isoformat()


def _parse_text(text: str) -> date:
    if match := ISO_DATE.fullmatch(text):
        day = _day(match[1], match[2], match[3])
    elif match := LOCAL_DATE.fullmatch(text):
        day = _day(match[3], match[2], match[1])
    elif text and not text.strip("#"):
        raise InvalidValue("hidden_value", value=text)
    else:
        readings = list(dict.fromkeys(_readings(text)))
        if len(readings) == 2:
            raise InvalidValue("date_with_two_readings", value=text, first=readings[0], second=readings[1])
        if readings:
            raise InvalidValue("date_in_other_form", value=text, day=readings[0])
        day = None
    if day is None:
        raise InvalidValue("not_date", value=text)
    return day


def _readings(text: str) -> Iterator[date]:
    """Yield the days that a text may mean: day and month in either order, a year of two digits, the number of a day in Excel."""
    if match := UNCERTAIN_DATE.fullmatch(text):
        year = str(CENTURY + int(match[3])) if len(match[3]) == 2 else match[3]
        days = [_day(year, match[2], match[1]), _day(year, match[1], match[2])]
    elif match := YEAR_FIRST_DATE.fullmatch(text):
        days = [_day(match[1], match[2], match[3])]
    elif SERIAL_NUMBER.fullmatch(text):
        days = [EXCEL_EPOCH + timedelta(days=int(text))]
    else:
        days = []
    yield from (day for day in days if day is not None and FIRST_DAY <= day <= LAST_DAY)


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
