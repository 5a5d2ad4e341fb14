"""Why a file or a text is refused; each message says what to send instead."""

from http import HTTPStatus

from evaluation.errors import EvaluationError
from evaluation.language import N_

UNSUPPORTED = N_(
    "This file is not a text (.txt), a web page (.html), a Word document (.docx) or a PDF with text. Save the decision in one of "
    "these formats, or copy its text and paste it."
)
EMPTY = N_("The file or the text is empty. Send the decision's text with its annexes.")
TOO_LARGE = N_(
    "The file is larger than %(limit)s MB. Send the decision alone, without pictures: a text, a .docx or a PDF with text."
)
TOO_MANY_LINES = N_("The text has more than %(limit)s lines. Send one decision at a time.")
TOO_MANY_PAGES = N_("The PDF has more than %(limit)s pages. Send one decision at a time.")
UNKNOWN_ENCODING = N_("The letters of this text cannot be read. Open it on your computer, save it in UTF-8 and send that file.")
OLD_DOCUMENT = N_("This is a file of an old Office program or one with a password. Save it as .docx without a password.")
MACROS = N_("The document has macros. Save it as .docx without them and send that.")
ENCRYPTED = N_("The PDF is protected by a password. Save it without the password, or copy its text and paste it.")
NO_TEXT = N_("The file is a scan, a picture without text. Recognise its text, check the figures, and paste the text.")
PAGES_WITHOUT_TEXT = N_(
    "Some pages of the PDF are scans, pictures without text: %(pages)s. Recognise their text, check the "
    "figures, and paste the text of the whole decision."
)
DAMAGED = N_("The file is damaged or was not sent completely. Open it on your computer, save it again and send that file.")
TOO_COSTLY = N_("The file needs too much time or memory to be read. Copy its text and paste it.")


class SourceRejected(EvaluationError):
    """A file or a text cannot be read as the source of budget decisions; nothing is stored."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
