"""Who dies is followed at once, by the word of the parent that reaped it; no living leader's session is touched."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kazoo.client import KazooClient

from succession import SessionRecord, ZooKeeperSession
from succession.session_record import _GENERATION, _SLOT
from succession.testing import Proxy, ZooKeeperServer, eventually, scaled
from tests.support.members import Cluster

ROOT = Path(__file__).resolve().parents[2]
LONG_S = 12.0  # no test waits for this: who is followed sooner was ended by somebody's word


class Supervised:
    """tests.support.supervised, running."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.child = int(self.said())

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


@contextmanager
def supervised(hosts: str, name: str = "supervised", timeout_s: float = LONG_S, *words: str) -> Iterator[Supervised]:
    command = [sys.executable, "-m", "tests.support.supervised", hosts, name, str(timeout_s), *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield Supervised(process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def owners(client: KazooClient) -> set[int]:
    """The sessions that own a candidate."""
    return {client.get(f"/election/{name}")[1].ephemeralOwner for name in client.get_children("/election")}


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGSEGV])
def test_a_leader_whose_process_dies_is_followed_long_before_its_session_timeout(
    cluster: Cluster, by: signal.Signals
) -> None:
    with supervised(cluster.hosts) as leader:
        assert leader.said() == "leads"
        (successor,) = cluster.add("b")
        os.kill(leader.child, by)
        assert successor.election.wait_for_leadership(scaled(5))
        assert leader.process.wait(scaled(5)) == 128 + by
    assert cluster.line() == [successor.znode]


def test_without_supervision_it_is_followed_after_its_session_timeout(cluster: Cluster) -> None:
    with supervised(cluster.hosts, "plain", 4.0, "off") as leader:
        assert leader.said() == "leads"
        (successor,) = cluster.add("b")
        os.kill(leader.child, signal.SIGKILL)
        killed_s = time.monotonic()
        assert successor.election.wait_for_leadership(scaled(20))
        assert time.monotonic() - killed_s > 2.5  # the timeout, less what passed since its last word


@pytest.mark.parametrize(("word", "status"), [("exit 3", 3), ("exit 0", 0)])
def test_the_parent_ends_as_its_child_did(cluster: Cluster, word: str, status: int) -> None:
    """One that exits without a goodbye has a session to end as well."""
    with supervised(cluster.hosts) as leader:
        assert leader.said() == "leads"
        (successor,) = cluster.add("b")
        leader.tell(word)
        assert leader.process.wait(scaled(10)) == status
        assert successor.election.wait_for_leadership(scaled(5))


def test_a_signal_to_the_parent_is_passed_on(cluster: Cluster) -> None:
    with supervised(cluster.hosts) as leader:
        assert leader.said() == "leads"
        leader.process.terminate()
        assert leader.process.wait(scaled(10)) == 128 + signal.SIGTERM
    eventually(lambda: cluster.line() == [])


def test_a_clean_leave_leaves_nothing_to_end(cluster: Cluster) -> None:
    with supervised(cluster.hosts) as leader:
        assert leader.said() == "leads"
        leader.tell("leave 0")
        eventually(lambda: cluster.line() == [])
        assert leader.process.wait(scaled(10)) == 0


def test_who_dies_while_zookeeper_is_away_is_given_up_and_leaves_one_leader_and_no_ghost(
    own_zookeeper: ZooKeeperServer,
) -> None:
    """It gives up within the session timeout; ZooKeeper ends the session itself when it is back."""
    with supervised(own_zookeeper.hosts, "first", 2.0) as leader, supervised(own_zookeeper.hosts, "next", 2.0) as other:
        assert leader.said() == "leads"
        eventually(lambda: len(line_of(own_zookeeper)) == 2)
        own_zookeeper.kill()
        os.kill(leader.child, signal.SIGKILL)
        assert leader.process.wait(scaled(10)) == 137
        own_zookeeper.start()
        assert other.said() == "leads"
        eventually(lambda: len(line_of(own_zookeeper)) == 1)


def line_of(server: ZooKeeperServer) -> list[str]:
    client = KazooClient(server.hosts)
    client.start(timeout=30)
    try:
        return list(client.get_children("/election"))
    finally:
        client.stop()
        client.close()


@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.2, 0.3, 0.5, 0.8])
def test_who_dies_in_mid_handshake_or_mid_join_leaves_no_ghost(cluster: Cluster, after_s: float) -> None:
    with Proxy(cluster.hosts) as proxy:
        proxy.delay(0.1)  # each step takes a fifth of a second
        with supervised(proxy.hosts) as member:
            time.sleep(after_s)
            os.kill(member.child, signal.SIGKILL)
            proxy.heal()
            assert member.process.wait(scaled(20)) == 137
    (successor,) = cluster.add("b")
    eventually(lambda: cluster.leaders() == ["b"])
    assert cluster.line() == [successor.znode]


def test_who_dies_again_and_again_leaves_one_leader_and_no_ghost(cluster: Cluster) -> None:
    (first,) = cluster.add("a")
    for _ in range(4):
        with supervised(cluster.hosts) as member:
            eventually(lambda: len(owners(cluster.client)) == 2, every_s=0.005)
            os.kill(member.child, signal.SIGKILL)
            assert member.process.wait(scaled(10)) == 137
    eventually(lambda: cluster.line() == [first.znode])
    assert cluster.leaders() == ["a"]


def test_a_frozen_childs_session_is_not_ended(cluster: Cluster) -> None:
    """It is not dead: only what was reaped is."""
    with supervised(cluster.hosts, "frozen", 4.0) as leader:
        assert leader.said() == "leads"
        (before,) = owners(cluster.client)
        os.kill(leader.child, signal.SIGSTOP)
        assert not threading.Event().wait(1.5)
        assert owners(cluster.client) == {before}
        os.kill(leader.child, signal.SIGCONT)
        assert not threading.Event().wait(0.5)
        assert owners(cluster.client) == {before}


def test_a_record_of_a_session_that_expired_ends_the_next_one_and_no_other(cluster: Cluster) -> None:
    record = SessionRecord()
    with ZooKeeperSession(cluster.hosts, LONG_S, record=record) as session:
        eventually(lambda: session.connection == "connected")
        old = session.state.session_id
        session.abandon()
        eventually(lambda: session.state.session_id not in (None, old))
        session.ensure("/election")
        assert session.is_supervised
        assert record.end(cluster.hosts)
        eventually(lambda: session.state.session_id is None or session.connection != "connected")


def test_a_write_that_death_cut_off_leaves_the_former_record_whole() -> None:
    record = SessionRecord()
    record.keep(7, b"p" * 16, 2.0)
    (generation,) = _GENERATION.unpack_from(record._memory, 0)
    slot = record._place(generation + 1)
    record._memory[slot : slot + _SLOT.size // 2] = b"\xff" * (_SLOT.size // 2)  # half of the next one
    assert _SLOT.unpack_from(record._memory, record._place(generation)) == (7, 2.0, b"p" * 16, True)
    record.keep(8, b"q" * 16, 3.0)
    assert _SLOT.unpack_from(record._memory, record._place(generation + 1)) == (8, 3.0, b"q" * 16, True)


def test_a_record_of_no_session_ends_none() -> None:
    record = SessionRecord()
    assert not record.end("127.0.0.1:1")
    record.keep(7, b"p" * 16, 2.0)
    record.forget()
    assert not record.end("127.0.0.1:1")
