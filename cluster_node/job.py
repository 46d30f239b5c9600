"""LeaderJob: what only the leader does: commit one tick to `/leader_job` each interval, in a fenced transaction.

A thread of its own, which ticks while this node leads. Counts never repeat or skip: each is the one that stood there
plus one, set at the version it was read at, and ZooKeeper refuses it from whoever leads no more.
"""

import logging
import time

from succession import LeaderElection, LeaderWork, NotLeader, SuccessionError, Tenure, Undecodable
from succession.wire import JobCounts, JobRecord, decode, encode

log = logging.getLogger(__name__)

PATH = "/leader_job"


class LeaderJob:
    """Ticks with leadership; `counts` is what it has come to since the node's start. An interval of 0 is no job."""

    def __init__(self, election: LeaderElection, interval_s: float) -> None:
        self._election = election
        self._interval_s = interval_s
        self._work = LeaderWork(election, self._tick_on)
        self.counts = JobCounts(committed=0, refused=0)  # swapped by the job's thread
        self._trouble = ""

    def start(self) -> None:
        """Tick whenever this node leads, until its session is closed."""
        if self._interval_s > 0:
            self._work.start()

    def _tick_on(self, tenure: Tenure) -> None:
        while not tenure.wait(self._interval_s):
            try:
                self._tick(tenure)
                self._trouble = ""
            except NotLeader as error:
                if error.__cause__ is not None:  # it was sent, and ZooKeeper refused it
                    self.counts = JobCounts(committed=self.counts.committed, refused=self.counts.refused + 1)
                    log.warning("%s's tick was refused: it does not lead any more", self._election.name)
            except SuccessionError as error:
                if str(error) != self._trouble:
                    self._trouble = str(error)
                    log.warning("%s could not commit its tick: %s", self._election.name, error)

    def _tick(self, tenure: Tenure) -> None:
        with tenure.fenced() as fenced:
            last = fenced.get(PATH)
            try:
                count = decode(last.data, JobRecord).count + 1 if last is not None else 1
            except Undecodable as error:
                raise Undecodable(f"{PATH} {error}, so that no count can follow it") from error
            record = JobRecord(count=count, fencing_token=fenced.fencing_token, by=self._election.name, at=time.time())
            if last is None:
                fenced.create(PATH, encode(record))
            else:
                fenced.set(PATH, encode(record))
        self.counts = JobCounts(committed=self.counts.committed + 1, refused=self.counts.refused)
        log.info("%s committed tick %d with fencing token %d", self._election.name, count, fenced.fencing_token)
