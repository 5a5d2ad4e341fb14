"""Rules of passwords: long enough and hard to guess, without rules on kinds of characters."""

import unicodedata
from typing import Any

from flask_security import PasswordUtil
from flask_security.utils import get_message, password_complexity_validator, password_length_validator

MIN_DISTINCT_CHARACTERS = 5
"""1212121212 is long but easy to guess."""
MIN_NAME_PART = 4
"""Characters of a part of a name or address; a shorter part may be in a password by chance."""
CHECKED_CHARACTERS = 72
"""Characters of the beginning that are checked; the check takes longer with each character."""
KEYS = {ord("\N{CYRILLIC SMALL LETTER A}") + position: key for position, key in enumerate("f,dult;pbqrkvyjghcnea[wxio]sm'.z")}
KEYS |= {ord("\N{CYRILLIC SMALL LETTER KA WITH DESCENDER}"): "r"}
"""Cyrillic letter → the Latin character on the same key: a password in Cyrillic is also checked by its keys."""

LOCAL_WORDS = ("kazakhstan", "qazaqstan", "almaty", "astana", "shymkent", "rfpf[cnfy", "rfpfrcnfy", "fkvfns", "fcnfyf")
"""Local words that foreign dictionaries of passwords lack; the last ones are Cyrillic names by their keys."""


class PasswordPolicy(PasswordUtil):
    """Flask-Security's checks of the length and against guessing, and a check against the person's name and address."""

    def validate(self, password: str, is_register: bool, **fields: Any) -> tuple[list[str] | None, str]:
        """Return the errors of a new password (None: no errors) and the normalised password, which is hashed."""
        normal = self.normalize(password)
        problems = password_length_validator(normal)
        if not problems and (_contains_name(normal, fields.get("user")) or _is_common(normal)):
            problems = [get_message("PASSWORD_TOO_SIMPLE")[0]]
        return problems, normal


def _is_common(password: str) -> bool:
    """Return whether dictionaries find the password soon, as it is or by the keys with which it is typed."""
    beginning = password[:CHECKED_CHARACTERS]
    # Normalisation may separate a letter from its mark; both are one key.
    keys = unicodedata.normalize("NFC", password).lower().translate(KEYS)[:CHECKED_CHARACTERS]
    # The checker takes further words of its dictionary as keyword arguments of any name.
    words = {f"word_{position}": word for position, word in enumerate(LOCAL_WORDS)}
    return any(password_complexity_validator(typed, True, **words) for typed in {beginning, keys})


def _contains_name(password: str, account: Any) -> bool:
    """Return whether the password has too few distinct characters or contains a part of the person's name or address."""
    name_parts = f"{account.email} {account.name}".lower().replace("@", " ").replace(".", " ").split() if account else []
    lower_case = password.lower()
    return len(set(lower_case)) < MIN_DISTINCT_CHARACTERS or any(
        part in lower_case for part in name_parts if len(part) >= MIN_NAME_PART
    )
