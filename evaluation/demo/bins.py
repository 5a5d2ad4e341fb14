"""Business identification numbers (BIN) that are valid and recognisably invented.

A number is YYMM of registration, 4 (a resident legal entity), 0 (its head unit), a serial of five digits and a check
digit. The serials here begin at 90001, far above those of real numbers, in the months of one year given by the caller.
"""

from collections.abc import Iterator

from idnumbers.nationalid.kaz.util import checksum

FIRST_SERIAL, LAST_SERIAL = 90_001, 99_999


def bins(year: int) -> Iterator[str]:
    """Yield nearly 120,000 numbers registered in a two-digit year, always in the same order."""
    for month in range(1, 13):
        for serial in range(FIRST_SERIAL, LAST_SERIAL + 1):
            stem = f"{year:02}{month:02}40{serial}"
            digit = checksum(stem + "0")
            if digit is not None:
                yield f"{stem}{digit}"
