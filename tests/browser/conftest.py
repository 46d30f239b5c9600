"""What the tests of the page stand on: a stand-in dashboard, a page for the pure modules, a real cluster at rest."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.stand_in import StandIn
from tests.support.playgrounds import Playground


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A dashboard that says what the test tells it to."""
    server = StandIn()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def pure(browser: Browser) -> Iterator[Page]:
    """A page from which the modules can be imported; it shows none of what the tests make of them."""
    server = StandIn()
    server.start()
    context = browser.new_context(timezone_id="UTC")
    page = context.new_page()
    page.goto(f"{server.url}/static/favicon.svg")
    yield page
    context.close()
    server.stop()


@pytest.fixture
def cluster(module_playground: Playground) -> Iterator[Playground]:
    """Four nodes in line, at rest; one that a test ended is started again after it."""
    module_playground.wait_until_at_rest()
    yield module_playground
    for name, state in module_playground.states().items():
        if state != "running":
            module_playground.do("start", name)
    module_playground.wait_until_at_rest()
