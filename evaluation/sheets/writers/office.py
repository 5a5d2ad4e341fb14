"""What the office formats share: typeface, date, colours, and archives with the same bytes each time."""

import io
import zipfile
from datetime import datetime

FONT = "Times New Roman"
"""The typeface of official papers; it has every Kazakh letter and is installed where the files are read."""
CREATED = datetime(2022, 6, 20)
"""The date of every file's properties: a fixed date makes equal sheets equal files."""
ACCENT, INK, QUIET, SHADE, LINE = "1F5A85", "1B1F24", "4B5560", "EEF1F4", "5F6B78"


def with_fixed_times(archive: bytes) -> bytes:
    """Rewrite a ZIP archive with the same time for each of its files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, CREATED.timetuple()[:6]), source.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
