"""Ranks and their intervals against brute force over every possible outcome of random small countries."""

import os
from fractions import Fraction
from itertools import product
from random import Random

import pytest

from evaluation.comparison.ranking.model import Distribution, RankingQuery, RankingRow, Scope
from evaluation.criteria import Order
from evaluation.review.body_list.model import ListedBody, TotalPoints

COUNTRIES = int(os.environ.get("TRIALS", "5000"))
BODY = ListedBody(1, "050140000001", "Орган", "Орган")
Bounds = tuple[int, int, int]


def country(random: Random) -> list[Bounds]:
    """(low, high, max) of up to six bodies, of which a few are provisional; small maxima make equal shares frequent."""
    bodies = []
    for _ in range(random.randint(1, 6)):
        maximum = random.choice((1, 2, 3, 4, 6, 10, 62))
        low = random.randint(0, maximum)
        high = min(maximum, low + random.choice((0, 0, 1, 2)))
        bodies.append((low, high, maximum))
    return bodies


def possible_ranks(bodies: list[Bounds], index: int) -> set[int]:
    """The rank of a body in every combination of points that the bounds allow, by fractions."""
    possible = [[Fraction(points, maximum) for points in range(low, high + 1)] for low, high, maximum in bodies]
    return {1 + sum(share > shares[index] for share in shares) for shares in product(*possible)}


def distribution(bodies: list[Bounds]) -> Distribution:
    return Distribution.from_counts((low / maximum, high / maximum, 1) for low, high, maximum in bodies)


def test_ranks_and_intervals_equal_brute_force() -> None:
    random = Random(193)
    for number in range(COUNTRIES):
        bodies = country(random)
        shares = distribution(bodies)
        for index, (low, high, maximum) in enumerate(bodies):
            ranks = possible_ranks(bodies, index)
            rank = shares.rank(low / maximum, high / maximum)
            assert (rank.best, rank.worst) == (min(ranks), max(ranks)), (number, bodies, index)


def test_equal_shares_have_one_rank() -> None:
    shares = distribution([(9, 9, 10), (5, 5, 10), (31, 31, 62), (1, 1, 4)])
    assert [str(shares.rank(share, share)) for share in (0.9, 0.5, 0.25)] == ["1", "2", "4"]
    assert str(distribution([(0, 10, 10), (5, 5, 10)]).rank(0.0, 1.0)) == "1–2"


@pytest.mark.parametrize("maximum", [62, 2**26 - 1])
def test_floats_are_equal_exactly_where_the_fractions_are(maximum: int) -> None:
    """The closest different fractions of such maxima are still different floats, in the same order."""
    random = Random(47)
    for _ in range(20_000):
        first = random.randint(maximum // 2 + 1, maximum)
        second = random.randint(first - 1, first)
        a, b = (Fraction(random.randint(0, divisor), divisor) for divisor in (first, second))
        assert (a.numerator / a.denominator > b.numerator / b.denominator) == (a > b)
        # Neighbours in a Farey sequence: a/b and (a - 1)/(b - 1) differ by as little as two such fractions can.
        if first > 2:
            assert (first - 1) / first > (first - 2) / (first - 1)


def test_the_distribution_counts_every_body_once() -> None:
    shares = distribution([(k, k, 10) for k in range(11)])
    assert shares.tenths() == [(1, 1)] * 9 + [(2, 2)]


def test_the_change_has_exact_bounds() -> None:
    row = RankingRow(BODY, None, None, TotalPoints(1, 2, 3), TotalPoints(1, 1, 7))
    assert row.change == (100 * Fraction(4, 21), 100 * Fraction(11, 21))
    assert RankingRow(BODY, None, None, TotalPoints(1, 2, 3)).change is None


def test_scopes_are_read_as_they_are_written(order: Order) -> None:
    kinds = [table.kind for table in order.form.tables]
    scopes = [Scope(), Scope("level", "rural"), Scope("region", "75"), Scope.of_tables(reversed(kinds[:2]))]
    assert [Scope.parse(str(scope), order) for scope in scopes] == scopes
    assert set(scopes[-1].kinds) == set(kinds[:2])
    for text in ("", "level-", "level-x", "region-7", "region-7x", "tables-", "tables-x", f"tables-{kinds[0]}.", "country-1"):
        assert Scope.parse(text, order) is None, text
    query = RankingQuery.from_query({"scope": "nowhere", "sort": "x", "order": "desc"}, "", order)
    assert query.scope == Scope() and not RankingQuery.from_query({}, "", order).is_descending
    assert query.sorted_by("points").is_descending and not query.sorted_by("points").sorted_by("points").is_descending
