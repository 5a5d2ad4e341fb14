"""Backups that are made while processes save: each restores to exactly what was committed at one moment.

`make torture` makes twenty backups on each database while six processes save; `make test` two with two.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluation import storage
from evaluation.answers.models import EvidenceFile
from evaluation.answers.queries import stored_reports
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.registry.operations import NewBody
from tests.conftest import ONE_DATABASE
from tests.support.backup_world import NewDatabase, backup_of, run
from tests.support.factories import bin_of
from tests.support.scenario import SYSTEM, YEAR, Scenario, build_scenario, first_indicator
from tests.torture.saver import FILE_EVERY, TENGE

WHOLE = "TRIALS" in os.environ
SAVERS = int(os.environ.get("SAVERS", "6" if WHOLE else "2"))
BACKUPS = int(os.environ.get("BACKUPS", "20" if WHOLE else "2"))
PAUSE_SECONDS = 0.2
START_SECONDS = 180


class Saver:
    """A process that saves, and its book: the last number that it committed."""

    def __init__(self, organisation_id: int, process: "subprocess.Popen[str]"):
        self.organisation_id, self.process, self.last = organisation_id, process, 0
        self.reading = threading.Thread(target=self._read)
        self.reading.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.last = int(line)

    def stop(self) -> None:
        """End the process after its current step; it must not have failed."""
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0
        self.reading.join()
        if self.process.stdout:
            self.process.stdout.close()


@contextmanager
def saving(scenario: Scenario, code: str, environment: dict[str, str]) -> Iterator[Sequence[Saver]]:
    """Processes that save, each for a body of its own."""
    savers = []
    kind = scenario.order.kinds[0].code
    for body_bin, body_id in scenario.bodies.items():
        organisation_id = scenario.organisations[scenario.bins[body_bin][0]]
        words = [sys.executable, "-m", "tests.torture.saver", str(body_id), str(organisation_id), kind, code]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment)
        savers.append(Saver(organisation_id, process))
    try:
        end = time.monotonic() + START_SECONDS
        while any(saver.last < FILE_EVERY for saver in savers):
            assert time.monotonic() < end and all(saver.process.poll() is None for saver in savers)
            time.sleep(PAUSE_SECONDS)
        yield savers
    finally:
        for saver in savers:
            saver.stop()


def test_a_backup_is_the_state_of_one_moment(
    database_url: str,
    make_app: Any,
    order: Order,
    new_database: NewDatabase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = tmp_path / "files"
    app = make_app(database_url, FILES_FOLDER=files)
    kind = order.kinds[0].code
    bodies = [NewBody(bin_of(number), f"Орган {number}") for number in range(SAVERS)]
    organisations = {body.bin: [(bin_of(100 + number), kind)] for number, body in enumerate(bodies)}
    scenario = build_scenario(app, order, bodies, organisations, deadline=date(2999, 1, 1))
    code = first_indicator(order, kind, "money")
    backups = []
    with saving(scenario, code, {"DATABASE_URL": database_url, "FILES_FOLDER": str(files)}) as savers:
        for number in range(BACKUPS):
            before = [saver.last for saver in savers]
            backup = backup_of(app, tmp_path / f"backup-{number}.zip")
            backups.append((backup, before, [saver.last + 1 for saver in savers]))
            time.sleep(PAUSE_SECONDS)
    for number, (backup, before, after) in enumerate(backups):
        target = make_app(new_database(ONE_DATABASE[number % 2]), FILES_FOLDER=tmp_path / f"restored-{number}")
        done = run(target, "restore", backup)
        assert done.exit_code == 0 and "missing" not in done.output, done.output
        with target.app_context():
            for saver, lowest, highest in zip(savers, before, after, strict=True):
                check(saver.organisation_id, code, lowest, highest)
    with capsys.disabled():
        name = database_url.partition(":")[0]
        print(f"\n{name}: {BACKUPS} backups while {SAVERS} processes stored {sum(saver.last for saver in savers)} times")


def check(organisation_id: int, code: str, lowest: int, highest: int) -> None:
    """Compare one saver's rows of a restored installation with its book."""
    stored = stored_reports(SYSTEM, YEAR, [organisation_id])[organisation_id].answers[code] // TENGE
    assert lowest <= stored <= highest, (lowest, stored, highest)
    saves = db.session.query(AuditEvent).filter_by(organisation_id=organisation_id, action=AuditAction.ANSWERS_SAVED.value)
    assert saves.count() == stored
    hashes = [file.sha256 for file in db.session.query(EvidenceFile).filter_by(organisation_id=organisation_id)]
    assert len(hashes) == stored // FILE_EVERY and all(storage.is_intact(sha256) for sha256 in hashes)
