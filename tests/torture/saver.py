"""A process that saves one answer after another, attaches files and scores results until its input ends.

It prints each number that it stored, after the commit.
"""

import os
import select
import sys
from itertools import count

from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.database import db
from evaluation.results.operations import refresh
from tests.support.backup_world import attach_to
from tests.support.factories import A_PDF
from tests.support.scenario import SYSTEM, YEAR
from tests.torture.server import create

FILE_EVERY, SCORE_EVERY = 5, 7
TENGE = 100
"""Stored units of money."""


def main(body_id: int, organisation_id: int, kind: str, code: str) -> None:
    """Store 1, 2, 3… tenge as one answer of an organisation."""
    app = create()
    with app.app_context():
        order = app.extensions["orders"].latest
        for number in count(1):
            if select.select([sys.stdin], [], [], 0)[0]:
                return
            expected = (number - 1) * TENGE or None
            done = save_answers(SYSTEM, order, YEAR, body_id, [AnswerInput(organisation_id, code, number * TENGE, expected)])
            assert not done.conflicts
            if number % FILE_EVERY == 0:
                attach_to(order, body_id, organisation_id, kind, A_PDF + f"\n% {organisation_id} {number}".encode())
            db.session.commit()
            print(number, flush=True)
            if number % SCORE_EVERY == 0:
                refresh([YEAR])


if __name__ == "__main__":
    os.environ.setdefault("SECRET_KEY", "tests")
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
