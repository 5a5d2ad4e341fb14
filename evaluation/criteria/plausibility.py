"""What is possible in a criteria file but unlikely: each is a warning, for whoever writes the file."""

from collections.abc import Iterator

from evaluation.clock import today
from evaluation.criteria.base import Text
from evaluation.criteria.count_conditions import AUDITED
from evaluation.criteria.expressions import codes
from evaluation.criteria.model import Order, conditions
from evaluation.criteria.problem import Problem, warning
from evaluation.language import LANGUAGE_CODES, N_

MAX_USUAL_POINTS = 10
"""More points for one criterion look like a slip of the keyboard."""
MAX_YEARS_AHEAD = 5
"""An order that applies later than in so many years looks like a slip as well."""


def unlikely(order: Order, superseded: Order | None) -> Iterator[Problem]:
    """Yield what is unlikely in an order; `superseded` is the order before it, None for the first one."""
    if order.from_year > today().year + MAX_YEARS_AHEAD:
        yield warning("from_year", N_("the order applies only from %(year)s: is that the year?"), year=str(order.from_year))
    yield from _criteria(order)
    yield from _unread_indicators(order)
    if superseded is not None:
        yield from _unchanged_texts(order, superseded)


def _criteria(order: Order) -> Iterator[Problem]:
    rows = {row.criterion for table in order.form.tables for row in table.rows}
    for criterion in order.criteria:
        key = f"criteria[{criterion.code}]"
        if criterion.code not in rows:
            yield warning(key, N_("no row of the form names the criterion, so that it gives no points"))
        if criterion.audited is not None and not criterion.reads(AUDITED):
            yield warning(f"{key}.audited", N_("no outcome reads audited"))
        if criterion.compares_with_last_year and criterion.prior_year_count is None:
            template = N_("an outcome reads last_year, but without prior_year_count a body cannot declare it")
            yield warning(key, template)
        for entry in criterion.outcomes:
            if entry.points is not None and entry.points > MAX_USUAL_POINTS:
                template = N_("%(points)s points are unusually many: is that the number?")
                yield warning(f"{key}.scale[{entry.outcome}].points", template, points=entry.points)


def _unread_indicators(order: Order) -> Iterator[Problem]:
    read = frozenset().union(*(codes(condition) for _, condition in conditions(order)))
    for item in order.indicators:
        if item.code not in read:
            yield warning(f"indicators[{item.code}]", N_("no condition reads the indicator"))


def _unchanged_texts(order: Order, superseded: Order) -> Iterator[Problem]:
    """Title, source and mark of the form name the act, so that those of a new act differ."""
    texts = {
        "title": (order.title, superseded.title),
        "source": (order.source, superseded.source),
        "form.order_mark": (order.form.order_mark, superseded.form.order_mark),
    }
    for key, (text, earlier) in texts.items():
        for code in LANGUAGE_CODES:
            if _of_language(text, code) and _of_language(text, code) == _of_language(earlier, code):
                template = N_("the text is still that of the order %(code)s, which this one supersedes")
                yield warning(f"{key}.{code}", template, code=superseded.code)


def _of_language(text: Text, code: str) -> str | None:
    value: str | None = getattr(text, code)
    return value
