"""Checks JPEG and PNG pictures; a parser for :mod:`evaluation.sandbox`, so it imports nothing from ``evaluation``."""

import io
import json
import re

MAX_PIXELS = 80_000_000
"""An A3 page scanned at 600 dots per inch has 70 million."""
VALID, DAMAGED, TOO_MANY_PIXELS = "valid", "damaged", "too_many_pixels"
"""Results of the check."""
PNG_SIGNATURE_BYTES = 8
PNG_CHUNK_OVERHEAD_BYTES = 12
"""Length, type and checksum of a chunk."""
PREVIEW_PIXELS = (64, 64)
MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
"""Starts a segment of a JPEG; within coded picture data FF is followed by 00 or by one of eight restart numbers."""
START_OF_SCAN, END_OF_IMAGE = b"\xda", b"\xd9"
MAX_SCANS = 100
"""A progressive JPEG has about ten scans; one of thousands, a few bytes each, takes hours to decode."""
MAX_SEGMENTS = 10_000


def check_picture(data: bytes) -> bytes:
    """Return `VALID`, `DAMAGED` or `TOO_MANY_PIXELS` for a JPEG or PNG file, as JSON."""
    return json.dumps(_check(data)).encode()


def _check(data: bytes) -> str:
    # Imported here, so that only the child process loads the library.
    from PIL import Image

    is_jpeg = data.startswith(b"\xff\xd8")
    # Before the decoder: a picture of millions of segments occupies it for a minute before it decodes the first pixel.
    scans = _count_scans(data) if is_jpeg else 0
    if (is_jpeg and not 0 < scans <= MAX_SCANS) or (not is_jpeg and not _has_all_chunks(data)):
        return DAMAGED
    formats = ["JPEG" if is_jpeg else "PNG"]
    try:
        with Image.open(io.BytesIO(data), formats=formats) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return TOO_MANY_PIXELS
            picture.verify()
        # The chunks of a PNG have checksums. A JPEG has none: decode it in preview size, which is cheap and shows whether it is
        # complete. A JPEG of several scans is as expensive to decode in preview size as in full size: its end marker must do.
        if scans == 1:
            with Image.open(io.BytesIO(data), formats=formats) as picture:
                picture.draft("L", PREVIEW_PIXELS)
                picture.load()
    except Image.DecompressionBombError:
        return TOO_MANY_PIXELS
    except Exception:
        # The decoders raise exceptions of many types.
        return DAMAGED
    return VALID


def _count_scans(data: bytes) -> int:
    """Return the number of scans of a JPEG; 0 if it has no end marker or too many segments."""
    position, scans = 2, 0
    for _ in range(MAX_SEGMENTS):
        marker = MARKER.search(data, position)
        if marker is None:
            return 0
        if marker[1] == END_OF_IMAGE:
            return scans
        scans += marker[1] == START_OF_SCAN
        # The header of each segment begins with its length.
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return 0


def _has_all_chunks(data: bytes) -> bool:
    """Return whether a PNG has its last chunk after at most `MAX_SEGMENTS` chunks."""
    position = PNG_SIGNATURE_BYTES
    for _ in range(1, MAX_SEGMENTS):
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position += int.from_bytes(data[position : position + 4], "big") + PNG_CHUNK_OVERHEAD_BYTES
    return False
