"""Mirror: the children of some znodes and their data, kept true by watches.

One thread of its own reads and calls `tell`; watch events only mark what to read again. What did not change is
not read again.
"""

import logging
import queue
import random
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from succession.errors import NotConnected, SuccessionError
from succession.session import SessionEvent, ZooKeeperSession
from succession.wire import Connection
from succession.znodes import Children, Znode

log = logging.getLogger(__name__)

IDLE_S = 0.8  # `tell` is called at least this often, so that silence means trouble; before a stream says the same again
RETRY_S = 0.05
MAX_RETRY_S = 0.5
MOST_READS = 5  # of what goes while it is read


@dataclass(frozen=True)
class Contents:
    """What was last read. `is_read`: whether everything was, since the connection began; else it is from before."""

    connection: Connection = "lost"
    is_read: bool = False
    children: Mapping[str, Children] = field(default_factory=dict)  # by parent
    znodes: Mapping[str, Znode] = field(default_factory=dict)  # by path: the children's, and what is read along

    @property
    def newest_zxid(self) -> int:
        """The newest transaction that what was read rests on; 0 before anything was."""
        listed = [children.pzxid for children in self.children.values()]
        return max([0, *listed, *(znode.mzxid for znode in self.znodes.values())])

    def below(self, parent: str) -> list[tuple[str, Znode]]:
        """(name, znode) of each child of `parent`, by name."""
        listed = self.children.get(parent)
        paths = [(name, f"{parent}/{name}") for name in sorted(listed.names)] if listed else []
        return [(name, self.znodes[path]) for name, path in paths if path in self.znodes]


class Mirror:
    """Keeps the children of `parents` (made if missing), and tells the whole at each change and once a second.

    `along` are znodes that are read at each change, without a watch. May be started again after a stop.
    """

    def __init__(
        self,
        session: ZooKeeperSession,
        parents: Sequence[str],
        tell: Callable[[Contents], None],
        along: Sequence[str] = (),
    ) -> None:
        self._session = session
        self._parents = tuple(parents)
        self._along = tuple(along)
        self._tell = tell
        self._events: queue.SimpleQueue[SessionEvent | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        # What follows belongs to the thread.
        self._contents = Contents()
        self._stale: set[str] = set()
        self._epoch = 0

    def start(self) -> None:
        """Begin to read and tell. Only from the thread that also stops it."""
        self._session.start()
        self._events = queue.SimpleQueue()
        self._contents = Contents()
        self._unsubscribe = self._session.subscribe(self._events.put)
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell nothing more. Waits for what is being read, which has a deadline."""
        self._unsubscribe()
        self._events.put(None)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        retry_s = 0.0
        self._note(SessionEvent("connection"))
        while True:
            is_whole = self._refresh()
            try:
                self._tell(self._contents)
            except Exception:  # whoever is told may raise anything, and must be told again all the same
                log.exception("what was read could not be told")
            retry_s = 0.0 if is_whole else min(max(retry_s * 2, RETRY_S), MAX_RETRY_S)
            if not self._await(IDLE_S if is_whole else retry_s * random.uniform(0.5, 1)):
                return

    def _await(self, timeout_s: float) -> bool:
        """Wait for one event and take all that are there: a thousand watches that fire make one look. False: stop."""
        try:
            event = self._events.get(timeout=timeout_s)
            while True:
                if event is None:
                    return False
                self._note(event)
                event = self._events.get_nowait()
        except queue.Empty:
            return True

    def _note(self, event: SessionEvent) -> None:
        if event.kind == "znode" and event.path is not None:
            if event.path in self._contents.znodes or event.path in self._parents:
                self._stale.add(event.path)
        else:
            self._epoch = 0  # everything is read again

    def _refresh(self) -> bool:
        """Read what is stale. False if it could not be read, or there is no connection."""
        state = self._session.state
        contents = self._contents
        try:
            if state.connection != "connected":
                raise NotConnected("there is no connection to ZooKeeper")
            if self._epoch != state.epoch:
                contents = Contents()
                self._stale = set(self._parents)
            if self._stale or not contents.is_read:
                contents = self._read(contents)
        except SuccessionError as error:
            if not isinstance(error, NotConnected):
                self._epoch = 0
            self._contents = Contents(state.connection, False, self._contents.children, self._contents.znodes)
            return False
        self._epoch = state.epoch
        self._stale = set()
        self._contents = contents
        return True

    def _read(self, old: Contents) -> Contents:
        children, znodes, stale = dict(old.children), dict(old.znodes), set(self._stale)
        for _ in range(MOST_READS):
            children |= self._list(stale)
            paths = {f"{parent}/{name}" for parent, listed in children.items() for name in listed.names}
            znodes = {path: znode for path, znode in znodes.items() if path in paths and path not in stale}
            missing = sorted(paths - znodes.keys())
            read = self._session.get_all(missing, watch=True)
            besides = self._session.get_all(self._along)  # last, so it is never older
            znodes |= {path: znode for path, znode in (read | besides).items() if znode is not None}
            # A child's own watch fires before its parent's: what is told would be without it, and the listing with it.
            stale = {path.rpartition("/")[0] for path in missing if read[path] is None}
            if not stale:
                break
        return Contents("connected", True, children, znodes)

    def _list(self, stale: Collection[str]) -> dict[str, Children]:
        """The children of those parents that are stale."""
        found = {}
        for parent, sent in [(p, self._session.send_children(p, watch=True)) for p in self._parents if p in stale]:
            listed = self._session.children_of(parent, sent)
            if listed is None:
                self._session.ensure(parent)
                listed = self._session.children(parent, watch=True)
            if listed is not None:
                found[parent] = listed
        return found
