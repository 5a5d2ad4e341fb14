"""What a password must be: long enough, and not what anyone would try first. No rules on kinds of characters."""

from typing import Any

from flask_security import PasswordUtil
from flask_security.utils import get_message

FEWEST_CHARACTERS = 5
"""Different ones: 1212121212 is long but no password."""
SHORTEST_NAME = 4
"""Parts of names and addresses shorter than this may be in a password by chance."""


class Passwords(PasswordUtil):
    """Flask-Security's check of the length, and ours against guesses."""

    def validate(self, password: str, is_register: bool, **given: Any) -> tuple[list[str] | None, str]:
        """What is wrong with a new password (None: nothing), and the password as it is hashed."""
        problems, normal = super().validate(password, is_register, **given)
        if not problems and _guessable(normal, given.get("user")):
            problems = [get_message("PASSWORD_TOO_SIMPLE")[0]]
        return problems, normal


def _guessable(password: str, account: Any) -> bool:
    known = f"{account.email} {account.name}".lower().replace("@", " ").replace(".", " ").split() if account else []
    folded = password.lower()
    return len(set(folded)) < FEWEST_CHARACTERS or any(part in folded for part in known if len(part) >= SHORTEST_NAME)
