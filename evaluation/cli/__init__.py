"""The product's commands: `flask --app app …`."""

from flask import Flask

from evaluation.cli import audit as record
from evaluation.cli import backup, demo, remind, sheets, users, verify, workbooks


def init_app(app: Flask) -> None:
    for command in (
        workbooks.template,
        workbooks.score,
        workbooks.load,
        sheets.sheet,
        sheets.sheets,
        verify.verify,
        demo.demo,
        users.user,
        remind.remind,
        record.record,
        backup.backup,
    ):
        app.cli.add_command(command)
