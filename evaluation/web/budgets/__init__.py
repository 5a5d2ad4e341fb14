"""Pages of a body's budget decisions: receive and correct one, look at it, compare, and the plan beside what was reported."""

from evaluation.web.budgets import decisions, drafts, year_page
from evaluation.web.budgets.blueprint import blueprint

__all__ = ["blueprint", "decisions", "drafts", "year_page"]
