"""Writes a minimal .xlsx package from checked parts, without compression."""

import io
import zipfile

from evaluation.xlsx.shared_strings import NAMESPACE

PACKAGE_NAMESPACE = "http://schemas.openxmlformats.org/package/2006"
OFFICE_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write_package(sheets: dict[str, bytes | memoryview], shared_strings: bytes, styles: bytes, is_1904: bool) -> io.BytesIO:
    """Return a package with these worksheets (name → XML of its rows)."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE_NAMESPACE}/content-types"/>'.encode(),
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE_NAMESPACE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE_NAMESPACE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
        "xl/workbook.xml": _workbook_part(list(sheets), is_1904),
        "xl/_rels/workbook.xml.rels": _relations_part(len(sheets)),
        "xl/sharedStrings.xml": shared_strings,
    }
    if styles:
        parts["xl/styles.xml"] = styles
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        for number, rows in enumerate(sheets.values(), 1):
            with archive.open(zipfile.ZipInfo(f"xl/worksheets/sheet{number}.xml"), "w") as part:
                for piece in (f'<worksheet xmlns="{NAMESPACE}"><sheetData>'.encode(), rows, b"</sheetData></worksheet>"):
                    part.write(piece)
    out.seek(0)
    return out


def _workbook_part(names: list[str], is_1904: bool) -> bytes:
    elements = "".join(
        f'<sheet name="{_escape_attribute(name)}" sheetId="{number}" r:id="r{number}"/>' for number, name in enumerate(names, 1)
    )
    return (
        f'<workbook xmlns="{NAMESPACE}" xmlns:r="{OFFICE_NAMESPACE}"><workbookPr date1904="{int(is_1904)}"/>'
        f"<sheets>{elements}</sheets></workbook>"
    ).encode()


def _relations_part(sheet_count: int) -> bytes:
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE_NAMESPACE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, sheet_count + 1)
    )
    return (
        f'<Relationships xmlns="{PACKAGE_NAMESPACE}/relationships">{relations}'
        f'<Relationship Id="s" Type="{OFFICE_NAMESPACE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="t" Type="{OFFICE_NAMESPACE}/styles" Target="styles.xml"/></Relationships>'
    ).encode()


def _escape_attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
