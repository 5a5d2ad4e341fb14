"""BINs: twelve digits, the last of them a check digit over the others."""

import re

from idnumbers.nationalid.kaz.business_id import BusinessIDNumber
from idnumbers.nationalid.kaz.util import checksum

BIN = re.compile(r"[0-9]{12}")


def mistake(bin_: str) -> str | None:
    """What is wrong with a BIN: `not_bin`, `bin_check_digit`, or None."""
    if not BIN.fullmatch(bin_):
        return "not_bin"
    digit = checksum(bin_)
    return "bin_check_digit" if digit is None or digit != int(bin_[-1]) else None


def unusual(bin_: str) -> bool:
    """Whether a BIN with a right check digit has a form (month, kind of entity) that the register does not give out."""
    return not BusinessIDNumber.validate(bin_)
