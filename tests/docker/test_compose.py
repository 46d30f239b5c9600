"""`docker compose up --build` as the README says, and what a user does to its containers, on a real engine.

The tests of this module share one cluster, and each leaves all its nodes in line.
"""

import json
import re
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from succession.testing.waiting import eventually, scaled
from tests.support.engine import Containers, docker
from tests.support.live_cluster import ask

SESSION_TIMEOUT_S = 2.0  # the file's default


def replaced(containers: Containers, former: str, within_s: float = 15.0) -> str:
    """Wait until another node than `former` is shown as the leader; its name."""

    def successor() -> str | None:
        view = containers.view()
        first = view["cluster"]["members"][0]["name"] if view["state"] == "live" else former
        return None if first == former else str(first)

    found = eventually(successor, within_s)
    assert found is not None
    return found


def without_leader_ms(containers: Containers) -> int:
    """How long nobody led, by the dashboard's word on the last failover."""
    elected = [event for event in containers.view()["events"] if event["kind"] == "leader_elected"]
    return int(elected[-1]["without_leader_ms"])


def stands_last(containers: Containers, name: str, of: int = 4) -> bool:
    line = containers.line()
    return len(line) == of and line[-1] == name


def test_the_page_shows_four_nodes_in_line_each_healthy(containers: Containers, page: Page) -> None:
    page.goto(containers.dashboard)
    expect(page.locator('#rows tr[data-standing="in_line"]')).to_have_count(4)
    expect(page.locator("html")).to_have_attribute("data-state", "live")
    assert sorted(containers.services()) == ["dashboard", "node1", "node2", "node3", "node4", "zookeeper"]
    for service in containers.services():
        eventually(lambda service=service: containers.health(service) == "healthy")  # type: ignore[misc]


def test_the_button_leaves_the_container_exited_and_start_brings_it_back_at_the_end(
    containers: Containers, page: Page
) -> None:
    leader = containers.wait_until_at_rest()
    page.goto(containers.dashboard)
    page.get_by_label(f"Kill instance {leader}").click()
    successor = replaced(containers, leader)
    expect(page.locator("#header")).to_contain_text(f"{successor} leads", timeout=scaled(5) * 1000)
    gone = page.locator('#rows tr[data-standing="departed"]')
    expect(gone).to_contain_text("Killed from this page.")
    expect(gone).to_contain_text(f"docker compose start {leader}")
    assert containers.exit_code(leader) == 137
    assert not containers.inspect(leader)["State"]["OOMKilled"]
    containers.do("start", leader)
    expect(page.locator('#rows tr[data-standing="in_line"]').nth(3)).to_contain_text(leader, timeout=scaled(15) * 1000)
    assert stands_last(containers, leader)


def test_a_leader_that_is_stopped_leaves_cleanly_and_hands_over_at_once(containers: Containers) -> None:
    leader = containers.wait_until_at_rest()
    containers.do("stop", leader)
    assert containers.exit_code(leader) == 0
    replaced(containers, leader)
    # It said goodbye: nobody had to wait for its session to time out.
    assert without_leader_ms(containers) < SESSION_TIMEOUT_S * 1000 / 2
    assert leader not in containers.line()


def test_a_leader_that_is_restarted_joins_at_the_end(containers: Containers) -> None:
    leader = containers.wait_until_at_rest()
    containers.do("restart", leader)
    replaced(containers, leader)
    eventually(lambda: stands_last(containers, leader), within_s=15)


def test_a_leader_killed_and_started_within_its_old_session_is_in_line_once_in_the_end(containers: Containers) -> None:
    leader = containers.wait_until_at_rest()
    containers.do("kill", leader)
    containers.do("start", leader)
    replaced(containers, leader)
    eventually(lambda: stands_last(containers, leader), within_s=15)
    assert containers.leaders() == [containers.line()[0]]


def test_a_worker_that_is_killed_changes_no_leader(containers: Containers) -> None:
    leader = containers.wait_until_at_rest()
    token = containers.view()["cluster"]["fencing_token"]
    worker = containers.line()[1]
    containers.do("kill", worker)
    assert containers.exit_code(worker) == 137
    eventually(lambda: worker not in containers.line())
    assert (containers.line()[0], containers.view()["cluster"]["fencing_token"]) == (leader, token)


def test_a_paused_leader_is_replaced_and_does_not_lead_when_it_goes_on(containers: Containers) -> None:
    leader = containers.wait_until_at_rest()
    containers.do("pause", leader)
    try:
        successor = replaced(containers, leader)
        time.sleep(SESSION_TIMEOUT_S)
    finally:
        containers.do("unpause", leader)
    assert ask(f"{containers.address(leader)}/leader").json()["isLeader"] is False
    eventually(lambda: stands_last(containers, leader), within_s=15)
    assert containers.line()[0] == successor


def test_a_leader_cut_off_from_the_network_is_replaced_and_joins_at_the_end_when_it_is_back(
    containers: Containers,
) -> None:
    leader = containers.wait_until_at_rest()
    containers.disconnect(leader)
    successor = replaced(containers, leader)
    containers.connect(leader)
    eventually(lambda: stands_last(containers, leader), within_s=30)
    assert containers.line()[0] == successor


@pytest.mark.parametrize(
    ("away", "back"),
    [
        (lambda containers: containers.disconnect("zookeeper"), lambda containers: containers.connect("zookeeper")),
        (lambda containers: containers.do("stop", "zookeeper"), lambda containers: containers.do("start", "zookeeper")),
    ],
    ids=["disconnected", "stopped"],
)
def test_while_zookeeper_is_away_nobody_leads_and_after_it_one_does(
    containers: Containers, away: Callable[[Containers], None], back: Callable[[Containers], None]
) -> None:
    away(containers)
    try:
        eventually(lambda: containers.view()["state"] == "zookeeper_unreachable")
        eventually(lambda: containers.leaders() == [])
    finally:
        back(containers)
    containers.wait_until_at_rest(within_s=60)


def test_compose_restart_of_zookeeper_ends_in_one_line(containers: Containers) -> None:
    containers.compose("restart", "zookeeper")
    containers.wait_until_at_rest(within_s=60)


def test_each_container_has_no_more_rights_and_room_than_it_needs(containers: Containers) -> None:
    for service in containers.services():
        found = containers.inspect(service)
        host = found["HostConfig"]
        assert found["Config"]["User"] not in ("", "root", "0")
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"]
        assert host["CapAdd"] in (None, [])
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert 0 < host["Memory"] <= 384 * 2**20
        assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "3"}}
        assert host["RestartPolicy"]["Name"] in ("no", "")
        assert host["Binds"] in (None, [])
        published = [port for ports in (host["PortBindings"] or {}).values() for port in ports]
        assert {port["HostIp"] for port in published} <= {"127.0.0.1"}


def test_logs_are_a_story_without_tracebacks(containers: Containers) -> None:
    """After all that this module has done: a line a role change, no noise, and no secret."""
    told = containers.logs()
    assert "Traceback" not in told
    assert "Processing srvr command" not in told  # which the health check asks each two seconds
    assert "control_token" not in told
    for name in containers.names:
        changes = re.findall(rf" {name} (?:leads no more|leads|listens on)\b.*", told)
        assert changes
        twice = [pair for pair in pairwise(changes) if all(f" {name} leads. " in line for line in pair)]
        assert not twice


def test_a_change_of_code_rebuilds_without_installing_the_packages_again() -> None:
    for image in ("succession-node", "succession-dashboard"):
        layers = json.loads(docker("image", "inspect", image))[0]["RootFS"]["Layers"]
        base = json.loads(docker("image", "inspect", "python:3.13-slim"))[0]["RootFS"]["Layers"]
        assert layers[: len(base)] == base
    node, dashboard = (
        json.loads(docker("image", "inspect", image))[0]["RootFS"]["Layers"]
        for image in ("succession-node", "succession-dashboard")
    )
    shared = [one for one, other in zip(node, dashboard, strict=False) if one == other]
    assert len(shared) >= len(base) + 3  # packages, the library and what serves it are one layer each for both


def test_it_grows_to_six_nodes(containers: Containers) -> None:
    leader = containers.wait_until_at_rest()
    containers.grow(6)
    assert containers.wait_until_at_rest(within_s=60) == leader
    assert sorted(containers.line()[4:]) == ["node5", "node6"]


def test_down_ends_everything_within_5_s(containers: Containers) -> None:
    containers.wait_until_at_rest()
    containers.compose("down", "--volumes", timeout_s=5)
    assert containers.services() == []
    containers.compose("up", "--detach", "--wait")
