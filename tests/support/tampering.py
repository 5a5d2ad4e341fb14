"""What somebody who owns the database, but not the key, may do to the record: one of many ways, at random."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, text

Way = Callable[["Record", Random], str]

COLUMNS = (
    *("id", "chain", "seq", "mac", "at", "actor", "account_id", "action", "year", "body_id", "organisation_id", "batch", "data"),
)


class Record:
    """The tables of the record, laid open: triggers, indexes and constraints are gone as far as they stand in the way."""

    def __init__(self, connection: Connection):
        self.connection = connection
        self.sqlite = connection.dialect.name == "sqlite"

    def run(self, statement: str, **values: Any) -> Any:
        return self.connection.execute(text(statement), values)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        return list(self.run(statement, **values).all())

    def lay_open(self) -> None:
        """What an owner does first; done once in a database."""
        if not self.sqlite:
            for table in ("audit_event", "chain_head", "checkpoint", "checkpoint_coverage"):
                self.run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for name in ("uq_audit_event_chain_seq", "ck_audit_event_chain", "ck_audit_event_seq"):
                self.run(f"ALTER TABLE audit_event DROP CONSTRAINT IF EXISTS {name}")
            return
        triggers = self.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers:
            self.run(f"DROP TRIGGER {name}")
        if triggers:
            self.run(f"CREATE TABLE laid_open ({', '.join(COLUMNS)})")
            self.run(f"INSERT INTO laid_open SELECT {', '.join(COLUMNS)} FROM audit_event")
            self.run("DROP TABLE audit_event")
            self.run("ALTER TABLE laid_open RENAME TO audit_event")

    def line(self, random: Random) -> Any:
        """A line at random, as a mapping of text and numbers."""
        ids = [id_ for (id_,) in self.rows("SELECT id FROM audit_event ORDER BY id")]
        return self.get(random.choice(ids))

    def get(self, id_: int) -> dict[str, Any]:
        data = "data" if self.sqlite else "data::text AS data"
        columns = ", ".join(data if name == "data" else name for name in COLUMNS)
        return dict(self.run(f"SELECT {columns} FROM audit_event WHERE id = :id", id=id_).mappings().one())

    def set(self, id_: int, **values: Any) -> None:
        assignments = ", ".join(f"{name} = {self._value(name)}" for name in values)
        self.run(f"UPDATE audit_event SET {assignments} WHERE id = :own", own=id_, **values)

    def insert(self, line: dict[str, Any]) -> None:
        values = ", ".join(map(self._value, line))
        self.run(f"INSERT INTO audit_event ({', '.join(line)}) VALUES ({values})", **line)

    def _value(self, name: str) -> str:
        return f"CAST(:{name} AS json)" if name == "data" and not self.sqlite else f":{name}"


def tamper(connection: Connection, random: Random) -> str:
    """Do one of the things that an owner of the database may do to its record; what was done. The caller commits."""
    record = Record(connection)
    record.lay_open()
    while True:
        done = random.choice(WAYS)(record, random)
        if done:
            return done


def alter(record: Record, random: Random) -> str:
    """One column of one line; where that could be no other value, nothing."""
    line, name = record.line(random), random.choice(COLUMNS)
    previous = line[name]
    if name == "mac":
        new: Any = _flipped(previous, random)
    elif name == "at":
        at = datetime.fromisoformat(str(previous)) + timedelta(microseconds=random.choice((-1, 1, 1_000_000, -86_400_000_000)))
        new = at.isoformat(" ", "microseconds") if record.sqlite else at
    elif name in ("actor", "action"):
        new = previous + "x" if random.random() < 0.5 else previous[:-1] + "~"
    elif name == "data":
        new = _edited(previous, random)
    elif name == "batch":
        new = None if previous else "0" * 32
    elif name == "id":
        (new,) = record.rows("SELECT max(id) + 1 FROM audit_event")[0]
    elif previous is None or random.random() < 0.8:
        new = (previous or 0) + random.choice((1, 1000))
    else:
        new = None if name not in ("chain", "seq") else previous + 1
    record.set(line["id"], **{name: new})
    return f"altered {name} of line {line['seq']} of chain {line['chain']}"


def _flipped(text: str, random: Random) -> str:
    position = random.randrange(len(text))
    return text[:position] + ("0" if text[position] != "0" else "1") + text[position + 1 :]


def _edited(data: str, random: Random) -> str:
    """Other JSON: a digit changed, a name added, or only a blank put in."""
    digits = [position for position, letter in enumerate(data) if letter in "12345678"]
    way = random.randrange(3)
    if way == 0 and digits:
        position = random.choice(digits)
        return data[:position] + str(int(data[position]) + 1) + data[position + 1 :]
    if way == 1:
        return data[:-1] + (', "x": 1}' if len(data) > 2 else '"x": 1}')
    return data[:-1] + " }"


def swap_contents(record: Record, random: Random) -> str:
    """What two lines tell, each keeping its place and hash."""
    one, other = record.line(random), record.line(random)
    columns = ("at", "actor", "action", "year", "organisation_id", "data")
    if all(one[name] == other[name] for name in columns):
        return ""
    record.set(one["id"], **{name: other[name] for name in columns})
    record.set(other["id"], **{name: one[name] for name in columns})
    return f"swapped contents of {one['chain']}/{one['seq']} and {other['chain']}/{other['seq']}"


def swap_positions(record: Record, random: Random) -> str:
    """The numbers of two lines of a chain."""
    one = record.line(random)
    others = record.rows("SELECT id FROM audit_event WHERE chain = :c AND id <> :i ORDER BY id", c=one["chain"], i=one["id"])
    if not others:
        return ""
    other = record.get(random.choice(others)[0])
    record.set(one["id"], seq=other["seq"])
    record.set(other["id"], seq=one["seq"])
    return f"swapped numbers {one['seq']} and {other['seq']} of chain {one['chain']}"


def move(record: Record, random: Random) -> str:
    """A line to the end of another chain, with that chain's end moved too."""
    one, other = record.line(random), record.line(random)
    if one["chain"] == other["chain"]:
        return ""
    (last,) = record.rows("SELECT max(seq) FROM audit_event WHERE chain = :c", c=other["chain"])[0]
    record.set(one["id"], chain=other["chain"], body_id=other["body_id"], seq=last + 1)
    record.run("UPDATE chain_head SET seq = :s, mac = :m WHERE chain = :c", s=last + 1, m=one["mac"], c=other["chain"])
    return f"moved {one['chain']}/{one['seq']} to chain {other['chain']}"


def remove(record: Record, random: Random) -> str:
    line = record.line(random)
    record.run("DELETE FROM audit_event WHERE id = :i", i=line["id"])
    return f"removed {line['chain']}/{line['seq']}"


def remove_and_close(record: Record, random: Random) -> str:
    """A line, those after it moved up and the end with them."""
    line = record.line(random)
    record.run("DELETE FROM audit_event WHERE id = :i", i=line["id"])
    after = "SELECT id FROM audit_event WHERE chain = :c AND seq > :s ORDER BY seq"
    for (id_,) in record.rows(after, c=line["chain"], s=line["seq"]):
        record.run("UPDATE audit_event SET seq = seq - 1 WHERE id = :i", i=id_)
    record.run("UPDATE chain_head SET seq = seq - 1 WHERE chain = :c", c=line["chain"])
    return f"removed {line['chain']}/{line['seq']} and closed the gap"


def cut_off(record: Record, random: Random) -> str:
    """A chain's tail, its end set back to the line before."""
    line = record.line(random)
    record.run("DELETE FROM audit_event WHERE chain = :c AND seq >= :s", c=line["chain"], s=line["seq"])
    before = record.rows("SELECT mac, at FROM audit_event WHERE chain = :c AND seq = :s", c=line["chain"], s=line["seq"] - 1)
    if before and random.random() < 0.7:
        mac, at = before[0]
        record.run(
            "UPDATE chain_head SET seq = :s, mac = :m, at = :a WHERE chain = :c", s=line["seq"] - 1, m=mac, a=at, c=line["chain"]
        )
    elif not before and random.random() < 0.5:
        record.run("DELETE FROM chain_head WHERE chain = :c", c=line["chain"])
    return f"cut off chain {line['chain']} from line {line['seq']}"


def remove_end(record: Record, random: Random) -> str:
    chain = record.line(random)["chain"]
    record.run("DELETE FROM chain_head WHERE chain = :c", c=chain)
    return f"removed the end of chain {chain}"


def alter_end(record: Record, random: Random) -> str:
    chain = record.line(random)["chain"]
    ((seq, mac, seal),) = record.rows("SELECT seq, mac, seal FROM chain_head WHERE chain = :c", c=chain)
    name = random.choice(("seq", "mac", "seal"))
    new = {"seq": max(0, seq - 1), "mac": _flipped(mac, random), "seal": _flipped(seal, random)}[name]
    record.run(f"UPDATE chain_head SET {name} = :n WHERE chain = :c", n=new, c=chain)
    return f"altered {name} of the end of chain {chain}"


def insert(record: Record, random: Random) -> str:
    """A line of one's own at the end of a chain or in place of another's number, or the same line once more."""
    line = record.line(random)
    ((new, last),) = record.rows(
        "SELECT (SELECT max(id) + 1 FROM audit_event), (SELECT max(seq) FROM audit_event WHERE chain = :c)", c=line["chain"]
    )
    way = random.choice(("at the end", "at the end, the end moved", "twice", "of a new chain"))
    new_event = line | {"id": new}
    if way.startswith("at the end"):
        new_event |= {"seq": last + 1}
    if way.endswith("moved"):
        record.run(
            "UPDATE chain_head SET seq = :s, mac = :m WHERE chain = :c", s=last + 1, m=new_event["mac"], c=new_event["chain"]
        )
    if way.startswith("of"):
        new_event |= {"chain": 99_999, "body_id": 99_999, "seq": 1}
    record.insert(new_event)
    return f"inserted a line like {line['chain']}/{line['seq']}: {way}"


def edit_checkpoint(record: Record, random: Random) -> str:
    """A checkpoint's digest, seal or heads, or what is kept of the lines they cover; or one removed."""
    numbers = [number for (number,) in record.rows("SELECT number FROM checkpoint ORDER BY number")]
    if not numbers:
        return ""
    number = random.choice(numbers)
    way = random.choice(("digest", "seal", "heads", "covered", "removed"))
    if way == "covered":
        record.run("UPDATE checkpoint_coverage SET seq = seq + 1 WHERE chain = (SELECT max(chain) FROM checkpoint_coverage)")
    elif way == "removed":
        record.run("DELETE FROM checkpoint WHERE number = :n", n=number)
    elif way == "heads":
        cast = "" if record.sqlite else "::text"
        ((heads,),) = record.rows(f"SELECT heads{cast} FROM checkpoint WHERE number = :n", n=number)
        edited = heads[:-1] + (', "77": [1, "x"]}' if len(heads) > 2 else '"77": [1, "x"]}')
        placeholder = ":h" if record.sqlite else "CAST(:h AS json)"
        record.run(f"UPDATE checkpoint SET heads = {placeholder} WHERE number = :n", h=edited, n=number)
    else:
        ((previous,),) = record.rows(f"SELECT {way} FROM checkpoint WHERE number = :n", n=number)
        record.run(f"UPDATE checkpoint SET {way} = :h WHERE number = :n", h=_flipped(previous, random), n=number)
    return f"edited checkpoint {number}: {way}"


WAYS: tuple[Way, ...] = (
    *(alter, alter, alter, swap_contents, swap_positions, move, remove, remove_and_close, cut_off, remove_end, alter_end, insert),
    edit_checkpoint,
)
