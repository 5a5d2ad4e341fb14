"""docs/data-dictionary.md and docs/criteria-file-format.md describe the product as it is."""

import re

import pytest

from evaluation.criteria import Order, model, readings
from evaluation.criteria.count_conditions import COUNTS
from evaluation.criteria.expressions import RESERVED_NAMES
from tests.support.paths import ROOT

DICTIONARY = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
FORMAT = (ROOT / "docs" / "criteria-file-format.md").read_text(encoding="utf-8")
LETTERS = {"I": "institution", "E": "enterprise", "J": "jsc", "L": "llp"}
TYPES = {"money": "money", "date": "date", "audit": "choice", "whole number": "whole", "yes/no": "yes_no"}
MODELS = [
    value
    for value in {**vars(readings), **vars(model)}.values()
    if isinstance(value, type) and issubclass(value, model.OrderModel)
]


def table_rows(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading of the data dictionary, without its head."""
    section = DICTIONARY.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| (.*) \|$", section)
    return [row.split(" | ") for row in rows[1:]]


def test_indicators_have_their_codes_kinds_types_and_order(order: Order) -> None:
    documented = []
    for code, kinds, type_, _ in table_rows("Indicators"):
        type_name = next(TYPES[name] for name in TYPES if type_.startswith(name))
        documented.append((code.strip("`"), tuple(LETTERS[letter] for letter in kinds.split()), type_name))
    assert documented == [(item.code, item.kinds, item.type) for item in order.indicators]


def test_evidence_is_documented(order: Order) -> None:
    section = DICTIONARY.partition("**Evidence**")[2].partition("\n## ")[0]
    for item in order.evidence:
        code = re.sub(r"^(area|cars|phone_furniture|special_vehicles)_audit_", "X_audit_", item.code)
        assert f"`{code}`" in section


def test_criteria_have_their_points(order: Order) -> None:
    documented = {number: text for number, _, text in table_rows("Criteria")}
    assert list(documented) == list(order.criterion)
    for number, criterion in order.criterion.items():
        points = re.findall(r"\b\d\b", documented[number].replace("v = 0", ""))
        assert {int(number) for number in points} == set(criterion.points.values())
        outcomes = re.findall(r"`(\w+)` \d", documented[number])
        assert outcomes == [entry.outcome for entry in criterion.outcomes]


def test_rows_of_the_sheet_have_their_criteria_and_maxima(order: Order) -> None:
    for kinds, scored, headings, maximum in table_rows("Rows of the sheet"):
        for kind in kinds.split(", "):
            table = order.table[kind.strip("`")]
            assert scored.split(", ") == [f"{row.number}→{row.criterion}" for row in table.scored_rows]
            assert headings.split(", ") == [row.number for row in table.rows if not row.criterion]
            assert int(maximum.split()[0]) == sum(order.criterion[str(row.criterion)].max for row in table.scored_rows)


def test_readings_are_documented(order: Order) -> None:
    assert [row[0] for row in table_rows("Readings")] == list(order.reading)


def test_sources_that_docstrings_name_are_sections() -> None:
    sections = set(re.findall(r"(?m)^## (.+)$", DICTIONARY))
    for path in (ROOT / "evaluation").rglob("*.py"):
        for source in re.findall(r'data[- ]dictionary(?:\.md)?, "([^"]+)"', path.read_text(encoding="utf-8")):
            assert source in sections, f"{path.relative_to(ROOT)}: {source}"


@pytest.mark.parametrize("class_", MODELS, ids=lambda class_: class_.__name__)
def test_every_key_of_a_criteria_file_is_explained(class_: type[model.OrderModel]) -> None:
    computed = {"sha256"} if class_ is model.Order else set()
    lists = {
        "kinds",
        "choices",
        "indicators",
        "evidence",
        "implications",
        "contradictions",
        "cautions",
        "criteria",
        "form",
        "readings",
        "anomalies",
        "budget_comparisons",
    }
    for name in class_.model_fields.keys() - computed:
        expected = (f"`{name}`", f"[{name}]", f"[{name}.") if class_ is model.Order and name in lists else (f"`{name}`",)
        assert any(text in FORMAT for text in expected), f"{class_.__name__}.{name}"


def test_every_name_of_the_condition_language_is_explained() -> None:
    for name in (*RESERVED_NAMES, *COUNTS):
        assert re.search(rf"`[^`]*\b{name}\b[^`]*`", FORMAT), name
