"""What happens between a client and ZooKeeper, through a proxy: replies lost, connections cut and swallowed."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from succession import LeaderElection, NotLeader, OutcomeUnknown, ServiceRegistry, SuccessionError, ZooKeeperSession
from succession.session import Pending
from succession.testing import Proxy, expire_session, lose_connection
from succession.testing.proxy import Call
from succession.testing.waiting import eventually, scaled
from succession.znodes import Delete, Operation, Written
from tests.support.members import Cluster, Member, overlap, running_cluster

COORDINATORS, WORKERS = "/coordinators_service_registry", "/workers_service_registry"


@pytest.fixture
def proxy(chroot: str) -> Iterator[Proxy]:
    with Proxy(chroot) as proxy:
        yield proxy


@pytest.fixture
def plain_cluster(chroot: str) -> Iterator[Cluster]:
    """One without a registry, whose entries would be guards as well."""
    with running_cluster(chroot, with_registry=False) as running:
        yield running


def through(proxy: Proxy, name: str, timeout_s: float = 2.0) -> Member:
    """A member that reaches ZooKeeper through the proxy only; not joined."""
    return Member(proxy.hosts, name, timeout_s, with_registry=True)


def owners(cluster: Cluster) -> list[int]:
    return [cluster.client.get(f"/election/{name}")[1].ephemeralOwner for name in cluster.line()]


def entries(cluster: Cluster) -> int:
    return sum(len(cluster.client.get_children(registry)) for registry in (COORDINATORS, WORKERS))


def test_a_candidate_whose_reply_was_lost_is_found_again_and_no_ghost_stays(cluster: Cluster, proxy: Proxy) -> None:
    """Row 4; curator 566 (CURATOR-45), zk-ruby 54, accumulo 637: a ghost ahead of everyone, nobody leads."""
    cluster.add("a")
    member = through(proxy, "b")
    lost = proxy.cut_reply_to("multi")  # its first transaction makes its candidate
    member.election.join()
    assert lost.wait(scaled(10))
    eventually(lambda: cluster.settled(member))
    eventually(lambda: len(cluster.line()) == 2 and len(set(owners(cluster))) == 2)
    eventually(lambda: entries(cluster) == 2)
    member.session.close()


def test_a_ghost_is_found_though_others_joined_behind_it(cluster: Cluster, proxy: Proxy) -> None:
    """Row 4: it is not just ahead of the next candidate that its maker would make."""
    cluster.add("a")
    member = through(proxy, "b", timeout_s=10.0)
    lost = proxy.cut_reply_to("multi", stay_cut=True)
    member.election.join()
    assert lost.wait(scaled(10))
    cluster.add("c")
    assert len(cluster.line()) == 3  # its candidate is there, and it does not know
    proxy.heal()
    eventually(lambda: cluster.settled(member))
    assert member.znode == cluster.line()[1]
    eventually(lambda: len(cluster.line()) == 3 and len(set(owners(cluster))) == 3)
    member.session.close()


def test_a_promotion_whose_reply_was_lost_is_known_to_have_happened(cluster: Cluster, proxy: Proxy) -> None:
    """Rule 4: a claim of mine that names my candidate means that I lead already."""
    (first,) = cluster.add("a")
    member = through(proxy, "b")
    member.election.join()
    eventually(lambda: cluster.settled(member))
    eventually(lambda: entries(cluster) == 2)
    lost = proxy.cut_reply_to("multi")
    first.session.close()
    assert lost.wait(scaled(10))
    assert member.election.wait_for_leadership(scaled(10))
    leadership = member.election.leadership
    assert leadership is not None
    assert leadership.term == 2
    assert leadership.fencing_token == cluster.client.get("/election_leader")[1].czxid
    eventually(lambda: entries(cluster) == 1)
    member.session.close()


@pytest.mark.parametrize("fault", [Proxy.cut, Proxy.drop, lambda proxy: proxy.cut_request_of("multi")])
def test_a_resignation_that_was_lost_while_suspended_is_carried_out_after(
    cluster: Cluster, proxy: Proxy, fault: Callable[[Proxy], None]
) -> None:
    """Row 5; curator 723 (CURATOR-202), storm PR 802: a delete was lost, and the old leader's znode stayed."""
    member = through(proxy, "a", timeout_s=10.0)
    member.election.join()
    assert member.election.wait_for_leadership(scaled(10))
    (second,) = cluster.add("b")
    eventually(lambda: entries(cluster) == 2)
    old, session_id = member.znode, member.session.state.session_id
    epoch = member.session.state.epoch
    fault(proxy)
    member.election.resign()
    eventually(lambda: member.session.connection != "connected" or member.session.state.epoch > epoch)
    proxy.heal()
    assert second.election.wait_for_leadership(scaled(10))
    eventually(lambda: cluster.settled(member))
    assert member.session.state.session_id == session_id
    assert old not in cluster.line()
    eventually(lambda: len(cluster.line()) == 2 and entries(cluster) == 2)
    member.session.close()


@pytest.mark.parametrize("call", ["multi", "get", "children", "create", "sync"])
def test_one_lost_reply_of_any_kind_costs_nobody_its_place(cluster: Cluster, proxy: Proxy, call: Call) -> None:
    """Row 9; curator 536, 686: one failed call during a re-election was swallowed, and the node never tried again."""
    (first,) = cluster.add("a")
    member = through(proxy, "b")
    proxy.cut_reply_to(call)
    member.election.join()
    eventually(lambda: cluster.settled(member))
    proxy.cut_reply_to(call)
    first.session.close()
    assert member.election.wait_for_leadership(scaled(15))
    eventually(lambda: len(cluster.line()) == 1 and entries(cluster) == 1)
    member.session.close()


def test_a_predecessor_that_dies_while_the_connection_is_away_is_noticed_after(cluster: Cluster, proxy: Proxy) -> None:
    """Row 15; kazoo 29, 151: watches were gone after a reconnect, and the predecessor died in the gap."""
    (first,) = cluster.add("a")
    member = through(proxy, "b", timeout_s=10.0)
    member.election.join()
    eventually(lambda: cluster.settled(member))
    session_id = member.session.state.session_id
    proxy.cut()
    eventually(lambda: member.session.connection == "suspended")
    first.session.close()
    proxy.heal()
    assert member.election.wait_for_leadership(scaled(10))
    assert member.session.state.session_id == session_id
    member.session.close()


def test_a_leader_that_is_cut_off_does_not_lead_before_its_successor_may(cluster: Cluster, proxy: Proxy) -> None:
    """Row 11; marathon 2509: ZooKeeper out of reach, and the leader went on leading. Here packets are swallowed."""
    member = through(proxy, "a")
    member.election.join()
    assert member.election.wait_for_leadership(scaled(10))
    (second,) = cluster.add("b")
    proxy.drop()
    assert not overlap(member, second)
    with pytest.raises((NotLeader, SuccessionError)):
        member.election.fenced()
    proxy.heal()
    eventually(lambda: cluster.settled(member))
    assert cluster.leaders() == ["b"]
    assert cluster.line() == [second.znode, member.znode]
    member.session.close()


def test_a_call_that_missed_its_deadline_leaves_nothing_in_the_next_session(cluster: Cluster, proxy: Proxy) -> None:
    """Row 28, measured with kazoo 2.11: a call that had missed its deadline ran later, in the next session."""
    cluster.add("a")
    member = through(proxy, "b", timeout_s=1.0)
    member.election.join()
    eventually(lambda: cluster.settled(member))
    for _ in range(3):
        proxy.drop()
        member.election.resign()
        eventually(lambda: member.session.connection != "connected")
        expire_session_of(member, cluster)
        proxy.heal()
        eventually(lambda: cluster.settled(member))
        eventually(lambda: len(cluster.line()) == 2 and len(set(owners(cluster))) == 2 and entries(cluster) == 2)
    member.session.close()


def test_a_call_that_missed_its_deadline_breaks_the_connection(proxy: Proxy) -> None:
    """Design, rule 9: kazoo forgets such a call only with its connection, and notices a silent server late."""
    session = ZooKeeperSession(proxy.hosts, 6.0)
    session.start()
    eventually(lambda: session.connection == "connected")
    proxy.drop()
    with pytest.raises(OutcomeUnknown):
        session.get("/")
    eventually(lambda: session.connection != "connected", within_s=1)
    session.close()


def test_a_call_that_goes_out_late_in_the_next_session_leaves_no_ghost(cluster: Cluster) -> None:
    """Row 28, measured: who stands still just before it sends, past its session's end, sends in the next one."""
    cluster.add("a")
    member = Member(cluster.hosts, "b", 2.0, with_registry=True)
    is_still, go_on = threading.Event(), threading.Event()
    send = member.session._send

    def send_late(call: Callable[[], object]) -> Pending:
        def late() -> object:
            is_still.set()
            while not go_on.wait(0.05):
                member.election._loop._turn_goes_on()  # else its watchdog ends the new session as well
            return call()

        is_first_write = "commit" in getattr(call, "__name__", "") and not is_still.is_set()
        return send(late if is_first_write else call)

    member.session._send = send_late  # type: ignore[method-assign]
    member.election.join()
    assert is_still.wait(scaled(10))
    old = member.session.state.session_id
    member.expire()
    eventually(lambda: member.session.state.session_id not in (None, old))
    go_on.set()
    eventually(lambda: cluster.settled(member))
    eventually(lambda: len(cluster.line()) == 2 and len(set(owners(cluster))) == 2 and entries(cluster) == 2)
    member.session.close()


def expire_session_of(member: Member, cluster: Cluster) -> None:
    """End its session straight at the server, past the proxy."""
    direct = ZooKeeperSession(cluster.hosts)
    direct._state = member.session.state
    expire_session(direct)


def test_an_evicted_leader_that_has_not_heard_is_waited_for_however_long_i_stood_in_line(
    cluster: Cluster, proxy: Proxy
) -> None:
    """Rule 4: its lease runs on, so that the wait begins when its candidate is gone, and not when I joined."""
    member = through(proxy, "a")
    member.election.join()
    assert member.election.wait_for_leadership(scaled(10))
    (second,) = cluster.add("b")
    lease = member.election.leadership
    assert lease is not None
    time.sleep(2.5)  # longer than the session timeout: the wait must not count from here
    proxy.drop()
    cluster.client.delete(f"/election/{member.znode}")
    assert not overlap(member, second)
    proxy.heal()
    eventually(lambda: cluster.settled(member))
    member.session.close()


def test_an_evicted_leader_that_goes_on_late_leaves_its_successors_claim_alone(plain_cluster: Cluster) -> None:
    """Row 26, rule 6, measured: an evicted leader, thawed, deleted its successor's claim.

    It stands still between what it saw, its candidate gone and its claim there, and what it does about that.
    """
    first, second = plain_cluster.add("a", "b")
    is_still, go_on = threading.Event(), threading.Event()
    commit = first.session.commit

    def commit_late(operations: Sequence[Operation]) -> list[Written]:
        if any(isinstance(operation, Delete) and operation.path == "/election_leader" for operation in operations):
            is_still.set()
            while not go_on.wait(0.05):
                first.election._loop._turn_goes_on()  # else its watchdog ends its session, and that is another way out
        return commit(operations)

    first.session.commit = commit_late  # type: ignore[method-assign]
    plain_cluster.client.delete(f"/election/{first.znode}")
    assert is_still.wait(scaled(10))
    assert not first.election.is_leader
    assert second.election.wait_for_leadership(scaled(20))
    successor = second.election.leadership
    go_on.set()
    eventually(lambda: plain_cluster.settled(first))
    assert successor is not None
    assert second.election.leadership is not None
    assert successor.fencing_token == second.election.leadership.fencing_token
    assert successor.fencing_token == plain_cluster.client.get("/election_leader")[1].czxid
    assert plain_cluster.leaders() == ["b"]


def test_who_closes_its_session_does_not_lead_while_that_takes_its_time(cluster: Cluster, proxy: Proxy) -> None:
    member = through(proxy, "a", timeout_s=10.0)
    member.election.join()
    assert member.election.wait_for_leadership(scaled(10))
    (second,) = cluster.add("b")
    proxy.delay(0.4)
    closing = threading.Thread(target=member.session.close)
    closing.start()
    assert not overlap(member, second)
    closing.join()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # kazoo's thread ends by it
@pytest.mark.parametrize("frame", [b"abcd", (12345).to_bytes(4, "big") + bytes(16)])
def test_what_no_server_should_say_costs_a_session_and_no_more(cluster: Cluster, proxy: Proxy, frame: bytes) -> None:
    """Rule 9, never give up: kazoo's connection thread ends at what it did not expect, and never comes back."""
    member = through(proxy, "a")
    member.election.join()
    assert member.election.wait_for_leadership(scaled(10))
    proxy.inject(frame)
    eventually(lambda: not member.election.is_leader)
    assert member.election.wait_for_leadership(scaled(20))
    eventually(lambda: len(cluster.line()) == 1)
    member.session.close()


def test_a_session_closed_while_its_connection_is_lost_leaves_nothing_behind(cluster: Cluster) -> None:
    (first,) = cluster.add("a")
    lose_connection(first.session)
    assert first.session.close(scaled(5))
    eventually(lambda: cluster.line() == [], within_s=1)


def test_an_entry_whose_reply_was_lost_is_announced_once(chroot: str, proxy: Proxy, cluster: Cluster) -> None:
    session = ZooKeeperSession(proxy.hosts, 2.0)
    registry = ServiceRegistry(session)
    election = LeaderElection(session, name="a", data={"address": "http://a:1"}, registry=registry)
    election.join()
    assert election.wait_for_leadership(scaled(10))
    for _ in range(3):
        proxy.cut_reply_to("multi")
        election.resign()
        eventually(lambda: election.is_leader and entries(cluster) == 1 and len(cluster.line()) == 1, within_s=20)
    session.close()
