"""A table of a thousand rows: an update touches the rows that it is about, and what is out of sight is all there."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from succession.testing.waiting import eventually
from tests.browser.changing import Line
from tests.browser.seeing import assert_axe_finds_nothing
from tests.browser.stand_in import StandIn
from tests.browser.views import Script, departed, member, znode

# The key of each row in which something was added, removed or written since.
NOTE_TOUCHED = """() => {
  window.touched = new Set();
  const rowOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("tr");
  new MutationObserver((records) => {
    for (const record of records) {
      const about = record.type === "childList" ? [...record.addedNodes, ...record.removedNodes] : [];
      for (const row of [rowOf(record.target), ...about.map(rowOf)]) if (row) window.touched.add(row.dataset.key);
    }
  }).observe(document.querySelector("#rows"),
    { subtree: true, childList: true, characterData: true, attributes: true });
}"""
KEYS = "[...document.querySelectorAll('#rows tr')].map((row) => row.dataset.key)"


def shows(page: Page, stand_in: StandIn, line: Line) -> None:
    """Open the page and wait until all rows of this line are on it."""
    view = line.view()
    stand_in.publish(view)
    page.goto(stand_in.url)
    assert view.cluster is not None
    wait_for_rows(page, [one.znode for one in view.cluster.members])


def wait_for_rows(page: Page, znodes: list[str]) -> None:
    """Until the table has just these rows, in this order; `expect` takes seconds a look among a thousand."""
    wait_for(page, lambda: bool(page.evaluate(KEYS) == znodes))


def wait_for_text(page: Page, about: str, text: str) -> None:
    """Until the row of this znode says this."""
    said = "(znode) => document.querySelector(`#rows tr[data-key='${znode}']`)?.textContent ?? ''"
    wait_for(page, lambda: text in page.evaluate(said, about))


def wait_for(page: Page, holds: Callable[[], bool]) -> None:
    """Look again and again, and let the browser's own events through meanwhile."""

    def look() -> bool:
        page.wait_for_timeout(50)
        return holds()

    eventually(look, within_s=15)


def test_an_update_of_one_row_among_a_thousand_touches_one_row(page: Page, stand_in: StandIn) -> None:
    line = Line(1000)
    shows(page, stand_in, line)
    page.wait_for_timeout(500)
    page.evaluate(NOTE_TOUCHED)
    page.wait_for_timeout(700)
    assert [] == page.evaluate("[...window.touched]")  # at rest nothing is
    touched = []
    for change, _ in zip(line.changes(), range(4), strict=False):
        page.evaluate("window.touched.clear()")
        stand_in.publish(change.view)
        wait_for_text(page, change.znode, change.text or "Down since")
        page.wait_for_timeout(300)
        touched.append(page.evaluate("[...window.touched]"))
    left, joined, fell_behind, caught_up = ({*keys} for keys in touched)
    gone, behind, new = znode(501), znode(502), znode(1001)
    assert {gone, behind} == left  # the one that stood behind it watches another
    assert ({new}, {behind}, {behind}) == (joined - {gone}, fell_behind - {gone}, caught_up - {gone})  # it counts on


def test_rows_out_of_sight_are_read_found_and_reached_as_those_in_sight(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, Line(1000))
    far = page.locator(f'#rows tr[data-key="{znode(900)}"]')
    expect(far).to_have_accessible_name(re.compile("c_0000000900"))
    expect(far).to_contain_text("node900")
    height = "document.documentElement.scrollHeight"
    before = page.evaluate(height)
    far.get_by_role("button", name="Kill instance node900").focus()
    expect(far).to_be_in_viewport()
    assert before == page.evaluate(height)  # what was not laid out yet had been given its room


def test_when_the_whole_line_is_new_all_its_rows_come_in_their_order(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, Line(300))
    now = time.time()
    members = tuple(member(number, at=now, leads=number == 5007) for number in range(5007, 5707))
    gone = tuple(departed(number, at=now) for number in range(1, 21))
    stand_in.publish(Script(epoch="another").view(*members, at=now, departed=gone))
    newest_first = [one.znode for one in reversed(gone)]
    wait_for_rows(page, [one.znode for one in members] + newest_first)


def test_the_focus_stays_on_the_row_that_leaves_when_no_other_has_a_number_near_it(
    page: Page, stand_in: StandIn
) -> None:
    script, now = Script(), time.time()
    first, second = member(7, at=now, leads=True), member(40, at=now, watching=znode(7), predecessor=znode(7))
    stand_in.publish(script.view(first, second, at=now))
    page.goto(stand_in.url)
    page.get_by_label("Kill instance node40").focus()
    page.evaluate("document.activeElement.closest('tr').mark = 1")
    stand_in.publish(script.view(first, at=now, departed=(departed(40, at=now),)))
    expect(page.get_by_label("Copy command for node40")).to_be_focused()
    assert page.evaluate("document.activeElement.closest('tr').mark === 1")  # the same element, in its new place


def test_what_is_in_a_long_table_has_a_table_s_roles(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, Line(90))
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(91)
    expect(page.get_by_role("table").get_by_role("rowheader", name=znode(90))).to_have_count(1)
    assert_axe_finds_nothing(page)
