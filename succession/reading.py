"""Reading: what a session reads, built from the two calls that it sends.

Runs in the caller's thread; whoever sends several calls before the first answer pays for one round trip.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from succession.errors import NoAuth, NoNode
from succession.session_state import SessionState
from succession.znodes import Children, Znode

AT_ONCE = 25  # reads under way


class Pending:
    """A call that was sent; `answer()` waits for it. `watches`: whether it leaves a watch."""

    def __init__(
        self,
        result: Any,
        state: SessionState,
        started_s: float,
        answer_of: Callable[[Any, SessionState, float, float | None], Any],
    ) -> None:
        self._result = result
        self._state = state
        self._started_s = started_s
        self._answer_of = answer_of
        self.watches = False

    def answer(self, within_s: float | None = None) -> Any:
        """The answer. Raises OutcomeUnknown when there is none in time, Refused when ZooKeeper will not.

        Time is a third of the session timeout since the call began, and missing it breaks the connection; with
        `within_s` less than that, only this wait ends.
        """
        return self._answer_of(self._result, self._state, self._started_s, within_s)


class Reading(ABC):
    """The reads of a session. Each raises NotConnected or OutcomeUnknown; a znode that is not there is None."""

    @abstractmethod
    def send_get(self, path: str, watch: bool = False) -> Pending:
        """Read a znode; the answer goes to `znode_of`."""

    @abstractmethod
    def send_children(self, path: str, watch: bool = False) -> Pending:
        """List a znode's children; the answer goes to `children_of`."""

    def get(self, path: str, watch: bool = False) -> Znode | None:
        """The znode, or None."""
        return self.get_all([path], watch)[path]

    def get_all(self, paths: Iterable[str], watch: bool = False) -> dict[str, Znode | None]:
        """Each path's znode or None, read in the order given.

        A few are one round trip. Of many, only so many are under way: a deadline runs from when a call is sent, and
        what another thread sends meanwhile, such as a lease's renewal, waits behind them.
        """
        found: dict[str, Znode | None] = {}
        under_way: deque[tuple[str, Pending]] = deque()
        for path in paths:
            if len(under_way) == AT_ONCE:
                oldest, pending = under_way.popleft()
                found[oldest] = self.znode_of(oldest, pending)
            under_way.append((path, self.send_get(path, watch)))
        return found | {path: self.znode_of(path, pending) for path, pending in under_way}

    def children(self, path: str, watch: bool = False) -> Children | None:
        """The names below a znode, or None."""
        return self.children_of(path, self.send_children(path, watch))

    @abstractmethod
    def send_exists(self, path: str, watch: bool = False) -> Pending:
        """Ask for a znode's facts alone; the answer is None when it is not there."""

    def znode_of(self, path: str, pending: Pending, within_s: float | None = None) -> Znode | None:
        """The answer to `send_get(path)`. One that we may not read is there all the same, with no data."""
        may_be_read = True
        try:
            data, stat = pending.answer(within_s)
        except NoNode:
            return None
        except NoAuth:
            may_be_read = False
            data, stat = b"", self.send_exists(path, watch=pending.watches).answer(within_s)
            if stat is None:
                return None
        owner = stat.ephemeralOwner
        return Znode(path, data, stat.version, stat.czxid, stat.mzxid, stat.pzxid, owner, stat.ctime, may_be_read)

    @staticmethod
    def children_of(path: str, pending: Pending) -> Children | None:
        """The answer to `send_children(path)`."""
        try:
            names, stat = pending.answer()
        except NoNode:
            return None
        return Children(path, tuple(names), stat.pzxid, stat.cversion)
