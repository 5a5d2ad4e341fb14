"""Extracts text from PDF files; a parser for :mod:`evaluation.sandbox`, so it imports nothing from ``evaluation``."""

import io
from typing import Any

FIRST_PAGES = 3
MAX_TEXT_CHARACTERS = 1_000_000
MAX_STREAM_BYTES = 2 * 2**20
"""Most unpacked bytes of a stream. A page of our sheets has less than 50 kB."""
MAX_OPERATIONS = 100_000
"""Most operators and operands of a page, which pypdf counts before it reads them; a page of our sheets has less than 20,000."""
MAX_FORMS = 100
"""Most forms that a page may draw, each of them read anew."""


def extract_text(data: bytes) -> bytes:
    """Return the properties of a PDF and the text of its first pages and its last page, as UTF-8, one item per line."""
    # Imported here, so that only the child process loads the library.
    from pypdf import PdfReader, overwrite_configuration

    lengths: dict[str, Any] = dict.fromkeys(
        (f"{name}_maximum_output_length" for name in ("zlib", "lzw", "run_length", "brotli")), MAX_STREAM_BYTES
    )
    overwrite_configuration(
        **lengths,
        array_based_stream_maximum_output_length=MAX_STREAM_BYTES,
        stream_parsing_work_maximum_count=MAX_OPERATIONS,
        xform_maximum_invocations_per_extraction=MAX_FORMS,
    )
    reader = PdfReader(io.BytesIO(data))
    texts = [str(value) for value in (reader.metadata or {}).values()]
    count = len(reader.pages)
    numbers = sorted({*range(min(FIRST_PAGES, count)), count - 1})
    texts += [reader.pages[number].extract_text() for number in numbers]
    return "\n".join(texts)[:MAX_TEXT_CHARACTERS].encode(errors="replace")
