"""The stamp of an accepted sheet: what its files contain so that a reader can verify them, and the QR code."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from evaluation.language import Language

if TYPE_CHECKING:
    import segno

HASH_GROUP_LENGTH = 8
"""Hexadecimal digits in one group of the printed hash, for comparison by eye."""
QUIET_ZONE_MODULES = 4
"""The empty border of a QR code that readers need, in modules."""
PNG_PIXELS_PER_MODULE = 6
"""At the printed size this is more than 300 dots per inch."""


@dataclass(frozen=True)
class Stamp:
    """The identification of an accepted sheet on its files.

    `code` is the verification code as it is printed, with hyphens. `sha256` is the hexadecimal SHA-256 of the canonical JSON.
    `verification_page` is the absolute address of the page where anybody verifies a file.
    """

    code: str
    revision: int
    sha256: str
    accepted_on: date
    verification_page: str

    @property
    def verification_link(self) -> str:
        """The content of the QR code: the verification page with code, revision and hash."""
        arguments = {"code": self.code.replace("-", ""), "revision": self.revision, "sha256": self.sha256}
        return f"{self.verification_page}?{urlencode(arguments)}"

    @property
    def hash_groups(self) -> str:
        """The hash in groups separated by spaces."""
        starts = range(0, len(self.sha256), HASH_GROUP_LENGTH)
        return " ".join(self.sha256[start : start + HASH_GROUP_LENGTH] for start in starts)

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keywords of a file's properties, which survive editing of the file's content."""
        return f"code {self.code}", f"revision {self.revision}", f"sha256 {self.sha256}"

    def footer(self, languages: Sequence[Language]) -> str:
        """The text at the foot of every page: the version and the code, in each of the languages."""
        versions = [language.gettext("Accepted sheet, revision %(revision)s", revision=self.revision) for language in languages]
        labels = [language.gettext("verification code") for language in languages]
        return f"{' / '.join(versions)} · {' / '.join(labels)} {self.code}"


@dataclass(frozen=True)
class VerificationNotice:
    """How a reader verifies a file: texts beside the QR code at the start of an annex.

    `facts` are labels with values; `qr_description` describes the QR code to readers who cannot see it.
    """

    title: str
    text: str
    facts: tuple[tuple[str, str], ...]
    qr_description: str


def verification_notice(stamp: Stamp, language: Language) -> VerificationNotice:
    """The notice of a stamp in one language."""
    gettext = language.gettext
    return VerificationNotice(
        title=gettext("How to verify this sheet"),
        text=gettext(
            "The sheet was accepted and does not change. Scan the picture, or open the address and enter the code or this "
            "file: the page shows whether the sheet is in force, and its original points."
        ),
        facts=(
            (gettext("Accepted on"), language.short_date(stamp.accepted_on)),
            (gettext("Revision"), str(stamp.revision)),
            (gettext("Verification code"), stamp.code),
            (gettext("Address"), stamp.verification_page),
            (gettext("SHA-256 of the sheet"), stamp.hash_groups),
        ),
        qr_description=gettext("QR code that leads to the verification of this sheet"),
    )


def qr_svg(stamp: Stamp) -> str:
    """The QR code as an `<svg>` element without a size; the container determines it."""
    out = io.BytesIO()
    options = {"omitsize": True, "svgclass": None, "lineclass": None, "dark": "#000", "light": "#fff"}
    _qr(stamp).save(out, kind="svg", border=QUIET_ZONE_MODULES, xmldecl=False, nl=False, **options)
    return out.getvalue().decode()


def qr_png(stamp: Stamp) -> bytes:
    """The QR code as a PNG, for formats that cannot contain SVG."""
    out = io.BytesIO()
    _qr(stamp).save(out, kind="png", border=QUIET_ZONE_MODULES, scale=PNG_PIXELS_PER_MODULE)
    return out.getvalue()


def _qr(stamp: Stamp) -> "segno.QRCode":
    import segno

    return segno.make_qr(stamp.verification_link, error="m", boost_error=False)
