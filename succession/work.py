"""LeaderWork: what only the leader does, in a thread of its own, for as long as it leads.

The work is handed a Tenure, which tells it when its leadership is over; a leader whose work throws steps down.
"""

import logging
import random
import threading
import time
from collections.abc import Callable

from succession.election import LeaderElection
from succession.errors import NotLeader, SuccessionError
from succession.fenced import Fenced
from succession.leadership import Leadership

log = logging.getLogger(__name__)

IDLE_S = 0.5
RETRY_S = 0.05
MAX_RETRY_S = 0.5
GOOD_S = 1.0  # work that went well for so long begins anew with what it logs and how long it pauses


class Tenure:
    """One leadership, as the work done under it sees it. For the work's thread."""

    def __init__(self, election: LeaderElection, leadership: Leadership, stop: threading.Event) -> None:
        self._election = election
        self._stop = stop
        self._is_over = False
        self.fencing_token = leadership.fencing_token
        self.term = leadership.term

    @property
    def is_over(self) -> bool:
        """Whether this leadership has ended, or was in doubt for a moment: then stop. Once true it stays so."""
        leadership = self._election.leadership
        if leadership is None or leadership.fencing_token != self.fencing_token or self._stop.is_set():
            self._is_over = True
        return self._is_over

    def wait(self, seconds: float) -> bool:
        """Sleep, but no longer than this leadership lasts; whether it is over."""
        end_s = time.monotonic() + seconds
        version = -1
        while not self.is_over and (left_s := end_s - time.monotonic()) > 0:
            leadership = self._election.leadership
            lease_left_s = leadership.lease_left_s if leadership else 0.0
            news = self._election.feed.wait_newer(version, min(left_s, lease_left_s, IDLE_S))
            version = news.version if news else version
        return self.is_over

    def fenced(self) -> Fenced:
        """A transaction that commits only while this leadership lasts. Raises NotLeader when it is over."""
        fenced = self._election.fenced()
        if self.is_over or fenced.fencing_token != self.fencing_token:
            raise NotLeader(f"{self._election.name}'s leadership with fencing token {self.fencing_token} is over")
        return fenced


class LeaderWork:
    """Calls `work(tenure)` each time this candidate comes to lead, from `start` until `stop` or its session is closed.

    Work that returns while it leads is done until the next leadership. What else it raises than the library's own
    exceptions makes the candidate step down, to the end of the line; after a SuccessionError it begins again, if it
    still leads. Both are logged, and followed by a pause of half a second at most.
    """

    def __init__(self, election: LeaderElection, work: Callable[[Tenure], None]) -> None:
        self._election = election
        self._work = work
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None  # the last one, whether or not it has ended
        self._retry_s = 0.0  # this and what follows belongs to the thread
        self._trouble = ""
        self._done: int | None = None  # the fencing token under which the work has returned

    def start(self) -> None:
        """Begin to wait for leadership. Only from the thread that also stops it; a second call does nothing.

        After a `stop`, work that has not ended yet is waited for: there is never more than one at a time.
        """
        if self._thread is None or self._stop.is_set():
            self._stop = threading.Event()
            name, former = f"work-{self._election.name}", self._thread
            self._thread = threading.Thread(target=self._run, args=(self._stop, former), name=name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Tell the work that it is over. Returns at once; what it still commits, it commits as leader."""
        self._stop.set()

    def _run(self, stop: threading.Event, former: threading.Thread | None) -> None:
        if former is not None:
            former.join()
        while not stop.is_set() and not self._election.session.is_closed:
            if not self._election.wait_for_leadership(IDLE_S):
                continue
            leadership = self._election.leadership
            if leadership is None:
                continue
            tenure = Tenure(self._election, leadership, stop)
            if leadership.fencing_token == self._done:
                _await_end(tenure)
            else:
                self._serve(tenure)
                stop.wait(self._retry_s * random.uniform(0.5, 1))

    def _serve(self, tenure: Tenure) -> None:
        began_s = time.monotonic()
        try:
            self._work(tenure)
        except NotLeader:
            self._back_off()  # if it leads after all, the work begins again
        except SuccessionError as error:
            if time.monotonic() - began_s > GOOD_S:
                self._retry_s, self._trouble = 0.0, ""  # it is not the same trouble as before
            if str(error) != self._trouble:
                self._trouble = str(error)
                log.warning("%s's work begins again: %s", self._election.name, error)
            self._back_off()
        except BaseException:  # the user's code may raise anything, and half a leader must not stay
            if tenure.is_over:  # what it held is not what is held now
                log.exception("%s's work failed after its leadership was over", self._election.name)
            else:
                log.exception("%s's work failed: stepping down", self._election.name)
                self._election.resign()
            self._back_off()
            _await_end(tenure)
        else:
            self._retry_s, self._trouble = 0.0, ""
            if not tenure.is_over:
                self._done = tenure.fencing_token
            _await_end(tenure)

    def _back_off(self) -> None:
        self._retry_s = min(max(self._retry_s * 2, RETRY_S), MAX_RETRY_S)


def _await_end(tenure: Tenure) -> None:
    while not tenure.wait(IDLE_S):
        pass
