"""The election on a real ZooKeeper: who leads, and who does after something went wrong."""

import threading
import time
from collections.abc import Callable

import msgspec
import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import NoNodeError, NotEmptyError
from kazoo.security import make_digest_acl

from succession import (
    BadVersion,
    ElectionState,
    LeaderElection,
    NoNode,
    NotConnected,
    NotLeader,
    ServiceRegistry,
    SuccessionError,
    ZooKeeperSession,
)
from succession.clock import boottime_s
from succession.raw_session import close_session
from succession.session import SessionEvent
from succession.testing import lose_connection
from succession.testing.servers import ZooKeeperServer
from succession.testing.waiting import eventually, scaled
from succession.znodes import Create
from tests.support.members import Cluster, Member, running_cluster

COORDINATORS, WORKERS = "/coordinators_service_registry", "/workers_service_registry"


def entries(client: KazooClient, registry: str) -> list[str]:
    """The names of the members that stand in a registry; nobody where it, or one of them, goes while it is read."""
    try:
        found = [client.get(f"{registry}/{name}")[0] for name in client.get_children(registry)]
    except NoNodeError:
        return []
    return sorted(msgspec.json.decode(data)["member"]["name"] for data in found)


def is_deleted(client: KazooClient, path: str) -> bool:
    """Whether everything below a path could be deleted before the cluster made some of it anew."""
    try:
        client.delete(path, recursive=True)
    except NotEmptyError:
        return False
    return True


def test_the_first_in_line_leads_and_each_other_watches_the_one_ahead(cluster: Cluster) -> None:
    first, second, third = cluster.add("a", "b", "c")
    assert cluster.leaders() == ["a"]
    assert [m.election.state.watching for m in (first, second, third)] == [None, first.znode, second.znode]
    assert entries(cluster.client, COORDINATORS) == ["a"]
    assert entries(cluster.client, WORKERS) == ["b", "c"]


def test_the_fencing_token_is_the_zxid_of_claim_entry_and_term(cluster: Cluster) -> None:
    (first,) = cluster.add("a")
    leadership = first.election.leadership
    assert leadership is not None
    (entry,) = cluster.client.get_children(COORDINATORS)
    claim = cluster.client.get("/election_leader")[1]
    term = cluster.client.get("/election_term")[1]
    assert leadership.fencing_token == claim.czxid == term.mzxid
    assert leadership.fencing_token == cluster.client.get(f"{COORDINATORS}/{entry}")[1].czxid
    assert leadership.term == term.version == 1


def test_who_resigns_rejoins_at_the_end_and_the_next_leads_with_a_higher_token(cluster: Cluster) -> None:
    first, second, _ = cluster.add("a", "b", "c")
    leadership = first.election.leadership
    assert leadership is not None
    first.election.resign()
    assert second.election.wait_for_leadership(scaled(5))
    successor = second.election.leadership
    assert successor is not None
    assert successor.fencing_token > leadership.fencing_token
    assert successor.term == leadership.term + 1
    eventually(lambda: cluster.settled(first))
    assert first.znode == cluster.line()[-1]
    assert eventually(lambda: entries(cluster.client, WORKERS) == ["a", "c"])


@pytest.mark.parametrize("go", [lambda worker: worker.election.leave(scaled(5)), lambda worker: worker.expire()])
def test_a_worker_that_goes_makes_nobody_leader_and_moves_one_watch(
    cluster: Cluster, go: Callable[[Member], object]
) -> None:
    """Row 1, rule 5; ewhauser/zookeeper PR 31: killing a worker made its follower leader."""
    first, second, third, fourth = cluster.add("a", "b", "c", "d")
    before, last_in_line = first.election.leadership, fourth.election.state
    go(second)
    eventually(lambda: third.election.state.watching == first.znode)
    after = first.election.leadership
    assert before is not None
    assert after is not None
    assert (before.fencing_token, last_in_line) == (after.fencing_token, fourth.election.state)
    assert cluster.leaders() == ["a"]
    assert cluster.client.get("/election_term")[1].version == 1  # nobody was promoted, not even for a moment


def test_rule_7_any_worker_keeps_a_call_on_record_that_a_lease_can_rest_on(cluster: Cluster) -> None:
    """Who becomes next in line hears nothing of it: the one ahead of it is still the same."""
    first, second, third = cluster.add("a", "b", "c")
    first.session.close()
    assert second.election.wait_for_leadership(scaled(5))
    time.sleep(2.5)  # longer than the session timeout, in which nothing happens
    state = third.session.state
    assert boottime_s() - third.session.touches(state)[-1][0] < state.timeout_s * 0.6
    second.session.close()
    assert third.election.wait_for_leadership(scaled(5))
    leadership = third.election.leadership
    assert leadership is not None
    assert leadership.lease_left_s > 0


def test_who_has_left_leaves_no_znode_and_may_join_again(cluster: Cluster) -> None:
    (only,) = cluster.add("a")
    assert only.election.leave(scaled(5))
    assert not only.election.is_leader
    assert cluster.line() == []
    assert entries(cluster.client, COORDINATORS) + entries(cluster.client, WORKERS) == []
    assert cluster.client.exists("/election_leader") is None
    only.election.join()
    assert only.election.wait_for_leadership(scaled(5))


def test_a_closed_session_hands_over_at_once(cluster: Cluster) -> None:
    first, second = cluster.add("a", "b")
    first.session.close()
    assert not first.election.is_leader
    assert second.election.wait_for_leadership(scaled(5))


def test_a_former_candidate_of_a_living_session_that_is_there_again_is_removed(cluster: Cluster) -> None:
    """Rule 2, seen in chaos (seed 101): three servers of ZooKeeper 3.8.0 lost what they had acknowledged.

    A candidate that had been deleted stood in line again, its session lived, and nobody minded it (ZOOKEEPER-4643).
    """
    first, second, third = cluster.add("a", "b", "c")
    old = second.znode
    second.election.resign()
    eventually(lambda: second.election.state.watching == third.znode)
    data = cluster.client.get(f"/election/{second.znode}")[0]
    second.session.commit([Create(f"/election/{old}", data, ephemeral=True)])
    lose_connection(second.session)  # which a server that falls back behind what it said would do
    eventually(lambda: len(cluster.line()) == 3)
    first.session.close()
    eventually(lambda: len(cluster.leaders()) == 1)
    assert len(cluster.line()) == 2


def test_after_expiry_it_is_a_new_candidate_at_the_end_of_the_line(cluster: Cluster) -> None:
    """Row 3, rule 2; curator 1211 (CURATOR-696): a node took the znode of its dying session for its own."""
    first, second = cluster.add("a", "b")
    old = first.znode
    first.expire()
    assert second.election.wait_for_leadership(scaled(10))
    eventually(lambda: cluster.settled(first) and first.znode != old)
    assert cluster.line() == [second.znode, first.znode]
    assert cluster.leaders() == ["b"]


def test_a_leader_whose_own_znode_is_deleted_stops_leading(cluster: Cluster) -> None:
    """Row 2, rule 6; curator PR 195, 692, 570: it went on leading, beside the next one."""
    first, second = cluster.add("a", "b")
    cluster.client.delete(f"/election/{first.znode}")
    assert second.election.wait_for_leadership(scaled(5))
    assert cluster.leaders() == ["b"]
    eventually(lambda: cluster.settled(first))
    assert cluster.line() == [second.znode, first.znode]


def test_a_leader_whose_claim_alone_is_deleted_promotes_again(cluster: Cluster) -> None:
    first, _ = cluster.add("a", "b")
    before = first.election.leadership
    assert before is not None
    cluster.client.delete("/election_leader")

    def leads_anew() -> bool:
        now = first.election.leadership
        return now is not None and now.fencing_token > before.fencing_token

    eventually(leads_anew)
    assert entries(cluster.client, COORDINATORS) == ["a"]


def test_a_missing_entry_is_made_anew(cluster: Cluster) -> None:
    """Rule 9."""
    cluster.add("a", "b")
    for registry in (COORDINATORS, WORKERS):
        (name,) = cluster.client.get_children(registry)
        cluster.client.delete(f"{registry}/{name}")
    eventually(lambda: entries(cluster.client, COORDINATORS) == ["a"])
    eventually(lambda: entries(cluster.client, WORKERS) == ["b"])


def test_when_everything_is_deleted_everything_is_made_anew(cluster: Cluster) -> None:
    """Row 8, rule 9; curator PR 515 (CURATOR-724): the election's parent was gone after ZooKeeper was reset."""
    cluster.add("a", "b")
    for path in ("/election", "/election_leader", "/election_term", COORDINATORS, WORKERS):
        eventually(lambda path=path: is_deleted(cluster.client, path))  # type: ignore[misc]

    def is_whole() -> bool:
        leaders = cluster.leaders()
        workers = [name for name in "ab" if name not in leaders]
        registered = [entries(cluster.client, registry) for registry in (COORDINATORS, WORKERS)]
        return len(leaders) == 1 and len(cluster.line()) == 2 and registered == [leaders, workers]

    eventually(is_whole)


def test_reconnects_upon_reconnects_leave_the_leader_its_znode(cluster: Cluster) -> None:
    """Row 6; curator 1137 (CURATOR-620): two "reconnected" callbacks interleaved, and its znode was deleted."""
    first, _ = cluster.add("a", "b")
    session_id, znode = first.session.state.session_id, first.znode
    for _ in range(20):
        epoch = first.session.state.epoch
        lose_connection(first.session)
        for kind in ("connection", "unknown", "connection"):
            first.session._emit(SessionEvent(kind))
        eventually(lambda epoch=epoch: first.session.state.epoch > epoch, every_s=0.001)  # type: ignore[misc]
        first.session._emit(SessionEvent("connection"))
    assert first.election.wait_for_leadership(scaled(10))
    assert (first.session.state.session_id, first.znode) == (session_id, znode)
    assert cluster.leaders() == ["a"]
    assert cluster.client.get("/election_term")[1].version == 1


def test_a_late_event_of_an_old_session_costs_the_new_znode_nothing(cluster: Cluster) -> None:
    """Row 7; curator 1018 (CURATOR-498): an old session's late callback deleted the new session's znode."""
    (first,) = cluster.add("a")
    old = first.znode
    first.expire()
    eventually(lambda: first.znode != old and first.election.is_leader)
    new, token = first.znode, first.election.leadership
    for path in (f"/election/{old}", f"/election/{new}", "/election_leader", None):
        first.session._emit(SessionEvent("znode" if path else "unknown", path))
    turned_s = first.election._loop._turned_s
    eventually(lambda: first.election._loop._turned_s > turned_s)
    after = first.election.leadership
    assert token is not None
    assert after is not None
    assert (after.fencing_token, cluster.line()) == (token.fencing_token, [new])


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[", b"{}", b'{"name": 5}', b"x" * 1_000_000])
def test_a_claim_made_by_hand_holds_nobody_up_for_good(chroot: str, data: bytes) -> None:
    """Row 30, rule 4."""
    with running_cluster(chroot, timeout_s=1.0) as cluster:
        cluster.client.create("/election_leader", data)
        cluster.add("a")
        assert cluster.leaders() == ["a"]


def test_a_persistent_candidate_made_by_hand_is_stepped_over(cluster: Cluster) -> None:
    """Row 30, rule 3."""
    cluster.client.create("/election/c_0000000000", b"", makepath=True)
    cluster.client.create("/election/_c_77-latch-0000000001", b"", ephemeral=True)
    cluster.add("a", "b")
    assert cluster.leaders() == ["a"]


@pytest.mark.parametrize("path", ["/election_leader", "/election/c_0000000000", f"{WORKERS}/n_0000000000"])
def test_a_znode_that_may_not_be_read_holds_nobody_up_for_good(chroot: str, path: str) -> None:
    """Row 30, rules 3, 4 and 9: made by somebody with another identity."""
    with running_cluster(chroot, timeout_s=1.0) as cluster:
        cluster.client.ensure_path(path.rpartition("/")[0] or "/")
        cluster.client.create(path, b"{}", acl=[make_digest_acl("other", "secret", all=True)])
        first, second = cluster.add("a", "b")
        assert cluster.leaders() == ["a"]
        first.expire()
        assert second.election.wait_for_leadership(scaled(10))
        eventually(lambda: cluster.settled(first))


def test_a_second_election_at_the_same_path_needs_another_session(chroot: str) -> None:
    """What is mine is known by its session: two would take each other's candidate for their own."""
    session = ZooKeeperSession(chroot, 2.0)
    first, second = (LeaderElection(session, name=name) for name in "ab")
    first.join()
    with pytest.raises(SuccessionError, match="another election at /election"):
        second.join()
    assert first.wait_for_leadership(scaled(5))
    assert first.leave(scaled(5))
    second.join()
    assert second.wait_for_leadership(scaled(5))
    session.close()


def test_a_fenced_transaction_may_write_a_znode_more_than_once(cluster: Cluster) -> None:
    (first,) = cluster.add("a")
    with first.election.fenced() as transaction:
        transaction.create("/work", b"1")
        transaction.set("/work", b"2")
        transaction.set("/work", b"3")
    assert cluster.client.get("/work")[0] == b"3"
    with first.election.fenced() as transaction:
        transaction.delete("/work")
        transaction.create("/work", b"4")
        transaction.set("/work", b"5")
    assert cluster.client.get("/work")[0] == b"5"


def test_a_fenced_write_of_a_deposed_leader_is_refused(cluster: Cluster) -> None:
    """Rule 8."""
    first, second = cluster.add("a", "b")
    with first.election.fenced() as transaction:
        transaction.create("/work", b"1")
    with pytest.raises(NotLeader), first.election.fenced() as late:
        late.set("/work", b"late")
        first.election.resign()
        assert second.election.wait_for_leadership(scaled(5))
    assert cluster.client.get("/work")[0] == b"1"
    with pytest.raises(NotLeader, match="does not lead"):
        first.election.fenced()


def test_a_fenced_write_counts_from_the_version_that_was_read(cluster: Cluster) -> None:
    (first,) = cluster.add("a")
    cluster.client.create("/work", b"1")
    with pytest.raises(BadVersion), first.election.fenced() as transaction:
        assert transaction.get("/work") is not None
        cluster.client.set("/work", b"someone else's")
        transaction.set("/work", b"2")
    assert cluster.client.get("/work")[0] == b"someone else's"
    with pytest.raises(NoNode), first.election.fenced() as transaction:
        transaction.set("/missing", b"")


def test_the_granted_session_timeout_counts_and_not_the_one_that_was_asked(chroot: str) -> None:
    session = ZooKeeperSession(chroot, timeout_s=3600)
    session.start()
    eventually(lambda: session.connection == "connected")
    assert session.state.timeout_s == 60  # the servers' maxSessionTimeout
    session.close()


def test_leader_and_candidates_are_read_when_asked(cluster: Cluster) -> None:
    _, second = cluster.add("a", "b")
    leader = second.election.leader()
    assert leader is not None
    assert (leader.name, leader.data) == ("a", {"address": "http://a:8081"})
    assert [candidate.name for candidate in second.election.candidates()] == ["a", "b"]


def test_without_zookeeper_nothing_is_known_and_nobody_leads() -> None:
    session = ZooKeeperSession("127.0.0.1:1", 1.0)
    election = LeaderElection(session, name="a")
    election.join()
    assert not election.wait_for_leadership(0.2)
    with pytest.raises(NotConnected):
        election.leader()
    assert session.close(scaled(5))
    eventually(lambda: election.state.because == "Its session was closed.")


def test_who_came_before_zookeeper_joins_when_it_comes(own_zookeeper: ZooKeeperServer) -> None:
    """Row 10; curator 631, kazoo 83: started before ZooKeeper was up, never joined."""
    own_zookeeper.stop()
    session = ZooKeeperSession(own_zookeeper.hosts, 2.0)
    election = LeaderElection(session, name="a")
    election.join()
    assert not election.wait_for_leadership(0.5)
    own_zookeeper.start()
    assert election.wait_for_leadership(scaled(10))
    session.close()


def test_while_zookeeper_is_away_nobody_leads_and_after_it_one_does(own_zookeeper: ZooKeeperServer) -> None:
    """Row 11; marathon 2509, patroni 1981, camel 25611: ZooKeeper out of reach, and the leader went on leading."""
    with running_cluster(own_zookeeper.hosts) as cluster:
        cluster.add("a", "b", "c")
        own_zookeeper.kill()
        eventually(lambda: cluster.leaders() == [])
        time.sleep(0.5)  # nobody may come back by itself
        assert cluster.leaders() == []
        own_zookeeper.start()
        eventually(lambda: len(cluster.leaders()) == 1 and len(cluster.line()) == 3, within_s=15)


def test_when_zookeeper_comes_back_empty_the_line_forms_anew(own_zookeeper: ZooKeeperServer) -> None:
    """Row 29, measured with kazoo 2.11: every client was refused for the zxid that it remembered."""
    with running_cluster(own_zookeeper.hosts, timeout_s=1.0) as cluster:
        cluster.add("a", "b", "c")
        own_zookeeper.kill()
        own_zookeeper.wipe()
        own_zookeeper.start()
        eventually(
            lambda: len(cluster.leaders()) == 1 and all(cluster.settled(member) for member in cluster.members),
            within_s=20,
        )


def test_a_session_with_the_shortest_timeout_lasts(chroot: str) -> None:
    """kazoo's pings come up to 0.4 s late, which is this whole session timeout."""
    session = ZooKeeperSession(chroot, timeout_s=0.1)
    session.start()
    state = eventually(lambda: session.state if session.connection == "connected" else None)
    assert state is not None
    assert state.timeout_s < 0.5
    time.sleep(3)  # several of kazoo's pings: that nothing happens has no event to wait for
    assert session.state.session_id == state.session_id
    session.close()


def test_a_frozen_zookeeper_makes_nobody_lead_beyond_its_lease(own_zookeeper: ZooKeeperServer) -> None:
    """Rule 7: reads would go on being answered elsewhere; here nothing is, and the lease ends."""
    with running_cluster(own_zookeeper.hosts, timeout_s=1.0) as cluster:
        (first,) = cluster.add("a")
        leadership = first.election.leadership
        assert leadership is not None
        own_zookeeper.freeze()
        eventually(lambda: not first.election.is_leader, within_s=2)
        own_zookeeper.thaw()
        assert first.election.wait_for_leadership(scaled(10))


def test_on_change_is_told_of_leadership_after_it_was_published(chroot: str) -> None:
    """Row 14; camel 25611: the "lost leadership" event fired while `is_leader` was still true."""
    seen: list[tuple[ElectionState, bool]] = []
    session = ZooKeeperSession(chroot, 2.0)
    election = LeaderElection(session, name="a", on_change=lambda state: seen.append((state, election.is_leader)))
    election.join()
    assert election.wait_for_leadership(scaled(5))
    eventually(lambda: any(state.leadership for state, _ in seen))
    assert election.leave(scaled(5))
    eventually(lambda: seen[-1][0].role == "out")
    assert all(leads for state, leads in seen if state.leadership is not None and state is not seen[-1][0])
    led = next(index for index, (state, _) in enumerate(seen) if state.leadership is not None)
    assert not any(leads for state, leads in seen[led:] if state.leadership is None)
    session.close()


def test_a_leader_whose_on_change_throws_steps_down_and_the_next_leads(chroot: str) -> None:
    """Row 19; druid 11653: the handler that makes a leader threw, and half a leader stayed."""
    session = ZooKeeperSession(chroot, 2.0)

    def fail(state: ElectionState) -> None:
        if state.leadership is not None:
            raise RuntimeError("this handler always fails")

    failing = LeaderElection(session, name="a", on_change=fail)
    failing.join()
    with running_cluster(chroot, with_registry=False) as cluster:
        member = cluster.add("b")[0] if failing.wait_for_leadership(scaled(5)) else None
        assert member is not None
        assert member.election.wait_for_leadership(scaled(5))
    session.close()


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_leader_whose_on_change_exits_steps_down_as_well(cluster: Cluster, error: type[BaseException]) -> None:
    """Row 19: what ends a program ends only a thread here, and half a leader would stay."""
    session = ZooKeeperSession(cluster.hosts, 2.0)
    told: list[bool] = []

    def fail(state: ElectionState) -> None:
        told.append(state.leadership is not None)
        if state.leadership is not None:
            raise error

    failing = LeaderElection(session, name="a", data={"address": "http://a:1"}, on_change=fail)
    failing.join()
    assert failing.wait_for_leadership(scaled(5))
    (member,) = cluster.add("b")
    assert member.election.wait_for_leadership(scaled(5))
    eventually(lambda: failing.state.watching == member.znode and told[-1] is False)
    session.close()


def test_a_slow_on_change_is_told_the_last_state_too(cluster: Cluster) -> None:
    told: list[str] = []

    def take_time(state: ElectionState) -> None:
        time.sleep(1.0)
        told.append(state.because)

    session = ZooKeeperSession(cluster.hosts, 2.0)
    election = LeaderElection(session, name="a", on_change=take_time)
    election.join()
    assert election.wait_for_leadership(scaled(5))
    assert election.leave(scaled(5))
    eventually(lambda: told[-1:] == ["It has left the line."])
    session.close()


def test_a_hung_loop_does_not_stay_leader(cluster: Cluster) -> None:
    """Rule 9's watchdog: a loop that takes no turn for a session timeout loses its session."""
    first, second = cluster.add("a", "b")
    let_go = threading.Event()
    turn = first.election._loop._turn

    def hang() -> float:
        let_go.wait(scaled(30))
        return turn()

    first.election._loop._turn = hang  # type: ignore[method-assign]
    assert second.election.wait_for_leadership(scaled(15))
    assert not first.election.is_leader
    let_go.set()
    eventually(lambda: cluster.settled(first))


@pytest.mark.parametrize(
    ("path", "name", "data", "words"),
    [
        ("election", "a", {}, "election"),
        ("/election/", "a", {}, "election"),
        ("/election", "", {}, "name"),
        ("/election", "a\n", {}, "name"),
        ("/election", "a", {"address": "ftp://x"}, "data"),
        ("/election", "a", {"x": object()}, "data"),
    ],
)
def test_bad_arguments_are_named(path: str, name: str, data: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LeaderElection(ZooKeeperSession("127.0.0.1:1"), path, name=name, data=data)


def test_with_a_registry_an_address_is_needed() -> None:
    session = ZooKeeperSession("127.0.0.1:1")
    with pytest.raises(ValueError, match="address"):
        LeaderElection(session, name="a", registry=ServiceRegistry(session))


def test_closing_a_session_that_is_gone_says_that_it_is(chroot: str) -> None:
    session = ZooKeeperSession(chroot, 2.0)
    session.start()
    state = eventually(lambda: session.state if session.connection == "connected" else None)
    session.close()
    assert state is not None
    assert state.session_id is not None
    assert close_session(session.hosts, state.session_id, state.password, deadline_s=scaled(5))
    assert not close_session("127.0.0.1:1", state.session_id, state.password, deadline_s=0.5)


def test_on_change_may_ask_zookeeper(chroot: str) -> None:
    """Row 16; kazoo 355, 356, 381: a ZooKeeper call inside a state listener blocked everything."""
    session = ZooKeeperSession(chroot, 2.0)
    asked: list[str | None] = []

    def ask(_: ElectionState) -> None:
        leader = election.leader()
        asked.append(leader.name if leader else None)

    election = LeaderElection(session, name="a", on_change=ask)
    election.join()
    eventually(lambda: "a" in asked)
    asked.clear()
    epoch = session.state.epoch
    lose_connection(session)
    eventually(lambda: session.state.epoch > epoch)
    assert election.wait_for_leadership(scaled(10))
    eventually(lambda: "a" in asked)
    session.close()


def test_calls_without_a_connection_fail_at_once_and_none_is_queued(own_zookeeper: ZooKeeperServer) -> None:
    """Row 17; kazoo PR 588: calls queued without end while reconnecting."""
    session = ZooKeeperSession(own_zookeeper.hosts, 2.0)
    session.start()
    eventually(lambda: session.connection == "connected")
    own_zookeeper.kill()
    eventually(lambda: session.connection != "connected")
    for _ in range(100):
        with pytest.raises(NotConnected):
            session.get("/")
    assert len(session._client._queue) == 0
    session.close()


def test_who_vanishes_while_the_line_is_read_is_not_in_it(cluster: Cluster) -> None:
    """Row 18; druid 3837: the leader's znode vanished between list and read, and an exception reached the user."""
    first, second = cluster.add("a", "b")
    for round_ in range(100):
        (first, second)[round_ % 2].election.resign()
        assert {candidate.name for candidate in second.election.candidates()} <= {"a", "b"}
        leader = second.election.leader()
        assert leader is None or leader.name in ("a", "b")


def test_a_write_of_before_is_refused_though_election_was_made_anew_and_names_came_back(cluster: Cluster) -> None:
    """Row 27, rule 8, measured: the candidate's name alone would let a deposed leader's write through."""
    first, second = cluster.add("a", "b")
    old = first.election.leadership
    assert old is not None
    with pytest.raises(NotLeader), first.election.fenced() as late:
        late.create("/work", b"late")
        eventually(lambda: is_deleted(cluster.client, "/election"))

        def leads_anew() -> bool:
            found = [m.election.leadership for m in (first, second) if m.election.leadership]
            return len(found) == 1 and found[0].term > old.term

        eventually(leads_anew)
        assert old.znode in cluster.line()
    assert cluster.client.exists("/work") is None
