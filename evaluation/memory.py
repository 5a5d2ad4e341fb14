"""Work on a whole country's rows at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bulk() -> Iterator[None]:
    """Let the cycle collector rest meanwhile.

    A block that makes a million objects and keeps them all would have the collector walk over them again and again: a third of
    the time a workbook takes. Reference counting goes on as ever.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
