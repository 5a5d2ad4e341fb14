"""Extracts text from PDF files; a parser for :mod:`evaluation.sandbox`, so it imports nothing from ``evaluation``."""

import io

FIRST_PAGES = 3
MAX_TEXT_CHARACTERS = 1_000_000


def extract_text(data: bytes) -> bytes:
    """Return the properties of a PDF and the text of its first pages and its last page, as UTF-8, one item per line."""
    # Imported here, so that only the child process loads the library.
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    texts = [str(value) for value in (reader.metadata or {}).values()]
    count = len(reader.pages)
    numbers = sorted({*range(min(FIRST_PAGES, count)), count - 1})
    texts += [reader.pages[number].extract_text() for number in numbers]
    return "\n".join(texts)[:MAX_TEXT_CHARACTERS].encode(errors="replace")
