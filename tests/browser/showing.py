"""How a test has a view on the page: it is published, the page is opened, and all stands still."""

import time
from typing import Any

from playwright.sync_api import Page, expect

from succession.wire import DashboardView
from tests.browser.seeing import wait_for_rest
from tests.browser.stand_in import StandIn
from tests.browser.views import Script, many, znode


def shows(page: Page, stand_in: StandIn, view: DashboardView, hash_: str = "") -> None:
    """Open the page and wait until this view is on it and nothing moves."""
    stand_in.publish(view)
    page.goto(f"{stand_in.url}/{hash_}")
    expect(page.locator("#rows tr:not(.empty)")).to_have_count(
        len(view.cluster.members if view.cluster else ()) + len(view.departed)
    )
    wait_for_rest(page)


def live(count: int = 4, script: Script | None = None, **fields: Any) -> DashboardView:
    """So many nodes, all well, at this moment."""
    now = time.time()
    return (script or Script()).view(*many(count, at=now), at=now, **fields)


def open_seat(page: Page, number: int) -> None:
    """Open the detail of node{number} by a click on its seat."""
    page.locator(f'#seats li[data-key="{znode(number)}"] button').click()
