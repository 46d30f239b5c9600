"""The table at each width of a window: no word is broken, no row is a tower, and nothing scrolls sideways."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from succession.wire import DashboardView
from tests.browser.stand_in import StandIn
from tests.browser.views import Script, departed, event, member, znode

PHONE_PX = 360
HIGHEST_ROW_PX = 200
HIGHEST_CARD_ON_A_PHONE_PX = 330  # two columns: what stands side by side elsewhere stands below each other

BROKEN_WORDS = """
() => {
  const broken = [];
  for (const cell of document.querySelectorAll("#cluster th, #cluster td")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const parent = texts.currentNode.parentElement;
      if (!parent.checkVisibility() || parent.matches(".unseen")) continue;
      for (const word of texts.currentNode.data.matchAll(/\\S+/g)) {
        const range = document.createRange();
        range.setStart(texts.currentNode, word.index);
        range.setEnd(texts.currentNode, word.index + word[0].length);
        const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
        const edge = cell.getBoundingClientRect();
        const isOut = boxes.some((box) => box.right > edge.right + 0.5 || box.left < edge.left - 0.5);
        if (new Set(boxes.map((box) => Math.round(box.top))).size > 1 || isOut) broken.push(word[0]);
      }
    }
  }
  for (const address of document.querySelectorAll("#cluster .address")) {
    const tops = [...address.children].map((part) => Math.round(part.getBoundingClientRect().top));
    if (new Set(tops).size > 1) broken.push(address.textContent);
  }
  return broken;
}
"""
ROW_HEIGHTS = "() => [...document.querySelectorAll('#rows tr')].map((row) => row.getBoundingClientRect().height)"


def full_rows() -> DashboardView:
    """Long addresses; one node out of sync, one started again, one down with its command."""
    now = time.time()

    def at_port(number: int, **fields: Any) -> Any:
        return member(number, at=now, address=f"http://127.0.0.1:{28080 + number}", **fields)

    left = replace(departed(7, at=now), address="http://127.0.0.1:28087")
    return Script().view(
        at_port(1, leads=True),
        at_port(2),
        at_port(3),
        at_port(4, watching=znode(2), in_sync=False),
        replace(at_port(5), name="node2", address="http://127.0.0.1:28082"),
        at=now,
        departed=(left,),
        events=(event(1, "gone", 7, "node7 is gone.", at=now),),
    )


def shown_at(new_page: Callable[..., Page], stand_in: StandIn, width: int) -> Page:
    """The page at this width, with all its rows."""
    page = new_page(viewport={"width": width, "height": 800}, reduced_motion="reduce")
    stand_in.start_hint = "docker compose start {name}"
    stand_in.publish(full_rows())
    page.goto(stand_in.url)
    expect(page.locator("#rows tr:not(.empty)")).to_have_count(6)
    return page


@pytest.mark.parametrize("width", [360, 600, 900, 1024, 1100, 1200, 1280, 1366, 1440, 1920])
def test_no_word_is_broken_and_no_row_is_a_tower(
    new_page: Callable[..., Page],
    stand_in: StandIn,
    width: int,
) -> None:
    page = shown_at(new_page, stand_in, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('#cluster').scrollWidth") <= width
    assert [] == page.evaluate(BROKEN_WORDS)
    limit = HIGHEST_CARD_ON_A_PHONE_PX if width <= PHONE_PX else HIGHEST_ROW_PX * max(1.0, width / 1536)
    assert [] == [height for height in page.evaluate(ROW_HEIGHTS) if height > limit]


def test_a_name_and_an_address_that_are_too_long_for_any_column_are_broken_and_not_cut_off(
    new_page: Callable[..., Page],
    stand_in: StandIn,
) -> None:
    now = time.time()
    long = member(1, "n" * 63, at=now, leads=True, address=f"http://{'host.' * 20}example:8081")
    for width in (360, 1100, 1440):
        page = new_page(viewport={"width": width, "height": 800})
        stand_in.publish(Script().view(long, at=now))
        page.goto(stand_in.url)
        expect(page.locator("#rows .name")).to_have_text("n" * 63)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        card = page.locator("#cluster").bounding_box()
        button = page.get_by_role("button", name="Kill instance").bounding_box()
        assert card is not None
        assert button is not None
        assert button["x"] + button["width"] <= card["x"] + card["width"]
