"""LeaderElection: what users of the library hold: one candidate of an election, asked and told from any thread.

It starts one loop (`loop.py`), which owns the candidate's state.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from succession.campaign import Campaign
from succession.clock import boottime_s
from succession.errors import NotLeader, Undecodable
from succession.feed import Feed
from succession.fenced import Fenced
from succession.leadership import ElectionState, Leadership
from succession.line import Candidate, Line
from succession.loop import ElectionLoop
from succession.paths import ElectionPaths
from succession.registry import ServiceRegistry
from succession.session import ZooKeeperSession
from succession.wire import CandidateNote, decode, encode


class LeaderElection:
    """One candidate in the election at `path`. Any thread may call; `on_change(state)` runs in a thread of its own.

    `data` is what others read of this candidate besides its name, as JSON; with a `registry`, whose entry the election
    then keeps, it must have an `address`. Raises ValueError for a name, path or data that cannot be.
    """

    def __init__(
        self,
        session: ZooKeeperSession,
        path: str = "/election",
        *,
        name: str,
        data: Mapping[str, Any] | None = None,
        registry: ServiceRegistry | None = None,
        on_change: Callable[[ElectionState], None] | None = None,
    ) -> None:
        note = _validated(path, name, data, needs_address=registry is not None)
        if registry is not None:
            registry.give_to_election()
        self.name = name
        self.path = path
        self.session = session
        self._paths = ElectionPaths(path)
        self._line = Line(session, self._paths)
        self._loop = ElectionLoop(session, Campaign(session, self._paths, note, registry), path, name, on_change)

    @property
    def feed(self) -> Feed[ElectionState]:
        """Each published state, for whoever waits for the next."""
        return self._loop.feed

    @property
    def state(self) -> ElectionState:
        """My place in the line as last published."""
        return self._loop.state

    @property
    def leadership(self) -> Leadership | None:
        """My right to lead at this moment, or None. Computed at each read (rule 1): state, connection and lease."""
        leadership = self._loop.state.leadership
        session = self.session.state
        if leadership is None or session.connection != "connected" or session.epoch != leadership.epoch:
            return None
        return leadership if boottime_s() < leadership.lease_until_s else None

    @property
    def is_leader(self) -> bool:
        """Whether I lead at this moment."""
        return self.leadership is not None

    def wait_for_leadership(self, timeout_s: float | None = None) -> bool:
        """Block until I lead, at most `timeout_s` seconds; whether I do."""
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        version = -1
        while not self.is_leader:
            left_s = 1.0 if end_s is None else min(end_s - time.monotonic(), 1.0)
            if left_s <= 0:
                return False
            news = self._loop.feed.wait_newer(version, left_s)
            version = news.version if news else version
        return True

    def fenced(self) -> Fenced:
        """A transaction that commits only while I still lead. Raises NotLeader if I do not now."""
        leadership = self.leadership
        if leadership is None:
            raise NotLeader(f"{self.name} does not lead")
        return Fenced(self.session, self._paths, leadership)

    def leader(self, timeout_s: float | None = None) -> Candidate | None:
        """Who leads by its claim, read now; None if nobody does. Raises NotConnected or OutcomeUnknown."""
        return self._line.leader(timeout_s)

    def candidates(self) -> tuple[Candidate, ...]:
        """The line, first in line first, read now. Raises NotConnected or OutcomeUnknown."""
        return self._line.candidates()

    def join(self) -> None:
        """Become a candidate, and stay one whatever happens, until `leave`. Returns at once.

        Raises SuccessionError if another election at this path has joined in the same session.
        """
        self.session.start()
        self._loop.join()

    def resign(self) -> None:
        """Step down if leading, and rejoin at the end of the line. Returns at once; it is done in the end."""
        self._loop.resign()

    def leave(self, timeout_s: float = 2.0) -> bool:
        """Step down and leave the line. False if that took longer than `timeout_s`; it is still done then."""
        return self._loop.leave(timeout_s)


def _validated(path: str, name: str, data: Mapping[str, Any] | None, needs_address: bool) -> dict[str, Any]:
    if not path.startswith("/") or path.endswith("/"):
        raise ValueError(f"the election's path {path!r} must be absolute, without a slash at its end")
    note = {**(data or {}), "name": name}
    try:
        known = decode(encode(note), CandidateNote)
    except (Undecodable, TypeError) as error:
        raise ValueError(f"the candidate's name {name!r} or its data {error}") from error
    if needs_address and known.address is None:
        raise ValueError("with a registry the candidate's data needs an address")
    return note
