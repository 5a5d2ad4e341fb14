"""What a year can be scored by otherwise: the readings of its order that can be applied, and the other orders that are loaded."""

from evaluation.comparison.readings.errors import UnknownReading
from evaluation.comparison.readings.model import Basis
from evaluation.criteria.alternatives import applicable_readings
from evaluation.registry import queries as registry
from evaluation.review.year_order import incompatible_indicators


def basis_of(year: int, order_code: str = "", reading: str = "") -> Basis:
    """Return what to score by: the year's order or the one with this code, with this reading if one is named.

    Raises:
        UnknownReading: The order is not loaded, or has no such reading that can be applied.
    """
    year_order = registry.order_of(year)
    order = registry.orders().get(order_code) if order_code else year_order
    if order is None:
        raise UnknownReading("order", order=order_code or year)
    if not reading:
        return Basis(order.code, order)
    applied = {item.name: item for item in applicable_readings(order)}
    if reading not in applied:
        raise UnknownReading("reading", reading=reading, readings=", ".join(applied) or "–")
    return Basis(reading if order is year_order else f"{order.code}.{reading}", order, applied[reading])


def basis_of_code(year: int, code: str) -> Basis:
    """Return the basis with a code of :func:`bases_of`. Raises UnknownReading."""
    bases = {basis.code: basis for basis in bases_of(year)}
    if code not in bases:
        raise UnknownReading("reading", reading=code, readings=", ".join(bases) or "–")
    return bases[code]


def bases_of(year: int) -> tuple[Basis, ...]:
    """Return everything that a year can be scored by otherwise: the readings of its order, then the other orders."""
    year_order = registry.order_of(year)
    if year_order is None:
        return ()
    readings = (Basis(item.name, year_order, item) for item in applicable_readings(year_order))
    others = (Basis(order.code, order) for order in registry.orders().all if order.code != year_order.code)
    return (*readings, *(basis for basis in others if not incompatible_indicators(year_order, basis.order)))
