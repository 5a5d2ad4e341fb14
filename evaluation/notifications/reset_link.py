"""The mail with a one-time link for a person who forgot the password.

Whether an account has the typed address is found out in a background job: the page does the same work for every address, so that
the time of its answer tells nothing.
"""

from evaluation.accounts import queries, sign_in
from evaluation.accounts.checks import EMAIL
from evaluation.accounts.links import reset_link
from evaluation.accounts.models import Account
from evaluation.jobs.kinds import JobKind, JobRun
from evaluation.jobs.operations import start_job
from evaluation.language import N_, Language, language
from evaluation.notifications.email import Mail
from evaluation.notifications.link_mail import decrypt, encrypt, send_now
from evaluation.policy import Action, Viewer

SUBJECT = N_("A new password")


def request_link(email: str, address: str, language_code: str) -> None:
    """Have a one-time link mailed after the commit, if the address is that of an account that may sign in.

    Args:
        email: The typed e-mail address.
        address: The network address, for the audit log.
        language_code: The language of the mail to a person who has not chosen one.
    """
    start_job(Viewer.system(), KIND, {"request": encrypt({"email": email, "address": address})}, language_code)


def _send(run: JobRun) -> None:
    request = decrypt(run.parameters["request"])
    account = queries.account_by_email(run.viewer, request["email"]) if EMAIL.fullmatch(request["email"]) else None
    if account is None or sign_in.is_closed(account):
        return
    sign_in.record_reset_link(account, request["address"])
    send_now(_mail(account, language(account.language) if account.language else run.language))


def _mail(account: Account, language: Language) -> Mail:
    gettext = language.gettext
    instruction = gettext("Set it here. The link can be used once, within a day:")
    paragraphs = (
        gettext("A new password was requested for the account %(email)s.", email=account.email),
        f"{instruction}\n{reset_link(account)}",
        gettext("If you did not request it, do nothing: your password does not change."),
    )
    return Mail(account.email, gettext(SUBJECT), "\n\n".join(paragraphs) + "\n")


KIND = JobKind("reset_link", N_("E-mail to a person who forgot the password"), Action.MANAGE_ACCOUNTS, _send, urgent=True)
