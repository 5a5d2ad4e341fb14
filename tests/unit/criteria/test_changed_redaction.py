"""The worked example of docs/criteria-file-format.md: the patch applies to the product's file, and its order scores reports."""

import shutil
import subprocess
from pathlib import Path

import pytest

from evaluation.criteria import CriteriaError, Order, load_order, load_orders, parse_order
from evaluation.criteria.loader import FOLDER
from evaluation.scoring import report_frame, score
from tests.support.factories import bin_of, clean
from tests.support.paths import ROOT

PATCH = ROOT / "docs" / "examples" / "changed-redaction.patch"
BODY = bin_of(1)


@pytest.fixture(scope="module")
def changed_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product's criteria file with the patch applied."""
    folder = tmp_path_factory.mktemp("criteria")
    shutil.copy(FOLDER / "order_47_2022.toml", folder / "order.toml")
    command = ["git", "apply", str(PATCH)]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, f"{result.stderr}: update {PATCH.relative_to(ROOT)}"
    return folder / "order.toml"


@pytest.fixture(scope="module")
def changed(changed_file: Path) -> Order:
    return load_order(changed_file)


def maxima(order: Order) -> list[int]:
    return [sum(order.criterion[str(row.criterion)].max for row in table.scored_rows) for table in order.form.tables]


def test_the_changed_redaction_applies_from_its_year(changed_file: Path, changed: Order) -> None:
    orders = load_orders((changed_file,))
    assert [order.code for year in (2029, 2030) if (order := orders.for_year(year))] == ["47-2022", changed.code]
    assert maxima(changed) == [11, 23, 16, 16]
    assert [str(problem) for file in orders.added for problem in file.problems] == []
    first, second = list(changed.kind)[:2]
    assert "unregistered_leases" in changed.codes_of(first) & changed.codes_of(second)
    assert not [code for code in changed.by_code if code.startswith("phone_furniture")]


@pytest.mark.parametrize(
    "leases, points",
    [
        ([0] * 10, (2, 2)),
        ([2, *[0] * 9], (2, 2)),
        ([2, 1, *[0] * 8], (1, 1)),
        ([2, 1, 1, None, *[0] * 6], (0, 1)),
        ([None, *[0] * 9], (2, 2)),
        ([None] * 10, (0, 2)),
    ],
)
def test_the_changed_redaction_scores_reports(changed: Order, leases: list[int | None], points: tuple[int, int]) -> None:
    """Of ten organisations nine make 90 per cent, and seven make 70."""
    kind = next(iter(changed.kind))
    compliant = clean(changed, kind) | {"unpassported_objects": 0, "unregistered_leases": 0}
    answers = [
        {code: value for code, value in (compliant | {"unregistered_leases": count}).items() if value is not None}
        for count in leases
    ]
    bins = [bin_of(number) for number in range(2, 2 + len(leases))]
    scores = score(changed, {kind: report_frame(changed, kind, [BODY] * len(leases), bins, answers)})
    rows = scores.rows.set_index("row")
    assert (rows.at["3-1", "low"], rows.at["3-1", "high"]) == points
    assert (rows.at["3", "low"], rows.at["3", "max"]) == (3, 3)


def test_a_forgotten_reference_is_reported(changed_file: Path) -> None:
    text = changed_file.read_text(encoding="utf-8").replace('code = "unregistered_leases"', 'code = "leases"')
    with pytest.raises(CriteriaError) as error:
        parse_order(text)
    expected = "criteria[7-1].breach: “unregistered_leases” is not defined"
    [line] = [problem.line for problem in error.value.problems if str(problem) == expected]
    assert text.splitlines()[(line or 0) - 1] == "breach = 'unregistered_leases > 0'"
