"""The advisory lock of the whole registry."""

from evaluation.database import advisory_lock

REGISTRY_LOCK_KEY = 0
"""The lock key of the registry; the lock of a body's year has the key (body id, year)."""


def lock_registry(exclusive: bool = False) -> None:
    """Prevent changes of the registry until the transaction ends.

    A transaction that changes the registry takes the lock exclusively; readers share it. Take it before the lock of any body's
    year: a fixed order avoids deadlock.
    """
    advisory_lock(REGISTRY_LOCK_KEY, exclusive=exclusive)
