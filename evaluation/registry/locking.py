"""Keeping the registry still while something is made of it."""

from evaluation.database import hold

REGISTRY = 0
"""Stands for the whole registry; the keys of bodies' years are theirs and the year."""


def hold_registry(alone: bool = False) -> None:
    """Keep the registry from changing until the transaction ends; whoever changes it holds it `alone`.

    It is taken before any body's year, so that nobody waits for one who waits for them.
    """
    hold(REGISTRY, alone=alone)
