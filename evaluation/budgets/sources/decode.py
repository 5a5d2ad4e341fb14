"""Decodes a text file by strict trials: an encoding is accepted only if all bytes fit and the text looks like one.

Statistical guesses are no help here: they take the Kazakh letters of KZ-1048 for those of other languages.
"""

import codecs
import re

from evaluation.budgets.sources.errors import UNKNOWN_ENCODING, UNSUPPORTED, SourceRejected

BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
CYRILLIC_BLOCK = 0x04
"""High byte of a Cyrillic letter in UTF-16."""
ONE_BYTE = "kz1048"
"""Windows-1251 with the Kazakh letters in places of letters that neither Kazakh nor Russian has, so it reads both."""
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
CONTROLS_IN_BYTES = re.compile(CONTROLS.pattern.encode())
MAX_CONTROLS = 0.01
"""Most control characters among those of a text; text that was copied from a PDF may have some."""
MAX_ODD = 0.4
"""Most capitals and signs beyond ASCII among the letters of a text in `ONE_BYTE`. The decisions have 0.02 to 0.04. Text in UTF-8,
KOI8-R, DOS or ISO 8859-5 read as this encoding has 0.6 at least, since capitals and signs stand for its small letters."""
ODD = re.compile("[^\x00-\x7f\xa0а-яёәғқңөұүһі«»–—№“”„’…•·]")
LETTERS = re.compile("[^\x00-@\\[-`{-\x7f\xa0]")
MIN_HIGH_BYTES = 0.6
"""Share of the high bytes of text in UTF-16 that are those of Cyrillic letters and of ASCII."""


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16, Windows-1251 or KZ-1048; it may have some control characters, but no NUL.

    Raises:
        SourceRejected: the bytes are no text, or a text of an unknown encoding.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _text(data[len(mark) :], encoding, UNKNOWN_ENCODING)
    if b"\x00" in data:
        return _text(data, _utf_16(data), UNSUPPORTED)
    if len(CONTROLS_IN_BYTES.findall(data)) > MAX_CONTROLS * len(data):
        raise SourceRejected(UNSUPPORTED, field="file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = _text(data, ONE_BYTE, UNKNOWN_ENCODING)
    if len(ODD.findall(text)) > MAX_ODD * len(LETTERS.findall(text)):
        raise SourceRejected(UNKNOWN_ENCODING, field="file")
    return text


def _utf_16(data: bytes) -> str:
    """Return the byte order of UTF-16 without a mark: high bytes are those of Cyrillic letters and of ASCII."""
    first, second = data[::2], data[1::2]
    high = [part.count(0) + part.count(CYRILLIC_BLOCK) for part in (first, second)]
    if max(high) < len(first) * MIN_HIGH_BYTES:
        raise SourceRejected(UNSUPPORTED, field="file")
    return "utf-16-be" if high[0] > high[1] else "utf-16-le"


def _text(data: bytes, encoding: str, message: str) -> str:
    """Decode strictly. Raises SourceRejected."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceRejected(message, field="file") from error
    if "\x00" in text or len(CONTROLS.findall(text)) > MAX_CONTROLS * len(text):
        raise SourceRejected(UNSUPPORTED, field="file")
    return text
