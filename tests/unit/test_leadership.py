"""Leadership as it is read (rule 1), what leases rest on (rule 7), and fenced writes (rule 8), without ZooKeeper."""

from dataclasses import replace
from typing import Any

import pytest

from succession import ElectionState, LeaderElection, Leadership, NotLeader, Refused, ZooKeeperSession
from succession.clock import boottime_s
from succession.errors import BadVersion
from succession.fenced import Fenced
from succession.paths import ElectionPaths
from succession.raw_session import parse_hosts
from succession.session import SessionState
from succession.touches import KEPT, PER_TIMEOUT, Touches
from succession.znodes import Check, Operation, SetData, Written, Znode

CONNECTED = SessionState("connected", epoch=3, session_id=0x1001, timeout_s=2.0)


@pytest.fixture
def election() -> LeaderElection:
    """One that leads over connection 3, for 100 s more."""
    session = ZooKeeperSession("127.0.0.1:1")
    session._state = CONNECTED
    election = LeaderElection(session, name="a")
    leadership = Leadership("c_0000000001", 90, 4, epoch=3, lease_until_s=boottime_s() + 100)
    election._loop.state = ElectionState("leader", "c_0000000001", leadership=leadership)
    return election


def test_rule_1_a_lease_over_the_present_connection_is_leadership(election: LeaderElection) -> None:
    assert election.is_leader
    assert election.leadership is not None
    assert 99 < election.leadership.lease_left_s <= 100


@pytest.mark.parametrize("connection", ["suspended", "lost"])
def test_rule_1_not_connected_is_not_leader_whatever_the_loop_does(election: LeaderElection, connection: Any) -> None:
    election.session._state = replace(CONNECTED, connection=connection)
    assert not election.is_leader


def test_rule_1_a_new_connection_is_not_leader_until_it_was_looked_at(election: LeaderElection) -> None:
    election.session._state = replace(CONNECTED, epoch=4)
    assert not election.is_leader


def test_rule_1_and_7_a_lease_that_ran_out_is_not_leadership(election: LeaderElection) -> None:
    leadership = election._loop.state.leadership
    assert leadership is not None
    ran_out = replace(leadership, lease_until_s=boottime_s() - 0.001)
    election._loop.state = replace(election._loop.state, leadership=ran_out)
    assert not election.is_leader
    assert ran_out.lease_left_s == 0
    with pytest.raises(NotLeader):
        election.fenced()


def test_a_suspension_longer_than_the_session_timeout_reads_as_lost() -> None:
    """Row 12; curator 740 (CURATOR-220): a session that expired during a suspension was never reported lost."""
    session = ZooKeeperSession("127.0.0.1:1")
    for ago_s, reads in ((1.0, "suspended"), (2.1, "lost")):
        session._state = replace(CONNECTED, connection="suspended", changed_s=boottime_s() - ago_s)
        assert session.connection == reads


def test_rule_7_touches_of_an_earlier_connection_are_forgotten() -> None:
    touches = Touches()
    touches.begin(1, timeout_s=2.4)
    touches.add(1, 10.0, 10.1)
    assert touches.of(1) == ((10.0, 10.1),)
    touches.begin(2, timeout_s=2.4)
    touches.add(1, 11.0, 11.1)
    assert touches.of(1) == touches.of(2) == ()


def test_rule_7_however_many_calls_there_are_one_is_old_enough() -> None:
    touches = Touches()
    timeout_s = 60.0
    touches.begin(1, timeout_s)
    for call in range(100_000):
        touches.add(1, call / 1000, call / 1000 + 0.0005)
    kept = touches.of(1)
    assert len(kept) <= KEPT
    assert kept[0][0] < 100 - timeout_s / 4
    assert kept[-1][0] > 100 - 2 * timeout_s / PER_TIMEOUT


class Recorder:
    """Stands in for a session: keeps the transaction, and refuses the operation that it is told to."""

    def __init__(self, refused: Refused | None = None) -> None:
        self.refused = refused
        self.committed: list[Operation] = []

    def get(self, path: str) -> Znode | None:
        return Znode(path, b"old", 7, 1, 1, 1, 0, 0)

    def commit(self, operations: list[Operation]) -> list[Written]:
        if self.refused is not None:
            raise self.refused
        self.committed = operations
        return [Written(operation.path) for operation in operations]


def fenced(recorder: Recorder) -> Fenced:
    leadership = Leadership("c_0000000001", 90, 4, epoch=1, lease_until_s=0)
    return Fenced(recorder, ElectionPaths("/election"), leadership)  # type: ignore[arg-type]


def test_rule_8_a_write_checks_its_candidate_and_the_term_and_counts_from_what_was_read() -> None:
    recorder = Recorder()
    with fenced(recorder) as transaction:
        transaction.get("/work")
        transaction.set("/work", b"new")
    expected = [Check("/election/c_0000000001"), Check("/election_term", 4), SetData("/work", b"new", 7)]
    assert expected == recorder.committed
    assert ["/work"] == [written.path for written in transaction.written]


@pytest.mark.parametrize("operation", [0, 1])
def test_rule_8_a_refused_check_means_not_leader(operation: int) -> None:
    with pytest.raises(NotLeader), fenced(Recorder(BadVersion("changed", operation))) as transaction:
        transaction.set("/work", b"new")


def test_rule_8_a_refused_write_of_the_leaders_own_is_told_as_it_is() -> None:
    with pytest.raises(BadVersion), fenced(Recorder(BadVersion("changed", 2))) as transaction:
        transaction.set("/work", b"new")


def test_rule_8_nothing_is_written_when_the_block_fails() -> None:
    recorder = Recorder()
    with pytest.raises(ZeroDivisionError), fenced(recorder) as transaction:
        transaction.set("/work", b"%d" % (1 // 0))
    assert recorder.committed == []


def test_hosts_are_pairs_whatever_their_form() -> None:
    expected = [("a", 2181), ("::1", 2182), ("::2", 2181), ("10.0.0.1", 1)]
    assert expected == parse_hosts("a, [::1]:2182,[::2],10.0.0.1:1")
