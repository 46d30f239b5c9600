"""A thousand rejoins leave nothing behind, and who cannot join waits without spinning, leaking or talking."""

import socket
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from kazoo.client import KazooClient
from kazoo.security import OPEN_ACL_UNSAFE, make_acl

from succession import LeaderElection, ZooKeeperSession
from succession.testing.servers import ZooKeeperServer
from succession.testing.waiting import eventually, scaled
from tests.support.members import Cluster, running_cluster

REJOINS = 1000
WATCHED_S = 5.0
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
        eventually(lambda: is_as(after_ten, at_rest(own_zookeeper, cluster)))


def is_as(before: dict[str, object], now: dict[str, object]) -> bool:
    """Whether nothing of it grew and ZooKeeper holds the same; a thread or file of an earlier test may have ended."""
    own = ("threads", "files")
    grew = {name: (before[name], now[name]) for name in own if int(str(now[name])) > int(str(before[name]))}
    differs = {name: (before[name], now[name]) for name in now.keys() - own if now[name] != before[name]}
    assert not grew | differs, f"not as after ten rejoins: {grew | differs}"
    return True


def at_rest(server: ZooKeeperServer, cluster: Cluster) -> dict[str, object]:
    """What is left over once everyone is settled and one leads."""
    assert all(cluster.settled(member) for member in cluster.members)
    assert len(cluster.leaders()) == 1
    found = left_over(server, cluster)
    assert found["ephemerals"] == "7"  # three candidates, three entries, one claim
    return found


def test_who_cannot_reach_zookeeper_tries_with_backoff_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """Rule 9: never give up, never spin. Here somebody answers, and hangs up."""
    calls: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as hangs_up:
        threading.Thread(target=hang_up, args=(hangs_up, calls), daemon=True).start()
        session = ZooKeeperSession(f"127.0.0.1:{hangs_up.getsockname()[1]}", 2.0)
        election = LeaderElection(session, name="a")
        election.join()
        eventually(lambda: len(calls) > 3 and "does not answer" in caplog.text)
        before, so_far = what_it_uses(), len(calls)
        time.sleep(WATCHED_S)
        assert WATCHED_S / 2 < len(calls) - so_far < WATCHED_S * 10
        eventually(lambda: uses_no_more_than(before))  # a connection that is being tried has files of its own
        assert len({round(later - sooner, 3) for sooner, later in pairwise(calls[so_far:])}) > 1  # jitter
        session.close()
        hangs_up.shutdown(socket.SHUT_RDWR)
    said = [record.message for record in caplog.records if record.name.startswith("succession")]
    assert said == [f"ZooKeeper at {session.hosts} does not answer yet; trying on"]


def hang_up(server: socket.socket, calls: list[float]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        calls.append(time.monotonic())
        connection.close()


def what_it_uses() -> tuple[int, int]:
    return threading.active_count(), len(list(OPEN_FILES.iterdir()))


def uses_no_more_than(before: tuple[int, int]) -> bool:
    return all(now <= then for now, then in zip(what_it_uses(), before, strict=True))


def test_who_may_not_join_tries_with_backoff_and_says_why_once(
    own_zookeeper: ZooKeeperServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Rule 9: the line is there, and nobody may stand in it until somebody opens it."""
    client = KazooClient(own_zookeeper.hosts)
    client.start(timeout=30)
    client.create("/election", acl=[make_acl("world", "anyone", read=True, admin=True)])
    session = ZooKeeperSession(own_zookeeper.hosts, 2.0)
    election = LeaderElection(session, name="a")
    election.join()
    eventually(lambda: "a tries again" in caplog.text)
    before, asked = what_it_uses(), packets(own_zookeeper)
    time.sleep(WATCHED_S)
    # A try is some ten calls, twice in half a second at first, and once and a half a second in the end.
    assert WATCHED_S * 5 < packets(own_zookeeper) - asked < WATCHED_S * 80
    assert what_it_uses() == before
    tries = [record.message for record in caplog.records if "tries again" in record.message]
    assert len(tries) == 1, tries
    assert "its access list does not admit this session" in tries[0]
    client.set_acls("/election", OPEN_ACL_UNSAFE)
    assert election.wait_for_leadership(scaled(5))
    session.close()
    client.stop()
    client.close()


def packets(server: ZooKeeperServer) -> int:
    """How many calls the server has had."""
    (line,) = [line for line in server.four_letter_word("mntr").splitlines() if "zk_packets_received" in line]
    return int(line.split("\t")[1])
