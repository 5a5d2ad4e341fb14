"""The command for cron: reminders of deadlines, and the mail that waits."""

import click

from evaluation.cli.context import command, language_option, transaction
from evaluation.clock import today
from evaluation.language import N_, Language, language
from evaluation.notifications import outbox
from evaluation.notifications.reminders import Reminder
from evaluation.notifications.reminders import remind as remind_all
from evaluation.policy import Viewer
from evaluation.sheets.model import Named

SENT = {
    "sent": N_("Mail sent: %(count)s"),
    "waiting": N_("Mail that the server did not take, to be tried again: %(count)s"),
    "failed": N_("Mail given up: %(count)s"),
}


@command(
    click.option("--dry-run", is_flag=True, help="Say who would be reminded; remind nobody and send nothing."),
    language_option,
    name="remind",
)
def remind(dry_run: bool, lang: str) -> None:
    """Remind clerks and heads 14 and 3 days before the deadline of a year that is not handed over, and on its last day; then send
    all mail that waits. Let cron do it once an hour or once a day: nobody is reminded of the same twice.

    Example: flask --app app remind
    """
    viewer, spoken = Viewer.system(), language(lang)
    with transaction(dry_run):
        reminders = [_line(each, spoken) for each in remind_all(viewer, today())]
    for line in reminders:
        click.echo(line)
    if not reminders:
        click.echo(spoken.gettext("Nobody is to be reminded of a deadline now."))
    if dry_run:
        click.echo(spoken.gettext("This was a trial: nobody was reminded and nothing was sent."))
        return
    done = outbox.send(viewer)
    for state, words in SENT.items():
        if done[state]:
            click.echo(spoken.gettext(words, count=spoken.number(done[state])))


def _line(reminder: Reminder, spoken: Language) -> str:
    body, left = reminder.body, reminder.left
    days = spoken.ngettext("%(num)d day left", "%(num)d days left", left) if left else spoken.gettext("today is the last day")
    return spoken.gettext(
        "%(year)s, %(body)s (%(bin)s): %(days)s, people reminded: %(count)s",
        year=reminder.year,
        body=Named(body.bin, body.name_kk, body.name_ru).name(spoken.code),
        bin=body.bin,
        days=days,
        count=reminder.told,
    )
