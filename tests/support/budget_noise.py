"""What copying and PDF files do to the words and figures of a decision; everything here is to be undone by the reader."""

import re
from dataclasses import dataclass
from decimal import Decimal
from random import Random

LATIN = str.maketrans("АВЕКМНОРСТХаеорсухіІ", "ABEKMHOPCTXaeopcyxiI")
"""Latin letters that look like Cyrillic ones."""
SEPARATORS = (" ", " ", "\u00a0", "\u202f", "\u2009", "")
BROKEN = "\N{NULL}"
"""Marks a line whose last word goes on in the next."""
DASHES = ("—", "–", "-", "−")


@dataclass(frozen=True)
class Noise:
    """The habits of one printed text.

    Attributes:
        random: decides each word.
        look_alikes: share of words with Latin look-alikes.
        spaced: share of words printed with spaces between letters.
        no_break: share of spaces that are no-break spaces.
        soft_hyphens: share of long words with a soft hyphen.
        separator: between groups of three digits.
        decimal_mark: of amounts with decimals.
        minus: how a negative amount is printed.
    """

    random: Random
    look_alikes: float
    spaced: float
    no_break: float
    soft_hyphens: float
    separator: str
    decimal_mark: str
    minus: str

    @classmethod
    def of(cls, random: Random) -> "Noise":
        def share(limit: float) -> float:
            return random.choice((0.0, random.random() * limit))

        minus = random.choice(("-{}", "- {}", "–{}", "−{}", "({})"))
        return cls(
            random, share(0.4), share(0.08), share(0.3), share(0.1), random.choice(SEPARATORS), random.choice((",", ".")), minus
        )

    def amount(self, value: Decimal) -> str:
        whole, _, decimals = f"{abs(value):f}".partition(".")
        text = f"{int(whole):,}".replace(",", self.separator)
        if decimals:
            text += self.decimal_mark + decimals
        return self.minus.format(text) if value < 0 else text

    def word(self, word: str) -> str:
        """Return the word with look-alikes; at least one letter stays that only the Cyrillic script has."""
        if self.random.random() < self.look_alikes and re.search("[бвгджзийклмнптфцчшщъыьэюяәғқңөұүһ]", word):
            word = "".join(letter.translate(LATIN) if self.random.random() < 0.6 else letter for letter in word)
        if len(word) > 9 and word.isalpha() and self.random.random() < self.soft_hyphens:
            word = word[:5] + "\u00ad" + word[5:]
        return word

    def name(self, name: str) -> str:
        """Return the name on one line."""
        parts: list[str] = []
        for word in name.split():
            word = self.word(word)
            if len(word) > 4 and word.isalpha() and self.random.random() < self.spaced:
                parts += [" ", " ".join(word), " "]
            else:
                parts.append(word)
        text = " ".join(parts).strip()
        return "".join("\u00a0" if letter == " " and self.random.random() < self.no_break else letter for letter in text)

    def wrapped(self, name: str, width: int, breaks_words: bool = False) -> list[str]:
        """Return the name on lines of about `width` letters; short lines may be justified by spaces between the letters.

        `breaks_words` lets long words run over the end of a line without a hyphen.
        """
        lines, line = [], ""
        for word in name.split():
            room = width - len(line) - 1
            if breaks_words and len(word) > 12 and 5 < room < len(word) - 4 and self.random.random() < 0.3:
                lines.append(f"{line} {word[:room]}".strip() + BROKEN)
                line = word[room:]
            elif line and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        lines.append(line)
        return [self._line(one, width, is_last=position == len(lines) - 1) for position, one in enumerate(lines)]

    def _line(self, line: str, width: int, is_last: bool) -> str:
        if line.endswith(BROKEN):
            return line.removesuffix(BROKEN)
        words = [self.word(word) for word in line.split()]
        letters = [word for word in words if word.isalpha()]
        if 4 < len(line) < 14 and width < 30 and len(letters) == len(words) and self.random.random() < self.spaced * 4:
            return "  ".join(" ".join(word) for word in words) + "  "
        space = "  " if len(words) == 2 and width < 30 and self.random.random() < 0.2 else " "
        return space.join(words) + ("" if is_last else self.random.choice((" ", " ", "")))
