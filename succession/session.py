"""ZooKeeperSession: a session with ZooKeeper that outlives expiry; the only module that imports kazoo.

kazoo's threads run the callbacks: they swap the state and put events, and do nothing else. Every call is made
in the caller's thread, with a deadline of a third of the session timeout.
"""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

from kazoo import exceptions as kz
from kazoo.client import KazooClient
from kazoo.handlers.threading import SequentialThreadingHandler
from kazoo.protocol.serialization import Connect
from kazoo.protocol.states import EventType, KazooState, KeeperState, WatchedEvent, ZnodeStat
from kazoo.security import make_digest_acl

from succession.audience import Audience
from succession.clock import boottime_s, run_within
from succession.errors import (
    BadVersion,
    NoAuth,
    NodeExists,
    NoNode,
    NotConnected,
    OutcomeUnknown,
    Refused,
    SuccessionError,
)
from succession.owned import ListOwned
from succession.raw_session import close_session
from succession.reading import Pending, Reading
from succession.session_record import SessionRecord
from succession.session_state import SessionEvent, SessionState, hex_id
from succession.touches import Touches
from succession.wire import Connection
from succession.znodes import Check, Create, Delete, Operation, SetData, Written

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 0.5  # what a server has at least to answer a Connect request
ANSWER_AT_FIRST_S = 2.0  # twice as long each time after that: one that accepted while it starts may never answer
CONNECT_WITHIN_S = 10.0  # however long a session timeout is asked; later, what was granted
RESTART_S = 0.5
SILENT_S = 2.0  # so long ZooKeeper may be away at the start before that is said
PINGS_LATE_S = 1.5  # below this session timeout kazoo's own pings, whose jitter is up to 0.4 s, may come too late

__all__ = ["Pending", "SessionEvent", "SessionState", "ZooKeeperSession", "close_session", "hex_id"]

_REFUSALS: dict[type[Exception], type[Refused]] = {
    kz.NoNodeError: NoNode,
    kz.NodeExistsError: NodeExists,
    kz.BadVersionError: BadVersion,
    kz.NoAuthError: NoAuth,
}
_REFUSAL_WORDS: dict[type[Exception], str] = {
    kz.NoNodeError: "there is no such znode, or no parent to make it below",
    kz.NodeExistsError: "it is there already",
    kz.BadVersionError: "it changed since it was read",
    kz.NoAuthError: "its access list does not admit this session",
    kz.UnimplementedError: "this ZooKeeper cannot tell what a session owns: 3.6 and newer can",
}
_UNKNOWN = (
    RuntimeError,  # kazoo's word for a reply that a server skipped (seen in chaos)
    kz.ConnectionLoss,
    kz.ConnectionClosedError,
    kz.SessionExpiredError,
    kz.OperationTimeoutError,
    kz.SessionMovedError,
)


class _Handler(SequentialThreadingHandler):
    """kazoo's threads, with a bound on a TCP connect: to a black hole it takes the whole timeout that was asked."""

    connect_within_s = CONNECT_WITHIN_S

    def create_connection(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["timeout"] = min(kwargs["timeout"], self.connect_within_s) / 2
        return super().create_connection(*args, **kwargs)


class ZooKeeperSession(Reading, Audience):
    """A session with ZooKeeper (3.6 or newer), and after it expired the next. Any thread may call; it never gives up.

    `hosts` is `host:port,host:port/chroot` (the chroot is made if missing), `timeout_s` what is asked of ZooKeeper,
    `auth` `user:password` for a digest identity for whom alone every znode is then made; `record` is where a parent
    process reads which session to end if this process dies (see `supervise`).
    Raises SuccessionError if this kazoo cannot tell the granted session timeout.
    """

    def __init__(
        self,
        hosts: str = "127.0.0.1:2181",
        timeout_s: float = 2.0,
        auth: str = "",
        record: SessionRecord | None = None,
    ) -> None:
        super().__init__()
        self._record = record
        self.hosts, _, chroot = hosts.partition("/")
        self._root = "/" + chroot.strip("/") if chroot.strip("/") else ""
        self._state = SessionState()  # swapped by kazoo's connection thread alone
        self._touches = Touches()
        self._reply: Any = None  # ZooKeeper's Connect reply, by kazoo's connection thread alone
        self._unanswered = 0  # requests to connect, one after the other
        self._unconnected_since_s = boottime_s()
        self._asked_s = timeout_s
        self._starting = threading.Lock()
        self._started = False  # guarded by _starting
        self._is_closed = False
        self._is_broken = False  # the connection, since it was last made; by kazoo's connection thread
        self._is_to_ping = threading.Event()  # connected with a session timeout so short that kazoo's pings come late
        self._handler = _Handler()
        user, _, password = auth.partition(":")
        kazoo_log = log.getChild("kazoo")
        kazoo_log.setLevel(logging.ERROR)  # it logs once a try, and at DEBUG data, tokens and passwords
        self._client = KazooClient(
            self.hosts,
            timeout=timeout_s,
            handler=self._handler,
            auth_data=[("digest", auth)] if auth else None,
            default_acl=[make_digest_acl(user, password, all=True)] if auth else None,
            connection_retry={"max_tries": -1, "delay": 0.05, "max_delay": 0.5},
            logger=kazoo_log,
        )
        self._invoke = getattr(self._client._connection, "_invoke", None)
        if self._invoke is None:
            raise SuccessionError("this kazoo does not tell the granted session timeout; no lease is safe without it")
        self._client._connection._invoke = self._invoke_and_keep
        self._client.add_listener(self._on_state)

    # --- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Connect in the background, however long ZooKeeper is away. Returns at once; a second call does nothing."""
        with self._starting:
            if not self._started:
                self._started = True
                self._unconnected_since_s = boottime_s()
                self._client.start_async()
                threading.Thread(target=self._ping, name="session-ping", daemon=True).start()

    def close(self, timeout_s: float = 2.0) -> bool:
        """End the session: its ephemeral znodes are gone at once. False if that took longer than `timeout_s`."""
        self._is_closed = True
        self._is_to_ping.set()
        return run_within(timeout_s, "session-close", self._stop)

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called: there will be no other connection."""
        return self._is_closed

    @property
    def is_supervised(self) -> bool:
        """Whether a parent process is told which session to end if this process dies."""
        return self._record is not None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stop(self) -> None:
        state = self._state
        has_ended = False
        if state.connection == "connected":
            self._client.stop()
            has_ended = not self._is_broken
        if self._is_broken and state.session_id is not None:
            # kazoo tells ZooKeeper only over the connection that it has, and this one is gone.
            has_ended = close_session(self.hosts, state.session_id, state.password, state.timeout_s)
        if has_ended and self._record is not None:
            self._record.forget()
        self._client.stop()
        self._client.close()

    def _ping(self) -> None:
        if not self._is_to_ping.wait(SILENT_S) and self._state.epoch == 0:
            log.warning("ZooKeeper at %s does not answer yet; trying on", self.hosts)
        while self._is_to_ping.wait() and not self._is_closed:
            with contextlib.suppress(SuccessionError):  # what is wrong is in the state, for all to see
                self.get("/")
            time.sleep(self._state.timeout_s / 6)

    def abandon(self) -> None:
        """End the present session from outside and go on with a new one; for when the owner's loop hangs."""
        state = self._state
        if state.session_id is not None:
            close_session(self.hosts, state.session_id, state.password, deadline_s=state.timeout_s)
        self.drop_connection(state)

    def _start_again(self) -> None:
        time.sleep(RESTART_S)
        with self._starting:
            if not self._is_closed:
                self._client.start_async()

    def drop_connection(self, state: SessionState | None = None) -> None:
        """Break the TCP connection (only that of `state`, if given): calls under way are unknown then."""
        if state is not None and state.epoch != self._state.epoch:
            return
        with contextlib.suppress(OSError, AttributeError):
            self._client._connection._socket.shutdown(socket.SHUT_RDWR)

    # --- state ----------------------------------------------------------------------------------------------------

    @property
    def state(self) -> SessionState:
        """The facts of the present connection; a suspension that outlived the session timeout reads as lost."""
        state = self._state
        if self._is_closed:
            return replace(state, connection="lost")
        if state.connection == "suspended" and boottime_s() - state.changed_s > state.timeout_s:
            return replace(state, connection="lost")
        return state

    @property
    def connection(self) -> Connection:
        """`connected`, `suspended` (the session may still live) or `lost`."""
        return self.state.connection

    def touches(self, state: SessionState) -> tuple[tuple[float, float], ...]:
        """(start, answered) of calls on this connection, in boottime seconds, oldest first: what a lease rests on."""
        return self._touches.of(state.epoch)

    def _invoke_and_keep(self, timeout: float, request: Any, xid: int | None = None) -> Any:
        """kazoo keeps only the timeout that was asked; the reply to Connect has the one that was granted."""
        if isinstance(request, Connect):
            away_s = boottime_s() - self._unconnected_since_s
            within_s = self._state.timeout_s or min(self._asked_s, CONNECT_WITHIN_S)
            # kazoo waits for as long as was asked, also for a server that accepted and is not serving yet.
            at_most_s = min(within_s / 3, ANSWER_AT_FIRST_S * 2 ** min(self._unanswered, 10))
            timeout = min(timeout, max(at_most_s, ANSWER_WITHIN_S))
            self._unanswered += 1
            if away_s > 2 * within_s:
                # A ZooKeeper that came back empty refuses whoever remembers a later zxid than it has.
                request = request._replace(last_zxid_seen=0)
                self._client.last_zxid = 0
        answer = self._invoke(timeout, request, xid)  # type: ignore[misc]
        if isinstance(request, Connect):
            self._reply, self._unanswered = answer[0], 0
        return answer

    def _on_state(self, kazoo_state: str) -> None:
        old, now_s = self._state, boottime_s()
        if kazoo_state == KazooState.CONNECTED:
            reply = self._reply
            epoch = old.epoch + 1
            self._is_broken = False
            self._touches.begin(epoch, reply.time_out / 1000)
            self._handler.connect_within_s = reply.time_out / 1000
            if self._record is not None:
                self._record.keep(reply.session_id, reply.passwd, reply.time_out / 1000)
            self._state = SessionState("connected", epoch, reply.session_id, reply.passwd, reply.time_out / 1000, now_s)
            if old.session_id != reply.session_id:
                log.info("connected to ZooKeeper: session %s, timeout %d ms", hex_id(reply.session_id), reply.time_out)
            else:
                log.info("connected to ZooKeeper again, in the same session")
        elif kazoo_state == KazooState.SUSPENDED:
            self._unconnected_since_s = now_s
            self._is_broken = True
            self._state = replace(old, connection="suspended", changed_s=now_s)
            if not self._is_closed:
                log.warning("the connection to ZooKeeper broke; connecting again")
        else:
            if old.connection == "connected":
                self._unconnected_since_s = now_s
            self._state = replace(old, connection="lost", session_id=None, password=b"", changed_s=now_s)
            if old.session_id is not None and not self._is_closed:
                log.warning("session %s is over; beginning a new one", hex_id(old.session_id))
            if self._client.client_state == KeeperState.CLOSED and not self._is_closed:
                # kazoo gave up, which it does for anything that it did not expect.
                threading.Thread(target=self._start_again, name="session-restart", daemon=True).start()
        if self._state.connection == "connected" and self._state.timeout_s < PINGS_LATE_S:
            self._is_to_ping.set()
        elif not self._is_closed:
            self._is_to_ping.clear()
        self._emit(SessionEvent("connection"))

    def _on_watch(self, event: WatchedEvent) -> None:
        if event.type == EventType.NONE:
            self._emit(SessionEvent("unknown"))
        else:
            self._emit(SessionEvent("znode", self._outside(event.path)))

    # --- calls ----------------------------------------------------------------------------------------------------

    def send_get(self, path: str, watch: bool = False) -> Pending:
        """Read a znode; the answer goes to `znode_of`. No watch is left on one that is not there."""
        sent = self._send(lambda: self._client.get_async(self._inside(path), watch=self._on_watch if watch else None))
        sent.watches = watch
        return sent

    def send_children(self, path: str, watch: bool = False) -> Pending:
        """List a znode's children; the answer goes to `children_of`."""
        on_watch = self._on_watch if watch else None
        return self._send(
            lambda: self._client.get_children_async(self._inside(path), watch=on_watch, include_data=True)
        )

    def send_exists(self, path: str, watch: bool = False) -> Pending:
        """Ask for a znode's facts alone, which needs no permission; the answer is None when it is not there."""
        on_watch = self._on_watch if watch else None
        return self._send(lambda: self._client.exists_async(self._inside(path), watch=on_watch))

    def send_set(self, path: str, data: bytes, version: int) -> Pending:
        """Replace the data of a znode that is at this version; the answer raises NoNode or BadVersion."""
        return self._send(lambda: self._client.set_async(self._inside(path), data, version))

    def owned(self) -> tuple[str, ...]:
        """The paths that this session owns, in order, by a server that has caught up with the ensemble's leader.

        One call however many znodes there are: a thousand sessions that begin at once do not read one another's.
        """
        self._send(lambda: self._client.sync_async(self._root or "/")).answer()
        paths = self._send(lambda: self._call(ListOwned(self._root))).answer()
        return tuple(sorted(self._outside(path) for path in paths))

    def _call(self, request: ListOwned) -> Any:
        result = self._handler.async_result()
        self._client._call(request, result)
        return result

    def ensure(self, path: str) -> None:
        """Make a persistent znode and its parents where they are missing."""
        if self.get(path) is not None:
            return
        parts = self._inside(path).strip("/").split("/")
        for depth in range(1, len(parts) + 1):
            step = "/" + "/".join(parts[:depth])
            with contextlib.suppress(NodeExists):
                self._send(partial(self._client.create_async, step, b"")).answer()

    def commit(self, operations: Sequence[Operation]) -> list[Written]:
        """All operations or none. Raises the Refused of the one that failed, naming it, or OutcomeUnknown."""
        transaction = self._client.transaction()
        for operation in operations:
            match operation:
                case Check(path, version):
                    transaction.check(self._inside(path), version)
                case Create(path, data, ephemeral, sequential):
                    transaction.create(self._inside(path), data, ephemeral=ephemeral, sequence=sequential)
                case SetData(path, data, version):
                    transaction.set_data(self._inside(path), data, version)
                case Delete(path, version):
                    transaction.delete(self._inside(path), version)
        results = self._send(transaction.commit_async).answer()
        written = []
        for index, (operation, result) in enumerate(zip(operations, results, strict=True)):
            # kazoo returns errors; the operation that failed is the one that was not merely rolled back
            if isinstance(result, Exception):
                if isinstance(result, kz.RolledBackError | kz.RuntimeInconsistency):
                    continue
                raise _REFUSALS.get(type(result), Refused)(f"{operation.path}: {_words(result)}", index)
            if isinstance(result, ZnodeStat):
                written.append(Written(operation.path, result.mzxid, result.version))
            else:
                written.append(Written(self._outside(result) if isinstance(result, str) else operation.path))
        if len(written) != len(operations):
            raise Refused("ZooKeeper rolled the transaction back")
        return written

    def _send(self, call: Callable[[], Any]) -> Pending:
        state = self._state
        if state.connection != "connected":
            raise NotConnected("there is no connection to ZooKeeper")
        started_s = boottime_s()  # before it is sent: a lease may run from here
        return Pending(call(), state, started_s, self._answer_of)

    def _answer_of(self, result: Any, state: SessionState, started_s: float, patience_s: float | None) -> Any:
        deadline_s = state.timeout_s / 3
        within_s = deadline_s if patience_s is None else min(patience_s, deadline_s)
        try:
            value = result.get(timeout=max(started_s + within_s - boottime_s(), 0))
        except self._client.handler.timeout_exception as error:
            # It is not cancelled and may run yet; kazoo forgets it only with the connection.
            if within_s == deadline_s:
                self.drop_connection(state)
            raise OutcomeUnknown(f"ZooKeeper did not answer within {within_s:.2g} s") from error
        except _UNKNOWN as error:
            raise OutcomeUnknown("the connection to ZooKeeper broke during a call") from error
        except kz.KazooException as error:
            self._touches.add(state.epoch, started_s, boottime_s())
            raise _REFUSALS.get(type(error), Refused)(_words(error)) from error
        if self._state.epoch != state.epoch:
            raise OutcomeUnknown("the connection to ZooKeeper changed during a call")
        self._touches.add(state.epoch, started_s, boottime_s())
        self._tell_answered()
        return value

    def _inside(self, path: str) -> str:
        return (self._root + path).rstrip("/") or "/"

    def _outside(self, path: str) -> str:
        return path[len(self._root) :] or "/"


def _words(error: Exception) -> str:
    return _REFUSAL_WORDS.get(type(error), f"ZooKeeper refused it ({type(error).__name__.removesuffix('Error')})")
