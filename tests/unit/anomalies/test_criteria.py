"""Errors in the kinds of anomalies of a criteria file are reported by their key."""

import pytest

from evaluation.criteria import CriteriaError, parse_order
from tests.support.paths import SECOND_ORDER

SURVEY = "anomalies[surveyed_without_note]"
TEXT = SECOND_ORDER.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "old, new, key, message",
    [
        ("min_digits = 6\n", "", "anomalies[twin_grants]", "the test same_values needs the keys: min_digits"),
        ("min_digits = 6", "min_digits = 6\nfactor = 2", "anomalies[twin_grants]", "the test same_values has no keys: factor"),
        ('test = "same_values"', 'test = "magic"', "anomalies[twin_grants].test", "must be one of"),
        ("tolerance = 0", "tolerance = 99", "anomalies[visitors_by_hundred].tolerance", "must be at most 50"),
        ("min_digits = 6", "min_digits = -1", "anomalies[twin_grants].min_digits", "must be at least 0"),
        ('indicators = ["grant"]', 'indicators = ["grants"]', "anomalies[twin_grants].indicators", "is grant meant?"),
        ('indicators = ["grant"]', 'indicators = ["roof"]', "anomalies[twin_grants].indicators", "of the type money/whole"),
        ('code = "twin_grants"', 'code = "visitors_by_hundred"', "anomalies[visitors_by_hundred].code", "is defined twice"),
        (
            'indicator = "roof", document',
            'indicator = "grant", document',
            f"{SURVEY}.results",
            "choice/yes_no",
        ),
        ('document = ["remark"]', 'document = ["remarks"]', f"{SURVEY}.results", "is remark meant?"),
        ('document = ["remark"]', "document = []", f"{SURVEY}.results[0].document", "must not be empty"),
        ('exempt = ["none"]', 'exempt = ["any"]', f"{SURVEY}.exempt", "“any” is no choice of a result"),
    ],
)
def test_an_error_is_reported_by_its_key(old: str, new: str, key: str, message: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(CriteriaError) as error:
        parse_order(TEXT.replace(old, new))
    assert any(key == problem.key and message in str(problem) for problem in error.value.problems), error.value.problems
