"""Runs actions from standard input, each in a child process that may be killed at any moment.

A line names an action, the BIN of a body and ids. The output is `pid <n>` when the child starts and `ended` when it has ended.
"""

import os
import sys
from datetime import date

from app import create_app
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import queries as registry
from evaluation.results.operations import refresh
from evaluation.review import operations as review
from evaluation.workbooks.upload import operations as uploads
from evaluation.workbooks.upload.queries import find_upload

YEAR, TODAY = 2024, date(2025, 3, 1)
ACTIONS = ("submit", "accept", "upload", "refresh")


def act(action: str, bin_: str, head: int, reviewer: int, upload_id: int) -> None:
    """Perform an action as the page does: one operation, then one commit."""
    body = registry.body(Viewer.system(), bin_)
    assert body
    mine = frozenset({body.id})
    orders = registry.orders()
    if action == "submit":
        order = registry.order_of(YEAR)
        assert order
        review.submit(Viewer("head", Role.HEAD, mine, head), order, YEAR, body, 0, TODAY)
    elif action == "accept":
        review.accept(Viewer("reviewer", Role.REVIEWER, mine, reviewer), YEAR, body, 1, TODAY)
    elif action == "refresh":
        refresh([YEAR])
    else:
        clerk = Viewer("head", Role.HEAD, mine, head)
        sent_upload = find_upload(clerk, upload_id)
        assert sent_upload
        digest = uploads.current_plan(clerk, sent_upload, orders, "overwrite").digest
        uploads.apply(clerk, sent_upload, orders, "overwrite", digest)
    db.session.commit()


def main() -> None:
    app = create_app({"DATABASE_URL": os.environ["DATABASE_URL"], "SECRET_KEY": "tests"})
    for line in sys.stdin:
        action, bin_, *numbers = line.split()
        child = os.fork()
        if not child:
            with app.app_context():
                os.write(1, f"pid {os.getpid()}\n".encode())
                act(action, bin_, *map(int, numbers))
            os._exit(0)
        os.waitpid(child, 0)
        os.write(1, b"ended\n")


if __name__ == "__main__":
    main()
