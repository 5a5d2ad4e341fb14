"""The bounds are honest: whatever the blanks turn out to be, points stay within them, and both ends are reached."""

import itertools
from random import Random

import pytest

from evaluation.criteria import Order, load_orders
from evaluation.scoring import score
from evaluation.scoring.conditions import certain, evaluate
from tests.support.factories import bin_of, frame, random_answers, reports, small_domain

BODY = bin_of(1)
ORDER = load_orders().latest
LAST_YEAR = (0, 1, 2, 3)


def filled(order: Order, kind: str, answers: dict[str, object]) -> list[dict[str, object]]:
    """Every way to fill an organisation's blanks that the order allows.

    A date whose amount turns out to be 0 is not asked, so a filling drops it. Implications hold and nothing is contradicted.
    """
    items = order.asked_of(kind)
    ways = [(answers[item.code],) if item.code in answers else small_domain(order, item, beyond=True) for item in items]
    candidates = [dict(zip((item.code for item in items), values, strict=True)) for values in itertools.product(*ways)]
    table = frame(order, kind, [""] * len(candidates), [""] * len(candidates), candidates)
    for item in items:
        if item.asked_when is not None:
            asked = certain(evaluate(order, item.asked_when, table))
            for candidate, is_asked in zip(candidates, asked, strict=True):
                if not is_asked:
                    candidate.pop(item.code, None)
    table = frame(order, kind, [""] * len(candidates), [""] * len(candidates), candidates)
    allowed = [True] * len(candidates)
    for rule in order.concerning(kind, order.contradictions):
        for position, holds in enumerate(certain(evaluate(order, rule.when, table))):
            allowed[position] &= not holds
    for rule in order.concerning(kind, order.implications):
        for position, holds in enumerate(certain(evaluate(order, rule.when, table))):
            allowed[position] &= not holds or candidates[position].get(rule.code, rule.value) == rule.value
    return [candidate for candidate, good in zip(candidates, allowed, strict=True) if good]


def by_row(scores: object) -> dict[str, tuple[int, int]]:
    return {line.row: (line.low, line.high) for line in scores.rows.itertuples()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [kind.code for kind in ORDER.kinds])
@pytest.mark.parametrize("seed", range(12))
def test_every_filling_stays_within_bounds_and_both_are_reached(kind: str, seed: int) -> None:
    random = Random(f"{kind}/{seed}")
    criterion = next(criterion for criterion, _ in ORDER.declared())
    known = random.choice([None, *LAST_YEAR])
    organisations = []
    while len(organisations) < 2:
        answers = random_answers(ORDER, kind, random, blank=0.2)
        ways = filled(ORDER, kind, answers)
        if 0 < len(ways) <= 400:
            organisations.append((answers, ways))
    own = [bin_of(number) for number in range(2, 4)]
    previous = {} if known is None else {(BODY, kind, criterion.code): known}
    given = reports(ORDER, {kind: [(BODY, bin_, answers) for bin_, (answers, _) in zip(own, organisations, strict=True)]})
    bounds = by_row(score(ORDER, given, previous))

    pairs = list(itertools.product(*(ways for _, ways in organisations)))
    if len(pairs) > 3000:
        pairs = random.sample(pairs, 3000)
    bodies = [bin_of(100 + number) for number in range(len(pairs))]
    reached: dict[str, set[int]] = {row: set() for row in bounds}
    for count in LAST_YEAR if known is None else (known,):
        lines = [(body, own[i], pair[i]) for body, pair in zip(bodies, pairs, strict=True) for i in range(2)]
        scores = score(ORDER, reports(ORDER, {kind: lines}), {(body, kind, criterion.code): count for body in bodies})
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
    criterion = next(criterion for criterion, _ in ORDER.declared())
    previous = {(bin_of(body), kind, criterion.code): random.randrange(5) for body in range(15) for kind in ORDER.kind}
    country = score(ORDER, reports(ORDER, rows), previous)
    for body in {line[0] for lines in rows.values() for line in lines}:
        alone = score(
            ORDER, reports(ORDER, {kind: [line for line in lines if line[0] == body] for kind, lines in rows.items()}), previous
        )
        for whole, part in ((country.rows, alone.rows), (country.findings, alone.findings)):
            assert whole[whole["body"] == body].to_dict("records") == part.to_dict("records")
