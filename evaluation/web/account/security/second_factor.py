"""The second factor: a secret shared with an authenticator app, kept encrypted with a key derived from the secret key."""

from typing import Any

from flask_security import MfRecoveryCodesUtil, Totp
from passlib.totp import TOTP, AppWallet

from evaluation.accounts import signing
from evaluation.web.account.security.events import account


class Codes(Totp):
    """Flask-Security's codes, encrypted with the newest key, readable with those before it too."""

    def __init__(self, secrets: dict[str, str], issuer: str):
        super().__init__(secrets, issuer)
        # The current key comes last; without a name passlib takes the one that sorts last.
        self._totp = TOTP.using(issuer=issuer, wallet=AppWallet(secrets, default_tag=list(secrets)[-1]))

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Whether the code is right and was not used before. A secret that was encrypted with a lost key has no right code."""
        try:
            match = self._totp.verify(token, totp_secret, window=window)
        except (ValueError, KeyError, TypeError):
            # Among them passlib's own, for a wrong code.
            return False
        return signing.take_code(account(user), match.counter)


class RecoveryCodes(MfRecoveryCodesUtil):
    """Flask-Security's recovery codes; that new ones were made goes on record, for the old ones open nothing any more."""

    def create_recovery_codes(self, user: Any) -> list[str]:
        made: list[str] = super().create_recovery_codes(user)
        signing.done(account(user), "recovery_codes_made")
        return made
