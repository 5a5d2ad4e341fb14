"""Reads the rows of one annex: codes, name and amount of a row may stand on several lines, in several orders."""

from dataclasses import replace

from evaluation.budgets.pieces import WORD_OF_A_YEAR, YEAR_AT_END, Form, Piece, parse_amount
from evaluation.budgets.rows import GARBLED, GROUP_LENGTH, LINES_OF_BREAK, NO_ROW, Entry, OpenRow, Row
from evaluation.budgets.text_repair import close_spaced_letters, repair_letters


class RowReader(OpenRow):
    """Reads the rows of one annex.

    A row is complete when it has its amount. Text after that is the rest of its name if it begins with a small letter or follows
    without a blank line; else it begins the next row, whose code may stand in the middle of its name where a page was broken.
    """

    def read(self) -> list[Row | Piece]:
        """Return the rows in the order of the source, and the headings between them."""
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

    def _heading(self, index: int, entry: Entry) -> None:
        row, piece = self.row, entry.piece
        if row is not None and row.amount is None and row.codes and not self._is_real_heading(index):
            self._text(entry)
            return
        self._close()
        self.in_head = True
        self.side = piece.side or self.side
        if piece.side is not None or piece.unit or not self.rows or isinstance(self.rows[-1], Row):
            self.rows.append(piece)

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

    def _open_after_numbers(self, entry: Entry) -> None:
        """Begin a row after codes that have no name: a lone number counts columns or pages."""
        row = self.row
        if row is not None and len(row.codes) == 1 and not row.codes[0][0].startswith("0"):
            self.row = None
        self._open(entry)

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
        if WORD_OF_A_YEAR.match(repair_letters(close_spaced_letters(text_after.strip()))):
            text = f"{entry.piece.text.rstrip()} {printed[-4:]}"
            entry.piece = replace(
                entry.piece, form=Form.ROW, text=text, amount=None, digits="", codes=entry.piece.codes if entry.piece.text else ()
            )

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
        elif row is not None and row.tail and self._belongs_to_tail(row, index, entry):
            self._amount_after_tail(piece.amount, entry)
        elif piece.codes and self._can_be_codes(piece):
            head = self._head_of_next(self._text_after(index).continues)
            self._open(entry, head)
        elif (
            row is not None
            and row.amount is not None
            and not row.tail
            and not row.why
            and len(self._printed_amount(row)) <= GROUP_LENGTH + 1
            and row.entries[-1].piece.text
        ):
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

    def _belongs_to_tail(self, row: Row, index: int, entry: Entry) -> bool:
        """Whether a number after the text below a complete row is the amount of a row that begins in this text."""
        piece = entry.piece
        if piece.amount is None:
            return False
        return not (piece.codes and self._can_be_codes(piece)) or (
            self._has_no_code(row) and not self._text_after(index).continues
        )
