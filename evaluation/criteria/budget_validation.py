"""Checks of an order's comparisons with the budget: their kinds, criterion and indicators exist and fit together."""

from collections.abc import Iterable, Iterator

from evaluation.criteria.model import Order
from evaluation.criteria.problem import Problem, error
from evaluation.language import N_


def comparison_names(order: Order) -> Iterator[tuple[str, Iterable[str], Iterable[str]]]:
    """Yield a key of a comparison, the names that stand there, and the names that are defined."""
    for comparison in order.budget_comparisons:
        key = f"budget_comparisons[{comparison.group}]"
        yield f"{key}.kinds", comparison.kinds, order.kind
        yield f"{key}.criterion", [comparison.criterion], order.criterion
        yield f"{key}.due", [comparison.due], order.by_code
        yield f"{key}.paid", [comparison.paid], order.by_code


def comparison_problems(order: Order) -> Iterator[Problem]:
    """Yield the problems of the order's comparisons, but for duplicates and names that are not defined."""
    for comparison in order.budget_comparisons:
        for name in ("due", "paid"):
            key, item = f"budget_comparisons[{comparison.group}].{name}", order.by_code.get(getattr(comparison, name))
            if item is None:
                continue
            if item not in order.indicators or item.type != "money":
                template = N_("%(code)s must be an indicator of the type %(types)s")
                yield error(key, template, code=item.code, types="money")
            for kind in comparison.kinds:
                if kind in order.kind and item.code not in order.codes_of(kind):
                    template = N_("%(code)s is no indicator of %(kind)s")
                    yield error(key, template, code=item.code, kind=kind)
