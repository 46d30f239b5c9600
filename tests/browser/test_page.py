"""The page before a stand-in dashboard: states that a real cluster gives rarely, and what must hold in each."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from succession.testing.waiting import eventually
from succession.wire import DashboardView, ViewState
from tests.browser.stand_in import StandIn
from tests.browser.views import (
    Script,
    after_failover,
    departed,
    event,
    four,
    member,
    unreadable,
    znode,
)

NOTE_MUTATIONS = """
(selector) => {
  window.noted = [];
  const text = (node) => node.nodeType === Node.TEXT_NODE ? node.data : node.tagName + (node.dataset?.key ?? "");
  new MutationObserver((records) => {
    for (const record of records) {
      for (const node of [...record.addedNodes, ...record.removedNodes]) window.noted.push(text(node));
      if (record.type !== "childList") window.noted.push(`${record.attributeName} ${text(record.target)}`);
    }
  }).observe(document.querySelector(selector),
    { subtree: true, childList: true, characterData: true, attributes: true });
}
"""


def shows(page: Page, stand_in: StandIn, view: DashboardView) -> None:
    """Open the page and wait for this view's rows."""
    stand_in.publish(view)
    page.goto(stand_in.url)
    rows = len(view.cluster.members if view.cluster else ()) + len(view.departed)
    expect(page.locator("#rows tr:not(.empty)")).to_have_count(rows)


def row(page: Page, number: int) -> Any:
    """The row of the candidate with this sequence."""
    return page.locator(f'#rows tr[data-key="{znode(number)}"]')


def live(script: Script | None = None) -> DashboardView:
    """Four nodes, all well, at this moment."""
    now = time.time()
    return (script or Script()).view(*four(at=now), at=now)


def in_state(state: ViewState) -> DashboardView:
    """Four nodes and something wrong."""
    now = time.time()
    silent = event(1, "not_answering", 1, "node1, the leader, does not answer.", at=now)
    return Script().view(*four(at=now), at=now, state=state, events=(silent,))


def odd() -> DashboardView:
    """All that a table can have at once."""
    now = time.time()
    leader, second, _, _ = four(at=now)
    return Script().view(
        leader,
        second,
        unreadable(3),
        member(4, at=now, watching=znode(2), in_sync=False),
        member(5, "node2", at=now, address="http://127.0.0.1:8082"),
        at=now,
        departed=(departed(7, at=now),),
        events=(event(1, "gone", 7, "node7 is gone.", at=now),),
        problems=("An entry of /workers_service_registry is not JSON.",),
    )


def test_headings_are_the_contracts_and_each_is_explained_by_keyboard(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    headings = page.get_by_role("columnheader")
    assert ["Znode id", "Role", "Watching znode", "Address"] == headings.all_text_contents()[:4]
    expect(page.get_by_role("table")).to_have_accessible_name(re.compile("The line of succession"))
    headings.first.locator(".explained").focus()
    for number in range(headings.count()):
        if number > 0:
            page.keyboard.press("Tab")
        expect(page.locator("#tooltip")).to_be_visible()
        assert page.locator("#tooltip").inner_text().endswith(".")
    page.keyboard.press("Escape")
    expect(page.locator("#tooltip")).to_be_hidden()


def test_rows_keep_their_element_and_only_what_changed_is_touched(page: Page, stand_in: StandIn) -> None:
    """Row 23; portainer 1992: rows jumped at every update."""
    script = Script()
    shows(page, stand_in, live(script))
    page.evaluate("document.querySelectorAll('#rows tr').forEach((row, at) => { row.mark = at; })")
    page.evaluate(NOTE_MUTATIONS, "#cluster")
    stand_in.publish(live(script))
    page.wait_for_timeout(800)
    assert [] == page.evaluate("window.noted")
    now = time.time()
    stand_in.publish(script.view(*four(at=now)[:3], member(4, at=now, watching=znode(2), in_sync=False), at=now))
    expect(row(page, 4)).to_contain_text("In transition")
    touched = page.evaluate("window.noted")
    assert touched
    assert not [what for what in touched if "TR" in what and not what.endswith(znode(4))]
    assert [0, 1, 2, 3] == page.evaluate("[...document.querySelectorAll('#rows tr')].map((row) => row.mark)")


def test_a_node_that_goes_keeps_its_element_and_moves_below_the_line(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script))
    page.evaluate("document.querySelectorAll('#rows tr').forEach((row, at) => { row.mark = at; })")
    page.evaluate(NOTE_MUTATIONS, "#rows")
    row(page, 1).get_by_label("Kill instance").focus()
    stand_in.publish(after_failover(script, at=time.time()))
    expect(row(page, 1)).to_contain_text("Down")
    assert [1, 2, 3, 0] == page.evaluate("[...document.querySelectorAll('#rows tr')].map((row) => row.mark)")
    moved = {what for what in page.evaluate("window.noted") if what.startswith("TR")}
    assert {f"TR{znode(1)}"} == moved  # those that closed up behind it were not taken out and put back
    expect(row(page, 1)).to_contain_text("Killed from this page.")
    expect(row(page, 1)).to_contain_text("make start NODE=node1")
    expect(page.get_by_label("Copy command for node1")).to_be_focused()  # not the top of the page


def test_focus_stays_where_it_is_when_rows_come_and_go(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script))
    button = page.get_by_label("Kill instance node3")
    button.focus()
    stand_in.publish(after_failover(script, at=time.time()))
    expect(row(page, 1)).to_contain_text("Down")
    expect(button).to_be_focused()


def test_the_command_is_copied(new_page: Callable[..., Page], stand_in: StandIn) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    page.get_by_label("Copy command for node1").click()
    expect(page.get_by_label("Copied for node1")).to_be_visible()
    assert "make start NODE=node1" == page.evaluate("navigator.clipboard.readText()")


def test_html_in_a_name_or_an_address_is_text(page: Page, stand_in: StandIn) -> None:
    evil = "<img src=x onerror=alert(1)><b>node"
    now = time.time()
    leader = member(1, evil, at=now, leads=True, address="http://<script>alert(1)<script>:80")
    told = event(1, "joined", 1, f"{evil} joined at the end of the line.", at=now, name=evil)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    shows(
        page, stand_in, Script().view(leader, at=now, events=(told,), problems=(evil,), departed=(departed(9, evil),))
    )
    expect(row(page, 1)).to_contain_text(evil)
    expect(row(page, 1)).to_contain_text("<script>alert(1)<script>:80")
    assert 0 == page.locator("img, main b, main script").count()
    assert [] == dialogs


def test_the_page_asks_for_nothing_after_it_has_loaded(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script))
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    seen = len(stand_in.requests)
    stand_in.publish(after_failover(script, at=time.time()))
    expect(page.locator("#header")).to_contain_text("node2 leads")
    page.wait_for_timeout(1500)
    assert [] == asked
    assert [] == stand_in.requests[seen:]


def test_a_kill_is_sent_at_once_and_says_that_it_is_under_way(page: Page, stand_in: StandIn) -> None:
    stand_in.answer_delay_s = 0.5
    shows(page, stand_in, live())
    button = page.get_by_role("button", name="Kill instance node2")
    button.click()
    killing = page.get_by_role("button", name="Killing… node2")
    expect(killing).to_be_disabled()
    killing.click(force=True)
    expect(page.get_by_role("button", name="Killed node2")).to_be_disabled()
    assert [f"POST /api/nodes/{znode(2)}/kill"] == [asked for asked in stand_in.requests if asked.startswith("POST")]


def test_the_second_half_of_a_double_click_kills_nobody(page: Page, stand_in: StandIn) -> None:
    """When a row goes at once, the next one's button is under the pointer by then."""
    shows(page, stand_in, live())
    page.get_by_label("Kill instance node2").dispatch_event("click", {"detail": 2})
    page.get_by_label("Kill instance node3").click()
    expect(page.get_by_role("button", name="Killed node3")).to_be_visible()
    assert [f"POST /api/nodes/{znode(3)}/kill"] == [asked for asked in stand_in.requests if asked.startswith("POST")]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(404, "No node has this znode."), (502, "node2 did not answer within 2 s."), (403, "Not from here."), (500, "")],
)
def test_a_refused_kill_is_one_sentence_beside_its_button(
    page: Page,
    stand_in: StandIn,
    status: int,
    sentence: str,
) -> None:
    stand_in.answers[znode(2)] = (status, {"error": sentence} if sentence else {})
    shows(page, stand_in, live())
    page.get_by_label("Kill instance node2").click()
    expect(row(page, 2).get_by_role("alert")).to_have_text(
        sentence or "Not killed: the dashboard answered with status 500."
    )
    expect(page.get_by_label("Kill instance node2")).to_be_enabled()


def test_a_dashboard_that_is_started_again_is_found_again(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live(Script(epoch="first", revision=500)))
    stand_in.stop()
    expect(page.get_by_role("status")).to_contain_text("Connection to the dashboard lost")
    expect(page.locator("#banner")).to_contain_text("next try in")
    expect(page.get_by_label("Kill instance node1")).to_be_disabled()
    now = time.time()
    stand_in.publish(Script(epoch="second").view(*four(at=now, first=2), at=now))
    stand_in.start()
    expect(page.locator("#header")).to_contain_text("node2 leads", timeout=8000)
    expect(page.get_by_label("Kill instance node2")).to_be_enabled()


def test_a_silent_stream_is_said_to_be_stale_and_is_opened_anew(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    stand_in.is_silent = True
    expect(page.locator("html")).to_have_attribute("data-state", "stale", timeout=5000)
    expect(page.get_by_role("status")).to_contain_text("Nothing new from the dashboard")
    opened = stand_in.requests.count("GET /api/stream")
    eventually(lambda: _opened(page, stand_in) > opened, within_s=15)
    stand_in.is_silent = False
    expect(page.get_by_role("status")).to_contain_text("Live")


def _opened(page: Page, stand_in: StandIn) -> int:
    page.wait_for_timeout(100)  # lets the browser's own events through
    return stand_in.requests.count("GET /api/stream")


def test_a_page_that_finds_no_place_says_so_and_comes_in_when_one_is_free(page: Page, stand_in: StandIn) -> None:
    stand_in.refuses = (503, "All 1 places are taken; try again later.")
    stand_in.publish(live())
    page.goto(stand_in.url)
    expect(page.get_by_role("status")).to_contain_text("All 1 places are taken; try again later.")
    stand_in.refuses = None
    expect(page.locator("#header")).to_contain_text("node1 leads", timeout=8000)


def test_the_page_is_never_blank(page: Page, stand_in: StandIn) -> None:
    page.goto(stand_in.url)
    expect(page.get_by_role("status")).to_contain_text("Connecting to the dashboard")
    expect(page.get_by_role("table")).to_be_visible()


def test_without_scripts_the_page_says_where_the_cluster_can_be_read(
    new_page: Callable[..., Page],
    stand_in: StandIn,
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(stand_in.url)
    expect(page.get_by_text("/api/view")).to_be_visible()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("electing", "Election under way"),
        ("leader_unreachable", "node1, the leader, does not answer. ZooKeeper waits for it until about"),
        ("zookeeper_unreachable", "ZooKeeper does not answer"),
    ],
)
def test_each_state_is_said_in_a_live_region(page: Page, stand_in: StandIn, state: ViewState, words: str) -> None:
    shows(page, stand_in, in_state(state))
    expect(page.get_by_role("status")).to_contain_text(words)
    expect(page.locator("#header")).not_to_contain_text("leads")


def test_problems_are_listed(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, odd())
    problems = page.get_by_role("region", name="What could not be read")
    expect(problems.get_by_role("listitem")).to_have_text(["An entry of /workers_service_registry is not JSON."])
    expect(row(page, 2)).to_contain_text("Former znode")


@pytest.mark.parametrize("width", [360, 640, 1024, 3840])
def test_nothing_is_cut_off_at_any_width(new_page: Callable[..., Page], stand_in: StandIn, width: int) -> None:
    page = new_page(viewport={"width": width, "height": 800})
    shows(page, stand_in, odd())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_updates_do_not_shift_the_table(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script))
    tops = "[...document.querySelectorAll('#rows tr')].map((row) => row.getBoundingClientRect().top)"
    before = page.evaluate(tops)
    for state in ("leader_unreachable", "electing", "zookeeper_unreachable"):
        now = time.time()
        stand_in.publish(script.view(*four(at=now), at=now, state=state))
        expect(page.locator("html")).to_have_attribute("data-state", state)
        assert before == page.evaluate(tops)


@pytest.mark.parametrize(
    ("theme", "width", "make"),
    [
        ("light", 1440, odd),
        ("dark", 1440, odd),
        ("light", 360, odd),
        ("dark", 360, lambda: in_state("leader_unreachable")),
        ("light", 1440, lambda: in_state("electing")),
        ("dark", 1440, lambda: after_failover(Script(), at=time.time())),
    ],
)
def test_axe_finds_nothing_in_either_theme(
    new_page: Callable[..., Page],
    stand_in: StandIn,
    theme: str,
    width: int,
    make: Callable[[], DashboardView],
) -> None:
    page = new_page(color_scheme=theme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    shows(page, stand_in, make())
    found = Axe().run(page)
    assert 0 == found.violations_count, found.generate_report()


def test_the_theme_button_goes_through_three_and_is_remembered(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    button = page.get_by_role("button", name="Theme")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    for theme in ("light", "dark"):
        button.click()
        expect(button).to_have_text(f"Theme: {theme}")
    assert light != page.evaluate(ground)
    page.reload()
    expect(button).to_have_text("Theme: dark")
    assert light != page.evaluate(ground)
    button.click()
    expect(button).to_have_text("Theme: system")
