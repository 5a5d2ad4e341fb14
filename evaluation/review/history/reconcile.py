"""What the record tells and what is stored, each as plain facts to be compared: the registry's entries; a year's steps, remarks
and extensions."""

from collections.abc import Iterable, Sequence
from typing import Any

from evaluation.audit.models import Event
from evaluation.database import dumps, loads
from evaluation.registry.admin.states import AnyState
from evaluation.review.history import replay
from evaluation.review.history.queries import EXTENDED, REMARKS, STEPS, Told
from evaluation.review.models import FrozenSheet, Remark
from evaluation.review.remarks.operations import REMARKED, REPLIED, RESOLVED
from evaluation.submissions.models import ACCEPTED, DRAFT, REOPENED, SUBMITTED, Extension, Submission

Facts = dict[str, Any]

PLAIN: Facts = {"state": DRAFT, "nil": False, "version": 0, "round": 0, "revision": 0, "reason": ""}
"""A year of which nothing is told."""


def entries_told(lines: Iterable[Told]) -> dict[tuple[bool, str], Facts]:
    """Whether it is an organisation's, and the BIN → what is told of an entry of the registry."""
    own: dict[tuple[bool, int], list[Told]] = {}
    for told in lines:
        organisation = told.organisation_id
        own.setdefault((False, told.chain) if organisation is None else (True, organisation), []).append(told)
    found = {key: next(iter(replay.entries(each).values())) for key, each in own.items()}
    return {(key[0], fields["bin"]): _filled(fields) for key, fields in found.items() if "bin" in fields}


def entry_stored(state: AnyState) -> Facts:
    """An entry as it is stored."""
    return _filled(loads(dumps(state)))


def _filled(fields: Facts) -> Facts:
    return {name: value for name, value in fields.items() if value is not False and value not in (None, "", [])}


def steps_told(lines: Iterable[Event]) -> Facts:
    """Where a year stands by the lines of its steps."""
    facts = dict(PLAIN)
    for line in lines:
        if line.action not in STEPS:
            continue
        data = line.data
        facts |= {"state": line.action, "version": data["version"], "by": line.actor, "reason": data.get("reason", "")}
        facts["accepted"] = None
        if line.action == SUBMITTED:
            facts |= {"round": data["round"], "nil": data["nil"], "submitted": (line.account_id, line.actor, data["at"])}
            facts.setdefault("first", data.get("on"))
        elif line.action in (ACCEPTED, REOPENED):
            facts["revision"] = data["revision"]
        if line.action == ACCEPTED:
            facts["accepted"] = (line.account_id, data["revision"])
    return facts


def steps_stored(stored: Submission | None, frozen: FrozenSheet | None) -> Facts:
    """Where a year stands as it is stored; `frozen` is the sheet that it names as in force."""
    if stored is None or stored.submitted_at is None:
        return dict(PLAIN)
    own = frozen is not None and (frozen.body_id, frozen.year) == (stored.body_id, stored.year)
    return {name: getattr(stored, name) for name in PLAIN} | {
        "by": stored.changed_by,
        "submitted": (stored.submitted_id, stored.submitted_by, stored.submitted_at.isoformat()),
        "first": str(stored.first_submitted_on),
        "accepted": (stored.accepted_id, frozen.revision if frozen and own else None) if stored.accepted_id else None,
    }


def remarks_told(lines: Iterable[Event]) -> dict[int, Facts]:
    """Id → what is told of a remark: where and by whom, whose it is to resolve, and what was replied."""
    found: dict[int, Facts] = {}
    for line in lines:
        if line.action not in REMARKS:
            continue
        data = line.data
        remark = found.setdefault(data["remark"], {"resolved": None, "replies": []})
        if line.action == REMARKED:
            place = (line.organisation_id, data["code"], data["kind"], data["row"])
            remark |= {"place": place, "text": data["text"], "author": (line.account_id, line.actor)}
        elif line.action == REPLIED:
            remark["replies"].append((line.account_id, line.actor, data["text"]))
        else:
            remark["resolved"] = line.actor if line.action == RESOLVED else None
    for remark in found.values():
        remark["replies"].sort(key=str)
    return found


def remarks_stored(stored: Iterable[Remark]) -> dict[int, Facts]:
    """The same of what is stored."""
    return {
        each.id: {
            "resolved": each.resolved_by,
            # Of two that were given at once the record may tell in the other order.
            "replies": sorted(((reply.author_id, reply.author, reply.text) for reply in each.replies), key=str),
            "place": (each.organisation_id, each.code, each.kind, each.row),
            "text": each.text,
            "author": (each.author_id, each.author),
        }
        for each in stored
    }


def extensions_told(lines: Iterable[Event]) -> list[tuple[str, str, str]]:
    """The last day, reason and giver of each extension, as they were given."""
    return [(line.data["until"][1], line.data["reason"], line.actor) for line in lines if line.action == EXTENDED]


def extensions_stored(stored: Sequence[Extension]) -> list[tuple[str, str, str]]:
    """The same of what is stored."""
    return [(str(each.until), each.reason, each.given_by) for each in sorted(stored, key=lambda each: each.id)]
