"""One member of the cluster under chaos: an election with a registry, a fast fenced job, and a record of both.

Run as `python -m playground.chaos_member HOSTS NAME SESSION_TIMEOUT_S FILE`, until it is killed or its parent is gone.
Its parent is its crash supervisor, whose pid is the process's in the record: they live and end together.
"""

import logging
import os
import sys
import threading
import time
from pathlib import Path

from msgspec import structs

from playground import history
from playground.history import Attempt, InSession, Lease, NotLeading, Outcome, Result, Started
from succession import LeaderElection, NotLeader, Refused, ServiceRegistry, SessionRecord, SuccessionError, supervise
from succession import ZooKeeperSession as Session
from succession.clock import boottime_s
from succession.fenced import Fenced
from succession.wire import JobRecord, decode, encode
from succession.znodes import Written

JOB = "/chaos_job"
LATE = "/chaos_late"

_SAMPLE_S = 0.005
_JOB_EVERY_S = 0.05


class Recorder(logging.Handler):
    """Writes this process's history: whether it leads, at each sample and whenever the library says something.

    The election's loop logs each change of role in its own thread after it published it and before it acts on it. A
    leader that steps down is thereby on record before its claim is given up, however the threads are scheduled.
    """

    def __init__(self, file: Path, node: str) -> None:
        super().__init__()
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._node = node
        self._process = os.getppid()
        self._writing = threading.Lock()  # guards what follows, and keeps the lines in the order of their times
        self._number = 0
        self._session_id: int | None = None
        self._lease: tuple[int, float] | None = None
        self.election: LeaderElection | None = None
        self.session: Session | None = None

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 -- that something is said is enough
        self.sample()

    def sample(self) -> None:
        """Record what has changed since the last time."""
        if self.election is None or self.session is None:
            return
        with self._writing:
            session_id = self.session.state.session_id
            before_s = boottime_s()
            leadership = self.election.leadership
            at_s = boottime_s()
            if session_id is not None and session_id != self._session_id:
                self._session_id = session_id
                self._write(InSession(at_s=at_s, node=self._node, process=self._process, session_id=session_id))
            # Who says after the end of its lease that it leads, leads: that is what the judge is to hear of.
            lease = None if leadership is None else (leadership.fencing_token, max(leadership.lease_until_s, before_s))
            if lease is None and self._lease is not None:
                self._write(NotLeading(at_s=at_s, node=self._node, process=self._process))
            elif lease is not None and lease != self._lease:
                token, until_s = lease
                at_s = min(at_s, until_s)
                self._write(Lease(at_s=at_s, node=self._node, process=self._process, token=token, until_s=until_s))
            self._lease = lease

    def started(self) -> None:
        with self._writing:
            self._write(Started(at_s=boottime_s(), node=self._node, process=self._process))

    def attempt(self, token: int, count: int | None) -> int:
        """Record that a write begins; its number."""
        with self._writing:
            self._number += 1
            at_s, number = boottime_s(), self._number
            self._write(
                Attempt(at_s=at_s, node=self._node, process=self._process, number=number, token=token, count=count)
            )
            return number

    def outcome(self, number: int, result: Result, written: Written | None = None) -> None:
        with self._writing:
            outcome = Outcome(at_s=boottime_s(), node=self._node, process=self._process, number=number, result=result)
            if written is not None:
                outcome = structs.replace(outcome, zxid=written.zxid, version=written.version)
            self._write(outcome)

    def _write(self, record: history.Any) -> None:
        os.write(self._file, history.to_line(record))  # one call, one line: a kill leaves it whole


class Job:
    """Commits a count after the other while this member leads; once deposed, tries a write that it had held back."""

    def __init__(self, session: Session, election: LeaderElection, recorder: Recorder) -> None:
        self._session = session
        self._election = election
        self._recorder = recorder
        self._late: Fenced | None = None
        self._late_count = 0

    def turn(self) -> None:
        """One tick of the leader, or one look of a former leader whether it may be too late by now."""
        if self._election.is_leader:
            self._tick()
        elif self._late is not None and self._is_deposed(self._late):
            late, self._late = self._late, None
            self._commit(late, None)

    def _is_deposed(self, late: Fenced) -> bool:
        """Whether another promotion than that of `late` is the newest."""
        leader = self._election.leader()
        return leader is not None and leader.fencing_token is not None and (leader.fencing_token > late.fencing_token)

    def _tick(self) -> None:
        try:
            fenced = self._election.fenced()
            last = fenced.get(JOB)
        except NotLeader:
            return
        count = 1 if last is None else decode(last.data, JobRecord).count + 1
        record = encode(
            JobRecord(count=count, fencing_token=fenced.fencing_token, by=self._election.name, at=time.time())
        )
        if last is None:
            fenced.create(JOB, record)
        else:
            fenced.set(JOB, record)
        if self._late is not None and self._late.fencing_token < fenced.fencing_token:
            late, self._late = self._late, None
            self._commit(late, None)  # this member leads, but not by that promotion
        if self._late is None:
            self._hold_back()
        self._commit(fenced, count)

    def _hold_back(self) -> None:
        """Prepare a write that nothing but the fence can refuse: what it makes is nobody else's."""
        self._late_count += 1
        try:
            fenced = self._election.fenced()
        except NotLeader:
            return
        fenced.create(f"{LATE}/{self._election.name}-{os.getpid()}-{self._late_count}")
        self._late = fenced

    def _commit(self, fenced: Fenced, count: int | None) -> None:
        number = self._recorder.attempt(fenced.fencing_token, count)
        try:
            with fenced:
                pass
        except NotLeader:
            self._recorder.outcome(number, "refused")
        except Refused:
            self._recorder.outcome(number, "outdated")
        except SuccessionError:  # unanswered, or not sent at all: the judge need not know which
            self._recorder.outcome(number, "unknown")
        else:
            self._recorder.outcome(number, "committed", fenced.written[-1])


def main(hosts: str, name: str, timeout_s: float, file: Path, record: SessionRecord) -> None:
    """Join and stay."""
    recorder = Recorder(file, name)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s.%(msecs)03d %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("succession.loop").addHandler(recorder)
    session = Session(hosts, timeout_s, record=record)
    election = LeaderElection(
        session, name=name, data={"address": f"http://{name}:8081"}, registry=ServiceRegistry(session)
    )
    recorder.session, recorder.election = session, election
    recorder.started()
    election.join()
    threading.Thread(target=_work, args=(session, Job(session, election, recorder)), name="job", daemon=True).start()
    parent = os.getppid()
    while os.getppid() == parent:
        recorder.sample()
        time.sleep(_SAMPLE_S)


def _work(session: Session, job: Job) -> None:
    is_ready = False
    while True:
        time.sleep(max(_JOB_EVERY_S - time.monotonic() % _JOB_EVERY_S, 0.005))
        try:
            if not is_ready:
                session.ensure(LATE)
                is_ready = True
            job.turn()
        except SuccessionError:  # the next turn tries again
            continue


if __name__ == "__main__":
    HOSTS, NAME, TIMEOUT_S, FILE = sys.argv[1:]
    supervise(lambda record: main(HOSTS, NAME, float(TIMEOUT_S), Path(FILE), record), HOSTS)
