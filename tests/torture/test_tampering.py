"""Somebody owns the database and holds files, but not the key: whatever they alter is found, and nothing untouched is suspected.

`make torture` tries a thousand times on each database; `make test` fewer.
"""

import os
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from flask import Flask

from evaluation.answers.save import AnswerInput, save
from evaluation.audit.verification import examine, verify
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.review import operations as review
from evaluation.review import queries
from evaluation.review.integrity import discrepancies
from evaluation.review.snapshot import code_of, sha256_of
from evaluation.review.verification.model import Outcome
from evaluation.review.verification.operations import export
from evaluation.review.verification.verify import verify as judge
from tests.support.entry_bodies import OWN, SYSTEM, TODAY, YEAR, Place, make_place
from tests.support.tampering import Record, tamper

TRIALS = int(os.environ.get("TAMPERINGS", "1000" if "TRIALS" in os.environ else "40"))
FIRST = int(os.environ.get("SEED", "0"))
FORMATS = ("pdf", "xlsx", "docx", "json", "frozen")
Files = dict[str, bytes]


@pytest.fixture
def place(app: Flask, order: Order) -> Place:
    """A body's year that was accepted, reopened, changed and accepted again."""
    place = make_place(app, order)
    with app.app_context():
        place.fill()
        head, reviewer, body = place.viewer(Role.HEAD), place.viewer(Role.REVIEWER), place.body()
        review.submit(head, order, YEAR, body, 0, TODAY)
        review.accept(reviewer, YEAR, body, 1, TODAY)
        db.session.commit()
        review.reopen(reviewer, YEAR, body.id, 2, "Түзету керек")
        item = next(each for each in order.asked_of(place.kinds[0]) if each.type == "money")
        own = place.organisations[place.own[0]]
        save(place.viewer(Role.CLERK), order, YEAR, body.id, [AnswerInput(own, item.code, 300_00, 100_000_00)])
        review.submit(head, order, YEAR, body, 3, TODAY)
        review.accept(reviewer, YEAR, body, 4, TODAY)
        db.session.commit()
    return place


def files(place: Place, revision: int) -> Files:
    """One file of a revision in each format, handed out."""
    frozen = queries.frozen(SYSTEM, place.bodies[OWN], YEAR, revision)
    assert frozen
    found = {each: export(place.viewer(Role.REVIEWER), frozen, each, "kk").content for each in FORMATS}
    db.session.commit()
    return found


def flip(data: bytes, random: Random) -> bytes:
    """One byte changed."""
    place = random.randrange(len(data))
    return data[:place] + bytes([data[place] ^ random.randrange(1, 256)]) + data[place + 1 :]


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def add(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + b" " + data[place:]


FILE_WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (flip, flip, flip, cut, add)


def edit_store(record: Record, random: Random) -> str:
    """What is stored beside the record: answers, frozen texts, files handed out, states, names."""
    way = random.choice(
        ("answers", "answer gone", "content", "content and hash", "revision gone", "export", "export gone", "state", "name")
    )
    where = "WHERE id = (SELECT max(id) FROM {})"
    if way.startswith("answer"):
        cast = "" if record.sqlite else "CAST(:a AS json)"
        record.run(
            f"UPDATE report SET answers = {cast or ':a'} {where.format('report')}", a="{}" if way.endswith("gone") else '{"x":1}'
        )
    elif way.startswith("content"):
        ((id_, content),) = record.rows("SELECT id, content FROM frozen_sheet ORDER BY id DESC LIMIT 1")
        edited = content.replace('"points":', '"points":1', 1)
        record.run("UPDATE frozen_sheet SET content = :c WHERE id = :i", c=edited, i=id_)
        if way.endswith("hash"):
            sha256 = sha256_of(edited)
            record.run("UPDATE frozen_sheet SET sha256 = :h, code = :c WHERE id = :i", h=sha256, c=code_of(sha256), i=id_)
    elif way == "revision gone":
        record.run("DELETE FROM export WHERE frozen_id = (SELECT min(id) FROM frozen_sheet)")
        record.run("DELETE FROM frozen_sheet WHERE id = (SELECT min(id) FROM frozen_sheet)")
    elif way == "export":
        record.run(f"UPDATE export SET sha256 = :h {where.format('export')}", h="0" * 64)
    elif way == "export gone":
        record.run(f"DELETE FROM export {where.format('export')}")
    elif way == "state":
        record.run("UPDATE submission SET state = 'submitted', frozen_id = NULL, accepted_id = NULL")
    else:
        record.run("UPDATE organisation SET name_kk = name_kk || 'x' WHERE id = (SELECT min(id) FROM organisation)")
    return f"store: {way}"


def test_whatever_is_tampered_with_is_found(place: Place) -> None:
    told: Counter[str] = Counter()
    nobody = Viewer.nobody()
    with place.app.app_context():
        handed_out = {revision: files(place, revision) for revision in (1, 2)}
        assert verify(SYSTEM) == [] and list(discrepancies(SYSTEM)) == []
        for revision, of_revision in handed_out.items():
            for data in of_revision.values():
                assert judge(nobody, data).outcome == (Outcome.ACCEPTED if revision == 2 else Outcome.SUPERSEDED)
        db.session.rollback()
        # What an owner does first, once; each trial is then a transaction that is taken back.
        record = Record(db.session.connection())
        record.lay_open()
        if not record.sqlite:
            for table in ("frozen_sheet", "export"):
                record.run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        db.session.commit()
        for seed in range(FIRST, FIRST + TRIALS):
            random = Random(seed)
            what = random.choice(("record", "record", "store", "file"))
            if what == "file":
                name = random.choice(FORMATS)
                data = random.choice(list(handed_out.values()))[name]
                done, way = f"file: {name}", random.choice(FILE_WAYS)
                found: Any = judge(nobody, way(data, random)).outcome not in (Outcome.ACCEPTED, Outcome.SUPERSEDED)
            elif what == "store":
                done = edit_store(Record(db.session.connection()), random)
                found = list(discrepancies(SYSTEM))
            else:
                done = tamper(db.session.connection(), random)
                found = examine(SYSTEM, db.session.connection())
            db.session.rollback()
            assert found, f"seed {seed}: {done} was not found"
            told[done.split(" ")[0]] += 1
        assert verify(SYSTEM) == [] and list(discrepancies(SYSTEM)) == []
    print(f"{TRIALS} tamperings found: {dict(told.most_common())}")
