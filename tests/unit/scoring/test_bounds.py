"""The bounds are exact: for every filling of the blanks the points stay within them, and both bounds are reached."""

import itertools
from random import Random

import pytest

from evaluation.criteria import Order, load_order, load_orders
from evaluation.scoring import Scores, score
from evaluation.scoring.conditions import evaluate, is_certain
from tests.support.factories import bin_of, random_answers, report_frame, reports, small_domain
from tests.support.paths import SECOND_ORDER

BODY = bin_of(1)
ORDER, SECOND = load_orders().latest, load_order(SECOND_ORDER)
SECOND_KINDS = [kind for kind in SECOND.kind if not SECOND.codes_of(kind) & {rule.indicator for rule in SECOND.implications}]
CASES = [*((ORDER, kind) for kind in ORDER.kind), *((SECOND, kind) for kind in SECOND_KINDS)]
PRIOR_YEAR_COUNTS = (0, 1, 2, 3, 4)
MAX_FILLINGS = 400
MAX_PAIRS = 3000


def fillings(order: Order, kind: str, answers: dict[str, object]) -> list[dict[str, object]]:
    """Every allowed filling of an organisation's blanks.

    A date whose amount turns out to be 0 is not required, so that a filling drops it. The filling satisfies all implications and,
    of the product's order, no contradiction. Bounds do not know contradictions; those of the product's order exclude no points.
    """
    items = order.indicators_of(kind)
    domains = [(answers[item.code],) if item.code in answers else small_domain(order, item, beyond=True) for item in items]
    candidates = [dict(zip((item.code for item in items), values, strict=True)) for values in itertools.product(*domains)]
    frame = report_frame(order, kind, [""] * len(candidates), [""] * len(candidates), candidates)
    for item in items:
        if item.applies_when is not None:
            required = is_certain(evaluate(order, item.applies_when, frame))
            for candidate, is_required in zip(candidates, required, strict=True):
                if not is_required:
                    candidate.pop(item.code, None)
    frame = report_frame(order, kind, [""] * len(candidates), [""] * len(candidates), candidates)
    allowed = [True] * len(candidates)
    for rule in order.rules_for_kind(kind, order.contradictions) if order is ORDER else ():
        for position, is_true in enumerate(is_certain(evaluate(order, rule.when, frame))):
            allowed[position] &= not is_true
    for rule in order.rules_for_kind(kind, order.implications):
        for position, is_true in enumerate(is_certain(evaluate(order, rule.when, frame))):
            allowed[position] &= not is_true or candidates[position].get(rule.indicator, rule.value) == rule.value
    return [candidate for candidate, is_allowed in zip(candidates, allowed, strict=True) if is_allowed]


def bounds_by_row(scores: Scores) -> dict[str, tuple[int, int]]:
    return {line.row: (line.low, line.high) for line in scores.rows.itertuples()}


@pytest.mark.parametrize("order, kind", CASES, ids=[f"{order.code}-{kind}" for order, kind in CASES])
@pytest.mark.parametrize("seed", range(12))
def test_every_filling_stays_within_bounds_and_both_are_reached(order: Order, kind: str, seed: int) -> None:
    """The second order has a threshold, a share, and two criteria that compare with last year."""
    random = Random(f"{kind}/{seed}")
    prior_year_count = random.choice([None, *PRIOR_YEAR_COUNTS])
    organisations = []
    while len(organisations) < 2:
        answers = random_answers(order, kind, random, blank=0.2)
        filled = fillings(order, kind, answers)
        if 0 < len(filled) <= MAX_FILLINGS:
            organisations.append((answers, filled))
    bins = [bin_of(number) for number in range(2, 4)]
    counts = {} if prior_year_count is None else dict.fromkeys(order.compared_criteria, prior_year_count)
    previous = {(BODY, kind, criterion): count for criterion, count in counts.items()}
    rows = [(BODY, bin_, answers) for bin_, (answers, _) in zip(bins, organisations, strict=True)]
    bounds = bounds_by_row(score(order, reports(order, {kind: rows}), previous))

    pairs = list(itertools.product(*(filled for _, filled in organisations)))
    if len(pairs) > MAX_PAIRS:
        pairs = random.sample(pairs, MAX_PAIRS)
    bodies = [bin_of(100 + number) for number in range(len(pairs))]
    reached: dict[str, set[int]] = {row: set() for row in bounds}
    for count in PRIOR_YEAR_COUNTS if prior_year_count is None else (prior_year_count,):
        rows = [(body, bins[i], pair[i]) for body, pair in zip(bodies, pairs, strict=True) for i in range(2)]
        previous = {(body, kind, criterion): count for body in bodies for criterion in order.compared_criteria}
        scores = score(order, reports(order, {kind: rows}), previous)
        for line in scores.rows.itertuples():
            assert line.low == line.high, "a filling without blanks is settled"
            reached[line.row].add(line.low)
    for row, (low, high) in bounds.items():
        assert min(reached[row]) >= low and max(reached[row]) <= high, row
        assert {low, high} <= reached[row], (row, bounds[row], reached[row])


def test_one_body_alone_scores_as_in_the_country() -> None:
    random = Random(7)
    rows = {
        kind: [(bin_of(random.randrange(20)), bin_of(100 + number), random_answers(ORDER, kind, random)) for number in range(200)]
        for kind in ORDER.kind
    }
    criterion = next(criterion for criterion, _ in ORDER.prior_year_counts())
    previous = {(bin_of(body), kind, criterion.code): random.randrange(5) for body in range(15) for kind in ORDER.kind}
    country = score(ORDER, reports(ORDER, rows), previous)
    for body in {line[0] for lines in rows.values() for line in lines}:
        body_rows = {kind: [line for line in lines if line[0] == body] for kind, lines in rows.items()}
        alone = score(ORDER, reports(ORDER, body_rows), previous)
        for all_bodies, one_body in ((country.rows, alone.rows), (country.named_organisations, alone.named_organisations)):
            assert all_bodies[all_bodies["body"] == body].to_dict("records") == one_body.to_dict("records")
