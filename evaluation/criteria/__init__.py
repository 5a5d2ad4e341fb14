"""The Order as data: one TOML file for each redaction, loaded once into frozen objects."""

from evaluation.criteria.loader import CriteriaError, Orders, load_order, load_orders, parse_order
from evaluation.criteria.model import Criterion, Indicator, Order, Text

__all__ = ["CriteriaError", "Criterion", "Indicator", "Order", "Orders", "Text", "load_order", "load_orders", "parse_order"]
