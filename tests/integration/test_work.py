"""What only the leader does: begun with leadership, told of its end, and no half leader when it throws."""

import itertools
import queue
import threading

import pytest

from succession import LeaderWork, NotLeader, OutcomeUnknown, Tenure
from succession.testing.waiting import eventually, scaled
from tests.support.members import Cluster


def test_a_leader_whose_work_throws_steps_down_says_why_and_the_next_leads(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    """Row 19; druid 11653: what makes a leader threw, and half a leader stayed."""
    first, second = cluster.add("a", "b")
    old = first.znode

    def fail(_: Tenure) -> None:
        raise RuntimeError("the disk is full")

    LeaderWork(first.election, fail).start()
    assert second.election.wait_for_leadership(scaled(5))
    eventually(lambda: cluster.settled(first))
    assert cluster.line() == [second.znode, first.znode]
    assert first.znode != old
    assert "a's work failed: stepping down" in caplog.text
    assert "the disk is full" in caplog.text


def test_work_that_always_throws_is_tried_with_backoff_and_never_given_up(cluster: Cluster) -> None:
    (only,) = cluster.add("a")
    runs: list[int] = []

    def fail(tenure: Tenure) -> None:
        runs.append(tenure.fencing_token)
        raise RuntimeError("it always fails")

    LeaderWork(only.election, fail).start()
    assert not threading.Event().wait(4.0)
    assert 4 < len(runs) < 40  # half a second between two at most, and never a tight loop
    assert len(set(runs)) == len(runs)  # each time in another leadership
    eventually(lambda: len(cluster.line()) == 1)


def test_work_is_told_that_its_leadership_was_lost_and_its_commit_is_refused(cluster: Cluster) -> None:
    """Row 13, rule 8: what was begun as leader and is committed after."""
    first, second = cluster.add("a", "b")
    cluster.client.create("/work", b"")
    said: queue.SimpleQueue[object] = queue.SimpleQueue()

    def work(tenure: Tenure) -> None:
        begun = tenure.fenced()
        begun.set("/work", b"by a")
        said.put("begun")
        said.put(tenure.wait(scaled(60)))
        with pytest.raises(NotLeader):
            tenure.fenced()
        eventually(lambda: second.election.is_leader)
        with pytest.raises(NotLeader), begun:
            pass
        said.put("refused")

    LeaderWork(first.election, work).start()
    assert said.get(timeout=scaled(5)) == "begun"
    cluster.client.delete(f"/election/{first.znode}")
    assert said.get(timeout=scaled(5)) is True
    assert said.get(timeout=scaled(15)) == "refused"
    assert cluster.client.get("/work")[0] == b""


def test_a_tenure_that_is_over_stays_over_although_the_same_member_leads_again(cluster: Cluster) -> None:
    (only,) = cluster.add("a")
    tenures: queue.SimpleQueue[Tenure] = queue.SimpleQueue()
    work = LeaderWork(only.election, tenures.put)  # which returns at once: it is done, and not begun again
    work.start()
    first = tenures.get(timeout=scaled(5))
    only.election.resign()
    second = tenures.get(timeout=scaled(10))
    assert tenures.empty()
    assert (first.is_over, second.is_over) == (True, False)
    assert second.fencing_token > first.fencing_token
    with pytest.raises(NotLeader):
        first.fenced()
    with second.fenced() as transaction:
        transaction.create("/work")
    work.stop()
    assert second.wait(scaled(5))


def test_work_that_zookeeper_did_not_answer_begins_again_and_that_is_said_once(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    (only,) = cluster.add("a")
    runs = itertools.count(1)
    is_done = threading.Event()

    def work(_: Tenure) -> None:
        if next(runs) < 4:
            raise OutcomeUnknown("ZooKeeper did not answer")
        is_done.set()

    token = only.election.leadership
    LeaderWork(only.election, work).start()
    assert is_done.wait(scaled(10))
    assert caplog.text.count("a's work begins again: ZooKeeper did not answer") == 1
    after = only.election.leadership
    assert token is not None
    assert after is not None
    assert token.fencing_token == after.fencing_token


def test_the_works_thread_ends_with_its_session(cluster: Cluster) -> None:
    (only,) = cluster.add("a")
    began = threading.Event()

    def work(tenure: Tenure) -> None:
        began.set()
        tenure.wait(scaled(60))

    LeaderWork(only.election, work).start()
    assert began.wait(scaled(5))
    only.session.close()
    eventually(lambda: not any(thread.name == "work-a" for thread in threading.enumerate()))
