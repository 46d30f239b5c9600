"""The picture of the line, and what is opened from it, before a stand-in dashboard: many nodes, and every state."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from succession.wire import DashboardView, ViewState
from tests.browser.seeing import (
    RECORD_STORY,
    arrows,
    assert_axe_finds_nothing,
    assert_picture_is_the_table,
    places,
    seats,
    story,
    wait_for_rest,
)
from tests.browser.stand_in import StandIn
from tests.browser.views import Script, after_failover, departed, event, four, many, member, unreadable, znode

TEXT_IS_WHOLE = """() => [...document.querySelectorAll("#seats .called, #seats .sub")]
  .filter((text) => text.scrollWidth > text.clientWidth + 1).map((text) => text.textContent)"""
OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll("#seats > li > *")].map((seat) => seat.getBoundingClientRect());
  return boxes.flatMap((one, at) => boxes.slice(at + 1)
    .filter((other) => one.left < other.right - 1 && other.left < one.right - 1
      && one.top < other.bottom - 1 && other.top < one.bottom - 1)).length;
}"""


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


@pytest.mark.parametrize("count", [1, 2, 5, 7, 15, 40])
@pytest.mark.parametrize("width", [360, 1440, 3840])
def test_from_one_to_forty_nodes_each_has_its_seat_and_no_two_overlap(
    new_page: Callable[..., Page], stand_in: StandIn, count: int, width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    shows(page, stand_in, live(count))
    assert [f"node{number}" for number in range(1, count + 1)] == [seat.name for seat in seats(page)]
    assert count - 1 == arrows(page)
    assert_picture_is_the_table(page)
    assert 0 == page.evaluate(OVERLAPS)
    assert [] == page.evaluate(TEXT_IS_WHOLE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_forty_nodes_pass_axe(new_page: Callable[..., Page], stand_in: StandIn, theme: str) -> None:
    page = new_page(color_scheme=theme, reduced_motion="reduce")
    now = time.time()
    shows(page, stand_in, Script().view(*many(40, at=now, behind=(7, 25)), at=now))
    assert ["in transition", "in transition"] == [seat.sub for seat in seats(page) if seat.look == "transition"]
    assert_axe_finds_nothing(page)


def test_a_thousand_nodes_show_their_head_their_trouble_their_end_and_counts(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    shows(page, stand_in, Script().view(*many(1000, at=now, behind=(7, 25, 500)), at=now))
    drawn = seats(page)
    assert len(drawn) < 40
    assert [f"node{number}" for number in range(1, 11)] == [seat.name for seat in drawn[:10]]
    assert "node1000" == drawn[-1].name
    assert ["node7", "node25", "node500"] == [seat.name for seat in drawn if seat.look == "transition"]
    left = [int(seat.name.removeprefix("+ ")) for seat in drawn if seat.look == "more"]
    assert 1000 == sum(left) + len([seat for seat in drawn if seat.look != "more"])
    assert 0 == page.evaluate(OVERLAPS)
    assert_axe_finds_nothing(page)


def test_among_a_thousand_a_death_far_back_changes_no_other_seat(page: Page, stand_in: StandIn) -> None:
    script, now = Script(), time.time()
    shows(page, stand_in, script.view(*many(1000, at=now), at=now))
    page.evaluate("document.querySelectorAll('#seats > li').forEach((seat) => { seat.mark = seat.dataset.key; })")
    left = tuple(one for one in many(1000, at=now) if one.znode != znode(600))
    stand_in.publish(script.view(*left, at=now))
    expect(page.locator("#header")).to_contain_text("999 nodes in line")
    wait_for_rest(page)
    kept = page.evaluate(
        "[...document.querySelectorAll('#seats > li')].every((seat) => seat.mark === seat.dataset.key)"
    )
    assert kept
    assert ["+ 988"] == [seat.name for seat in seats(page) if seat.look == "more"]


def test_each_kind_of_trouble_looks_different_and_says_so(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    leader, second, *_ = four(at=now)
    view = Script().view(
        leader,
        second,
        unreadable(3),
        member(4, at=now, watching=znode(2), in_sync=False),
        member(5, "node2", at=now, address="http://127.0.0.1:8082"),
        at=now,
        state="leader_unreachable",
        departed=(departed(7, at=now - 3), departed(8, at=now, led=True)),
        events=(event(1, "not_answering", 1, "node1, the leader, does not answer.", at=now),),
    )
    shows(page, stand_in, view)
    shown = {seat.name: f"{seat.look}: {seat.sub}" for seat in seats(page) if seat.look != "former"}
    assert shown["node8"].startswith("down: down ")
    assert shown["node7"].startswith("down: down ")
    assert "silent: not answering" == shown["node1"]
    assert "unknown: no readable entry" == shown["c_0000000003"]
    assert "transition: in transition" == shown["node4"]
    assert ("former", "former znode") in [(seat.look, seat.sub) for seat in seats(page)]
    assert "node8" == seats(page)[0].name  # a leader's empty seat stays ahead of the line
    assert_picture_is_the_table(page)
    rings = page.locator("#seats > li .ring").evaluate_all(
        "rings => rings.map((ring) => getComputedStyle(ring).strokeDasharray + getComputedStyle(ring).strokeWidth)"
    )
    assert len({seat.look for seat in seats(page)}) == len(set(rings))  # told apart without colour


def test_a_story_that_is_overtaken_ends_in_what_is_true(page: Page, stand_in: StandIn) -> None:
    script, now = Script(), time.time()
    shows(page, stand_in, live(script=script))
    page.evaluate(RECORD_STORY)
    stand_in.publish(after_failover(script, at=now))
    expect(page.locator(".stage")).to_have_attribute("data-playing", "")
    third = member(3, at=now, leads=True)
    gone = (departed(1, at=now, led=True), departed(2, at=now, led=True))
    stand_in.publish(script.view(third, member(4, at=now), at=now, departed=gone))
    expect(page.locator("#header")).to_contain_text("node3 leads")
    expect(page.locator("#line")).to_contain_text("node3 leads.", timeout=20000)
    wait_for_rest(page)
    assert_picture_is_the_table(page)
    crowned = [name for step in story(page) for name, stage in step["stages"].items() if stage == "crowned"]
    assert ["node2", "node3"] == list(dict.fromkeys(crowned))


def test_a_story_ends_at_once_when_nobody_leads_any_more(page: Page, stand_in: StandIn) -> None:
    script, now = Script(), time.time()
    shows(page, stand_in, live(script=script))
    stand_in.publish(after_failover(script, at=now))
    expect(page.locator(".stage")).to_have_attribute("data-playing", "")
    second = member(2, at=now, leads=True)
    gone = (departed(1, at=now, led=True),)
    away = script.view(second, member(3, at=now), at=now, departed=gone, state="zookeeper_unreachable")
    stand_in.publish(away)
    expect(page.locator("html")).to_have_attribute("data-state", "zookeeper_unreachable")
    expect(page.locator(".stage")).not_to_have_attribute("data-playing", "", timeout=400)
    assert "leader" not in [seat.look for seat in seats(page)]
    page.evaluate(RECORD_STORY)
    stand_in.publish(script.view(second, member(3, at=now), at=now, departed=gone))  # back, and the same one leads
    expect(page.locator('#seats > li[data-look="leader"]')).to_have_count(1)
    page.wait_for_timeout(300)
    assert [] == [step for step in story(page) if step["isPlaying"]]


def test_the_question_stays_true_while_it_is_open(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script=script))
    page.locator(f'#seats li[data-key="{znode(2)}"] button').focus()
    page.keyboard.press("k")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Kill node2, a worker?")
    stand_in.publish(after_failover(script, at=time.time()))
    expect(question).to_contain_text("Kill node2, the leader?")
    now = time.time()
    stand_in.publish(script.view(member(3, at=now, leads=True), at=now))
    expect(question).to_contain_text("It is gone already")
    expect(question.get_by_role("button", name="Kill it")).to_be_hidden()


def test_escape_closes_the_detail_wherever_the_focus_is(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    open_seat(page, 2)
    page.locator("h1").click()
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()


def test_every_node_of_a_long_line_is_reached_by_keyboard(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live(60))
    hidden = page.get_by_role("button", name=f"{znode(40)}: all of node40")
    hidden.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="node40")).to_be_visible()
    page.keyboard.press("Escape")
    expect(hidden).to_be_focused()


def test_a_link_to_a_node_says_nothing_untrue_before_data_comes(page: Page, stand_in: StandIn) -> None:
    page.goto(f"{stand_in.url}/#node={znode(2)}")
    expect(page.locator("#detail")).to_contain_text("Nothing is known of it yet.")


def test_no_story_is_told_of_what_happened_while_the_page_was_not_looking(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live(script=Script(epoch="first", revision=500)))
    page.evaluate(RECORD_STORY)
    now = time.time()
    stand_in.publish(Script(epoch="second").view(*four(at=now, first=2), at=now))  # the dashboard was started anew
    expect(page.locator("#header")).to_contain_text("node2 leads")
    wait_for_rest(page)
    assert_picture_is_the_table(page)
    assert [] == [step for step in story(page) if step["isPlaying"]]


@pytest.mark.parametrize("state", ["electing", "leader_unreachable", "zookeeper_unreachable"])
def test_only_a_live_leader_is_crowned_in_the_picture(page: Page, stand_in: StandIn, state: ViewState) -> None:
    now = time.time()
    shows(page, stand_in, Script().view(*four(at=now), at=now, state=state))
    assert "leader" not in [seat.look for seat in seats(page)]
    assert_axe_finds_nothing(page)


@pytest.mark.parametrize(
    ("members", "snapshot", "words"),
    [((), True, "No node is in line. Start one, and it joins."), ((), False, "Nothing is known of the line yet.")],
)
def test_an_empty_line_has_its_words(
    page: Page, stand_in: StandIn, members: tuple[Any, ...], snapshot: bool, words: str
) -> None:
    shows(page, stand_in, Script().view(*members, state="electing", at=time.time(), snapshot=snapshot))
    expect(page.locator("#line")).to_contain_text(words)
    assert_axe_finds_nothing(page)


def test_before_the_first_message_the_line_says_what_is_awaited(page: Page, stand_in: StandIn) -> None:
    page.goto(stand_in.url)
    expect(page.locator("#line")).to_contain_text("The nodes show here as soon as the dashboard answers.")


def test_updates_shift_nothing(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script=script))
    tops = """() => ['#tried', '#line', '#cluster', '#failover']
      .map((id) => document.querySelector(id).getBoundingClientRect().top)"""
    before, stood = page.evaluate(tops), places(page)
    for state in ("leader_unreachable", "electing", "zookeeper_unreachable", "live"):
        now = time.time()
        stand_in.publish(script.view(*four(at=now), at=now, state=state))
        expect(page.locator("html")).to_have_attribute("data-state", state)
        wait_for_rest(page)
        assert before == page.evaluate(tops)
        assert stood == places(page)


def test_a_node_s_detail_tells_all_of_it_and_copies_what_one_needs_elsewhere(
    new_page: Callable[..., Page], stand_in: StandIn
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    open_seat(page, 3)
    panel = page.get_by_role("region", name="node3")
    expect(panel).to_contain_text("Worker, next in line")
    expect(panel).to_contain_text("2 of 3 in line")
    expect(panel).to_contain_text("node2 (c_0000000002)")
    expect(panel).to_contain_text("node4 (c_0000000004)")
    expect(panel).to_contain_text("0x3")
    expect(panel).to_contain_text("2 s, as granted")
    expect(panel).to_contain_text("node3 watches c_0000000002 now.")
    panel.get_by_label("Copy znode").click()
    assert "/election/c_0000000003" == page.evaluate("navigator.clipboard.readText()")
    panel.get_by_label("Copy address").click()
    assert "http://127.0.0.1:8083" == page.evaluate("navigator.clipboard.readText()")
    assert_axe_finds_nothing(page)
    page.reload()
    expect(panel).to_be_visible()  # the URL carries what is open
    open_seat(page, 3)
    expect(panel).to_be_hidden()


def test_the_detail_of_a_node_that_has_left_says_so(page: Page, stand_in: StandIn) -> None:
    view = after_failover(Script(), at=time.time())
    shows(page, stand_in, view, f"#node={znode(1)}")
    panel = page.get_by_role("region", name="node1")
    expect(panel).to_contain_text("Down for")
    expect(panel).to_contain_text("make start NODE=node1")
    page.goto(f"{stand_in.url}/#node={znode(99)}")
    expect(page.locator("#detail")).to_contain_text("is not in line any more")


def test_a_row_opens_the_same_detail(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    page.locator(f'#rows tr[data-key="{znode(2)}"] .role').click()
    expect(page.get_by_role("region", name="node2")).to_be_visible()


def test_an_event_that_is_opened_says_why_by_which_rule_and_what_to_look_at(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    elected = page.locator('#events [data-kind="leader_elected"]')
    elected.get_by_role("button").click()
    expect(elected).to_contain_text("found nobody ahead of it")
    expect(elected).to_contain_text("Rule 4")
    expect(elected).to_contain_text("The fencing token")
    assert "#event=epoch-1.5" in page.url
    assert_axe_finds_nothing(page)
    page.locator('#events [data-kind="watch_moved"]').get_by_role("button").click()
    expect(elected.locator(".why")).to_have_count(0)  # one at a time
    for kind in ("joined", "gone", "leader_lost"):
        page.locator(f'#events [data-kind="{kind}"]').first.get_by_role("button").click()
        expect(page.locator("#events .why")).to_contain_text("Rule ")


def test_events_are_chosen_by_node_and_copied_as_text(new_page: Callable[..., Page], stand_in: StandIn) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    page.get_by_label("Which node").select_option("node3")
    expect(page.locator("#events li")).to_have_count(2)
    assert "about=node3" in page.url
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert 2 == len(lines)
    assert re.fullmatch(r"\S+Z node3 joined at the end of the line\.", lines[0])
    assert lines[1].endswith("node3 watches c_0000000002 now.")


def test_only_a_change_of_leader_or_of_state_is_said_aloud(page: Page, stand_in: StandIn) -> None:
    script, now = Script(), time.time()
    shows(page, stand_in, live(script=script))
    page.evaluate(
        """() => {
          window.said = [];
          const live = '[aria-live], [role="status"], [role="alert"], [role="log"]';
          for (const region of document.querySelectorAll(live)) {
            new MutationObserver(() => window.said.push(region.textContent.replace(/\\s+/g, " ").trim()))
              .observe(region, { childList: true, characterData: true, subtree: true });
          }
        }"""
    )
    worker_gone = script.view(
        *four(at=now)[:3],
        at=now,
        departed=(departed(4, at=now),),
        events=(event(1, "gone", 4, "node4 is gone.", at=now),),
    )
    stand_in.publish(worker_gone)
    expect(page.locator("#events li")).to_have_count(1)
    wait_for_rest(page)
    assert [] == page.evaluate("window.said")
    stand_in.publish(after_failover(script, at=now))
    expect(page.locator("#header")).to_contain_text("node2 leads")
    assert ["Live node2 leads."] == page.evaluate("[...new Set(window.said)]")


def test_the_strip_of_things_to_try_ticks_off_what_was_seen_and_can_be_put_away(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script=script))
    strip = page.get_by_role("region", name="Try it")
    expect(strip).to_contain_text("the one node that watched it wakes and is crowned")
    strip.get_by_role("button", name="Kill node1").click()
    assert [f"POST /api/nodes/{znode(1)}/kill"] == [asked for asked in stand_in.requests if asked.startswith("POST")]
    stand_in.publish(after_failover(script, at=time.time()))
    expect(strip.locator('li[data-seen="true"]')).to_have_text(re.compile("Kill the leader"))
    expect(strip).to_contain_text("Only the node behind the gap wakes")  # on to the next one
    strip.get_by_role("button", name="Bring one back").click()
    expect(strip).to_contain_text("make start NODE=node1")
    strip.get_by_role("button", name="Stop ZooKeeper").click()
    expect(strip).to_contain_text("make stop NODE=zookeeper1")
    strip.get_by_role("button", name="Hide").click()
    expect(strip).to_be_hidden()
    page.reload()
    expect(page.locator("#header")).to_contain_text("node2 leads")
    expect(strip).to_be_hidden()
    page.get_by_role("button", name="Try it").click()
    expect(strip.locator('li[data-seen="true"]')).to_have_text(re.compile("Kill the leader"))


def facts(path: str, czxid: int | None, *, mzxid: int | None = None, **fields: object) -> dict[str, object]:
    """A znode as /api/znodes tells it."""
    known = {
        "version": 0,
        "owner": None,
        "created_at": 1.0,
        "children": None,
        "left_out": 0,
        "data": None,
        "note": None,
    }
    return {"path": path, "czxid": czxid, "mzxid": czxid if mzxid is None else mzxid, **known, **fields}


def test_the_tree_shows_the_znodes_as_they_are_and_marks_what_changes(page: Page, stand_in: StandIn) -> None:
    script = Script()
    parent = facts("/election", 2, children=2)
    first = facts("/election/c_0000000001", 10, owner="0x1", data={"name": "node1"})
    second = facts("/election/c_0000000002", 11, owner="0x2", data={"name": "node2"})
    term = facts("/election_term", 3)
    missing = facts("/election_leader", None)
    stand_in.znodes = (200, {"read_at": 1.0, "zxid": 11, "znodes": [parent, first, second, missing, term]})
    shows(page, stand_in, live(script=script))
    assert "GET /api/znodes" not in stand_in.requests  # closed, it asks for nothing
    page.locator("#tree-toggle").click()
    rows = page.locator("#tree li")
    expect(rows).to_have_count(5)
    expect(rows.nth(1)).to_contain_text("c_0000000001")
    expect(rows.nth(1)).to_contain_text("0xa")
    expect(rows.nth(1)).to_contain_text('{ "name": "node1" }')
    expect(rows.nth(3)).to_contain_text("is not there")
    assert "znodes" in page.url
    assert_axe_finds_nothing(page)
    claim = facts("/election_leader", 20, owner="0x2", data={"name": "node2", "term": 4})
    stand_in.znodes = (
        200,
        {
            "read_at": 2.0,
            "zxid": 20,
            "znodes": [parent, second, claim, facts("/election_term", 3, mzxid=20, version=1)],
        },
    )
    stand_in.publish(live(script=script))
    expect(page.locator('#tree [data-mark="new"]')).to_contain_text("/election_leader")
    expect(page.locator('#tree [data-mark="changed"]')).to_contain_text("/election_term")
    expect(page.locator('#tree [data-mark="gone"]')).to_contain_text("c_0000000001")
    assert_axe_finds_nothing(page)
    stand_in.znodes = (503, {"error": "ZooKeeper is out of reach."})
    expect(page.locator("#tree")).to_contain_text("As last read. ZooKeeper is out of reach.", timeout=8000)
    expect(rows.filter(has_text="c_0000000002")).to_have_count(1)


def test_presenting_is_large_and_has_no_controls(new_page: Callable[..., Page], stand_in: StandIn) -> None:
    page = new_page(viewport={"width": 1920, "height": 1080})
    shows(page, stand_in, live())
    size = "document.querySelector('#seats .medal').getBoundingClientRect().width"
    usual = page.evaluate(size)
    page.keyboard.press("p")
    expect(page.locator("#cluster")).to_be_hidden()
    wait_for_rest(page)
    assert page.evaluate(size) > 1.4 * usual
    assert ["Present"] == [
        button.inner_text()
        for button in page.get_by_role("button").all()
        if button.inner_text() in {"Present", "Kill instance", "Try it", "Show", "Hide", "Copy as text"}
    ]
    assert page.evaluate("document.querySelector('#line').getBoundingClientRect().bottom") < 1080
    assert "present" in page.url
    assert_axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(page.locator("#cluster")).to_be_visible()


def test_help_names_the_keys_and_letters_are_left_alone_while_one_chooses(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("walk the line")
    assert_axe_finds_nothing(page)
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    page.get_by_label("Which node").focus()
    page.keyboard.press("p")
    assert "present" not in page.url


def test_at_twice_the_size_of_text_nothing_is_cut_off(new_page: Callable[..., Page], stand_in: StandIn) -> None:
    """200 % zoom of a window of 1280 pixels is a window of 640 with everything twice as large."""
    page = new_page(viewport={"width": 640, "height": 480}, device_scale_factor=2, reduced_motion="reduce")
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert [] == page.evaluate(TEXT_IS_WHOLE)
    open_seat(page, 3)
    close = page.get_by_role("region", name="node3").get_by_role("button", name="Close")
    expect(close).to_be_in_viewport()


def test_the_line_is_a_list_whose_items_say_place_role_and_watch(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    line = page.get_by_role("list", name="The line of succession")
    expect(line.get_by_role("listitem")).to_have_count(4)
    labels = line.get_by_role("button").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    assert "1: node1, leader, c_0000000001" == labels[0]
    assert "3: node3, worker, watches node2, c_0000000003" == labels[2]


def test_what_a_browser_has_stored_for_this_site_cannot_break_the_page(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    for text in ("{", json.dumps([1]), json.dumps({"seen": 7})):
        page.evaluate(
            "(text) => { for (const key of ['succession-tried', 'succession-theme']) localStorage[key] = text; }", text
        )
        page.reload()
        expect(page.locator("#header")).to_contain_text("node1 leads")
        expect(page.get_by_role("region", name="Try it")).to_be_visible()
