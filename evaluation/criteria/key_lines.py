"""Names the keys of a criteria file by the codes of the items on their path, and says on which line each stands.

The parser of TOML in Python's library does not say where a value stood. The scanner here follows a text that this parser has
accepted, so that it only has to recognise the ends of keys and values.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NAMES = ("code", "id", "number", "kind", "outcome", "group")
"""The keys that name an item of a list."""

Path = tuple[str | int, ...]

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
KEY_PART = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[A-Za-z0-9_-]+")
STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
BARE_VALUE = re.compile(r"[^,\]}\n#]*")


def key_of(data: Any, path: Sequence[str | int]) -> str:
    """The key of a value by the codes of the items on its path: `criteria[3.1].breach` instead of `criteria.4.breach`."""
    key = ""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        if isinstance(step, int):
            key += f"[{name_of_item(data, step)}]"
        else:
            key += f".{step}" if key else step
    return key


def name_of_item(item: Any, index: int) -> Any:
    """The name of an item of a list; a choice is named by its value, an implication by its index."""
    if not isinstance(item, dict):
        return index
    return next((item[name] for name in NAMES if name in item), index if "when" in item else item.get("value", index))


def lines_of_keys(text: str, data: Mapping[str, Any]) -> dict[str, int]:
    """Key → its line, from 1, in the text of a file whose parsed content is `data`."""
    lines: dict[str, int] = {}
    for path, position in _Scanner(text).paths():
        # Of two items with the same name, the later one is the mistake.
        lines[key_of(data, path)] = text.count("\n", 0, position) + 1
    return lines


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """The line of a key, or of the nearest key around it; None if there is none."""
    while key and key not in lines:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return lines.get(key)


class _Scanner:
    def __init__(self, text: str):
        self.text = text
        self.position = 0
        self.list_sizes: dict[Path, int] = {}

    def paths(self) -> Iterator[tuple[Path, int]]:
        """Yield the path of each table, key and item with its position in the text."""
        table: Path = ()
        self._skip(BLANK)
        while self.position < len(self.text):
            start = self.position
            if self.text.startswith("[", start):
                is_list = self.text.startswith("[[", start)
                self.position += 1 + is_list
                table = self._table(tuple(self._key()), is_list)
                self.position += 1 + is_list
                yield table, start
            else:
                yield from self._pair(table)
            self._skip(BLANK)

    def _pair(self, table: Path) -> Iterator[tuple[Path, int]]:
        start = self.position
        path = (*table, *self._key())
        yield path, start
        self._skip(re.compile(r"\s*=\s*"))
        yield from self._value(path)

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        opening = self.text[self.position : self.position + 1]
        if opening not in ("[", "{"):
            self._skip(STRING) or self._skip(BARE_VALUE)
            return
        self.position += 1
        index = 0
        while True:
            self._skip(re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*"))
            if self.position >= len(self.text) or self.text[self.position] in "]}":
                self.position += 1
                return
            if opening == "{":
                yield from self._pair(path)
            else:
                yield (*path, index), self.position
                yield from self._value((*path, index))
                index += 1

    def _table(self, names: Path, is_list: bool) -> Path:
        """The path of a table's head: names of lists are followed by the index of their last item."""
        path: Path = ()
        for number, name in enumerate(names, start=1):
            path = (*path, name)
            if is_list and number == len(names):
                self.list_sizes[path] = self.list_sizes.get(path, 0) + 1
            if path in self.list_sizes:
                path = (*path, self.list_sizes[path] - 1)
        return path

    def _key(self) -> Iterator[str]:
        while True:
            self._skip(re.compile(r"[ \t]*"))
            part = self._skip(KEY_PART)
            yield part.strip("\"'")
            self._skip(re.compile(r"[ \t]*"))
            if not self.text.startswith(".", self.position):
                return
            self.position += 1

    def _skip(self, pattern: re.Pattern[str]) -> str:
        """Move behind a match of the pattern at the position; the text of the match, empty without one."""
        match = pattern.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return match.group() if match else ""
