"""The stand-in dashboard."""

from collections.abc import Iterator

import pytest

from tests.browser.stand_in import StandIn


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A dashboard that says what the test tells it to."""
    server = StandIn()
    server.start()
    yield server
    server.stop()
