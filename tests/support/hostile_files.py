"""Files that cost their reader much more than their sender."""

import io
import zipfile
import zlib

TEXT = b"(a) Tj 1 0 0 1 0 0 Tm "


def hostile_pdf(repetitions: int = 400_000) -> bytes:
    """Return a PDF of about 20 kB whose only page draws a letter very often."""
    content = zlib.compress(b"BT /F1 9 Tf " + TEXT * repetitions + b"ET", 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content) + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, entries)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def with_rows(data: bytes, cells: bytes, size: int) -> bytes:
    """Return a workbook whose first worksheet has a further row of these cells, repeated until its XML has `size` bytes.

    Args:
        data: the workbook.
        cells: the XML of one cell; `%d` is the number of its row.
        size: bytes of the worksheet's XML.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        first = min(name for name in source.namelist() if name.startswith("xl/worksheets/sheet"))
        for name in source.namelist():
            content = source.read(name)
            if name == first:
                before, _, after = content.rpartition(b"</sheetData>")
                rows = []
                row_number, length = 2000, len(before)
                while length < size:
                    rows.append(b'<row r="%d">%s</row>' % (row_number, cells.replace(b"%d", b"%d" % row_number)))
                    length += len(rows[-1])
                    row_number += 1
                content = before + b"".join(rows) + b"</sheetData>" + after
            target.writestr(name, content)
    return out.getvalue()
