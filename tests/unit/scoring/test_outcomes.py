"""The outcomes that blanks allow equal those found by trying everything, for random conditions and counts."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.criteria import Order, load_order
from evaluation.criteria.criterion import Criterion
from evaluation.criteria.expressions import parse
from evaluation.scoring import score
from evaluation.scoring.outcomes import UNKNOWN_COUNT, possible_outcomes, worst_and_best
from evaluation.scoring.score import depends_on_last_year
from tests.support.factories import bin_of, report_frame
from tests.support.paths import SECOND_ORDER

TEXT = {"kk": "мәтін", "ru": "текст"}
OPERATORS = ("<", "<=", ">", ">=", "==", "!=")
MAX_FACTOR, MAX_CONSTANT = 3, 6
LAST_YEARS = range(60)
"""Above the largest root of the comparisons that are drawn: a constant of 12 and factors of 6 times four organisations, twice."""

OPTIONS: dict[str, tuple[tuple[int, int], ...]] = {
    "unaudited": ((0, 0),),
    "audited": ((0, 1),),
    "in_breach": ((1, 1),),
    "audit_open": ((0, 0), (0, 1)),
    "audit_certain": ((0, 1), (1, 1)),
    "audit_by_breach": ((0, 0), (1, 1)),
    "free": ((0, 0), (0, 1), (1, 1)),
}
"""What an organisation can turn out to be: whether it is in breach, and whether it was audited."""

sums = st.recursive(
    st.sampled_from(("breaches", "organisations", "audited", "last_year"))
    | st.integers(-MAX_CONSTANT, MAX_CONSTANT).map(str)
    | st.tuples(st.integers(-MAX_FACTOR, MAX_FACTOR), st.sampled_from(("breaches", "organisations", "audited", "last_year"))).map(
        lambda pair: f"{pair[0]} * {pair[1]}"
    ),
    lambda parts: st.tuples(parts, st.sampled_from("+-"), parts).map(lambda pair: f"({pair[0]} {pair[1]} {pair[2]})"),
    max_leaves=2,
)
comparisons = st.tuples(
    st.sampled_from(("breaches", "audited", "last_year", "2 * breaches")), sums, st.sampled_from(OPERATORS), sums
).map(lambda parts: f"{parts[0]} + {parts[1]} {parts[2]} {parts[3]} + {parts[0]} * 2")
conditions = st.recursive(
    comparisons,
    lambda parts: (
        st.tuples(parts, st.sampled_from(("and", "or")), parts).map(lambda pair: f"({pair[0]} {pair[1]} {pair[2]})")
        | parts.map(lambda part: f"not {part}")
    ),
    max_leaves=3,
)


def criterion_of(whens: list[str], points: list[int]) -> Criterion:
    scale: list[dict[str, Any]] = [
        {"outcome": f"outcome_{number}", "when": when, "points": number_of_points, "text": TEXT}
        for number, (when, number_of_points) in enumerate(zip(whens, points, strict=False))
    ]
    scale.append({"outcome": "otherwise", "points": points[-1], "text": TEXT})
    return Criterion.model_validate(
        {"code": "1", "name": TEXT, "paragraph": TEXT, "breach": "a == no", "breach_text": TEXT, "scale": scale}
    )


def taken(whens: list[str], counts: Mapping[str, int]) -> int:
    """The position of the first condition that Python finds true, else of the last outcome."""
    return next((position for position, when in enumerate(whens) if eval(when, {}, dict(counts))), len(whens))


def counts_of(organisations: list[str], previous: int | None) -> dict[str, np.ndarray]:
    number_of = {name: organisations.count(name) for name in OPTIONS}
    undecided = number_of["audit_certain"] + number_of["audit_by_breach"] + number_of["free"]
    counts = {
        "organisations": len(organisations),
        "in_breach": number_of["in_breach"],
        "undecided": undecided,
        "audited": number_of["in_breach"] + number_of["audited"] + number_of["audit_certain"],
        **{name: number_of[name] for name in ("audit_open", "audit_certain", "audit_by_breach")},
        "previous": UNKNOWN_COUNT if previous is None else previous,
    }
    return {name: np.array([count]) for name, count in counts.items()}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(conditions, min_size=1, max_size=3),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
    st.lists(st.sampled_from(sorted(OPTIONS)), min_size=1, max_size=4),
    st.none() | st.integers(0, 8),
)
def test_possible_outcomes_are_those_of_all_fillings(
    whens: list[str], points: list[int], organisations: list[str], previous: int | None
) -> None:
    whens = [when for when in whens if any(name in when for name in ("breaches", "organisations", "audited", "last_year"))]
    try:
        criterion = criterion_of(whens, points)
    except ValueError as error:
        # A comparison whose counts cancel out compares nothing.
        assert "compares no count" in str(error)
        return
    expected = set()
    for filling in itertools.product(*(OPTIONS[name] for name in organisations)):
        breaches, audited = (sum(part) for part in zip(*filling, strict=True))
        for last_year in LAST_YEARS if previous is None else (previous,):
            counts = {"organisations": len(organisations), "breaches": breaches, "audited": audited, "last_year": last_year}
            expected.add(taken(whens, counts))
    possible = possible_outcomes(criterion, counts_of(organisations, previous))
    assert set(np.flatnonzero(possible[0])) == expected
    worst, best = worst_and_best(criterion, possible)
    of_position = [entry.points for entry in criterion.outcomes]
    assert of_position[worst[0]] == min(of_position[position] for position in expected)
    assert of_position[best[0]] == max(of_position[position] for position in expected)


def test_many_bodies_at_once_have_the_outcomes_of_one_alone() -> None:
    criterion = criterion_of(["10 * breaches <= organisations and audited > 0", "breaches < last_year"], [3, 2, 0])
    bodies = [
        counts_of(list(names), previous)
        for names in itertools.combinations_with_replacement(sorted(OPTIONS), 3)
        for previous in (None, 0, 2)
    ]
    together = possible_outcomes(criterion, {name: np.concatenate([body[name] for body in bodies]) for name in bodies[0]})
    assert together.tolist() == [possible_outcomes(criterion, body)[0].tolist() for body in bodies]


def test_a_body_of_thousands_of_blanks_is_scored_at_once() -> None:
    criterion = criterion_of(["100 * breaches <= 7 * organisations", "audited == 0", "3 * breaches < audited"], [3, 2, 1, 0])
    possible = possible_outcomes(criterion, counts_of(["free"] * 4000, 7))
    assert possible.tolist() == [[True, False, True, True]]


# Whether an organisation is in breach and whether it was audited can depend on the same blank

LEAVES = ('roof == "leaking"', 'roof != "none"', "visitors > 2", "visitors == 4", "visitors < 1", "visitors != 3")
joint_conditions = st.lists(st.sampled_from(LEAVES), min_size=1, max_size=2, unique_by=lambda leaf: leaf.split()[0]).flatmap(
    lambda leaves: st.sampled_from((" and ", " or ")).map(lambda word: word.join(leaves))
)
reports = st.fixed_dictionaries(
    {}, optional={"visitors": st.sampled_from((0, 2, 3, 4)), "roof": st.sampled_from(("none", "sound"))}
)


@settings(max_examples=60, deadline=None)
@given(joint_conditions, joint_conditions, st.booleans(), st.lists(reports, min_size=1, max_size=2))
def test_breach_and_audit_of_the_same_blank(
    breach: str, audited: str, negated: bool, organisations: list[dict[str, Any]]
) -> None:
    order = load_order(SECOND_ORDER)
    breach = f"not ({breach})" if negated else breach
    criterion = order.criterion["2.1"].model_copy(update={"breach": parse(breach), "audited": parse(audited)})
    order = order.model_copy(update={"criteria": (criterion,)})
    order.__dict__.pop("criterion", None)
    table = order.table["museum"]
    rows = tuple(row for row in table.rows if row.criterion in (None, "2.1"))
    order = order.model_copy(
        update={"form": order.form.model_copy(update={"tables": (table.model_copy(update={"rows": rows}),)})}
    )
    order.__dict__.pop("table", None)
    frame = report_frame(order, "museum", [bin_of(1)] * len(organisations), bins(len(organisations)), organisations)
    [row] = score(order, {"museum": frame}).rows.to_dict("records")
    expected = {points_of(order, criterion, breach, audited, filling) for filling in all_fillings(organisations)}
    assert (row["low"], row["high"]) == (min(expected), max(expected))


def bins(number: int) -> list[str]:
    return [bin_of(10 + position) for position in range(number)]


def all_fillings(organisations: list[dict[str, Any]]) -> Any:
    values: dict[str, Any] = {"visitors": range(8), "roof": ("none", "sound", "leaking")}
    options = [
        [
            {"visitors": visitors, "roof": roof}
            for visitors in ([answers["visitors"]] if "visitors" in answers else values["visitors"])
            for roof in ([answers["roof"]] if "roof" in answers else values["roof"])
        ]
        for answers in organisations
    ]
    return itertools.product(*options)


def points_of(order: Order, criterion: Criterion, breach: str, audited: str, filling: Any) -> int:
    in_breach = [eval(breach, {}, dict(answers)) for answers in filling]
    is_audited = [eval(audited, {}, dict(answers)) or violated for answers, violated in zip(filling, in_breach, strict=True)]
    outcome = "present" if any(in_breach) else "absent" if any(is_audited) else "not_audited"
    return criterion.points[outcome]


# Whether the count of the year before is needed


@pytest.mark.parametrize(
    "visitors, is_needed",
    [
        ([9, 9], False),
        ([0, 1, 9, 9], True),
        ([0] * 8, False),
        ([None, 9], False),
    ],
)
def test_the_count_of_last_year_is_needed_only_where_it_decides_points(visitors: list[int | None], is_needed: bool) -> None:
    """By a scale with a threshold: nearly all comply, or more than three organisations do not."""
    order = load_order(SECOND_ORDER)
    answers = [{} if number is None else {"visitors": number} for number in visitors]
    frame = report_frame(order, "library", [bin_of(1)] * len(visitors), bins(len(visitors)), answers)
    assert depends_on_last_year(order, order.criterion["1-1"], frame) is is_needed
