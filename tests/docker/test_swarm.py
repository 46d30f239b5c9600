"""The cluster as a Docker Swarm stack, on a swarm of one machine.

The tests of this module share one stack, and each leaves all its nodes in line.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from succession.testing.waiting import eventually
from tests.support.engine import Stack, docker, running_stack
from tests.support.live_cluster import ask

SESSION_TIMEOUT_MS = 2000  # the file's default


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(f"succession-test-{os.getpid()}", nodes=4) as running:
        yield running


def elections(stack: Stack, after: int) -> list[Any]:
    """The elections since the event with this id."""
    return [event for event in stack.view()["events"] if event["kind"] == "leader_elected" and event["id"] > after]


def last_event(stack: Stack) -> int:
    return max((int(event["id"]) for event in stack.view()["events"]), default=0)


def test_four_replicas_stand_in_one_line_under_names_of_their_own(stack: Stack) -> None:
    assert sorted(stack.wait_until_at_rest()) == ["node1", "node2", "node3", "node4"]
    addresses = {member["address"] for member in stack.view()["cluster"]["members"]}
    assert len(addresses) == 4


def test_a_killed_replica_is_started_again_and_joins_at_the_end(stack: Stack) -> None:
    first, *_ = stack.wait_until_at_rest()
    znode = stack.view()["cluster"]["members"][0]["znode"]
    assert ask(f"{stack.dashboard}/api/nodes/{znode}/kill", method="POST").status == 202
    eventually(lambda: stack.view()["cluster"]["members"][0]["znode"] != znode, within_s=15)
    assert stack.wait_until_at_rest()[-1] == first


def test_a_rolling_update_hands_leadership_over_cleanly_once_at_most_for_each_replaced_leader(stack: Stack) -> None:
    before = stack.wait_until_at_rest()
    znodes = {member["znode"] for member in stack.view()["cluster"]["members"]}
    since = last_event(stack)
    docker("service", "update", "--detach=false", "--quiet", "--force", stack.node_service, timeout_s=300)
    eventually(lambda: not znodes & {member["znode"] for member in stack.view()["cluster"]["members"]}, within_s=60)
    assert sorted(stack.wait_until_at_rest()) == sorted(before)
    elected = elections(stack, since)
    # Who was replaced while it led said goodbye: nobody waited for a session to time out.
    assert 1 <= len(elected) <= len(before)
    assert all(event["without_leader_ms"] < SESSION_TIMEOUT_MS / 2 for event in elected)


def test_it_grows_and_shrinks_and_who_leads_stays(stack: Stack) -> None:
    stack.wait_until_at_rest()
    stack.deploy(6)
    assert len(stack.wait_until_at_rest()) == 6
    leader = stack.view()["cluster"]["leader"]
    stack.deploy(4)
    stack.wait_until_at_rest()
    stayed = leader in [member["znode"] for member in stack.view()["cluster"]["members"]]
    assert not stayed or leader == stack.view()["cluster"]["leader"]
