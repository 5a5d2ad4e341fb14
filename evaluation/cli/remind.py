"""The command for cron: reminders of deadlines, and sending the mail that waits."""

import click

from evaluation.cli.context import command, language_option, transaction
from evaluation.clock import today
from evaluation.language import N_, Language, language
from evaluation.notifications.outbox import send_waiting_mail
from evaluation.notifications.reminders import Reminder
from evaluation.notifications.reminders import remind as remind_all
from evaluation.policy import Viewer
from evaluation.sheets.model import LegalEntity

SEND_RESULTS = {
    "sent": N_("E-mails sent: %(count)s"),
    "waiting": N_("E-mails that the server did not accept and that will be sent again: %(count)s"),
    "failed": N_("E-mails given up after too many attempts: %(count)s"),
}


@command(
    click.option("--dry-run", is_flag=True, help="Say who would be reminded; remind nobody and send nothing."),
    language_option,
    name="remind",
)
def remind(dry_run: bool, lang: str) -> None:
    """Remind clerks and heads of deadlines, and send all waiting mail.

    Reminds 14 and 3 days before the deadline of a year that is not submitted, and on its last day. Let cron run it once an hour
    or once a day: nobody gets the same reminder twice.

    Example: flask --app app remind
    """
    viewer, message_language = Viewer.system(), language(lang)
    with transaction(dry_run):
        reminders = [_reminder_text(reminder, message_language) for reminder in remind_all(viewer, today())]
    for text in reminders:
        click.echo(text)
    if not reminders:
        click.echo(message_language.gettext("No reminders of a deadline are due now."))
    if dry_run:
        click.echo(message_language.gettext("This was a dry run: nobody was reminded and nothing was sent."))
        return
    counts = send_waiting_mail(viewer)
    for result, message in SEND_RESULTS.items():
        if counts[result]:
            click.echo(message_language.gettext(message, count=message_language.number(counts[result])))


def _reminder_text(reminder: Reminder, language: Language) -> str:
    """Return the line about the reminders of one body and year."""
    body, days_left = reminder.body, reminder.days_left
    days = (
        language.ngettext("%(num)d day left", "%(num)d days left", days_left)
        if days_left
        else language.gettext("today is the last day")
    )
    return language.gettext(
        "%(year)s, %(body)s (%(bin)s): %(days)s, people reminded: %(count)s",
        year=reminder.year,
        body=LegalEntity(body.bin, body.name_kk, body.name_ru).name(language.code),
        bin=body.bin,
        days=days,
        count=reminder.people,
    )
