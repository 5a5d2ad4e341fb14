"""Jobs while their queue is lost: workers look into the table of jobs by themselves."""

import os
import threading

import pytest
from huey import MemoryHuey

from evaluation.jobs import consumer


def test_workers_look_into_the_table_while_the_queue_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """They do so at intervals, also where a look fails, as it does while the database is lost too."""
    looks: list[int] = []

    def look() -> None:
        looks.append(len(looks))
        if len(looks) == 1:
            raise OSError("the database is lost too")

    def dequeue() -> None:
        raise ConnectionError

    huey = MemoryHuey()
    monkeypatch.setattr(huey, "dequeue", dequeue)
    options = {"huey": huey, "stop_flag": threading.Event(), "default_delay": 0.001, "max_delay": 0.01, "backoff": 1.1}
    worker = consumer._Worker(look, **options)
    worker._consumer_id = os.getppid()
    worker.loop()
    assert not looks, "the queue wakes the workers as long as it is there"
    monkeypatch.setattr(consumer, "LOOK_SECONDS", -1)
    for _ in range(3):
        worker.loop()
    assert len(looks) == 3
