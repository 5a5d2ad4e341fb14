"""The second factor: a secret shared with an authenticator app, stored encrypted with a key derived from the secret key."""

from typing import Any

from flask_security import MfRecoveryCodesUtil, Totp
from passlib.totp import TOTP, AppWallet

from evaluation.accounts import sign_in
from evaluation.audit.actions import AuditAction
from evaluation.web.account.security.events import account_of


class EncryptedTotp(Totp):
    """Flask-Security's codes, encrypted with the newest key and readable with the keys before it."""

    def __init__(self, secrets: dict[str, str], issuer: str):
        super().__init__(secrets, issuer)
        # The current key is the last one; without a default passlib takes the key whose name sorts last.
        self._totp = TOTP.using(issuer=issuer, wallet=AppWallet(secrets, default_tag=list(secrets)[-1]))

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Return whether the code is right and unused. No code is right for a secret that was encrypted with a lost key."""
        try:
            match = self._totp.verify(token, totp_secret, window=window)
        except (ValueError, KeyError, TypeError):
            # This includes passlib's errors for a wrong code.
            return False
        return sign_in.use_code(account_of(user), match.counter)


class AuditedRecoveryCodes(MfRecoveryCodesUtil):
    """Flask-Security's recovery codes; creating new ones and using one are audited."""

    def create_recovery_codes(self, user: Any) -> list[str]:
        """Create new codes and return them."""
        codes: list[str] = super().create_recovery_codes(user)
        sign_in.append_account_event(account_of(user), AuditAction.RECOVERY_CODES_CREATED)
        return codes

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        """Remove a code that was used."""
        is_removed = bool(super().delete_recovery_code(user, code))
        sign_in.append_account_event(account_of(user), AuditAction.RECOVERY_CODE_USED)
        return is_removed
