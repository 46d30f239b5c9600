"""The whole cluster as one snapshot, whatever lies in ZooKeeper."""

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest

from succession import Observer, ZooKeeperSession
from succession.feed import Feed
from succession.testing.waiting import eventually
from succession.wire import ClusterSnapshot
from tests.support.members import Cluster, running_cluster

WORKERS = "/workers_service_registry"
GARBAGE = [b"", b"not JSON", b"\xff\xfe\x00", b'"\xff"', b"[[[[", b'{"member": 5}', b'{"name": 7}', b"x" * 1_000_000]


class Seen:
    """A cluster, and what an observer of it told last."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.told: list[ClusterSnapshot] = []  # by the observer's thread
        self.feed: Feed[ClusterSnapshot | None] = Feed(None)
        self.observer = Observer(cluster.members[0].session, tell=self._tell)

    def _tell(self, snapshot: ClusterSnapshot) -> None:
        self.told.append(snapshot)
        self.feed.publish(snapshot)

    def now(self) -> ClusterSnapshot:
        snapshot = self.feed.latest().value
        assert snapshot is not None
        return snapshot

    def names(self) -> list[str | None]:
        return [row.name for row in self.now().members]


@pytest.fixture
def seen(chroot: str) -> Iterator[Seen]:
    """Three members in line, observed."""
    with running_cluster(chroot) as cluster:
        cluster.add("a", "b", "c")
        seen = Seen(cluster)
        seen.observer.start()
        eventually(lambda: seen.names() == ["a", "b", "c"] and all(row.in_sync for row in seen.now().members))
        yield seen
        seen.observer.stop()


def test_the_line_is_told_in_order_with_what_each_says_and_what_is_so(seen: Seen) -> None:
    first, second, third = seen.now().members
    assert (first.role, first.watching, first.predecessor) == ("leader", None, None)
    assert (second.role, second.watching, second.predecessor) == ("worker", first.znode, first.znode)
    assert (third.role, third.watching, third.predecessor) == ("worker", second.znode, second.znode)
    leadership = seen.cluster.members[0].election.leadership
    assert leadership is not None
    told = seen.now()
    assert (told.leader, told.fencing_token, told.term) == (first.znode, leadership.fencing_token, leadership.term)
    assert told.problems == ()


def test_an_empty_line_is_told_too(chroot: str) -> None:
    told: Feed[ClusterSnapshot | None] = Feed(None)
    session = ZooKeeperSession(chroot, 2.0)

    def tell(snapshot: ClusterSnapshot) -> None:
        told.publish(snapshot)

    observer = Observer(session, tell=tell)
    observer.start()
    eventually(lambda: told.latest().value)
    snapshot = told.latest().value
    assert snapshot is not None
    assert (snapshot.members, snapshot.leader, snapshot.problems) == ((), None, ())
    observer.stop()
    session.close()


def test_who_is_told_may_fail_once_and_is_told_again(chroot: str) -> None:
    calls: list[int] = []

    def fail(_: ClusterSnapshot) -> None:
        calls.append(1)
        raise RuntimeError("this one always fails")

    session = ZooKeeperSession(chroot, 2.0)
    observer = Observer(session, tell=fail)
    observer.start()
    eventually(lambda: len(calls) >= 2)
    observer.stop()
    session.close()


def test_revisions_only_rise_and_rest_on_the_newest_change(seen: Seen) -> None:
    before = seen.now().revision
    seen.cluster.add("d")
    eventually(lambda: seen.names() == ["a", "b", "c", "d"])
    assert seen.now().revision > before
    seen.cluster.members[3].session.close()
    after = seen.now().revision
    eventually(lambda: seen.names() == ["a", "b", "c"])
    assert seen.now().revision > after


def test_each_row_says_which_transactions_made_its_candidate_and_wrote_its_entry(seen: Seen) -> None:
    client = seen.cluster.client
    for row in seen.now().members:
        parent = "/coordinators_service_registry" if row.role == "leader" else WORKERS
        read = (client.get(f"{parent}/{name}") for name in client.get_children(parent))
        (entry,) = (stat for data, stat in read if msgspec.json.decode(data)["member"]["znode"] == row.znode)
        assert (client.get(f"/election/{row.znode}")[1].czxid, entry.mzxid) == (row.czxid, row.entry_zxid)
    seen.cluster.members[1].session.close()
    eventually(lambda: [row.watching for row in seen.now().members] == [None, seen.now().leader])
    third = seen.now().members[1]
    assert third.czxid is not None
    assert third.entry_zxid is not None
    assert third.czxid < (seen.now().line_zxid or 0) < third.entry_zxid, "it moved its watch because of that"


def test_who_is_in_line_is_told_together_with_what_changed_the_line_last(seen: Seen) -> None:
    """So that whoever compares two snapshots knows whether all that happened between them is seen."""
    client = seen.cluster.client

    def is_told() -> bool:
        changed = client.get("/election")[1]
        return (changed.pzxid, changed.cversion) == (seen.now().line_zxid, seen.now().line_changes)

    for _ in range(10):
        made = client.create("/election/c_", b"{}", ephemeral=True, sequence=True)
        eventually(is_told, every_s=0.001)
        client.delete(made)
        eventually(is_told, every_s=0.001)
    seen.cluster.members[2].session.close()
    eventually(lambda: len(seen.now().members) == 2 and is_told())
    lines = [({row.znode for row in one.members}, one.line_changes or 0) for one in seen.told]
    assert lines[-1][1] - lines[0][1] == 21
    assert [changes - before for (_, before), (_, changes) in pairwise(lines)] == [
        len(line ^ former) for (former, _), (line, _) in pairwise(lines)
    ]


@pytest.mark.parametrize("data", GARBAGE)
def test_an_unreadable_entry_is_said_and_costs_nobody_else_anything(seen: Seen, data: bytes) -> None:
    """Row 21; nomad 9658, zkui 31: one unreadable entry broke the whole page."""
    client = seen.cluster.client
    client.create(f"{WORKERS}/n_", data, ephemeral=True, sequence=True)
    eventually(lambda: len(seen.now().problems) == 1)
    assert seen.names() == ["a", "b", "c"]
    (problem,) = seen.now().problems
    assert problem.startswith("The data of /workers_service_registry/n_")
    assert "x" * 20 not in problem


@pytest.mark.parametrize("data", GARBAGE)
def test_a_candidate_without_a_readable_entry_is_a_row_all_the_same(seen: Seen, data: bytes) -> None:
    client = seen.cluster.client
    path = client.create("/election/c_", data, ephemeral=True, sequence=True)
    znode = path.rpartition("/")[2]
    eventually(lambda: len(seen.now().members) == 4 and len(seen.now().problems) == 2)
    row = seen.now().members[-1]
    assert (row.znode, row.name, row.role, row.address, row.in_sync) == (znode, None, None, None, False)
    assert row.predecessor == seen.now().members[2].znode
    assert seen.names() == ["a", "b", "c", None]


def test_a_candidates_readable_data_is_told_where_its_entry_is_missing(seen: Seen) -> None:
    data = msgspec.json.encode({"name": "guest", "address": "http://guest:1"})
    seen.cluster.client.create("/election/c_", data, ephemeral=True, sequence=True)
    eventually(lambda: seen.names() == ["a", "b", "c", "guest"])
    assert seen.now().members[-1].address == "http://guest:1"


def test_foreign_names_and_persistent_candidates_are_said_and_are_no_rows(seen: Seen) -> None:
    seen.cluster.client.create("/election/lost+found", b"")
    seen.cluster.client.create("/election/c_0000009999", b"")
    eventually(lambda: len(seen.now().problems) == 2)
    assert seen.names() == ["a", "b", "c"]
    assert "/election/c_0000009999 is not ephemeral" in seen.now().problems[0]
    assert "/election/lost+found is no candidate" in seen.now().problems[1]


def test_an_entry_without_its_candidate_is_said(seen: Seen) -> None:
    client = seen.cluster.client
    (name,) = client.get_children("/coordinators_service_registry")
    data = client.get(f"/coordinators_service_registry/{name}")[0]
    client.create(f"{WORKERS}/n_", data, ephemeral=True, sequence=True)
    eventually(lambda: len(seen.now().problems) == 1)
    # It is another session's: nobody speaks for another's candidate.
    assert seen.now().members[0].role == "leader"


def test_no_control_token_is_in_a_snapshot(seen: Seen) -> None:
    told = msgspec.json.encode(seen.now())
    for registry in ("/coordinators_service_registry", WORKERS):
        for name in seen.cluster.client.get_children(registry):
            entry = msgspec.json.decode(seen.cluster.client.get(f"{registry}/{name}")[0])
            assert entry["control_token"].encode() not in told
