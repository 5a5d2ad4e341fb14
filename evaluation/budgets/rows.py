"""Puts the pieces of an annex together to rows: codes, name and amount of a row may stand on several lines, in several orders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from evaluation.budgets.classification import classification
from evaluation.budgets.pieces import GROUPS_OF_DIGITS, Form, Piece, Side, parse_amount
from evaluation.budgets.text_repair import join_lines
from evaluation.language import N_

NO_AMOUNT = N_("The row has no legible amount.")
NO_ROW = N_("It is not certain which row the amount belongs to.")
NO_NAME = N_("The row has a code and no name.")
GARBLED = N_("The digits are not legible.")
LINES_OF_BREAK = 3
"""Lines in which a name goes on after a code or an amount that stands in its middle."""
GROUP_LENGTH = 3
"""Digits of a group of an amount, and of the code of a programme."""


@dataclass(slots=True)
class Entry:
    """A piece with its place.

    Attributes:
        piece: what the line says.
        number: of the line in the source.
        text: the line as printed.
        adjacent: whether no blank line stands before it.
    """

    piece: Piece
    number: int
    text: str
    adjacent: bool = True


@dataclass(slots=True)
class Row:
    """A row of the table.

    Attributes:
        line: number of the line where the code is printed, or where the row begins.
        codes: codes with their columns.
        parts: lines of the name.
        amount: as printed; None if it could not be read.
        numeral: see :class:`~evaluation.budgets.pieces.Piece`.
        entries: what the row is made of.
        why: why it cannot be read; "" if it can.
        printed: digits of an amount that is broken over lines.
        tail: lines after the amount, which may belong to its name or to the next row.
    """

    line: int
    codes: list[tuple[str, int]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    amount: Decimal | None = None
    numeral: bool = False
    entries: list[Entry] = field(default_factory=list)
    why: str = ""
    printed: str = ""
    tail: list[Entry] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name, with broken lines joined."""
        return join_lines(self.parts, classification().words)


END = Piece(Form.HEADING)
"""Stands after the last piece of an annex."""


class OpenRow:
    """The rows that are complete, the row that is being read, and what can be said of the lines around it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.rows: list[Row | Piece] = []
        self.row: Row | None = None
        self.side: Side | None = None
        self.in_head = True

    def _open(self, entry: Entry, head: Sequence[Entry] = ()) -> None:
        """Begin a row; `head` is text that belongs to it and stands before its code."""
        self._close()
        self.in_head = False
        piece = entry.piece
        amount = piece.amount if piece.form is Form.ROW else None
        self.row = Row(
            entry.number, list(piece.codes), [part.piece.text for part in head], amount, piece.numeral, entries=[*head, entry]
        )
        if piece.text.strip():
            self.row.parts.extend(piece.text.split("\n"))
        if piece.doubt:
            self.row.why = GARBLED

    def _close(self) -> None:
        """End the open row. Text that begins apart below its amount and goes nowhere is a row without code and amount."""
        row, self.row = self.row, None
        if row is None:
            return
        rest: list[Entry] = []
        if row.tail:
            apart = (index for index, item in enumerate(row.tail) if not item.adjacent and not item.piece.continues)
            end = next(apart, len(row.tail))
            tail, rest = row.tail[:end], row.tail[end:]
            row.parts.extend(item.piece.text for item in tail)
            row.entries.extend(tail)
        if row.codes and not row.parts:
            row.why = row.why or NO_NAME
        if row.amount is None:
            row.why = row.why or NO_AMOUNT
        self.rows.append(row)
        if rest:
            self.rows.append(Row(rest[0].number, [], [item.piece.text for item in rest], entries=rest, why=NO_AMOUNT))

    def _unread(self, entries: list[Entry], why: str) -> None:
        self.rows.append(Row(entries[0].number, entries=entries, why=why))

    def _head_of_next(self, belongs: bool) -> list[Entry]:
        """Take the text that begins the next row from the tail of the complete one.

        Args:
            belongs: whether the next row needs a beginning: its text after the code begins with a small letter.
        """
        row = self.row
        if row is None or row.amount is None or not row.tail or not belongs:
            return []
        capitals = [index for index, item in enumerate(row.tail) if not item.piece.continues]
        apart = [index for index in capitals if not row.tail[index].adjacent]
        if not capitals:
            return []
        start = (apart or capitals)[0]
        head, row.tail = row.tail[start:], row.tail[:start]
        return head

    def _amount_after_tail(self, amount: Decimal | None, entry: Entry | None) -> None:
        """Begin a row without a code in the text below the complete row and give it its amount."""
        head = self._head_of_next(belongs=True)
        if not head:
            if entry is not None:
                self._unread([entry], NO_ROW)
            return
        self._close()
        self.row = Row(
            head[0].number, [], [item.piece.text for item in head], amount, entries=[*head, *([entry] if entry else [])]
        )

    def _text_after(self, index: int) -> Piece:
        """Return the piece after a line; a heading at the end."""
        return self.entries[index + 1].piece if index + 1 < len(self.entries) else END

    def _printed_amount(self, row: Row) -> str:
        """Return the digits of the row's amount as they are printed."""
        return row.printed or row.entries[-1].piece.digits or str(row.amount)

    def _can_be_codes(self, piece: Piece) -> bool:
        """Whether a number can be the code of a row: not "0", and as long as the codes of its table."""
        return 0 < piece.longest_code < (GROUP_LENGTH if self.side is Side.RECEIPTS else GROUP_LENGTH + 1)

    def _extends(self, row: Row, piece: Piece) -> bool:
        """Whether codes can follow those that the row has: each column has longer or, below a class, shorter codes."""
        if not row.codes:
            return False
        last, first = row.codes[-1][0], piece.codes[0][0]
        return len(last) != len(first) or len(first) == GROUP_LENGTH

    def _continues_amount(self, index: int, entry: Entry, row: Row) -> bool:
        """Whether a number is the rest of the amount on the line above: "35 056", below it "175"."""
        if not entry.adjacent or row.tail or not GROUPS_OF_DIGITS.fullmatch(entry.piece.digits):
            return False
        above = self._printed_amount(row)
        if parse_amount(f"{above} {entry.piece.digits}") is None or entry.number != row.entries[-1].number + 1:
            return False
        if self.side is Side.RECEIPTS or not entry.piece.codes:
            return True
        following = self._text_after(index)
        return following.continues or not following.is_text or not self._names_next_row(index)

    def _names_next_row(self, index: int) -> bool:
        """Whether a number is the code of the next row and no amount of the row above: a name and an amount follow it.

        A name that a page break tears stands after an amount too: its code follows it, then the rest of the name.
        """
        end = index + 1
        while end < len(self.entries) and self.entries[end].piece.is_text:
            end += 1
        if end == len(self.entries) or self.entries[index + 1].piece.continues:
            return False
        last = self.entries[end].piece
        name = [item.piece.text for item in self.entries[index + 1 : end]]
        if last.form is Form.ROW and last.amount is not None and not last.codes and not last.numeral:
            name.append(last.text)
        elif (
            not name
            or last.form is not Form.NUMBER
            or last.amount is None
            or (self._can_be_codes(last) and self._text_after(end).continues)
        ):
            return False
        whole = join_lines(name, classification().words)
        return classification().total(whole) is None and classification().part(whole) is None

    def _has_no_code(self, row: Row) -> bool:
        """Whether the text below a complete row, or the name of an open one, is that of a row without a code."""
        parts = row.parts
        if row.amount is not None:
            first = next((index for index, item in enumerate(row.tail) if not item.piece.continues), len(row.tail))
            parts = [item.piece.text for item in row.tail[first:]]
        return classification().is_part(join_lines(parts, classification().words))
