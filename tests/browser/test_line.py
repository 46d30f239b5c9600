"""The picture of the line, before a stand-in dashboard: many nodes, and every state."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from succession.wire import ViewState
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
from tests.browser.showing import live, open_seat, shows
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
