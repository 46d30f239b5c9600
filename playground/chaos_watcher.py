"""ChaosWatcher: what stands in ZooKeeper during a chaos run, as whole moments of its history.

One thread of its own reads; `latest` is swapped whole. A moment is what was the same before and after: each parent's
`pzxid` changes with every child that comes or goes, so that listings read twice alike were true together in between.
"""

import contextlib
import queue
import threading
from collections.abc import Callable

from playground.history import Seen, SeenCandidate, SeenClaim, SeenEntry
from succession import SuccessionError, Undecodable, ZooKeeperSession
from succession.clock import boottime_s
from succession.paths import ElectionPaths
from succession.registry import COORDINATORS, WORKERS
from succession.rules import is_candidate
from succession.session import SessionEvent
from succession.wire import CandidateNote, ClaimNote, RegistryEntry, decode
from succession.znodes import Children, Znode

_EVERY_S = 0.02
_AT_LEAST_EVERY_S = 0.2  # so that a watcher that sees nothing is not taken for a cluster at rest
_PATHS = ElectionPaths("/election")
_PARENTS = (_PATHS.election, COORDINATORS, WORKERS)


class ChaosWatcher:
    """Calls `record` with each moment that differs from the last, and now and then, from `start` to `stop`."""

    def __init__(self, session: ZooKeeperSession, record: Callable[[Seen], None]) -> None:
        self._session = session
        self._record = record
        self._over = threading.Event()
        self._changed = threading.Event()
        self._known: dict[str, Znode] = {}  # by the thread alone: what was read, until its watch says otherwise
        self._events: queue.SimpleQueue[SessionEvent] = queue.SimpleQueue()
        self.latest: Seen | None = None

    def start(self) -> None:
        self._session.subscribe(self._note)
        threading.Thread(target=self._run, name="chaos-watcher", daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _note(self, event: SessionEvent) -> None:
        self._events.put(event)
        self._changed.set()

    def _forget_changed(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                event = self._events.get_nowait()
                if event.kind == "znode" and event.path is not None:
                    self._known.pop(event.path, None)
                else:
                    self._known.clear()

    def _run(self) -> None:
        while not self._over.is_set():
            self._changed.wait(_EVERY_S)
            self._changed.clear()
            try:
                seen = self._look()
            except SuccessionError:  # it is away for a moment, as chaos has it
                continue
            last = self.latest
            if seen is not None and (
                last is None or seen.at_s - last.at_s > _AT_LEAST_EVERY_S or _state(seen) != _state(last)
            ):
                self.latest = seen
                self._record(seen)

    def _look(self) -> Seen | None:
        """What stands now; None when it changed while it was read."""
        self._forget_changed()
        session, known = self._session, self._known
        before, claim = self._list()
        paths = {f"{parent.path}/{name}" for parent in before for name in parent.names}
        missing = sorted(paths - known.keys())
        if missing:
            for path, znode in session.get_all(missing, watch=True).items():
                if znode is not None:
                    known[path] = znode
        after, claim_after = self._list()
        is_same = [one.pzxid for one in before] == [one.pzxid for one in after]
        is_same_claim = (claim.czxid if claim else None) == (claim_after.czxid if claim_after else None)
        if not is_same or not is_same_claim or not paths <= known.keys():
            self._changed.set()
            return None
        znodes = {parent.path: [known[f"{parent.path}/{name}"] for name in parent.names] for parent in before}
        self._known = {path: znode for path, znode in known.items() if path in paths}
        election, coordinators, workers = (znodes.get(parent, []) for parent in _PARENTS)
        return Seen(
            at_s=boottime_s(),
            candidates=tuple(_candidate(znode) for znode in election if is_candidate(znode.path.rpartition("/")[2])),
            claim=_claim(claim),
            entries=(*(_entry(znode, True) for znode in coordinators), *(_entry(znode, False) for znode in workers)),
        )

    def _list(self) -> tuple[list[Children], Znode | None]:
        session = self._session
        sent = [(parent, session.send_children(parent)) for parent in _PARENTS]
        claim = session.send_get(_PATHS.claim)
        listed = [session.children_of(parent, pending) for parent, pending in sent]
        return [one for one in listed if one is not None], session.znode_of(_PATHS.claim, claim)


def _state(seen: Seen) -> tuple[object, ...]:
    return (seen.candidates, seen.claim, seen.entries)


def _candidate(znode: Znode) -> SeenCandidate:
    try:
        name = decode(znode.data, CandidateNote).name
    except Undecodable:
        name = None
    return SeenCandidate(znode=znode.path.rpartition("/")[2], name=name, owner=znode.owner)


def _claim(znode: Znode | None) -> SeenClaim | None:
    if znode is None:
        return None
    try:
        candidate = decode(znode.data, ClaimNote).znode
    except Undecodable:
        candidate = None
    return SeenClaim(znode=candidate, owner=znode.owner, czxid=znode.czxid)


def _entry(znode: Znode, is_coordinator: bool) -> SeenEntry:
    try:
        member = decode(znode.data, RegistryEntry).member
    except Undecodable:
        member = None
    return SeenEntry(
        path=znode.path,
        registry="coordinators" if is_coordinator else "workers",
        name=member.name if member else None,
        znode=member.znode if member else None,
        watching=member.watching if member else None,
        owner=znode.owner,
    )
