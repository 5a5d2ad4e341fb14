"""Cleans text that people type: removes invisible characters and normalises white space."""

import re

SPACES = re.compile(r"\s+")
LINE_BREAK = re.compile(r"\r\n?")
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufffe\uffff]")
"""Control and formatting characters. Databases and document formats refuse some of them."""


def remove_invisible(text: str) -> str:
    """Return the text without invisible characters and without white space at its ends."""
    return INVISIBLE.sub("", text).strip()


def collapse_spaces(text: str) -> str:
    """Return the text with every run of white space replaced by one space."""
    return SPACES.sub(" ", text)
