"""The page before a real cluster: four nodes and a dashboard on a real ZooKeeper, each a process of its own.

The tests of this module share one cluster, and each leaves four nodes in line.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from succession.testing.waiting import scaled
from tests.browser.seeing import within
from tests.support.playgrounds import Playground, running_playground

SESSION_TIMEOUT_S = 1.0  # what tests.support.playgrounds asks for


@pytest.fixture
def watching(cluster: Playground, page: Page) -> Page:
    """The page, with the four nodes that are in line."""
    page.goto(cluster.dashboard)
    expect(in_line(page)).to_have_count(4)
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    return page


def in_line(page: Page) -> Locator:
    """The rows of the candidates."""
    return page.locator('#rows tr[data-standing="in_line"]')


def names(page: Page) -> list[str]:
    """Who is in line, as the page shows it."""
    return in_line(page).locator(".name").all_inner_texts()


def cells(page: Page, name: str) -> dict[str, str]:
    """A node's row in line, by heading."""
    row = in_line(page).filter(has=page.locator(".name", has_text=name)).last
    return dict(
        row.locator("[data-label]").evaluate_all(
            "cells => cells.map((cell) => [cell.dataset.label, cell.innerText.trim()])"
        )
    )


def test_four_rows_in_order_of_succession(watching: Page, cluster: Playground) -> None:
    members = cluster.view()["cluster"]["members"]
    assert [member["name"] for member in members] == names(watching)
    for position, member in enumerate(members):
        shown = cells(watching, member["name"])
        assert member["znode"] == shown["Znode id"]
        assert "Yes" == shown["ZooKeeper agrees"]
        assert member["address"] == shown["Address"].replace("\n", "")
        assert ("Leader" if position == 0 else "Worker") == shown["Role"].split("\n")[0]
        if position > 0:
            assert members[position - 1]["znode"] == shown["Watching znode"]
    token = cluster.view()["cluster"]["fencing_token"]
    expect(watching.locator("#header")).to_contain_text(f"{members[0]['name']} leads")
    expect(watching.locator("#header")).to_contain_text(str(token))


def test_a_killed_leader_is_followed_at_once_and_the_page_says_why(watching: Page, cluster: Playground) -> None:
    leader, successor, *_ = names(watching)
    expect(watching.locator("#failover")).to_contain_text("Session timeout 1 s, crash supervisor on")
    watching.get_by_label(f"Kill instance {leader}").click()
    expect(watching.locator("#header")).to_contain_text(f"{successor} leads", timeout=within(SESSION_TIMEOUT_S + 1))
    assert successor == names(watching)[0]
    gone = watching.locator('#rows tr[data-standing="departed"]')
    expect(gone).to_contain_text(leader)
    expect(gone).to_contain_text("Killed from this page.")
    expect(gone).to_contain_text(f"make start NODE={leader}")
    expect(watching.locator("#failover")).to_contain_text(f"{leader} → {successor}")
    elected = [event for event in cluster.view()["events"] if event["kind"] == "leader_elected"][-1]
    assert elected["without_leader_ms"] < SESSION_TIMEOUT_S * 1000 / 2  # its session was ended for it


def test_without_supervision_a_killed_leader_is_followed_within_its_session_timeout_and_a_second(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    with running_playground(tmp_path / "plain", CRASH_SUPERVISOR="off") as plain:
        plain.wait_until_at_rest()
        page = new_page()
        page.goto(plain.dashboard)
        expect(in_line(page)).to_have_count(4)
        expect(page.locator("#failover")).to_contain_text("Session timeout 1 s, crash supervisor off")
        leader, successor, *_ = names(page)
        page.get_by_label(f"Kill instance {leader}").click()
        began_s = time.monotonic()
        expect(page.get_by_role("status")).to_contain_text(
            f"{leader}, the leader, does not answer. ZooKeeper waits for it until about"
        )
        expect(page.get_by_role("status")).to_contain_text(f"then the next in line, {successor}, takes over.")
        expect(page.locator("#header")).to_contain_text(f"{successor} leads", timeout=within(SESSION_TIMEOUT_S + 1))
        assert time.monotonic() - began_s <= scaled(SESSION_TIMEOUT_S + 1)
        assert successor == names(page)[0]
        expect(page.locator("#failover")).to_contain_text("without a leader")
        expect(page.locator("#events")).to_contain_text(f"{successor} became the leader")


def test_a_killed_worker_changes_only_whom_the_one_behind_it_watches(watching: Page, cluster: Playground) -> None:
    leader, second, killed, behind = names(watching)
    before = {name: cells(watching, name) for name in (leader, second, behind)}
    watching.evaluate("document.querySelectorAll('#rows tr').forEach((row) => { row.mark = row.dataset.key; })")
    watching.get_by_label(f"Kill instance {killed}").click()
    expect(in_line(watching)).to_have_count(3, timeout=within(SESSION_TIMEOUT_S + 1))
    expect(watching.locator('#rows tr[data-standing="departed"]')).to_contain_text(killed)
    expect(in_line(watching).nth(2)).to_contain_text(before[second]["Znode id"])
    expect(in_line(watching).nth(2)).to_contain_text("Yes")
    after = {name: cells(watching, name) for name in (leader, second, behind)}
    assert before[leader] == after[leader]
    assert before[second] == after[second]
    assert before[second]["Znode id"] == after[behind]["Watching znode"]
    kept = watching.evaluate("[...document.querySelectorAll('#rows tr')].every((row) => row.mark === row.dataset.key)")
    assert kept
    expect(watching.locator("#header")).to_contain_text(f"{leader} leads")


def test_a_node_that_is_started_again_joins_at_the_end_of_the_line(watching: Page, cluster: Playground) -> None:
    _, killed, *others = names(watching)
    watching.get_by_label(f"Kill instance {killed}").click()
    expect(in_line(watching)).to_have_count(3, timeout=within(SESSION_TIMEOUT_S + 1))
    cluster.do("start", killed)
    expect(in_line(watching)).to_have_count(4, timeout=within(10))
    assert [*others, killed] == names(watching)[1:]
    expect(watching.locator('#rows tr[data-standing="departed"]')).to_have_count(0)


def test_zookeeper_away_and_back_shows_on_the_page_and_nobody_leads_meanwhile(
    watching: Page,
    cluster: Playground,
) -> None:
    cluster.do("stop", "zookeeper1")
    expect(watching.get_by_role("status")).to_contain_text("ZooKeeper does not answer", timeout=within(5))
    expect(watching.locator("#header")).not_to_contain_text("leads")
    expect(in_line(watching)).to_have_count(4)  # what was last known stays
    cluster.do("start", "zookeeper1")
    expect(watching.locator("html")).to_have_attribute("data-state", "live", timeout=within(20))
    expect(in_line(watching)).to_have_count(4, timeout=within(10))
    expect(watching.locator("#header")).to_contain_text("leads")


def test_the_page_finds_a_restarted_dashboard_by_itself(watching: Page, cluster: Playground) -> None:
    leader = names(watching)[0]
    cluster.do("stop", "dashboard")
    expect(watching.get_by_role("status")).to_contain_text("Connection to the dashboard lost", timeout=within(5))
    cluster.do("start", "dashboard")
    expect(watching.locator("#header")).to_contain_text(f"{leader} leads", timeout=within(15))
    expect(in_line(watching)).to_have_count(4)


def test_nothing_is_asked_for_but_the_stream_and_the_order(watching: Page, cluster: Playground) -> None:
    watching.wait_for_load_state("networkidle")
    asked: list[tuple[str, str]] = []
    watching.on("request", lambda request: asked.append((request.method, request.url)))
    killed = names(watching)[3]
    znode = cells(watching, killed)["Znode id"]
    watching.get_by_label(f"Kill instance {killed}").click()
    expect(in_line(watching)).to_have_count(3, timeout=within(SESSION_TIMEOUT_S + 1))
    assert [("POST", f"{cluster.dashboard}/api/nodes/{znode}/kill")] == asked


def test_a_node_restarted_within_its_old_sessions_timeout_is_in_line_twice_and_says_so(
    tmp_path: Path,
    new_page: Callable[..., Page],
) -> None:
    with running_playground(tmp_path / "slow", SESSION_TIMEOUT_S="6", CRASH_SUPERVISOR="off") as slow:
        slow.wait_until_at_rest()
        page = new_page()
        page.goto(slow.dashboard)
        expect(in_line(page)).to_have_count(4)
        killed = names(page)[2]
        page.get_by_label(f"Kill instance {killed}").click()
        expect(page.get_by_role("button", name=f"Killed {killed}")).to_be_visible()
        eventually_start(slow, killed)
        expect(in_line(page)).to_have_count(5, timeout=within(5))
        former = in_line(page).nth(2)
        expect(former).to_contain_text("Former znode")
        expect(former).to_contain_text(f"{killed} was started again")
        assert killed == names(page)[4]
        expect(in_line(page)).to_have_count(4, timeout=within(8))
        expect(page.locator("#rows")).not_to_contain_text("Former znode")
        assert killed == names(page)[3]


def eventually_start(playground: Playground, name: str) -> Any:
    """Start a node that was killed a moment ago, as soon as the playground has seen its end."""
    deadline = time.monotonic() + scaled(5)
    while playground.states()[name] == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    playground.do("start", name)
