"""What must not grow with the number of candidates, by ZooKeeper's own counters; and all of them beginning anew."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from kazoo.client import KazooClient

from succession import Observer, ZooKeeperSession
from succession.feed import Feed
from succession.testing import ZooKeeperServer
from succession.testing.packets import notified, packets, read_cons
from succession.testing.waiting import eventually
from succession.wire import ClusterSnapshot
from tests.support.members import Cluster, Member, running_cluster

MANY = 40
COORDINATORS, WORKERS = "/coordinators_service_registry", "/workers_service_registry"


@pytest.fixture
def patient_cluster(chroot: str) -> Iterator[Cluster]:
    """Members whose session timeout is so long that they seldom speak without a reason."""
    with running_cluster(chroot, 10.0) as running:
        yield running


def names(count: int) -> list[str]:
    return [f"m{number}" for number in range(count)]


def session_id(member: Member) -> int:
    found = member.session.state.session_id
    assert found is not None
    return found


def is_one_line(cluster: Cluster) -> bool:
    """Whether each watches the one just ahead, and only the first leads."""
    line = sorted(cluster.members, key=lambda member: member.znode)
    ahead = all(behind.election.state.watching == before.znode for before, behind in pairwise(line))
    return ahead and [member.name for member in line[:1]] == cluster.leaders()


def test_one_death_wakes_one_candidate(zookeeper_server: ZooKeeperServer, patient_cluster: Cluster) -> None:
    members = patient_cluster.add(*names(MANY))
    for dead, woken in ((MANY // 2, MANY // 2 + 1), (0, 1)):
        before = notified(zookeeper_server)
        members[dead].session.close()
        if dead == 0:
            eventually(lambda: members[1].election.is_leader)
        else:
            eventually(lambda: members[woken].election.state.watching == members[dead - 1].znode)  # noqa: B023
        after = notified(zookeeper_server)
        assert [session_id(members[woken])] == [one for one in before if after.get(one, 0) > before[one]]


def test_who_joins_asks_as_much_of_a_long_line_as_of_a_short_one(
    zookeeper_server: ZooKeeperServer, patient_cluster: Cluster
) -> None:
    """A thousand that begin at once must not read one another: each asks ZooKeeper what it owns."""
    received = []
    for name in names(MANY):
        (member,) = patient_cluster.add(name)
        received.append(packets(zookeeper_server)[session_id(member)].received)
    assert received[-1] <= received[3] + 5


def test_an_observer_reads_only_what_changed(
    zookeeper_server: ZooKeeperServer, patient_cluster: Cluster, client: KazooClient
) -> None:
    told: Feed[ClusterSnapshot | None] = Feed(None)
    session = ZooKeeperSession(patient_cluster.hosts, 60.0)

    def tell(snapshot: ClusterSnapshot) -> None:
        told.publish(snapshot)

    def line() -> list[str | None]:
        latest = told.latest().value
        return [row.name for row in latest.members] if latest else []

    def asked() -> int:
        assert session.state.session_id is not None
        return packets(zookeeper_server)[session.state.session_id].received

    observer = Observer(session, tell=tell)
    observer.start()
    counted = []
    for size in (4, MANY):
        patient_cluster.add(*names(size)[len(patient_cluster.members) :])
        guest = client.create("/election/c_", b'{"name": "guest"}', ephemeral=True, sequence=True)
        eventually(lambda: line()[-1] == "guest")
        at_first = asked()
        client.set(guest, b'{"name": "other"}')
        eventually(lambda: line()[-1] == "other")
        renamed = asked()
        client.delete(guest)
        eventually(lambda: line()[-1] != "other")
        counted.append((renamed - at_first, asked() - renamed))
    observer.stop()
    session.close()
    assert counted[0][0] == counted[1][0]
    assert max(gone for _, gone in counted) <= 10  # a candidate's own event may come before its parent's


def test_all_that_lost_their_sessions_at_once_end_in_one_line(own_zookeeper: ZooKeeperServer) -> None:
    with running_cluster(own_zookeeper.hosts, 10.0) as cluster:
        cluster.add(*names(MANY))
        former = [session_id(member) for member in cluster.members]
        own_zookeeper.stop()
        own_zookeeper.start_empty()
        first = cluster.members[0]
        eventually(lambda: is_one_line(cluster) and len(first.election.candidates()) == MANY, 30.0)
        assert set(former).isdisjoint(session_id(member) for member in cluster.members)
        read = [first.session.children(registry) for registry in (COORDINATORS, WORKERS)]
        assert [1, MANY - 1] == [len(found.names) for found in read if found]


def test_an_answer_to_cons_is_read_whatever_else_it_says() -> None:
    said = (
        " /127.0.0.1:1[1](queued=0,recved=31,sent=33,sid=0x10000d0f147001e,lop=GETD,est=1,to=30000)\n"
        " /127.0.0.1:2[0](queued=0,recved=1,sent=0)\n"
    )
    assert {0x10000D0F147001E: (31, 33)} == read_cons(said)
    assert 2 == read_cons(said)[0x10000D0F147001E].notified
