"""Which reported payments are laid beside which planned income of a budget decision.

That a plan is compared at all is a matter of the product: no difference changes points.
"""

from pydantic import Field

from evaluation.criteria.base import Code, Number, OrderModel


class BudgetComparison(OrderModel):
    """Income that a budget plans, beside what organisations of these kinds report.

    `group` is a group of the budget classification (:mod:`evaluation.budgets.classification`). `due` and `paid` are indicators of
    the type money, which all the kinds answer. A difference is a warning beside `criterion`.
    """

    group: Code
    kinds: tuple[Code, ...] = Field(min_length=1)
    criterion: Number
    due: Code
    paid: Code
