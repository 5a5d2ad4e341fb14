"""Business identification numbers (BIN): twelve digits, the last of which is a check digit of the others."""

import re

from idnumbers.nationalid.kaz.business_id import BusinessIDNumber
from idnumbers.nationalid.kaz.util import checksum

BIN = re.compile(r"[0-9]{12}")


def bin_issue(bin_: str) -> str | None:
    """Return the issue code of an invalid BIN, `not_bin` or `bin_check_digit`; None for a valid one."""
    if not BIN.fullmatch(bin_):
        return "not_bin"
    digit = checksum(bin_)
    return "bin_check_digit" if digit is None or digit != int(bin_[-1]) else None


def is_unusual(bin_: str) -> bool:
    """Return whether a valid BIN has a month or an entity type that the state register does not issue."""
    return not BusinessIDNumber.validate(bin_)
