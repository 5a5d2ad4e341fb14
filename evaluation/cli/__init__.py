"""The product's commands: `flask --app app …`.

The module of a command is imported when the command runs: some modules need libraries that take a second to import.
"""

from importlib import import_module
from typing import Any

import click
from flask import Flask, current_app, has_app_context

from evaluation.application import Application

COMMANDS = {
    "anomalies": ("evaluation.cli.anomalies:anomalies", "Search the answers of a year for what looks wrong."),
    "audit": ("evaluation.cli.audit:audit", "Verify the audit log, and take checkpoints of it."),
    "backup": (
        "evaluation.cli.backup:backup",
        "Copy everything that is stored as of one moment into one sealed file.",
    ),
    "budget": ("evaluation.cli.budget:budget", "Read a budget decision of a maslikhat; nothing is stored."),
    "criteria": ("evaluation.cli.criteria:criteria", "Check criteria files before they are used."),
    "database": ("evaluation.cli.database:database", "Create and upgrade the database, and copy it to another one."),
    "demo": ("evaluation.cli.demo:demo", "Fill an empty database with invented demonstration data."),
    "files": ("evaluation.cli.files:files", "Delete stored files that nothing needs, and check the others."),
    "jobs": ("evaluation.cli.jobs:jobs", "Run background jobs."),
    "load": ("evaluation.cli.workbooks:load", "Check a filled workbook and store it: everything or nothing."),
    "metrics": ("evaluation.cli.metrics:metrics", "Answer requests for metrics at METRICS_BIND until the command is stopped."),
    "readings": (
        "evaluation.cli.readings:readings",
        "Score a year under another reading or another order beside today's points; nothing is stored.",
    ),
    "ranking": (
        "evaluation.cli.ranking:ranking",
        "Print the ranking of a year's bodies by their share of the maximum; the Order itself knows no rank.",
    ),
    "remind": ("evaluation.cli.remind:remind", "Remind clerks and heads of deadlines, and send all waiting mail."),
    "restore": ("evaluation.cli.backup:restore", "Restore a backup into an empty installation, and prove that it is sound."),
    "results": ("evaluation.cli.results:results", "Score stale results, and check the stored ones."),
    "score": ("evaluation.cli.workbooks:score", "Score a filled workbook without touching the database."),
    "sheet": (
        "evaluation.cli.sheets:sheet",
        "Write one body's assessment sheet: the accepted one if the year is accepted, otherwise one from the current answers.",
    ),
    "sheets": (
        "evaluation.cli.sheets:sheets",
        "Write all assessment sheets of a year into one zip file: accepted sheets, and the current state of the others.",
    ),
    "template": ("evaluation.cli.workbooks:template", "Write an empty workbook for a reporting year."),
    "user": ("evaluation.cli.users:user", "Add people, give them one-time links, disable them, list them."),
    "verify": (
        "evaluation.cli.verify:verify",
        "Verify sheet files: each is an accepted sheet in force, superseded, or altered; print the true points.",
    ),
}
"""The object of each command, as `module:attribute`, and the line of help that `flask --app app --help` shows."""


class LazyCommand(click.Command):
    """A command that imports its module when it runs; only its name and line of help are known before."""

    def __init__(self, name: str, path: str, short_help: str):
        super().__init__(name, short_help=short_help)
        self.path = path

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.path.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Wire the application and parse the arguments with the command itself; click then invokes the context's command."""
        if isinstance(app := current_app._get_current_object() if has_app_context() else None, Application):  # type: ignore[attr-defined]
            app.wire()
        return self.load().make_context(info_name, args, parent, **extra)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for name, (path, short_help) in COMMANDS.items():
        app.cli.add_command(LazyCommand(name, path, short_help))
