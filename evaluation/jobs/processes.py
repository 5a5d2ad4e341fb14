"""Processes of this computer that work on one job or on all."""

import os
import subprocess
import sys
from pathlib import Path

from evaluation.settings import Settings

ROOT = Path(__file__).parents[2]


def start_worker(settings: Settings, *options: str, new_session: bool = False) -> "subprocess.Popen[bytes]":
    """Start `flask jobs work` with these options; see :func:`start_command`."""
    return start_command(settings, "jobs", "work", *options, new_session=new_session)


def start_command(settings: Settings, *arguments: str, new_session: bool = False) -> "subprocess.Popen[bytes]":
    """Start a command of the product with the same settings.

    Args:
        settings: The settings of this process.
        arguments: The command's name and options.
        new_session: Whether Ctrl-C at the terminal must not reach the process: who starts it also ends it.
    """
    # A new interpreter and no fork: the threads of the typesetter do not survive one.
    command = [sys.executable, "-m", "flask", "--app", "app", *arguments]
    environment = os.environ | settings.environment
    return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=new_session)  # noqa: S603 - nothing typed
