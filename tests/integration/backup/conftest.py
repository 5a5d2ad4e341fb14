"""The installation that the tests of backups copy."""

from pathlib import Path
from typing import Any

import pytest

from evaluation.criteria import Order
from tests.support.backup_world import sound_installation
from tests.support.scenario import Scenario


@pytest.fixture
def scenario(database_url: str, make_app: Any, order: Order, tmp_path: Path) -> Scenario:
    """A sound installation whose files are in `tmp_path / "files"`."""
    app = make_app(database_url, FILES_FOLDER=tmp_path / "files")
    return sound_installation(app, order)
