"""Dependencies are pinned with hashes; the bill of materials lists them."""

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

PINS = ("requirements.txt", "requirements-dev.txt")


def requirements(name: str) -> list[tuple[Requirement, str]]:
    """The requirements of a file, each with the rest of its text: its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.partition(" #")[0] for line in text.splitlines() if line and not line.startswith("#")]
    parts = [line.partition(" --hash=") for line in lines]
    return [(Requirement(requirement.strip()), separator + hashes) for requirement, separator, hashes in parts]


def pins(name: str) -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for requirement, _ in requirements(name):
        versions.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return versions


@pytest.mark.parametrize("name", PINS)
def test_every_dependency_is_pinned_with_hashes(name: str) -> None:
    for requirement, hashes in requirements(name):
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert re.fullmatch(r"(\s+--hash=sha256:[0-9a-f]{64})+\s*", hashes), requirement
    assert "--extra-index-url" not in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "name"), [("requirements.in", PINS[0]), ("requirements.in", PINS[1]), ("requirements-dev.in", PINS[1])]
)
def test_pins_cover_the_requirements(source: str, name: str) -> None:
    pinned = pins(name)
    for requirement, _ in requirements(source):
        versions = pinned[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version.removeprefix("==")) for version in versions), requirement


def test_tests_run_with_the_releases_of_the_product() -> None:
    product, tests = pins(PINS[0]), pins(PINS[1])
    assert {name: tests.get(name) for name in product} == product


def test_the_installed_releases_are_the_pinned_ones() -> None:
    for requirement, _ in requirements(PINS[1]):
        if requirement.marker is None or requirement.marker.evaluate():
            assert importlib.metadata.version(requirement.name) in requirement.specifier, requirement


def test_the_bill_of_materials_has_every_dependency(tmp_path: Path) -> None:
    """With the arguments of `make sbom`."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    arguments = re.findall(r"cyclonedx-py (.*)", makefile)[-1].replace("build/", f"{tmp_path}/").split()
    command = [str(Path(sys.executable).parent / "cyclonedx-py"), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    bill = json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))
    listed = {(canonicalize_name(component["name"]), component["version"]) for component in bill["components"]}
    assert listed == {(name, version.removeprefix("==")) for name, versions in pins(PINS[0]).items() for version in versions}


def test_environments_are_installed_by_hash() -> None:
    for name in ("Makefile", "Dockerfile"):
        for line in (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
            assert "pip install" not in line or "--require-hashes" in line, line
