"""A thousand rejoins leave nothing behind: no thread, file, watch or znode."""

import threading
from pathlib import Path

import pytest

from succession.testing.servers import ZooKeeperServer
from succession.testing.waiting import eventually
from tests.support.members import Cluster, running_cluster

REJOINS = 1000
OPEN_FILES = Path("/proc/self/fd")


def left_over(server: ZooKeeperServer, cluster: Cluster) -> dict[str, object]:
    """What rejoining could leak, by this process's own count and by ZooKeeper's."""
    counts = dict(line.split("\t", 1) for line in server.four_letter_word("mntr").splitlines() if "\t" in line)
    return {
        "threads": threading.active_count(),
        "files": len(list(OPEN_FILES.iterdir())),
        "watches": server.four_letter_word("wchs").splitlines()[-1],
        "connections": server.four_letter_word("cons").count("queued="),
        "znodes": counts["zk_znode_count"],
        "ephemerals": counts["zk_ephemerals_count"],
        "line": len(cluster.line()),
    }


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="open files are counted in /proc, which is Linux's")
def test_a_thousand_rejoins_leave_as_much_behind_as_ten(own_zookeeper: ZooKeeperServer) -> None:
    with running_cluster(own_zookeeper.hosts) as cluster:
        members = cluster.add("a", "b", "c")
        after_ten: dict[str, object] = {}
        for rejoin in range(1, REJOINS + 1):
            member = members[rejoin % len(members)]
            old = member.znode
            member.election.resign()
            eventually(lambda member=member, old=old: cluster.settled(member) and member.znode != old, every_s=0.001)  # type: ignore[misc]
            if rejoin == 10:
                after_ten = eventually(lambda: at_rest(own_zookeeper, cluster))
        assert eventually(lambda: at_rest(own_zookeeper, cluster) == after_ten)


def at_rest(server: ZooKeeperServer, cluster: Cluster) -> dict[str, object]:
    """What is left over once everyone is settled and one leads."""
    assert all(cluster.settled(member) for member in cluster.members)
    assert len(cluster.leaders()) == 1
    found = left_over(server, cluster)
    assert found["ephemerals"] == "7"  # three candidates, three entries, one claim
    return found
