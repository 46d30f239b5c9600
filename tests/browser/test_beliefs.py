"""Belief beside truth, the stopwatch and ZooKeeper's own servers: on the page before a stand-in and a real cluster."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from succession.testing.waiting import eventually, scaled
from succession.wire import Belief, DashboardView
from tests.browser.seeing import assert_axe_finds_nothing, wait_for_rest, within
from tests.browser.stand_in import StandIn
from tests.browser.views import (
    Script,
    belief,
    departed,
    event,
    failover,
    four,
    member,
    server,
    znode,
)
from tests.support.playgrounds import Playground, running_playground

PHASES = "all => all.map((one) => Number(one.querySelector('strong').textContent.replace(/[^0-9]/g, '')))"


def shows(page: Page, stand_in: StandIn, view: DashboardView) -> None:
    """Open the page with this view on it."""
    stand_in.publish(view)
    page.goto(stand_in.url)
    expect(page.locator("#rows tr:not(.empty)").first).to_be_visible()
    wait_for_rest(page)


def said(now: float, **changed: Belief | None) -> dict[str, Belief | None]:
    """What four nodes say; `node2=…` says otherwise."""
    usual: dict[str, Belief | None] = {znode(n): belief(n, at=now, leads=n == 1) for n in range(1, 5)}
    return {**usual, **{znode(int(name.removeprefix("node"))): word for name, word in changed.items()}}


def word(page: Page, name: str) -> Any:
    """The row of this node among the beliefs."""
    return page.locator("#beliefs .words > li").filter(has_text=name)


def test_one_says_that_it_leads_and_each_word_agrees(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    shows(page, stand_in, Script().view(*four(at=now), at=now, beliefs=said(now)))
    expect(page.locator("#beliefs .leading")).to_contain_text("1 node says that it leads")
    assert ["yes"] * 4 == page.locator("#beliefs .words > li").evaluate_all(
        "rows => rows.map((row) => row.dataset.agrees)"
    )
    expect(word(page, "node1")).to_contain_text("leader, leads")
    expect(word(page, "node1")).to_contain_text("1st in line, leads")
    expect(word(page, "node1")).to_contain_text("1400 ms")
    expect(word(page, "node3")).to_contain_text("worker, does not lead, watches c_…⁠002")
    assert_axe_finds_nothing(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_two_that_say_that_they_lead_are_alarming_and_the_difference_is_explained(
    new_page: Callable[..., Page], stand_in: StandIn, theme: str
) -> None:
    page = new_page(color_scheme=theme)
    now = time.time()
    second = belief(2, at=now, role="leader", is_leader=True, watching=None, lease_left_ms=300)
    shows(page, stand_in, Script().view(*four(at=now), at=now, beliefs=said(now, node2=second)))
    expect(page.locator("#beliefs .leading")).to_contain_text("2! nodes say that they lead")
    expect(page.locator("#beliefs .leading")).to_have_attribute("data-tone", "bad")
    expect(word(page, "node2")).to_contain_text("It says that it leads, and ZooKeeper says that it does not.")
    expect(page.locator("#header")).to_contain_text("node1 leads")  # by ZooKeeper's word there is one
    assert 1 == page.locator('#seats > li[data-look="leader"]').count()
    assert_axe_finds_nothing(page)


def test_nobody_who_says_that_it_leads_is_a_count_of_none(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    unsure = belief(1, at=now, leads=True, is_leader=False, lease_left_ms=None)
    shows(page, stand_in, Script().view(*four(at=now), at=now, beliefs=said(now, node1=unsure)))
    expect(page.locator("#beliefs .leading")).to_contain_text("0 nodes say that they lead")
    expect(word(page, "node1")).to_contain_text("its own lease is not proven now")


def test_who_does_not_answer_keeps_its_last_word_with_its_age_and_how_long_zookeeper_waits(
    page: Page, stand_in: StandIn
) -> None:
    script, now = Script(), time.time()
    silent = belief(3, at=now, is_answering=False, answered_at=now - 0.6)
    leader, second, third, fourth = four(at=now)
    words = said(now, node3=silent, node4=None)
    patient = replace(third, session_timeout_ms=60_000)
    shows(page, stand_in, script.view(leader, second, patient, fourth, at=now, beliefs=words))
    expect(word(page, "node3")).to_contain_text("It does not answer: this is what it said last. ZooKeeper waits about")
    expect(word(page, "node3")).to_contain_text(" ago", timeout=within(3))
    expect(word(page, "node4")).to_contain_text("It was asked and has never answered this dashboard.")
    row = page.locator(f'#rows tr[data-key="{znode(3)}"]')
    expect(row).to_contain_text("does not answer")
    expect(page.locator(f'#seats li[data-key="{znode(3)}"] .sub')).to_have_text("not answering")
    assert_axe_finds_nothing(page)
    stand_in.publish(script.view(leader, second, third, fourth, at=now, beliefs=words))
    expect(row).to_contain_text("Its session timeout has passed", timeout=within(4))
    assert_axe_finds_nothing(page)


def test_the_last_word_of_a_leader_that_has_left_is_told_as_such(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    gone = replace(belief(1, at=now - 3, leads=True), is_answering=False)
    words: dict[str, Belief | None] = {znode(1): gone, **{znode(n): belief(n, at=now, leads=n == 2) for n in (2, 3, 4)}}
    view = Script().view(
        member(2, at=now, leads=True),
        member(3, at=now),
        member(4, at=now),
        at=now,
        departed=(departed(1, at=now, led=True),),
        beliefs=words,
    )
    shows(page, stand_in, view)
    expect(page.locator("#beliefs .leading")).to_contain_text("1 node says that it leads")
    expect(page.locator("#beliefs .leading")).to_contain_text("node1 said so")
    expect(word(page, "node1")).to_contain_text("It believed that it led when it was last heard")
    expect(word(page, "node1")).to_contain_text("gone from the line")
    expect(word(page, "node1")).to_contain_text("was connected")


def test_a_node_that_is_cut_off_from_zookeeper_says_so_itself(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    cut = belief(4, at=now, connection="suspended")
    shows(page, stand_in, Script().view(*four(at=now), at=now, beliefs=said(now, node4=cut)))
    expect(word(page, "node4")).to_contain_text("It has no connection to ZooKeeper (suspended), so it does not lead")


def test_the_detail_has_the_job_s_counters(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    shows(page, stand_in, Script().view(*four(at=now), at=now, beliefs=said(now)))
    page.locator("#seats button").first.click()
    expect(page.locator("#detail")).to_contain_text("12 ticks committed, 0 refused")


def elected(number: int, name: int, took_ms: int, at: float, **fields: object) -> Any:
    """node{name} took over from the one before it, at `at`."""
    record = failover(name - 1, at=at, **fields)
    text = f"node{name} became the leader."
    return event(number, "leader_elected", name, text, at=at, without_leader_ms=took_ms, failover=record)


def test_the_phases_of_a_failover_add_up_and_say_how_they_were_measured(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    view = Script().view(*four(at=now, first=2), at=now, events=(elected(1, 2, 23, now),))
    shows(page, stand_in, view)
    card = page.locator("#failover")
    expect(card).to_contain_text("23 ms")
    phases = card.locator(".phases li")
    assert [8, 3, 12] == phases.evaluate_all(PHASES)
    expect(phases.nth(0)).to_contain_text("node1's stream broke → ZooKeeper knew")
    expect(phases.nth(1)).to_contain_text("node2 woken")
    expect(phases.nth(2)).to_contain_text("By node2's clock")
    expect(card).to_contain_text("its parent, which saw that, ended its session at once")
    expect(card).to_contain_text("Session timeout 2 s · crash supervisor on · without it about 2 s.")
    shares = card.locator(".bar > *").evaluate_all("all => all.map((one) => one.style.width)")
    assert ["34.8%", "13%", "52.2%"] == shares
    assert_axe_finds_nothing(page)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"end": "ordered", "sign": "order"}, "process was killed, and its parent"),
        ({"end": "ordered", "crash_supervisor": False}, "waited until its session timed out (2 s)"),
        ({"end": "left"}, "left in order and closed its session itself"),
        ({"end": "silent", "silent_since_at": 1.0}, "fell silent"),
        ({"end": "evicted"}, "deleted while it lived"),
    ],
)
def test_each_end_of_a_leader_is_told_apart(page: Page, stand_in: StandIn, fields: Any, words: str) -> None:
    now = time.time()
    shows(page, stand_in, Script().view(*four(at=now, first=2), at=now, events=(elected(1, 2, 23, now, **fields),)))
    expect(page.locator("#failover")).to_contain_text(words)


def test_clocks_that_differ_make_no_phase_negative(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    ahead = elected(1, 2, 23, now, cause_seen_at=now - 5, entry_went_at=now + 5)
    shows(page, stand_in, Script().view(*four(at=now, first=2), at=now, events=(ahead,)))
    assert 23 == sum(page.locator("#failover .phases li").evaluate_all(PHASES))


def test_earlier_failovers_are_listed_with_a_histogram(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    events = (
        elected(1, 2, 2040, now - 60, end="ordered", crash_supervisor=False),
        elected(2, 3, 9, now - 40, end="left"),
        elected(3, 4, 23, now),
    )
    shows(page, stand_in, Script().view(*four(at=now, first=4), at=now, events=events))
    page.get_by_text("Earlier failovers").click()
    earlier = page.locator("#failover .earlier li")
    expect(earlier).to_have_count(2)
    expect(earlier.first).to_contain_text("node2 → node3")
    expect(earlier.first).to_contain_text("left in order")
    expect(earlier.last).to_contain_text("2040 ms")
    counts = page.locator("#failover .histogram .count")
    assert ["1", "1", "0", "0", "0", "1", "0"] == counts.all_inner_texts()
    assert_axe_finds_nothing(page)


def test_zookeepers_own_servers_have_a_strip_of_their_own(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    servers = (server(1, "following"), server(2, "leading"), server(3, "down"))
    shows(page, stand_in, Script().view(*four(at=now), at=now, servers=servers))
    strip = page.get_by_role("region", name="ZooKeeper's own servers")
    expect(strip.get_by_role("listitem")).to_have_count(3)
    expect(strip.get_by_role("listitem").nth(1)).to_contain_text("ensemble leader")
    expect(strip.get_by_role("listitem").nth(2)).to_contain_text("does not answer")
    expect(strip).to_contain_text("2 of 3 serve; none more may be lost.")
    assert_axe_finds_nothing(page)


def test_servers_that_say_nothing_of_themselves_are_said_not_to(page: Page, stand_in: StandIn) -> None:
    now = time.time()
    servers = (server(1, "not_allowed"), server(2, "not_serving"))
    shows(page, stand_in, Script().view(*four(at=now), at=now, servers=servers))
    expect(page.locator("#ensemble")).to_contain_text("does not allow srvr")
    expect(page.locator("#ensemble")).to_contain_text("runs, and has no quorum")


def look_at(page: Page, cluster: Playground) -> str:
    """Open the page of a cluster at rest. Who leads."""
    leader = cluster.wait_until_at_rest()
    page.goto(cluster.dashboard)
    expect(page.locator("#header")).to_contain_text(f"{leader} leads", timeout=within(10))
    expect(page.locator('#beliefs .words > li[data-agrees="yes"]')).to_have_count(4, timeout=within(5))
    return leader


def test_a_frozen_leader_is_seen_as_not_answering_within_two_seconds_and_never_leads_beside_its_successor(
    tmp_path: Path, page: Page
) -> None:
    with running_playground(tmp_path / "patient", SESSION_TIMEOUT_S="5") as cluster:
        leader = look_at(page, cluster)
        page.evaluate(
            """() => {
              window.leaders = new Set();
              window.believed = new Set();
              const note = () => {
                window.leaders.add(document.querySelectorAll('#seats > li[data-look="leader"]').length);
                window.believed.add(document.querySelector('[data-part="leading-number"]').textContent);
              };
              new MutationObserver(note)
                .observe(document.querySelector("main"), { subtree: true, childList: true, attributes: true,
                  characterData: true });
            }"""
        )
        cluster.do("freeze", leader)
        expect(word(page, leader)).to_contain_text("It does not answer", timeout=within(2))
        expect(page.locator("#beliefs .leading")).to_contain_text(f"{leader} said so")
        expect(page.locator("#header")).not_to_contain_text(f"{leader} leads", timeout=within(10))
        expect(page.locator("#header")).to_contain_text(" leads", timeout=within(10))
        expect(word(page, leader)).to_contain_text("It believed that it led when it was last heard")
        cluster.do("thaw", leader)
        expect(page.locator("#seats > li").last.locator(".called")).to_have_text(leader, timeout=within(15))
        expect(word(page, leader)).to_contain_text("worker, does not lead", timeout=within(5))
        assert page.evaluate("Math.max(...window.leaders)") == 1
        assert "2!" not in page.evaluate("[...window.believed]")


def shown_phases(page: Page) -> list[int]:
    """What the stopwatch shows, in milliseconds."""
    found: list[int] = page.locator("#failover .phases li").evaluate_all(PHASES)
    return found


def test_a_killed_leaders_phases_add_up_to_the_time_without_a_leader(tmp_path: Path, page: Page) -> None:
    with running_playground(tmp_path / "supervised") as cluster:
        leader = look_at(page, cluster)
        page.get_by_label(f"Kill instance {leader}").click()
        expect(page.locator("#failover")).to_contain_text("killed, and its parent", timeout=within(8))
        told = [one for one in cluster.view()["events"] if one["kind"] == "leader_elected"][-1]
        assert told["without_leader_ms"] == sum(shown_phases(page))
        record = told["failover"]
        assert abs((record["claimed_at"] - record["sign_at"]) * 1000 - sum(shown_phases(page))) <= 5


def test_without_a_supervisor_the_first_phase_is_the_session_timeout(tmp_path: Path, page: Page) -> None:
    with running_playground(tmp_path / "plain", CRASH_SUPERVISOR="off", SESSION_TIMEOUT_S="2") as cluster:
        leader = look_at(page, cluster)
        page.get_by_label(f"Kill instance {leader}").click()
        expect(page.locator("#failover")).to_contain_text("without a crash supervisor", timeout=within(10))
        knew, woken, claimed = shown_phases(page)
        assert 1500 <= knew <= scaled(3) * 1000
        assert woken + claimed < knew / 2


def test_the_ensembles_leader_going_shows_in_its_strip_and_changes_nothing_in_the_line(
    tmp_path: Path, page: Page
) -> None:
    with running_playground(tmp_path / "three", servers=3, SESSION_TIMEOUT_S="6") as cluster:
        leader = look_at(page, cluster)
        strip = page.locator("#ensemble")
        expect(strip).to_contain_text("3 of 3 serve; 1 more may be lost.", timeout=within(5))
        hosts = strip.locator("li code").all_inner_texts()
        leading = strip.locator("li").filter(has_text="ensemble leader").locator("code").inner_text()
        before = page.locator("#seats .called").all_inner_texts()
        cluster.do("stop", f"zookeeper{hosts.index(leading) + 1}")
        expect(strip.locator("li").filter(has_text=leading)).to_contain_text("does not answer", timeout=within(5))
        expect(strip).to_contain_text("2 of 3 serve; none more may be lost.", timeout=within(10))
        eventually(lambda: cluster.view()["state"] == "live")
        page.wait_for_timeout(1500)
        assert before == page.locator("#seats .called").all_inner_texts()
        expect(page.locator("#header")).to_contain_text(f"{leader} leads")
