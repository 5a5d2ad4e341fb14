"""The one way to typst, which typesets all PDF files and pictures of the product: one document at a time in a process."""

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst

LOCK = threading.Lock()
"""A compiler compiles one document at a time; two at once would take the processors and the memory of two."""


def typeset_pdf(template: Path, **inputs: str) -> bytes:
    """Compile a layout to a tagged PDF, with the texts that it reads from `sys.inputs`. Equal inputs give equal bytes."""
    with LOCK:
        compiled = _compiler(template).compile(format="pdf", sys_inputs=inputs)
    if not isinstance(compiled, bytes):
        raise TypeError("typst compiled a PDF to several files")
    return compiled


def typeset_png(template: Path, dots_per_inch: int, **inputs: str) -> list[bytes]:
    """Compile a layout to a PNG of each page, with the texts that it reads from `sys.inputs`. Equal inputs give equal bytes."""
    with LOCK:
        compiled = _compiler(template).compile(format="png", ppi=dots_per_inch, sys_inputs=inputs)
    # typst returns a single page as bytes, several pages as a list.
    return [compiled] if isinstance(compiled, bytes) else list(compiled or ())


@cache
def _compiler(template: Path) -> "typst.Compiler":
    """The compiler of a layout with fixed fonts: those embedded in it, and DejaVu Sans for the charts and for rare letters.

    typst is heavy; most commands do not need it.
    """
    import typst

    from evaluation.charts.measure import font_folder

    return typst.Compiler(template, font_paths=[font_folder()], ignore_system_fonts=True)
