"""LeaderJob: what only the leader does: commit one tick to `/leader_job` each interval, in a fenced transaction.

A thread of its own, while this node leads. Counts never repeat or skip: each is the one that stood there plus one, set
at the version it was read at, and ZooKeeper refuses it from whoever leads no more.
"""

import logging
import threading
import time

from succession import LeaderElection, NotLeader, SuccessionError, Undecodable
from succession.wire import JobCounts, JobRecord, decode, encode

log = logging.getLogger(__name__)

PATH = "/leader_job"


class LeaderJob:
    """Starts and stops with leadership; `counts` is what it has come to since the node's start."""

    def __init__(self, election: LeaderElection, interval_s: float) -> None:
        self._election = election
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.counts = JobCounts(committed=0, refused=0)  # swapped by the job's thread
        self._trouble = ""

    def start(self) -> None:
        """Begin to tick. Only from the thread that also stops it."""
        if self._interval_s > 0 and self._thread is None:
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._stop,), name="leader-job", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Tick no more; a tick under way is refused by ZooKeeper if it comes too late."""
        self._stop.set()
        self._thread = None

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self._interval_s):
            try:
                self._tick()
                self._trouble = ""
            except NotLeader as error:
                if error.__cause__ is not None:  # it was sent, and ZooKeeper refused it
                    self.counts = JobCounts(committed=self.counts.committed, refused=self.counts.refused + 1)
                    log.warning("%s's tick was refused: it does not lead any more", self._election.name)
            except SuccessionError as error:
                if str(error) != self._trouble:
                    self._trouble = str(error)
                    log.warning("%s could not commit its tick: %s", self._election.name, error)

    def _tick(self) -> None:
        with self._election.fenced() as fenced:
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
