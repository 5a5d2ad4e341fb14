"""A body's year whose files are stored in a folder of the test."""

from pathlib import Path

import pytest
from flask import Flask

from evaluation.criteria import Order
from tests.support.scenario import Scenario, two_kind_scenario
from tests.support.settings import change_settings


@pytest.fixture
def scenario(app: Flask, order: Order, tmp_path: Path) -> Scenario:
    change_settings(app, files_folder=tmp_path / "files")
    return two_kind_scenario(app, order)
