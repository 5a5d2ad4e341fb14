"""Memory management for work on the rows of a whole country."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the cycle collector during the block; reference counting goes on.

    In a block that creates a million objects and holds them all, the collector would traverse them repeatedly: a third of the
    time of loading a workbook.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
