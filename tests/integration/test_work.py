"""What only the leader does: begun with leadership, told of its end, and no half leader when it throws."""

import itertools
import queue
import threading
import time

import pytest

from succession import LeaderWork, NotLeader, OutcomeUnknown, Tenure
from succession.testing import Proxy, eventually, lose_connection, scaled
from tests.support.members import Cluster, Member


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, KeyboardInterrupt])
def test_a_leader_whose_work_throws_steps_down_says_why_and_the_next_leads(
    cluster: Cluster, caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    """Row 19; druid 11653: what makes a leader threw, and half a leader stayed."""
    first, second = cluster.add("a", "b")
    old = first.znode

    def fail(_: Tenure) -> None:
        raise error("the disk is full")

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


def test_work_that_is_started_again_waits_for_the_one_that_was_stopped(cluster: Cluster) -> None:
    (only,) = cluster.add("a")
    now, most = 0, 0

    def work(tenure: Tenure) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        while not tenure.is_over:
            time.sleep(0.001)
        time.sleep(0.2)  # it notices late
        now -= 1

    job = LeaderWork(only.election, work)
    job.start()
    job.start()
    eventually(lambda: now == 1)
    for _ in range(3):
        job.stop()
        job.start()
    eventually(lambda: now == 1 and sum(thread.name == "work-a" for thread in threading.enumerate()) == 1)
    assert most == 1


def test_what_fails_after_it_was_stopped_costs_nobody_the_place(cluster: Cluster) -> None:
    (only,) = cluster.add("a")
    token, stopped = only.election.leadership, threading.Event()

    def work(tenure: Tenure) -> None:
        tenure.wait(scaled(60))
        stopped.set()
        raise RuntimeError("what it used is closed")

    job = LeaderWork(only.election, work)
    job.start()
    eventually(lambda: any(thread.name == "work-a" for thread in threading.enumerate()))
    job.stop()
    assert stopped.wait(scaled(5))
    assert not threading.Event().wait(0.5)
    after = only.election.leadership
    assert token is not None
    assert after is not None
    assert token.fencing_token == after.fencing_token


def test_a_leadership_in_doubt_is_over_for_the_work_that_returns_to_it_only_if_it_was_not_done(
    cluster: Cluster,
) -> None:
    """A connection that is lost for a moment: the same leadership goes on, and what was done is not done again."""
    (only,) = cluster.add("a")
    done: list[int] = []
    began: queue.SimpleQueue[Tenure] = queue.SimpleQueue()

    def wait(tenure: Tenure) -> None:
        began.put(tenure)
        tenure.wait(scaled(60))

    LeaderWork(only.election, lambda tenure: done.append(tenure.fencing_token)).start()
    LeaderWork(only.election, wait).start()
    first = began.get(timeout=scaled(5))
    lose_connection(only.session)
    second = began.get(timeout=scaled(10))
    assert first.fencing_token == second.fencing_token
    assert (first.is_over, second.is_over) == (True, False)  # once it is over it stays so
    eventually(lambda: only.election.is_leader)
    assert not threading.Event().wait(0.5)
    assert done == [first.fencing_token]


def test_a_tenure_that_nobody_looked_at_is_over_when_another_leadership_has_begun(cluster: Cluster) -> None:
    (only,) = cluster.add("a")
    leadership = only.election.leadership
    assert leadership is not None
    tenure = Tenure(only.election, leadership, threading.Event())
    only.election.resign()
    eventually(lambda: only.election.leadership and only.election.leadership.fencing_token > leadership.fencing_token)
    assert tenure.is_over


def test_a_stopped_tenure_gives_no_transaction(cluster: Cluster) -> None:
    (only,) = cluster.add("a")
    leadership, stop = only.election.leadership, threading.Event()
    assert leadership is not None
    tenure = Tenure(only.election, leadership, stop)
    stop.set()
    with pytest.raises(NotLeader):
        tenure.fenced()


def test_after_a_failure_nothing_begins_again_in_the_same_leadership(cluster: Cluster, chroot: str) -> None:
    """However long it takes to step down: what failed is not to run on half of what it needs."""
    runs: list[int] = []

    def fail(tenure: Tenure) -> None:
        runs.append(tenure.fencing_token)
        raise RuntimeError("it always fails")

    with Proxy(chroot) as proxy:
        member = Member(proxy.hosts, "a", 2.0, with_registry=False)
        member.election.join()
        assert member.election.wait_for_leadership(scaled(5))
        proxy.delay(0.1)
        LeaderWork(member.election, fail).start()
        eventually(lambda: len(runs) > 1, within_s=30)
        assert len(set(runs)) == len(runs)
        member.session.close()
