"""What a password must be: long enough, and not what anyone would try first. No rules on kinds of characters."""

import unicodedata
from typing import Any

from flask_security import PasswordUtil
from flask_security.utils import get_message, password_complexity_validator, password_length_validator

FEWEST_CHARACTERS = 5
"""Different ones: 1212121212 is long but no password."""
SHORTEST_NAME = 4
"""Parts of names and addresses shorter than this may be in a password by chance."""
JUDGED = 72
"""Characters that are judged, which takes longer with each; nothing so long is guessed by its beginning."""
KEYS = {ord("\N{CYRILLIC SMALL LETTER A}") + place: key for place, key in enumerate("f,dult;pbqrkvyjghcnea[wxio]sm'.z")}
KEYS |= {ord("\N{CYRILLIC SMALL LETTER KA WITH DESCENDER}"): "r"}
"""Letter of the Russian alphabet → what else stands on its key: a password in Cyrillic is judged by its keys too."""

HERE = ("kazakhstan", "qazaqstan", "almaty", "astana", "shymkent", "rfpf[cnfy", "rfpfrcnfy", "fkvfns", "fcnfyf")
"""What people here try first and dictionaries made elsewhere lack; the last ones are names in Cyrillic by their keys."""


class Passwords(PasswordUtil):
    """Flask-Security's checks of the length and against guesses, and ours against names."""

    def validate(self, password: str, is_register: bool, **given: Any) -> tuple[list[str] | None, str]:
        """What is wrong with a new password (None: nothing), and the password as it is hashed."""
        normal = self.normalize(password)
        problems = password_length_validator(normal)
        if not problems and (_guessable(normal, given.get("user")) or _common(normal)):
            problems = [get_message("PASSWORD_TOO_SIMPLE")[0]]
        return problems, normal


def _common(password: str) -> bool:
    """Whether dictionaries of guesses find it soon, as it stands or as the keys it was typed with."""
    judged = password[:JUDGED]
    # The letters that are kept apart from their marks are one key all the same.
    keys = unicodedata.normalize("NFC", password).lower().translate(KEYS)[:JUDGED]
    # Whatever it is given by name counts as words that are tried first.
    words = {f"word_{place}": word for place, word in enumerate(HERE)}
    return any(password_complexity_validator(typed, True, **words) for typed in {judged, keys})


def _guessable(password: str, account: Any) -> bool:
    known = f"{account.email} {account.name}".lower().replace("@", " ").replace(".", " ").split() if account else []
    folded = password.lower()
    return len(set(folded)) < FEWEST_CHARACTERS or any(part in folded for part in known if len(part) >= SHORTEST_NAME)
