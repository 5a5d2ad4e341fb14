"""Commands are imported when they run; the list of commands is complete without them."""

import json
import os
import subprocess
import sys

import pytest
from flask import Flask

from evaluation.cli import COMMANDS, LazyCommand
from tests.support.paths import ROOT

HEAVY_LIBRARIES = ("matplotlib", "alembic", "typst", "docx", "openpyxl", "xlsxwriter", "pypdf")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_shows_the_first_line_of_a_commands_help(name: str) -> None:
    path, short_help = COMMANDS[name]
    command = LazyCommand(name, path, short_help).load()
    assert command.name == name
    assert " ".join((command.help or "").partition("\n\n")[0].split()) == short_help


def test_the_list_of_commands_imports_no_heavy_library(tmp_path: object) -> None:
    script = (
        "import json, sys\n"
        "from flask.cli import main\n"
        "sys.argv = ['flask', '--app', 'app', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print(json.dumps([name for name in {HEAVY_LIBRARIES!r} if name in sys.modules]), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert all(f"  {name} " in result.stdout for name in COMMANDS), result.stdout + result.stderr
    assert json.loads(result.stderr.strip().splitlines()[-1]) == []


def test_every_command_shows_its_options(app: Flask) -> None:
    help_text = app.test_cli_runner().invoke(args=["load", "--help"]).output
    assert "--register" in help_text and "Example: flask --app app load" in help_text
