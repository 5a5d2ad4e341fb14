"""The demonstration on a server, for a module of these tests."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.browser.access.site import PageCase, fill
from tests.browser.conftest import served
from tests.browser.entry.test_entry_to_submission import in_a_thread


@dataclass(frozen=True)
class AccessSite:
    """A server with the demonstration, and every page of it."""

    address: str
    pages: list[PageCase]


@pytest.fixture(scope="module")
def access_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessSite]:
    folder = tmp_path_factory.mktemp("access")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JOB_QUEUE_URL", "memory:")
        with served(folder) as address:
            yield AccessSite(address, in_a_thread(folder, fill))
