"""Notices of an administrator's changes of an account to its owner, by whoever calls the operations of accounts.

Accounts lie below this package, so the operations cannot notify; the notice is stored in the same transaction.
"""

from evaluation.accounts.models import Account
from evaluation.accounts.queries import DEMONSTRATION_DOMAIN
from evaluation.configuration import configuration
from evaluation.notifications.content import old_address_mail
from evaluation.notifications.email import Mail
from evaluation.notifications.link_mail import send_after_commit
from evaluation.notifications.operations import notify_owner
from evaluation.policy import Viewer


def announce_new_email(viewer: Viewer, account: Account, old_email: str) -> None:
    """Notify the owner of another e-mail address: in the inbox, by mail to the new address and by mail to the old one.

    Raises:
        Forbidden: The viewer may not manage accounts.
    """
    if old_email == account.email:
        return
    notify_owner(viewer, account, "email_changed", {"old_email": old_email, "new_email": account.email})
    if configuration().settings.smtp_url and not old_email.endswith(DEMONSTRATION_DOMAIN):
        send_after_commit(Mail(old_email, *old_address_mail(account, old_email)))
