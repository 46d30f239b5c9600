"""Where a failover's milliseconds went: its record adds up to the time without a leader (issue 7)."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from succession.testing.waiting import eventually, scaled
from tests.support.live_cluster import ask
from tests.support.playgrounds import Playground, running_playground

SESSION_TIMEOUT_S = 1.0  # what tests/support/playgrounds.py starts them with
TOLERANCE_S = 0.005
TRIES = 5


def elected(playground: Playground) -> list[Any]:
    return [event for event in playground.view()["events"] if event["kind"] == "leader_elected"]


def fail_over(playground: Playground, word: str) -> Any:
    """Have the leader end in this way, and have it back; the event of its successor's election."""
    leader = playground.wait_until_at_rest()
    before = len(elected(playground))
    if word == "order":
        znode = playground.view()["cluster"]["leader"]
        url = f"{playground.dashboard}/api/nodes/{znode}/kill"
        assert ask(url, "POST", {"Sec-Fetch-Site": "same-origin"}).status == 202
    else:
        playground.do(word, leader)
    eventually(lambda: len(elected(playground)) > before)
    event = elected(playground)[-1]
    eventually(lambda: playground.states()[leader] in ("exited", "stopped", "frozen"))
    playground.do("thaw" if word == "freeze" else "start", leader)
    eventually(lambda: playground.line()[-1] == leader)
    assert event["failover"]["former_name"] == leader
    return event


def phases_s(event: Any) -> list[float]:
    """What each phase took: until ZooKeeper knew, until the successor was woken, until it had taken over."""
    failover = event["failover"]
    knew_at = min(at for at in (failover["entry_went_at"], failover["cause_seen_at"]) if at is not None)
    moments = [failover["sign_at"], knew_at, failover["cause_seen_at"], failover["claimed_at"]]
    return [after - before for before, after in pairwise(moments)]


def check(event: Any) -> list[float]:
    """That the phases add up to what is told as the time without a leader; what each took."""
    phases = phases_s(event)
    assert abs(sum(phases) * 1000 - event["without_leader_ms"]) <= 1
    return phases


def checked_in_order(playground: Playground, word: str) -> Any:
    """A failover whose phases go forward: of a few, since on a busy machine the dashboard sees late what it sees."""
    for _ in range(TRIES):
        event = fail_over(playground, word)
        if min(check(event)) >= -TOLERANCE_S:
            return event
    raise AssertionError(f"in none of {TRIES} failovers do the phases go forward; the last: {phases_s(event)}")


def test_the_phases_of_a_killed_leader_add_up_and_its_session_is_ended_for_it(module_playground: Playground) -> None:
    event = checked_in_order(module_playground, "order")
    failover = event["failover"]
    assert (failover["end"], failover["crash_supervisor"], failover["silent_since_at"]) == ("ordered", True, None)
    assert failover["session_timeout_ms"] == 1000 * SESSION_TIMEOUT_S
    assert event["without_leader_ms"] < 1000 * SESSION_TIMEOUT_S / 2


def test_without_a_crash_supervisor_it_takes_zookeeper_the_session_timeout_to_know(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=2, CRASH_SUPERVISOR="off") as playground:
        event = checked_in_order(playground, "order")
        until_known_s, *rest = phases_s(event)
        assert 0.8 * SESSION_TIMEOUT_S < until_known_s < SESSION_TIMEOUT_S + scaled(0.5)
        assert sum(rest) < SESSION_TIMEOUT_S / 2
        failover = event["failover"]
        assert (failover["end"], failover["crash_supervisor"]) == ("ordered", False)
        assert failover["silent_since_at"] == pytest.approx(failover["sign_at"], abs=scaled(0.1))


def test_who_leaves_who_dies_and_who_freezes_are_told_apart(module_playground: Playground) -> None:
    left = fail_over(module_playground, "stop")
    assert left["failover"]["end"] == "left"
    check(left)
    frozen = fail_over(module_playground, "freeze")
    assert (frozen["failover"]["end"], frozen["failover"]["sign"]) == ("silent", "entry")
    assert frozen["failover"]["silent_since_at"] < frozen["failover"]["sign_at"] - 0.7 * SESSION_TIMEOUT_S
    killed = fail_over(module_playground, "kill")  # with its supervisor
    assert (killed["failover"]["end"], killed["failover"]["sign"]) == ("silent", "stream")
    assert check(killed)[0] > 0.8 * SESSION_TIMEOUT_S
