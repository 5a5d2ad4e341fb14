"""The stamp of an accepted sheet: what its files carry, so that anybody who holds one finds the sheet it was made of."""

import io
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import segno

from evaluation.language import Language

GROUP = 8
"""Characters of the hash that stand together, to be compared by eye."""
QUIET_ZONE = 4
"""Modules around a QR code, which its readers need."""
PNG_SCALE = 6
"""Dots to a module: over 300 to the inch at the size it is printed."""


@dataclass(frozen=True)
class Stamp:
    """What is printed on the files of an accepted sheet: `code` as people read it, `sha256` of its canonical JSON, hexadecimal.

    `address` is where the product is found, without a slash at its end.
    """

    code: str
    revision: int
    sha256: str
    accepted_on: date
    address: str

    @property
    def page(self) -> str:
        """Where a file is verified."""
        return f"{self.address}/verify"

    @property
    def link(self) -> str:
        """What the QR code says."""
        asked = {"code": self.code.replace("-", ""), "revision": self.revision, "sha256": self.sha256}
        return f"{self.page}?{urlencode(asked)}"

    @property
    def groups(self) -> str:
        """The hash in groups."""
        return " ".join(self.sha256[start : start + GROUP] for start in range(0, len(self.sha256), GROUP))

    @property
    def keywords(self) -> tuple[str, ...]:
        """What stands in a file's own properties, where it survives that somebody edits the file."""
        return f"code {self.code}", f"revision {self.revision}", f"sha256 {self.sha256}"

    def line(self, language: Language) -> str:
        """What stands at the foot of every page."""
        return language.gettext(
            "Accepted sheet, revision %(revision)s · verification code %(code)s", revision=self.revision, code=self.code
        )


@dataclass(frozen=True)
class Verification:
    """How a reader verifies the file in hand: stands at the head of an annex, beside the QR code, which `picture` describes."""

    title: str
    text: str
    lines: tuple[tuple[str, str], ...]
    picture: str


def verification(stamp: Stamp, language: Language) -> Verification:
    """The words beside the QR code."""
    gettext = language.gettext
    return Verification(
        title=gettext("How to verify this sheet"),
        text=gettext(
            "The sheet was accepted and is kept unchanged. Scan the picture, or open the address and give the code or this file: "
            "it says whether the sheet is in force, and its true points."
        ),
        lines=(
            (gettext("Accepted on"), language.short_date(stamp.accepted_on)),
            (gettext("Revision"), str(stamp.revision)),
            (gettext("Verification code"), stamp.code),
            (gettext("Address"), stamp.page),
            (gettext("SHA-256 of the sheet"), stamp.groups),
        ),
        picture=gettext("QR code that leads to the verification of this sheet"),
    )


def qr_svg(stamp: Stamp) -> str:
    """The QR code as an `<svg>` element without a size of its own: whoever shows it gives it one."""
    out = io.BytesIO()
    look = {"omitsize": True, "svgclass": None, "lineclass": None, "dark": "#000", "light": "#fff"}
    _qr(stamp).save(out, kind="svg", border=QUIET_ZONE, xmldecl=False, nl=False, **look)
    return out.getvalue().decode()


def qr_png(stamp: Stamp) -> bytes:
    """The QR code as a picture, for documents that cannot hold SVG."""
    out = io.BytesIO()
    _qr(stamp).save(out, kind="png", border=QUIET_ZONE, scale=PNG_SCALE)
    return out.getvalue()


def _qr(stamp: Stamp) -> segno.QRCode:
    return segno.make_qr(stamp.link, error="m", boost_error=False)
