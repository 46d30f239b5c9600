"""A leader frozen by SIGSTOP, as by a long garbage collection or a suspended machine, and thawed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kazoo.client import KazooClient

from succession.testing import freeze, thaw
from succession.testing.waiting import eventually, scaled
from tests.support.members import running_cluster

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 1.0


class Told:
    """A member in a process of its own."""

    def __init__(self, hosts: str, name: str) -> None:
        command = [sys.executable, "-m", "tests.support.told_member", hosts, name, str(TIMEOUT_S)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def tell(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, word: str) -> str:
        self.tell(word)
        return self.answer()


@pytest.fixture
def told(chroot: str) -> Iterator[Told]:
    member = Told(chroot, "frozen")
    with member.process:
        yield member
        thaw(member.process.pid)
        member.process.kill()


def test_thawed_leader_cannot_commit_with_its_old_token(chroot: str, told: Told) -> None:
    """Row 13, rules 7 and 8; curator 1061 (CURATOR-542): a frozen leader woke and acted."""
    eventually(lambda: told.ask("leads") == "True")
    with running_cluster(chroot, TIMEOUT_S, with_registry=False) as cluster:
        cluster.client.create("/work", b"")
        (successor,) = cluster.add("b")
        assert told.ask("begin") == "begun"
        freeze(told.process.pid)
        told.tell("leads")  # read as soon as it goes on
        told.tell("commit")
        assert successor.election.wait_for_leadership(scaled(15))
        with successor.election.fenced() as transaction:
            transaction.set("/work", b"by b")
        assert_it_stays_so_for_three_timeouts(cluster.client)
        thaw(told.process.pid)
        assert told.answer() == "False"
        # What it had begun is refused, by whatever connection it goes out.
        assert told.answer() in ("NotLeader", "NotConnected", "OutcomeUnknown")
        assert cluster.client.get("/work")[0] == b"by b"
        assert cluster.leaders() == ["b"]


def assert_it_stays_so_for_three_timeouts(client: KazooClient) -> None:
    changed = client.handler.event_object()
    client.get("/work", watch=lambda _: changed.set())
    assert not changed.wait(3 * TIMEOUT_S)
