"""Random changes of the audit log by the owner of the database, who does not have the audit key."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, text

Way = Callable[["AuditTables", Random], str]

COLUMNS = (
    *("id", "chain", "seq", "mac", "at", "actor", "account_id", "action", "year", "body_id", "organisation_id", "batch", "data"),
)


class AuditTables:
    """The tables of the audit log without the triggers, indexes and constraints that prevent changes."""

    def __init__(self, connection: Connection):
        self.connection = connection
        self.sqlite = connection.dialect.name == "sqlite"

    def run(self, statement: str, **values: Any) -> Any:
        return self.connection.execute(text(statement), values)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        return list(self.run(statement, **values).all())

    def remove_protection(self) -> None:
        """Remove triggers and constraints; has an effect once per database."""
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
            self.run(f"CREATE TABLE unprotected ({', '.join(COLUMNS)})")
            self.run(f"INSERT INTO unprotected SELECT {', '.join(COLUMNS)} FROM audit_event")
            self.run("DROP TABLE audit_event")
            self.run("ALTER TABLE unprotected RENAME TO audit_event")

    def random_event(self, random: Random) -> Any:
        """Return a random event as a mapping of texts and numbers."""
        ids = [id_ for (id_,) in self.rows("SELECT id FROM audit_event ORDER BY id")]
        return self.get(random.choice(ids))

    def get(self, id_: int) -> dict[str, Any]:
        data = "data" if self.sqlite else "data::text AS data"
        columns = ", ".join(data if name == "data" else name for name in COLUMNS)
        return dict(self.run(f"SELECT {columns} FROM audit_event WHERE id = :id", id=id_).mappings().one())

    def set(self, id_: int, **values: Any) -> None:
        assignments = ", ".join(f"{name} = {self._value(name)}" for name in values)
        self.run(f"UPDATE audit_event SET {assignments} WHERE id = :event_id", event_id=id_, **values)

    def insert(self, event: dict[str, Any]) -> None:
        values = ", ".join(map(self._value, event))
        self.run(f"INSERT INTO audit_event ({', '.join(event)}) VALUES ({values})", **event)

    def _value(self, name: str) -> str:
        return f"CAST(:{name} AS json)" if name == "data" and not self.sqlite else f":{name}"


def tamper(connection: Connection, random: Random) -> str:
    """Tamper with the audit log in one random way; return a description. The caller commits."""
    tables = AuditTables(connection)
    tables.remove_protection()
    while True:
        done = random.choice(WAYS)(tables, random)
        if done:
            return done


def alter(tables: AuditTables, random: Random) -> str:
    """Change one column of one event; return an empty text if the column has no other possible value."""
    event, name = tables.random_event(random), random.choice(COLUMNS)
    previous = event[name]
    if name == "mac":
        new: Any = _flipped(previous, random)
    elif name == "at":
        at = datetime.fromisoformat(str(previous)) + timedelta(microseconds=random.choice((-1, 1, 1_000_000, -86_400_000_000)))
        new = at.isoformat(" ", "microseconds") if tables.sqlite else at
    elif name in ("actor", "action"):
        new = previous + "x" if random.random() < 0.5 else previous[:-1] + "~"
    elif name == "data":
        new = _edited(previous, random)
    elif name == "batch":
        new = None if previous else "0" * 32
    elif name == "id":
        (new,) = tables.rows("SELECT max(id) + 1 FROM audit_event")[0]
    elif previous is None or random.random() < 0.8:
        new = (previous or 0) + random.choice((1, 1000))
    else:
        new = None if name not in ("chain", "seq") else previous + 1
    tables.set(event["id"], **{name: new})
    return f"altered {name} of event {event['seq']} of chain {event['chain']}"


def _flipped(text: str, random: Random) -> str:
    position = random.randrange(len(text))
    return text[:position] + ("0" if text[position] != "0" else "1") + text[position + 1 :]


def _edited(data: str, random: Random) -> str:
    """Return other JSON: with a changed digit, an added key, or an added space."""
    digits = [position for position, letter in enumerate(data) if letter in "12345678"]
    way = random.randrange(3)
    if way == 0 and digits:
        position = random.choice(digits)
        return data[:position] + str(int(data[position]) + 1) + data[position + 1 :]
    if way == 1:
        return data[:-1] + (', "x": 1}' if len(data) > 2 else '"x": 1}')
    return data[:-1] + " }"


def swap_contents(tables: AuditTables, random: Random) -> str:
    """Swap the contents of two events; numbers and hashes stay."""
    one, other = tables.random_event(random), tables.random_event(random)
    columns = ("at", "actor", "action", "year", "organisation_id", "data")
    if all(one[name] == other[name] for name in columns):
        return ""
    tables.set(one["id"], **{name: other[name] for name in columns})
    tables.set(other["id"], **{name: one[name] for name in columns})
    return f"swapped contents of {one['chain']}/{one['seq']} and {other['chain']}/{other['seq']}"


def swap_positions(tables: AuditTables, random: Random) -> str:
    """Swap the numbers of two events of a chain."""
    one = tables.random_event(random)
    others = tables.rows("SELECT id FROM audit_event WHERE chain = :c AND id <> :i ORDER BY id", c=one["chain"], i=one["id"])
    if not others:
        return ""
    other = tables.get(random.choice(others)[0])
    tables.set(one["id"], seq=other["seq"])
    tables.set(other["id"], seq=one["seq"])
    return f"swapped numbers {one['seq']} and {other['seq']} of chain {one['chain']}"


def move(tables: AuditTables, random: Random) -> str:
    """Move an event to the end of another chain and move the head of that chain."""
    one, other = tables.random_event(random), tables.random_event(random)
    if one["chain"] == other["chain"]:
        return ""
    (last,) = tables.rows("SELECT max(seq) FROM audit_event WHERE chain = :c", c=other["chain"])[0]
    tables.set(one["id"], chain=other["chain"], body_id=other["body_id"], seq=last + 1)
    tables.run("UPDATE chain_head SET seq = :s, mac = :m WHERE chain = :c", s=last + 1, m=one["mac"], c=other["chain"])
    return f"moved {one['chain']}/{one['seq']} to chain {other['chain']}"


def remove(tables: AuditTables, random: Random) -> str:
    event = tables.random_event(random)
    tables.run("DELETE FROM audit_event WHERE id = :i", i=event["id"])
    return f"removed {event['chain']}/{event['seq']}"


def remove_and_close(tables: AuditTables, random: Random) -> str:
    """Remove an event, renumber the following events and move the head."""
    event = tables.random_event(random)
    tables.run("DELETE FROM audit_event WHERE id = :i", i=event["id"])
    after = "SELECT id FROM audit_event WHERE chain = :c AND seq > :s ORDER BY seq"
    for (id_,) in tables.rows(after, c=event["chain"], s=event["seq"]):
        tables.run("UPDATE audit_event SET seq = seq - 1 WHERE id = :i", i=id_)
    tables.run("UPDATE chain_head SET seq = seq - 1 WHERE chain = :c", c=event["chain"])
    return f"removed {event['chain']}/{event['seq']} and closed the gap"


def cut_off(tables: AuditTables, random: Random) -> str:
    """Remove the last events of a chain and, usually, move the head back."""
    event = tables.random_event(random)
    tables.run("DELETE FROM audit_event WHERE chain = :c AND seq >= :s", c=event["chain"], s=event["seq"])
    before = tables.rows("SELECT mac, at FROM audit_event WHERE chain = :c AND seq = :s", c=event["chain"], s=event["seq"] - 1)
    if before and random.random() < 0.7:
        mac, at = before[0]
        tables.run(
            "UPDATE chain_head SET seq = :s, mac = :m, at = :a WHERE chain = :c",
            s=event["seq"] - 1,
            m=mac,
            a=at,
            c=event["chain"],
        )
    elif not before and random.random() < 0.5:
        tables.run("DELETE FROM chain_head WHERE chain = :c", c=event["chain"])
    return f"cut off chain {event['chain']} from event {event['seq']}"


def remove_head(tables: AuditTables, random: Random) -> str:
    chain = tables.random_event(random)["chain"]
    tables.run("DELETE FROM chain_head WHERE chain = :c", c=chain)
    return f"removed the head of chain {chain}"


def alter_head(tables: AuditTables, random: Random) -> str:
    chain = tables.random_event(random)["chain"]
    ((seq, mac, seal),) = tables.rows("SELECT seq, mac, seal FROM chain_head WHERE chain = :c", c=chain)
    name = random.choice(("seq", "mac", "seal"))
    new = {"seq": max(0, seq - 1), "mac": _flipped(mac, random), "seal": _flipped(seal, random)}[name]
    tables.run(f"UPDATE chain_head SET {name} = :n WHERE chain = :c", n=new, c=chain)
    return f"altered {name} of the head of chain {chain}"


def insert(tables: AuditTables, random: Random) -> str:
    """Insert a copy of an event: at the end of a chain, with the same number, or in a new chain."""
    event = tables.random_event(random)
    ((new, last),) = tables.rows(
        "SELECT (SELECT max(id) + 1 FROM audit_event), (SELECT max(seq) FROM audit_event WHERE chain = :c)", c=event["chain"]
    )
    way = random.choice(("at the end", "at the end, the head moved", "twice", "of a new chain"))
    new_event = event | {"id": new}
    if way.startswith("at the end"):
        new_event |= {"seq": last + 1}
    if way.endswith("moved"):
        tables.run(
            "UPDATE chain_head SET seq = :s, mac = :m WHERE chain = :c", s=last + 1, m=new_event["mac"], c=new_event["chain"]
        )
    if way.startswith("of"):
        new_event |= {"chain": 99_999, "body_id": 99_999, "seq": 1}
    tables.insert(new_event)
    return f"inserted an event like {event['chain']}/{event['seq']}: {way}"


def edit_checkpoint(tables: AuditTables, random: Random) -> str:
    """Change a checkpoint's digest, seal or heads, or its coverage; or remove a checkpoint."""
    numbers = [number for (number,) in tables.rows("SELECT number FROM checkpoint ORDER BY number")]
    if not numbers:
        return ""
    number = random.choice(numbers)
    way = random.choice(("digest", "seal", "heads", "covered", "removed"))
    if way == "covered":
        tables.run("UPDATE checkpoint_coverage SET seq = seq + 1 WHERE chain = (SELECT max(chain) FROM checkpoint_coverage)")
    elif way == "removed":
        tables.run("DELETE FROM checkpoint WHERE number = :n", n=number)
    elif way == "heads":
        cast = "" if tables.sqlite else "::text"
        ((heads,),) = tables.rows(f"SELECT heads{cast} FROM checkpoint WHERE number = :n", n=number)
        edited = heads[:-1] + (', "77": [1, "x"]}' if len(heads) > 2 else '"77": [1, "x"]}')
        placeholder = ":h" if tables.sqlite else "CAST(:h AS json)"
        tables.run(f"UPDATE checkpoint SET heads = {placeholder} WHERE number = :n", h=edited, n=number)
    else:
        ((previous,),) = tables.rows(f"SELECT {way} FROM checkpoint WHERE number = :n", n=number)
        tables.run(f"UPDATE checkpoint SET {way} = :h WHERE number = :n", h=_flipped(previous, random), n=number)
    return f"edited checkpoint {number}: {way}"


WAYS: tuple[Way, ...] = (
    *(
        alter,
        alter,
        alter,
        swap_contents,
        swap_positions,
        move,
        remove,
        remove_and_close,
        cut_off,
        remove_head,
        alter_head,
        insert,
    ),
    edit_checkpoint,
)
