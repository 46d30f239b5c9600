"""ServiceRegistry: who offers what, at which address: coordinators and workers, as ephemeral sequential entries.

An election keeps its node's entry itself, in its own thread and transactions. Without one, `announce`, `move` and
`withdraw` state an intention that a thread of the registry's own keeps true, across lost replies and new sessions.
"""

import logging
import queue
import random
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from succession.errors import NoNode, NotConnected, SuccessionError, Undecodable
from succession.feed import Feed
from succession.mirror import MAX_RETRY_S, RETRY_S, Contents, Mirror
from succession.own_entry import OwnEntry
from succession.remembered import remembered
from succession.session import SessionEvent, ZooKeeperSession
from succession.wire import Connection, Member, RegistryEntry, decode, encode
from succession.znodes import Znode

log = logging.getLogger(__name__)

COORDINATORS = "/coordinators_service_registry"
WORKERS = "/workers_service_registry"

RegistryName = Literal["coordinators", "workers"]


@dataclass(frozen=True)
class Entry:
    """One znode of a registry. `data` is None where it cannot be read, and then `problem` says why."""

    path: str
    czxid: int
    mzxid: int
    registry: RegistryName
    owner: int
    data: RegistryEntry | None
    problem: str | None


@dataclass(frozen=True)
class RegistryContents:
    """Both registries as last read; what was read stays while ZooKeeper is away, and `connection` says so.

    `coordinators_zxid` is the transaction that last changed which coordinators there are, `coordinators_changes` how
    many such changes there were until then; both are None before they were read.
    """

    connection: Connection = "lost"
    is_read: bool = False
    coordinators: tuple[Entry, ...] = ()
    workers: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()
    coordinators_zxid: int | None = None
    coordinators_changes: int | None = None


class RegistryWatch:
    """A running watch on both registries: `feed` has the contents, at each change and at least once a second."""

    def __init__(self, session: ZooKeeperSession, coordinators: str, workers: str) -> None:
        self._paths = (coordinators, workers)
        self.feed: Feed[RegistryContents] = Feed(RegistryContents())
        self._was_read = False  # by the mirror's thread
        self._mirror = Mirror(session, self._paths, self._publish)
        self._mirror.start()

    def stop(self) -> None:
        """Publish nothing more."""
        self._mirror.stop()

    def _publish(self, contents: Contents) -> None:
        self._was_read = self._was_read or contents.is_read
        coordinators = entries_of(contents, self._paths[0], "coordinators")
        workers = entries_of(contents, self._paths[1], "workers")
        problems = tuple(f"The data of {e.path} {e.problem}." for e in (*coordinators, *workers) if e.problem)
        listed = contents.children.get(self._paths[0])
        self.feed.publish(
            RegistryContents(
                contents.connection,
                self._was_read,
                coordinators,
                workers,
                problems,
                coordinators_zxid=listed.pzxid if listed else None,
                coordinators_changes=listed.cversion if listed else None,
            )
        )


class ServiceRegistry:
    """Both registries, for one member. `control_token` orders the member about; by default a random one is made."""

    def __init__(
        self,
        session: ZooKeeperSession,
        coordinators: str = COORDINATORS,
        workers: str = WORKERS,
        control_token: str | None = None,
    ) -> None:
        self.session = session
        self.coordinators = coordinators
        self.workers = workers
        self.control_token = control_token or secrets.token_urlsafe(32)
        self._lock = threading.Lock()
        self._wanted: Member | None = None  # guarded by _lock
        self._keeper: threading.Thread | None = None  # guarded by _lock
        self._is_elections = False
        self._events: queue.SimpleQueue[SessionEvent | None] = queue.SimpleQueue()
        self._is_as_wanted = threading.Event()

    def __repr__(self) -> str:
        return f"ServiceRegistry({self.coordinators!r}, {self.workers!r})"

    def entry(self, member: Member) -> bytes:
        """The data of this member's entry."""
        return encode(RegistryEntry(member=member, control_token=self.control_token))

    def path_of(self, member: Member) -> str:
        """Where this member's entry is made: what ZooKeeper's ten digits come after."""
        return f"{self.coordinators if member.role == 'leader' else self.workers}/n_"

    def give_to_election(self) -> None:
        """From now on an election keeps the entry. Raises SuccessionError if this registry announces by itself."""
        with self._lock:
            if self._keeper is not None:
                raise SuccessionError("this registry announces by itself already: give the election another")
            self._is_elections = True

    def announce(self, member: Member, timeout_s: float = 2.0) -> bool:
        """Have exactly one entry of ours, that of `member`, in the registry of its role, until withdrawn.

        True once it is so; False if that took longer than `timeout_s`: it is still intended, and retried.
        """
        return self._want(member, timeout_s)

    def move(self, member: Member, timeout_s: float = 2.0) -> bool:
        """As `announce`, for a member whose role changed: one transaction takes its entry to the other registry."""
        return self._want(member, timeout_s)

    def withdraw(self, timeout_s: float = 2.0) -> bool:
        """Have no entry; it does not come back on a reconnect either."""
        return self._want(None, timeout_s)

    def watch(self) -> RegistryWatch:
        """Begin to watch both registries, in a thread of its own."""
        return RegistryWatch(self.session, self.coordinators, self.workers)

    def _want(self, member: Member | None, timeout_s: float) -> bool:
        with self._lock:
            if self._is_elections:
                raise SuccessionError("an election keeps this registry's entry")
            self._wanted = member
            self._is_as_wanted.clear()
            if self._keeper is None:
                self.session.start()
                unsubscribe = self.session.subscribe(self._events.put)
                self._keeper = threading.Thread(target=self._keep, args=(unsubscribe,), name="registry", daemon=True)
                self._keeper.start()
        self._events.put(None)
        return self._is_as_wanted.wait(timeout_s)

    def _keep(self, unsubscribe: Callable[[], None]) -> None:
        own = OwnEntry(self.session, self.coordinators, self.workers)
        retry_s, trouble = 0.0, ""
        while not self.session.is_closed:
            with self._lock:
                wanted = self._wanted
            try:
                retry_s = self._bring_about(own, wanted)
                trouble = ""
            except SuccessionError as error:
                retry_s = min(max(retry_s * 2, RETRY_S), MAX_RETRY_S)
                if str(error) != trouble and not isinstance(error, NotConnected):
                    trouble = str(error)
                    log.warning("the registry's entry is not as it should be yet: %s", trouble)
            except Exception:  # a fault of ours must not leave an entry that nobody looks after
                log.exception("the registry met a fault of this library and goes on")
                retry_s = MAX_RETRY_S
            with self._lock:
                if retry_s == 0.0 and self._wanted == wanted:
                    self._is_as_wanted.set()
            self._await(own, retry_s)
        unsubscribe()

    def _bring_about(self, own: OwnEntry, wanted: Member | None) -> float:
        """Have what is wanted be so; in how many seconds to look again, 0 where a watch will say when to."""
        try:
            own.look()
            while own.write([] if wanted is None else [(self.path_of(wanted), self.entry(wanted))]):
                own.look()  # with a watch on what was written, so that nothing that follows is missed
        except NoNode:
            self.session.ensure(self.coordinators)
            self.session.ensure(self.workers)
            return RETRY_S
        return 0.0

    def _await(self, own: OwnEntry, retry_s: float) -> None:
        try:
            while True:
                event = self._events.get(timeout=retry_s * random.uniform(0.5, 1) if retry_s else None)
                if event is None or event.kind != "znode" or event.path in own.paths:
                    return
        except queue.Empty:
            return


def entries_of(contents: Contents, parent: str, registry: RegistryName) -> tuple[Entry, ...]:
    """What stands in one registry, by name; data that cannot be read is said so and never quoted."""
    return tuple(_entry(znode, registry) for _, znode in contents.below(parent))


@remembered
def _entry(znode: Znode, registry: RegistryName) -> Entry:
    data, problem = None, None
    try:
        data = decode(znode.data, RegistryEntry)
    except Undecodable as error:
        problem = str(error)
    return Entry(znode.path, znode.czxid, znode.mzxid, registry, znode.owner, data, problem)
