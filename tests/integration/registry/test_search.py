"""Searches in SQL find what the same search finds in Python, on both databases, also after names have changed."""

import json
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from evaluation.database import db
from evaluation.language import alphabetical_key, sort_text
from evaluation.policy import Viewer
from evaluation.registry import operations
from evaluation.registry.clauses import filter_by_name, name_order
from evaluation.registry.models import Body, Organisation
from evaluation.registry.operations import NewBody
from evaluation.text import parse_search, search_text
from tests.support.factories import bin_of

CASES = json.loads((Path(__file__).parents[2] / "support" / "search_cases.json").read_text(encoding="utf-8"))
PAIRS = [*CASES["matches"], *CASES["misses"]]
NAMES = list(dict.fromkeys([*(name for _, name in PAIRS), "Қонаев қаласының әкімі", "«Алматы-Су» ЖШС"]))
SEARCHES = [
    *(typed for typed, _ in PAIRS),
    "конаев",
    "алматы-су",
    "СУ",
    "у",
    "а су",
    "7",
    '"',
    "қаласы ә",
    "1234",
    bin_of(1),
    "%",
    "_",
]
SYSTEM = Viewer.system()


def test_a_search_in_sql_finds_what_it_finds_in_python(app: Flask) -> None:
    with app.app_context():
        operations.register_bodies(SYSTEM, [NewBody(bin_of(number), name) for number, name in enumerate(NAMES)])
        operations.register_organisations(SYSTEM, [(bin_of(500 + number), "x", name, "") for number, name in enumerate(NAMES)])
        db.session.commit()
        for model in (Body, Organisation):
            check_searches(model)
        assert matching_bins(Body, "конаев") and matching_bins(Organisation, "алматы-су")
        body = db.session.scalars(select(Body).where(Body.name_kk == "Қонаев қаласының әкімі")).one()
        body.name_kk, body.search_text = "Қапшағай", search_text(["Қапшағай"])
        db.session.delete(db.session.scalars(select(Organisation).where(Organisation.name_kk == "«Алматы-Су» ЖШС")).one())
        db.session.commit()
        assert matching_bins(Body, "капшагай") == [body.bin] and body.bin not in matching_bins(Body, "қонаев")
        for model in (Body, Organisation):
            check_searches(model)


def check_searches(model: type[Body] | type[Organisation]) -> None:
    rows = db.session.execute(select(model.bin, model.search_text).order_by(model.bin)).all()
    for typed in SEARCHES:
        search = parse_search(typed)
        assert matching_bins(model, typed) == [bin_ for bin_, text in rows if search.matches(text, bin_)], typed


def matching_bins(model: type[Body] | type[Organisation], typed: str) -> list[str]:
    return list(db.session.scalars(filter_by_name(select(model.bin), typed, model).order_by(model.bin)))


def test_stored_texts_sort_as_readers_expect(app: Flask) -> None:
    names = [
        "Құм",
        "кум",
        "Кум",
        "«Қум»",
        "Аким",
        "Әкім",
        "Ясли",
        "Zeta",
        "alpha",
        "10 мектеп",
        "2 мектеп",
        "ß",
        "힣",
        "𝒳",
        "Ё",
        "Е",
        "Ж",
    ]
    by_key = sorted(names, key=lambda name: (alphabetical_key(name), name))
    assert sorted(names, key=lambda name: (sort_text(name), name)) == by_key
    with app.app_context():
        db.session.add_all(Body(bin=bin_of(number), name_kk=name) for number, name in enumerate(by_key))
        db.session.commit()
        assert list(db.session.scalars(select(Body.name_kk).order_by(name_order(Body, "kk"), Body.bin))) == by_key
