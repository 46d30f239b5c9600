"""What guards a promotion, a renewal and an eviction: each on the race that it is there for."""

import threading
import time
from collections.abc import Callable, Sequence

from kazoo.security import OPEN_ACL_UNSAFE, make_acl

from succession import LeaderElection, NoNode, Refused, ZooKeeperSession
from succession.session import Pending
from succession.testing.waiting import eventually, scaled
from succession.znodes import Create, Operation, Written
from tests.support.members import Cluster, Member

COORDINATORS = "/coordinators_service_registry"


def before_the_promotion_of(member: Member, meddle: Callable[[], object]) -> list[Refused]:
    """Have something done just before the member's first promotion is sent; gets what ZooKeeper refused then."""
    refusals: list[Refused] = []
    commit = member.session.commit
    is_done = threading.Event()

    def commit_after(operations: Sequence[Operation]) -> list[Written]:
        if is_done.is_set() or not any(
            isinstance(one, Create) and one.path == "/election_leader" for one in operations
        ):
            return commit(operations)
        is_done.set()
        meddle()
        try:
            return commit(operations)
        except Refused as refusal:
            refusals.append(refusal)
            raise

    member.session.commit = commit_after  # type: ignore[method-assign]
    return refusals


def test_who_lost_its_candidate_is_not_promoted(cluster: Cluster) -> None:
    """Rule 4: the promotion checks the candidate for which it is made."""
    first, second = cluster.add("a", "b")
    old = second.znode
    refusals = before_the_promotion_of(second, lambda: cluster.client.delete(f"/election/{old}"))
    first.session.close()
    eventually(lambda: second.election.is_leader and second.znode != old)
    assert [NoNode] == [type(refusal) for refusal in refusals]
    assert cluster.client.get("/election_term")[1].version == 2


def test_who_promotes_itself_in_a_term_that_is_over_is_refused_and_the_term_is_told_as_it_is(cluster: Cluster) -> None:
    """Rule 4: the term is set at the version that was read."""
    first, second = cluster.add("a", "b")
    refusals = before_the_promotion_of(second, lambda: cluster.client.set("/election_term", b""))
    first.session.close()
    assert second.election.wait_for_leadership(scaled(10))
    assert len(refusals) == 1
    leader = second.election.leader()
    assert leader is not None
    assert leader.term == cluster.client.get("/election_term")[1].version == 3


def test_a_registry_that_is_gone_when_it_is_promoted_is_made_anew(cluster: Cluster) -> None:
    """Rule 9: a registry's parent is missing."""
    first, second = cluster.add("a", "b")
    before_the_promotion_of(second, lambda: cluster.client.delete(COORDINATORS, recursive=True))
    first.session.close()
    assert second.election.wait_for_leadership(scaled(10))
    eventually(lambda: len(cluster.client.get_children(COORDINATORS)) == 1)


def test_an_evicted_leaders_coordinator_entry_goes_with_its_claim(cluster: Cluster) -> None:
    """Rule 4: at every moment there is at most one coordinator."""
    first, second = cluster.add("a", "b")
    stands_still, go_on = threading.Event(), threading.Event()

    def stand_still(operations: Sequence[Operation]) -> list[Written]:
        stands_still.set()
        while not go_on.wait(0.05):
            first.election._loop._turn_goes_on()
        raise Refused(f"it stood still for too long before {operations}")

    commit, first.session.commit = first.session.commit, stand_still  # type: ignore[method-assign]
    cluster.client.delete(f"/election/{first.znode}")
    assert stands_still.wait(scaled(10))
    assert second.election.wait_for_leadership(scaled(20))
    (entry,) = cluster.client.get_children(COORDINATORS)
    assert cluster.client.get(f"{COORDINATORS}/{entry}")[1].ephemeralOwner == second.session.state.session_id
    first.session.commit = commit  # type: ignore[method-assign]
    go_on.set()
    eventually(lambda: cluster.settled(first))


def test_who_is_first_in_line_hears_when_the_claim_in_its_way_goes(cluster: Cluster) -> None:
    """Rule 4: watch it. Its leader lives, so that no time runs."""
    owner = ZooKeeperSession(cluster.hosts, 10.0)
    owner.start()
    eventually(lambda: owner.connection == "connected")
    for path in ("/election", "/election_term"):
        owner.ensure(path)
    note = b'{"name":"x","znode":"c_0000000050","term":0,"session_timeout_ms":10000,"address":"http://x:1"}'
    owner.commit([Create(path, note, ephemeral=True) for path in ("/election/c_0000000050", "/election_leader")])
    member = Member(cluster.hosts, "a", 2.0, with_registry=True)
    member.election.join()
    eventually(lambda: "a former leader's claim stands" in member.election.state.because)
    cluster.client.delete("/election_leader")
    assert member.election.wait_for_leadership(scaled(4))
    member.session.close()
    owner.close()


def test_a_foreign_claim_that_is_swapped_for_another_is_waited_for_anew_and_not_for_good(cluster: Cluster) -> None:
    """Row 30, rule 4: the wait counts from when I saw this claim."""
    cluster.client.create("/election_leader", b"by hand")
    session = ZooKeeperSession(cluster.hosts, 2.0)
    election = LeaderElection(session, name="a")
    election.join()
    eventually(lambda: "a former leader's claim stands" in election.state.because)
    time.sleep(1.2)
    swap = cluster.client.transaction()
    swap.delete("/election_leader")
    swap.create("/election_leader", b"by another hand")
    swap.commit()
    swapped_s = time.monotonic()
    assert election.wait_for_leadership(scaled(15))
    assert time.monotonic() - swapped_s >= 1.9  # its own session timeout, for a claim that names none
    session.close()


def test_a_leader_whose_term_was_raised_by_hand_is_not_leader_and_then_promoted_again(cluster: Cluster) -> None:
    """Rules 6 and 7: a renewal checks the term; who is refused is not leader first, and looks then."""
    (only,) = cluster.add("a")
    before = only.election.leadership
    assert before is not None
    led_while_it_looked: list[bool] = []
    send_children = only.session.send_children

    def slowly(path: str, watch: bool = False) -> Pending:
        time.sleep(0.05)
        led_while_it_looked.append(only.election.is_leader)
        return send_children(path, watch)

    only.session.send_children = slowly  # type: ignore[method-assign]
    cluster.client.set("/election_term", b"")
    eventually(lambda: only.election.leadership and only.election.leadership.fencing_token > before.fencing_token)
    assert led_while_it_looked
    assert not led_while_it_looked[0]
    after = only.election.leadership
    assert after is not None
    assert after.term == before.term + 2


def test_a_leader_that_may_not_mend_its_entry_leads_on(cluster: Cluster) -> None:
    """Rule 7: its lease is renewed whatever else fails."""
    (only,) = cluster.add("a")
    before = only.election.leadership
    cluster.client.set_acls(COORDINATORS, [make_acl("world", "anyone", read=True, delete=True, admin=True)])
    (entry,) = cluster.client.get_children(COORDINATORS)
    cluster.client.delete(f"{COORDINATORS}/{entry}")
    end_s = time.monotonic() + 2.5 * only.session.state.timeout_s
    while time.monotonic() < end_s:
        assert only.election.is_leader
        time.sleep(0.01)
    cluster.client.set_acls(COORDINATORS, OPEN_ACL_UNSAFE)
    eventually(lambda: len(cluster.client.get_children(COORDINATORS)) == 1)
    after = only.election.leadership
    assert before is not None
    assert after is not None
    assert before.fencing_token == after.fencing_token
