"""The product's commands: `flask --app app …`."""

from flask import Flask

from evaluation.cli import demo, sheets, users, workbooks


def init_app(app: Flask) -> None:
    for command in (workbooks.template, workbooks.score, workbooks.load, sheets.sheet, sheets.sheets, demo.demo, users.user):
        app.cli.add_command(command)
