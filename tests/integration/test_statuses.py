"""What the dashboard learns by asking nodes for their status: real nodes that freeze, die and come back, and liars."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from dashboard import statuses
from dashboard.statuses import Candidate
from succession.testing.ports import free_ports
from succession.testing.waiting import eventually, scaled
from succession.wire import JobCounts, NodeStatus, encode
from tests.support.dashboards import Dashboard, running_dashboard
from tests.support.programs import Program, running_program
from tests.support.stand_ins import NOW, Obedient, Registry, member, running_node, running_registry, znode

TOKEN = "token-of-a-node-that-is-asked-0123456789"


class Nodes:
    """Real nodes and a dashboard that asks them."""

    def __init__(self, hosts: str, folder: Path, running: ExitStack, timeout_s: float) -> None:
        self._folder, self._running = folder, running
        self._environ = {
            "ZOOKEEPER_HOSTS": hosts,
            "SESSION_TIMEOUT_S": str(timeout_s),
            "CRASH_SUPERVISOR": "off",  # so that who is killed stays in line for a while
            "JOB_INTERVAL_S": "0",
        }
        self._ports: dict[str, int] = {}
        self.dashboard = running.enter_context(running_dashboard(hosts, folder))
        self.programs: dict[str, Program] = {}

    def start(self, name: str) -> str:
        """Start this node, and wait until it is asked; its znode."""
        port = self._ports.setdefault(name, free_ports(1)[0])
        before = set(self.beliefs())
        environ = {**self._environ, "NODE_NAME": name, "NODE_PORT": str(port)}
        log = self._folder / f"{name}.log"
        self.programs[name] = self._running.enter_context(running_program("cluster_node", log, environ))
        return eventually(lambda: next(iter(self.answering() - before), ""), within_s=20)

    def signal(self, name: str, number: signal.Signals) -> None:
        os.killpg(self.programs[name].process.pid, number)

    def beliefs(self) -> dict[str, Any]:
        found: dict[str, Any] = self.dashboard.view()["beliefs"]
        return found

    def answering(self) -> set[str]:
        return {one for one, belief in self.beliefs().items() if belief is not None and belief["is_answering"]}

    def in_line(self) -> list[str]:
        cluster = self.dashboard.view()["cluster"]
        return [] if cluster is None else [row["znode"] for row in cluster["members"]]


@pytest.fixture
def nodes(chroot: str, tmp_path: Path) -> Iterator[Nodes]:
    """With sessions that outlive what happens to their nodes in a test."""
    with ExitStack() as running:
        yield Nodes(chroot, tmp_path, running, timeout_s=12.0)


def test_each_node_in_line_is_asked_each_second_what_it_believes(nodes: Nodes) -> None:
    first, second = nodes.start("node1"), nodes.start("node2")
    eventually(lambda: nodes.beliefs()[first]["is_leader"])
    said = nodes.beliefs()
    assert set(said) == {first, second}
    assert [(said[one]["name"], said[one]["znode"], said[one]["role"]) for one in (first, second)] == [
        ("node1", first, "leader"),
        ("node2", second, "worker"),
    ]
    assert said[second]["watching"] == first
    assert 0 < said[first]["lease_left_ms"] <= 12_000
    began = time.monotonic()
    eventually(lambda: nodes.beliefs()[second]["answered_at"] >= said[second]["answered_at"] + 2.5)
    assert scaled(4.0) > time.monotonic() - began > 1.5


def test_a_frozen_leader_is_seen_as_not_answering_within_2_s_and_delays_nobody(nodes: Nodes) -> None:
    first, second = nodes.start("node1"), nodes.start("node2")
    eventually(lambda: nodes.beliefs()[first]["is_leader"])
    for _ in range(3):
        nodes.signal("node1", signal.SIGSTOP)
        frozen = time.monotonic()
        eventually(lambda: nodes.answering() == {second}, within_s=4)
        assert time.monotonic() - frozen < scaled(2.0)
        said = nodes.beliefs()
        assert said[first]["is_leader"], "what it said last stays"
        until = said[second]["answered_at"] + 1.5
        eventually(lambda until=until: nodes.beliefs()[second]["answered_at"] > until, within_s=4)  # type: ignore[misc]
        assert nodes.beliefs()[first]["answered_at"] == said[first]["answered_at"]
        lag_s = time.time() - nodes.beliefs()[second]["answered_at"]
        assert lag_s < scaled(1.5), "it does not wait for who is frozen"
        nodes.signal("node1", signal.SIGCONT)
        eventually(lambda: nodes.answering() == {first, second}, within_s=3)
        time.sleep(0.3)  # the next time in another part of the round
    log = nodes.dashboard.program.said()
    assert 1 <= log.count("node1 does not answer GET /status.") <= 3
    assert log.count("node2 does not answer") == 0


def test_a_killed_node_does_not_answer_and_one_started_in_its_place_answers_for_its_new_znode(nodes: Nodes) -> None:
    first, second = nodes.start("node1"), nodes.start("node2")
    nodes.signal("node2", signal.SIGKILL)
    eventually(lambda: nodes.answering() == {first}, within_s=scaled(2))
    again = nodes.start("node2")
    said = nodes.beliefs()
    assert again > second
    assert (said[again]["is_answering"], said[again]["name"]) == (True, "node2")
    assert (said[second]["is_answering"], said[second]["znode"]) == (False, second), "its session still stands"
    time.sleep(2.2)
    assert nodes.answering() == {first, again}
    eventually(lambda: nodes.in_line() == [first, second, again])


def test_a_node_that_has_left_the_line_is_asked_no_more_and_its_last_word_stays(chroot: str, tmp_path: Path) -> None:
    with ExitStack() as running:
        nodes = Nodes(chroot, tmp_path, running, timeout_s=1.0)
        first, second = nodes.start("node1"), nodes.start("node2")
        nodes.signal("node2", signal.SIGTERM)
        eventually(lambda: nodes.in_line() == [first])
        assert nodes.answering() == {first}
        assert set(nodes.beliefs()) == {first, second}
        nodes.signal("node1", signal.SIGKILL)
        eventually(lambda: nodes.answering() == set(), within_s=10)
        assert set(nodes.beliefs()) == {first, second}


# Who is no node, or no honest one


def status(number: int, **changed: Any) -> NodeStatus:
    values: dict[str, Any] = {
        "name": f"node{number}",
        "znode": znode(number),
        "role": "worker",
        "watching": None,
        "is_leader": False,
        "connection": "connected",
        "session_id": "0x1",
        "fencing_token": None,
        "lease_left_ms": None,
        "job": JobCounts(committed=0, refused=0),
        "at": NOW,
    }
    return NodeStatus(**(values | changed))


@pytest.fixture
def registry(chroot: str) -> Iterator[Registry]:
    with running_registry(chroot) as running:
        yield running


@pytest.fixture
def dashboard(chroot: str, tmp_path: Path) -> Iterator[Dashboard]:
    with running_dashboard(chroot, tmp_path) as running:
        yield running


@pytest.fixture
def node() -> Iterator[Obedient]:
    with running_node() as running:
        yield running


def belief(dashboard: Dashboard, number: int) -> Any:
    """None: it never answered. Raises AssertionError when it was not asked."""
    beliefs = dashboard.view()["beliefs"]
    assert znode(number) in beliefs
    return beliefs[znode(number)]


def is_answering(dashboard: Dashboard, number: int) -> bool:
    found = belief(dashboard, number)
    return found is not None and found["is_answering"] is True


def test_a_status_counts_for_the_candidate_that_it_names_and_for_no_other(
    registry: Registry, dashboard: Dashboard, node: Obedient
) -> None:
    registry.announce(member(3, node.address), TOKEN)
    node.page = lambda: (200, {}, encode(status(7)))
    eventually(lambda: belief(dashboard, 3) is None)
    time.sleep(1.2)
    assert belief(dashboard, 3) is None
    node.page = lambda: (200, {}, encode(status(3)))
    eventually(lambda: is_answering(dashboard, 3), within_s=3)
    node.page = lambda: (200, {}, encode(status(7)))
    eventually(lambda: not is_answering(dashboard, 3), within_s=3)
    assert belief(dashboard, 3)["znode"] == znode(3)


LIES: list[tuple[int, dict[str, str], bytes]] = [
    (200, {}, b""),
    (200, {}, b"not JSON"),
    (200, {}, b"[" * 10_000),
    (200, {}, b"\xff\xfe"),
    (200, {}, encode(status(3)) + b" " * 100_000),
    (200, {}, encode(status(3)).replace(b'"at":', b'"at":1e999,"was":')),
    (404, {}, encode(status(3))),
    (500, {}, encode(status(3))),
]


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_what_is_no_status_is_no_answer(node: Obedient, lie: tuple[int, dict[str, str], bytes]) -> None:
    node.page = lambda: (200, {}, encode(status(3)))
    assert statuses.ask(Candidate(znode(3), node.address)) is not None
    node.page = lambda: lie
    assert statuses.ask(Candidate(znode(3), node.address)) is None


def test_an_answer_by_the_byte_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            peer, _ = listener.accept()
            with peer, suppress(OSError):
                for byte in b"HTTP/1.1 200 OK\r\n\r\n" + encode(status(3)):
                    peer.send(bytes([byte]))
                    time.sleep(0.1)

        threading.Thread(target=trickle, daemon=True).start()
        began = time.monotonic()
        assert statuses.ask(Candidate(znode(3), f"http://127.0.0.1:{listener.getsockname()[1]}")) is None
        assert time.monotonic() - began < scaled(0.6)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:99999", "http://[::1", "http://a\x00b:1", "http://é:1", "https://:1"]
)
def test_an_address_that_is_none_is_no_answer(address: str) -> None:
    assert statuses.ask(Candidate(znode(3), address)) is None


def test_a_question_carries_no_token_and_follows_no_redirect(
    registry: Registry, dashboard: Dashboard, node: Obedient
) -> None:
    with running_node() as elsewhere:
        elsewhere.page = lambda: (200, {}, encode(status(3)))
        node.page = lambda: (302, {"Location": f"{elsewhere.address}/status"}, b"")
        registry.announce(member(3, node.address), TOKEN)
        eventually(lambda: len(node.questions) >= 2)
        assert set(node.questions) == {("/status", None)}
        assert elsewhere.questions == []
        assert belief(dashboard, 3) is None
        assert node.asked == []


def test_a_candidate_is_asked_at_the_address_of_its_newest_readable_entry_alone(
    registry: Registry, dashboard: Dashboard, node: Obedient
) -> None:
    """A leader's is the one under the coordinators, which it made last."""
    with running_node() as former:
        registry.announce(member(3, former.address), TOKEN)
        eventually(lambda: times_asked(former))
        registry.announce(member(3, node.address, "leader"), TOKEN)
        registry.put("worker", b"not JSON")
        eventually(lambda: times_asked(node))
        before = times_asked(former)
        eventually(lambda: times_asked(node) >= 3)
        assert times_asked(former) <= before + 1, "one may have been on its way"


def times_asked(node: Obedient) -> int:
    return node.questions.count(("/status", None))


def test_who_accepts_and_says_nothing_and_who_is_nowhere_delay_no_other(
    registry: Registry, dashboard: Dashboard, node: Obedient
) -> None:
    """Nothing answers at 192.0.2.1 (TEST-NET), nor has anybody a name that ends in `invalid`."""
    node.page = lambda: (200, {}, encode(status(3)))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        registry.announce(member(2, f"http://127.0.0.1:{silent.getsockname()[1]}"), TOKEN)
        registry.announce(member(3, node.address), TOKEN)
        registry.announce(member(4, "http://192.0.2.1:8081"), TOKEN)
        registry.announce(member(5, "http://nobody.invalid:8081"), TOKEN)
        registry.announce(member(6, node.address.replace("http", "https")), TOKEN)
        eventually(lambda: set(dashboard.view()["beliefs"]) == {znode(number) for number in (2, 3, 4, 5, 6)})
        for _ in range(3):
            at = belief(dashboard, 3)["answered_at"]
            eventually(lambda at=at: belief(dashboard, 3)["answered_at"] > at, within_s=1.5)  # type: ignore[misc]
            assert time.time() - belief(dashboard, 3)["answered_at"] < scaled(0.4)
        assert [belief(dashboard, number) for number in (2, 4, 5, 6)] == [None] * 4


def test_the_first_40_in_line_are_asked_and_no_more(registry: Registry, dashboard: Dashboard, node: Obedient) -> None:
    node.page = lambda: (404, {}, b"")
    for number in range(50, 0, -1):
        registry.announce(member(number, node.address), TOKEN)
    expected = {znode(number) for number in range(1, 41)}
    eventually(lambda: set(dashboard.view()["beliefs"]) == expected)
    time.sleep(1.2)
    assert set(dashboard.view()["beliefs"]) == expected
