"""An administrator's changes of an account of which its owner is notified.

Accounts lie below this package, so their operations cannot notify; the notice is stored in the same transaction.
"""

from evaluation.accounts import operations
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


def reset_password(viewer: Viewer, account: Account, second_factor: bool = False) -> None:
    """Remove a person's password, and their second factor on request, and notify them.

    Raises:
        Forbidden: The viewer may not manage accounts.
        AccountOperationRefused: It is the viewer's account, or it is disabled.
    """
    operations.reset_password(viewer, account, second_factor)
    notify_owner(viewer, account, "password_removed")
    if second_factor:
        notify_owner(viewer, account, "all_factors_removed")


def remove_second_factor(viewer: Viewer, account: Account) -> None:
    """Remove a person's second factor (app, passkeys and recovery codes), and notify them.

    Raises:
        Forbidden: The viewer may not manage accounts.
        AccountOperationRefused: It is the viewer's account.
    """
    operations.remove_second_factor(viewer, account)
    notify_owner(viewer, account, "all_factors_removed")
