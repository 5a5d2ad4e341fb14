"""Puts the pieces of an annex together to rows: codes, name and amount of a row may stand on several lines, in several orders."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from evaluation.budgets.classification import classification
from evaluation.budgets.pieces import GROUPS_OF_DIGITS, WORD_OF_A_YEAR, YEAR_AT_END, Form, Piece, Side, parse_amount
from evaluation.budgets.text_repair import close_spaced_letters, join_lines, mend_letters
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
    """A row of the table, or a heading of columns among the rows.

    Attributes:
        line: number of the line where the code is printed, or where the row begins.
        codes: codes with their columns.
        parts: lines of the name.
        amount: as printed; None if it could not be read.
        numeral: see :class:`~evaluation.budgets.pieces.Piece`.
        heading: the heading's piece; a heading has nothing else.
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
    heading: Piece | None = None
    entries: list[Entry] = field(default_factory=list)
    why: str = ""
    printed: str = ""
    tail: list[Entry] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name, with broken lines joined."""
        return join_lines(self.parts, classification().words)


class RowReader:
    """Reads the rows of one annex.

    A row is complete when it has its amount. Text after that is the rest of its name if it begins with a small letter or follows without a
    blank line; else it begins the next row, whose code may stand in the middle of its name where a page was broken.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.rows: list[Row] = []
        self.row: Row | None = None
        self.side: Side | None = None
        self.in_head = True

    def read(self) -> list[Row]:
        """Return the rows in the order of the source."""
        for index, entry in enumerate(self.entries):
            if entry.piece.amount is not None:
                self._without_year(index)
        for index, entry in enumerate(self.entries):
            form = entry.piece.form
            if entry.piece.is_text:
                self._text(entry)
            elif form is Form.ROW:
                self._row(entry)
            elif form is Form.NUMBER:
                self._number(index, entry)
            elif form is Form.HEADING:
                self._heading(index, entry)
            else:
                self._column_numbers(entry)
        self._close()
        return self.rows

    # Headings

    def _heading(self, index: int, entry: Entry) -> None:
        row = self.row
        if row is not None and row.amount is None and row.codes and not self._is_real_heading(index):
            return self._text(entry)
        self._close()
        self.in_head = True
        self.side = entry.piece.side or self.side
        if entry.piece.side is not None or entry.piece.unit or not self.rows or self.rows[-1].heading is None:
            self.rows.append(Row(entry.number, heading=entry.piece, entries=[entry]))
        return None

    def _is_real_heading(self, index: int) -> bool:
        """Whether a line of heading words is no line of the name that it stands in: another heading follows or precedes it."""
        entries = self.entries
        after = entries[index + 1].piece.form if index + 1 < len(entries) else Form.HEADING
        return entries[index].piece.side is not None and not entries[index].piece.continues and after is not Form.ROW

    def _column_numbers(self, entry: Entry) -> None:
        if self.row is None or self.row.amount is not None or not self.row.codes:
            self._close()
            self.in_head = True
            return
        self._unread([entry], NO_ROW)

    # Text

    def _row(self, entry: Entry) -> None:
        piece = entry.piece
        if piece.whole:
            self._whole_row(entry)
        elif piece.codes:
            self._row_with_code(entry)
        elif piece.numeral:
            self._open(entry)
        else:
            self._text(entry)
        if piece.amount is not None and not piece.whole and not piece.codes and not piece.numeral:
            self._amount_after_text(entry)

    def _whole_row(self, entry: Entry) -> None:
        """Read a row of cells; without a code it can be the rest of the row that a page break has torn."""
        row, piece = self.row, entry.piece
        is_rest = row is not None and not piece.codes and not piece.numeral and piece.continues
        if is_rest and row is not None and (row.amount is None or piece.amount is None):
            row.parts.extend(piece.text.split("\n"))
            row.entries.append(entry)
            if row.amount is None:
                row.amount = piece.amount
            return
        self._open(entry)

    def _row_with_code(self, entry: Entry) -> None:
        row, piece = self.row, entry.piece
        if row is not None and row.amount is None and row.parts and piece.continues and (not row.codes or len(piece.codes) == 1):
            if row.codes:
                self._text(entry, whole_line=True)
            else:
                row.codes, row.line = list(piece.codes), entry.number
                self._text(entry)
            if piece.amount is not None:
                row.amount = piece.amount
            return
        if row is not None and row.amount is None and row.codes and not row.parts and self._extends(row, piece):
            row.codes.extend(piece.codes)
            self._text(entry)
        elif row is not None and row.amount is None and row.codes and not row.parts:
            self._open_after_numbers(entry)
        else:
            self._open(entry, self._head_of_next(piece.continues))
        if self.row is not None:
            self.row.amount = piece.amount

    def _extends(self, row: Row, piece: Piece) -> bool:
        """Whether codes can follow those that the row has: each column has longer or, below a class, shorter codes."""
        last, first = row.codes[-1][0], piece.codes[0][0]
        return len(last) != len(first) or len(first) == GROUP_LENGTH

    def _open_after_numbers(self, entry: Entry) -> None:
        """Begin a row after codes that have no name: a lone number counts columns or pages."""
        row = self.row
        if row is not None and len(row.codes) == 1 and not row.codes[0][0].startswith("0"):
            self.row = None
        self._open(entry)

    def _open(self, entry: Entry, head: Sequence[Entry] = ()) -> None:
        """Begin a row; `head` is text that belongs to it and stands before its code."""
        self._close()
        self.in_head = False
        piece = entry.piece
        amount = piece.amount if piece.form is Form.ROW else None
        self.row = Row(entry.number, list(piece.codes), [part.piece.text for part in head], amount, piece.numeral, entries=[*head, entry])
        if piece.text.strip():
            self.row.parts.extend(piece.text.split("\n"))
        if piece.doubt:
            self.row.why = GARBLED

    def _text(self, entry: Entry, *, whole_line: bool = False) -> None:
        """Add a line of text to the open row, or begin a row that has no code."""
        row, piece = self.row, entry.piece
        if row is None:
            if self.in_head and piece.continues:
                return
            self.row = Row(entry.number, [], [piece.text], None, entries=[entry], why=GARBLED if piece.doubt else "")
        elif row.amount is not None:
            row.tail.append(entry)
        else:
            if piece.text.strip():
                row.parts.append(entry.text if whole_line else piece.text)
            row.entries.append(entry)
            if piece.doubt:
                row.why = GARBLED

    def _amount_after_text(self, entry: Entry) -> None:
        """Take the amount at the end of a line of text."""
        row, amount = self.row, entry.piece.amount
        if row is None or amount is None:
            return
        if row.tail:
            self._amount_after_tail(amount, None)
        else:
            row.amount = amount

    def _without_year(self, index: int) -> None:
        """Make a year at the end of a line text, if its word begins the next line of text."""
        entry = self.entries[index]
        printed = entry.text.rstrip()
        if not YEAR_AT_END.search(printed):
            return
        following = (item.piece for item in self.entries[index + 1 : index + 1 + LINES_OF_BREAK])
        text_after = next((piece.text for piece in following if piece.form is not Form.NUMBER), "")
        if WORD_OF_A_YEAR.match(mend_letters(close_spaced_letters(text_after.strip()))):
            text = f"{entry.piece.text.rstrip()} {printed[-4:]}"
            entry.piece = replace(entry.piece, form=Form.ROW, text=text, amount=None, digits="", codes=entry.piece.codes if entry.piece.text else ())

    # Numbers

    def _number(self, index: int, entry: Entry) -> None:
        row, piece = self.row, entry.piece
        if row is not None and row.amount is None and row.parts:
            self._number_of_open_row(index, entry)
        elif row is not None and row.amount is None:
            self._number_after_codes(entry)
        elif row is not None and self._continues_amount(index, entry, row):
            row.printed = f"{self._printed_amount(row)} {piece.digits}"
            row.amount = parse_amount(row.printed)
            row.entries.append(entry)
        elif row is not None and row.tail and self._belongs_to_tail(index, entry):
            self._amount_after_tail(piece.amount, entry)
        elif piece.codes and self._can_be_codes(piece):
            head = self._head_of_next(self._text_after(index).continues)
            self._open(entry, head)
        elif row is not None and row.amount is not None and not row.tail and not row.why and len(self._printed_amount(row)) <= GROUP_LENGTH + 1 and row.entries[-1].piece.text:
            row.why = NO_ROW
            self._unread([entry], NO_ROW)
        elif not self.in_head:
            self._unread([entry], GARBLED if piece.doubt else NO_ROW)

    def _number_of_open_row(self, index: int, entry: Entry) -> None:
        """Read a number below a name: its amount; or its code, if the name stands before the code."""
        row, piece = self.row, entry.piece
        if row is None:
            return
        is_code = not row.codes and not row.numeral and piece.codes and self._can_be_codes(piece) and not self._has_no_code(row)
        if is_code and (piece.amount is None or self._text_after(index).continues):
            row.codes, row.line = list(piece.codes), entry.number
        elif self._can_be_codes(piece) and (piece.amount is None or self._names_next_row(index)):
            self._open(entry)
            return
        elif piece.amount is not None:
            row.amount = piece.amount
        else:
            row.why = GARBLED
        row.entries.append(entry)

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
        elif not name or last.form is not Form.NUMBER or last.amount is None or (self._can_be_codes(last) and self._text_after(end).continues):
            return False
        whole = join_lines(name, classification().words)
        return classification().total(whole) is None and classification().part(whole) is None

    def _number_after_codes(self, entry: Entry) -> None:
        """Read a number below codes without a name: further codes, or the row's amount."""
        row, piece = self.row, entry.piece
        if row is None:
            return
        if piece.codes and self._can_be_codes(piece) and self._extends(row, piece):
            row.codes.extend(piece.codes)
            row.entries.append(entry)
            row.line = entry.number
        elif piece.codes and self._can_be_codes(piece):
            self._open_after_numbers(entry)
        else:
            row.amount = piece.amount
            row.entries.append(entry)

    def _belongs_to_tail(self, index: int, entry: Entry) -> bool:
        """Whether a number after the text below a complete row is the amount of a row that begins in this text."""
        piece = entry.piece
        if piece.amount is None:
            return False
        return not (piece.codes and self._can_be_codes(piece)) or (self._starts_part(self.row) and not self._text_after(index).continues)

    def _amount_after_tail(self, amount: Decimal | None, entry: Entry | None) -> None:
        """Begin a row without a code in the text below the complete row and give it its amount."""
        head = self._head_of_next(belongs=True)
        if not head:
            if entry is not None:
                self._unread([entry], NO_ROW)
            return
        self._close()
        self.row = Row(head[0].number, [], [item.piece.text for item in head], amount, entries=[*head, *([entry] if entry else [])])

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

    def _starts_part(self, row: Row | None) -> bool:
        return row is not None and any(not item.piece.continues for item in row.tail) and self._has_no_code(row)

    def _has_no_code(self, row: Row) -> bool:
        """Whether the text below a complete row, or the name of an open one, is that of a row without a code."""
        parts = [item.piece.text for item in row.tail if item.piece] if row.amount is not None else row.parts
        while parts and row.amount is not None and not parts[0].strip()[:1].isupper():
            parts = parts[1:]
        return classification().is_part(join_lines(parts, classification().words))

    def _can_be_codes(self, piece: Piece) -> bool:
        """Whether a number can be the code of a row: not "0", and as long as the codes of its table."""
        if not piece.codes or any(not code.strip("0") for code, _ in piece.codes):
            return False
        if piece.amount is not None and len(piece.codes) > 1:
            return False
        return self.side is not Side.RECEIPTS or all(len(code) < GROUP_LENGTH for code, _ in piece.codes)

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

    def _printed_amount(self, row: Row) -> str:
        """Return the digits of the row's amount as they are printed."""
        return row.printed or row.entries[-1].piece.digits or str(row.amount)

    def _text_after(self, index: int) -> Piece:
        """Return the piece after a line; an empty one at the end."""
        following = self.entries[index + 1].piece if index + 1 < len(self.entries) else None
        return following if following is not None else Piece(Form.HEADING)

    # Ends of rows

    def _close(self) -> None:
        row, self.row = self.row, None
        if row is None:
            return
        apart = next((index for index, item in enumerate(row.tail) if not item.adjacent and not item.piece.continues), len(row.tail))
        tail, rest = row.tail[:apart], row.tail[apart:]
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
