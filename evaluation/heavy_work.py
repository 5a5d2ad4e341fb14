"""Turns of work that takes much time or memory, such as reading a foreign PDF file: few at once on a computer, whoever asks.

A turn is a lock of a file in JOB_FOLDER, which all processes of the computer share; a process that dies gives it back.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from http import HTTPStatus

from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.xlsx.archive import unpacked_size

WAIT_SECONDS, POLL_SECONDS = 5.0, 0.05
HEAVY_WORKBOOK_BYTES = 8 * 2**20
"""Unpacked size above which a workbook is read in a turn; one of 600 organisations has 0.5 MB."""
BUSY = N_("Other large files are being read at the moment. Nothing was stored. Try again in a minute.")
BUSY_TITLE = N_("The product is busy")


class Busy(EvaluationError):
    """No turn became free in time."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = BUSY_TITLE


@contextmanager
def turn(kind: str, number: int | None = None, message: str = BUSY) -> Iterator[None]:
    """Do the block while at most `number` blocks of the kind run on this computer.

    Args:
        kind: The kind of work; a word, part of a file's name.
        number: How many may run at once; HEAVY_TASKS by default.
        message: What the person reads if none becomes free within `WAIT_SECONDS`.

    Raises:
        Busy: None became free.
    """
    handle = _take(kind, number or configuration().settings.heavy_tasks, message)
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def workbook_turn(data: bytes) -> Iterator[None]:
    """Read a workbook in the block: a large one in a turn, a small one at once. Raises Busy."""
    with turn("workbook") if unpacked_size(data) > HEAVY_WORKBOOK_BYTES else nullcontext():
        yield


def _take(kind: str, number: int, message: str) -> int:
    """Return the open file whose lock is the turn. Raises Busy."""
    folder = configuration().settings.job_folder / "turns"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    end = time.monotonic() + WAIT_SECONDS
    while True:
        for index in range(number):
            handle = os.open(folder / f"{kind}-{index}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return handle
            os.close(handle)
        if time.monotonic() >= end:
            raise Busy(message)
        time.sleep(POLL_SECONDS)
