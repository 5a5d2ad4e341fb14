"""What differs between two criteria files, key by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from evaluation.criteria.key_lines import name_of_item

MAX_TEXT = 70
NAMING_KEYS = ("name", "label", "text", "title", "message", "passage")
"""The keys whose text says what an added or dropped item is."""


@dataclass(frozen=True)
class Difference:
    """One difference. `before` and `after` are values, or None where the key is absent on that side."""

    key: str
    before: Any
    after: Any

    def text(self, language: str) -> str:
        """The difference on one line: `+` an added key, `-` a dropped one, `~` a changed one."""
        if self.before is None:
            return f"+ {self.key}{_described(self.after, language)}"
        if self.after is None:
            return f"- {self.key}{_described(self.before, language)}"
        return f"~ {self.key}: {_shown(self.before)} → {_shown(self.after)}"


def differences(before: Any, after: Any, key: str = "") -> Iterator[Difference]:
    """Yield the differences between the parsed contents of two files, in the order of the later one."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*after, *(name for name in before if name not in after)]:
            yield from differences(before.get(name), after.get(name), f"{key}.{name}" if key else name)
    elif _has_named_items(before) and _has_named_items(after):
        items = [{name_of_item(item, index): item for index, item in enumerate(side)} for side in (before, after)]
        for name in [*items[1], *(name for name in items[0] if name not in items[1])]:
            yield from differences(items[0].get(name), items[1].get(name), f"{key}[{name}]")
    elif before != after:
        yield Difference(key, before, after)


def _has_named_items(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _described(value: Any, language: str) -> str:
    """A colon and the value, or the name of an item; empty if it has none."""
    if not isinstance(value, Mapping):
        return f": {_shown(value)}"
    text = next((value[name] for name in NAMING_KEYS if isinstance(value.get(name), Mapping)), value)
    shown = text.get(language) or text.get("kk")
    return f": {_shown(shown)}" if isinstance(shown, str) else ""


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) if not _has_named_items(value) else "[…]"
    return shorten(str(value), MAX_TEXT, placeholder="…") if not isinstance(value, bool) else str(value).lower()
