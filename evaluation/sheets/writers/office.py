"""What the office formats share: one typeface, one fixed date, and archives with the same bytes each time."""

import io
import zipfile
from datetime import datetime

FONT = "Times New Roman"
"""What official papers are set in, and what has every Kazakh letter on the machines they are read on."""
CREATED = datetime(2022, 6, 20)
"""The day of the order: a date of the document that does not change from one writing to the next."""
ACCENT, INK, QUIET, SHADE, LINE = "1F5A85", "1B1F24", "4B5560", "EEF1F4", "5F6B78"


def same_each_time(archive: bytes) -> bytes:
    """The archive with a fixed time on each of its files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, CREATED.timetuple()[:6]), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
