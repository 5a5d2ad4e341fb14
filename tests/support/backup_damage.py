"""Random damage of backups, by accident and by people with and without the audit key."""

import hmac
import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import orjson

from evaluation.audit.hashing import key_fingerprint
from evaluation.backup.archive import EMPTY_SEAL, MANIFEST

Members = list[tuple[str, bytes]]
BOMB_BYTES = 50 * 2**20


def members_of(data: bytes) -> Members:
    """Names and contents in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def packed(members: Members, comment: bytes = b"") -> bytes:
    """An archive of these members."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # Two members of one name are what a test asks for.
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        archive.comment = comment
    return out.getvalue()


def comment_of(data: bytes) -> bytes:
    """The comment of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.comment


def sealed(members: Members, key: bytes) -> bytes:
    """An archive that is sealed with a key as the product seals."""
    comment = b"evaluation-backup/1 " + key_fingerprint(key).encode() + b" " + EMPTY_SEAL
    data = packed(members, comment)[: -len(EMPTY_SEAL)]
    return data + hmac.digest(key, b"backup" + data, "sha256").hex().encode()


def flip(data: bytes, random: Random, key: bytes) -> bytes:
    """Flip one bit anywhere."""
    position = random.randrange(len(data))
    return data[:position] + bytes([data[position] ^ 1 << random.randrange(8)]) + data[position + 1 :]


def cut(data: bytes, random: Random, key: bytes) -> bytes:
    """Cut the end off."""
    return data[: random.randrange(len(data))]


def lose_block(data: bytes, random: Random, key: bytes) -> bytes:
    """Leave a block out, or fill it with zeros."""
    start = random.randrange(len(data))
    end = min(len(data), start + random.choice((1, 512, 4096)))
    hole = bytes(end - start) if random.random() < 0.5 and data[start:end].strip(b"\0") else b""
    return data[:start] + hole + data[end:]


def append(data: bytes, random: Random, key: bytes) -> bytes:
    """Append bytes."""
    return data + random.randbytes(random.randrange(1, 100))


def remove_member(data: bytes, random: Random, key: bytes) -> bytes:
    """Remove a member and leave the comment."""
    members = members_of(data)
    members.pop(random.randrange(len(members)))
    return packed(members, comment_of(data))


def add_member(data: bytes, random: Random, key: bytes) -> bytes:
    """Add a member and leave the comment."""
    return packed([*members_of(data), ("files/" + random.randbytes(32).hex(), b"new")], comment_of(data))


def swap_members(data: bytes, random: Random, key: bytes) -> bytes:
    """Swap the contents of two members that differ, and seal again."""
    members = members_of(data)
    one = random.randrange(len(members))
    other = random.choice([index for index, (_, content) in enumerate(members) if content != members[one][1]])
    swapped = {one: members[other][1], other: members[one][1]}
    return sealed([(name, swapped.get(index, content)) for index, (name, content) in enumerate(members)], key)


def other_key(data: bytes, random: Random, key: bytes) -> bytes:
    """Seal the same members with another key."""
    return sealed(members_of(data), random.randbytes(32))


def edit_manifest(data: bytes, random: Random, key: bytes) -> bytes:
    """Edit the manifest without a key."""
    return packed(_with_manifest(data, random), comment_of(data))


def edit_and_seal(data: bytes, random: Random, key: bytes) -> bytes:
    """Edit the manifest and seal again: who has the key is noticed by what contradicts."""
    return sealed(_with_manifest(data, random), key)


def alter_and_seal(data: bytes, random: Random, key: bytes) -> bytes:
    """Alter a member and seal again."""
    members = members_of(data)
    index = random.choice([index for index, (name, content) in enumerate(members) if content and name != MANIFEST])
    name, content = members[index]
    members[index] = (name, flip(content, random, key))
    return sealed(members, key)


def climb(data: bytes, random: Random, key: bytes) -> bytes:
    """Add or rename a member to a name that leads out of a folder, and seal again."""
    name = random.choice(("../../../../tmp/evil", "/tmp/evil", "files/../../evil", "C:\\evil", "files/..", "tables/../evil"))
    members = members_of(data)
    if random.random() < 0.5:
        return sealed([*members, (name, b"evil")], key)
    members[random.randrange(len(members))] = (name, b"evil")
    return sealed(members, key)


def double(data: bytes, random: Random, key: bytes) -> bytes:
    """Add a second member of the same name, and seal again."""
    members = members_of(data)
    return sealed([*members, (random.choice(members)[0], b"second")], key)


def bomb(data: bytes, random: Random, key: bytes) -> bytes:
    """Make a member a thousand times larger than the manifest says, and seal again."""
    members = members_of(data)
    index = random.choice([index for index, (name, _) in enumerate(members) if name != MANIFEST])
    members[index] = (members[index][0], members[index][1] + bytes(BOMB_BYTES))
    return sealed(members, key)


def _with_manifest(data: bytes, random: Random) -> Members:
    """Members with a changed manifest."""
    members = dict(members_of(data))
    manifest = orjson.loads(members[MANIFEST])
    table = manifest["tables"][random.choice([name for name, member in manifest["tables"].items() if member["rows"]])]
    edits: tuple[Callable[[], object], ...] = (
        lambda: table.update(sha256="0" * 64),
        lambda: table.update(size=table["size"] + 1),
        lambda: table.update(columns=table["columns"][1:]),
        lambda: table.update(columns=["evil", *table["columns"][1:]]),
        lambda: manifest["tables"].popitem(),
        lambda: manifest["tables"].update(evil=table),
        lambda: manifest["files"].update({"0" * 64: 1}),
        lambda: manifest["files"].update({"../../evil": 1}),
        lambda: manifest.update(revision="9999"),
        lambda: manifest.update(revision="; DROP TABLE account"),
        lambda: manifest.update(format="backup/2"),
        lambda: manifest.update(unknown=1),
        lambda: manifest.pop("checkpoint"),
        lambda: manifest["checkpoint"].update(size="many"),
    )
    random.choice(edits)()
    members[MANIFEST] = orjson.dumps(manifest)
    return list(members.items())


WAYS = (
    *(flip, cut, lose_block, append, remove_member, add_member, swap_members, other_key, edit_manifest),
    *(edit_and_seal, alter_and_seal, climb, double, bomb),
)
"""Each kind of damage: a function of the backup, a source of chance and the audit key."""


def damaged(backup: Path, folder: Path, number: int, key: bytes) -> tuple[Path, str]:
    """Write a damaged copy of a backup; returns its path and the name of the damage."""
    way, data = WAYS[number % len(WAYS)], backup.read_bytes()
    path = folder / f"damaged-{number}.zip"
    path.write_bytes(way(data, Random(number), key))
    assert path.read_bytes() != data
    return path, way.__name__
