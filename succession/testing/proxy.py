"""Proxy: a TCP proxy between a client and one ZooKeeper server, which delays, drops, cuts and heals.

A thread accepts, and two more carry each connection; any thread may order a fault. It reads ZooKeeper's frames only as
far as it takes to know which call one is.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Literal, Self

from succession.raw_session import parse_hosts

Call = Literal["create", "delete", "get", "set", "children", "multi", "sync", "ping", "close"]

# ZooKeeper's `ZooDefs.OpCode`; kazoo's create with a Stat is 15, its listing with one 12.
_OPCODES: dict[int, Call] = {
    1: "create",
    2: "delete",
    4: "get",
    5: "set",
    8: "children",
    9: "sync",
    11: "ping",
    12: "children",
    14: "multi",
    15: "create",
    -11: "close",
}
_CHUNK = 64 * 1024


class Proxy:
    """Stands between clients that connect to `hosts` and the server at `upstream` (`host:port`)."""

    def __init__(self, upstream: str) -> None:
        self._upstream = parse_hosts(upstream.partition("/")[0])[0]
        self._chroot = upstream[len(upstream.partition("/")[0]) :]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._links: set[_Link] = set()  # guarded by _lock
        self._is_cut = False
        self.is_dropping = False  # read by the links, as is what follows
        self.delay_s = 0.0
        self._fatal_call: Call | None = None  # guarded by _lock
        self._stays_cut = False  # guarded by _lock
        self.loses_request = False  # of the fatal call, which the server then never sees
        self._has_cut = threading.Event()
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    @property
    def hosts(self) -> str:
        """What a client connects to instead of the server, with the same chroot."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}{self._chroot}"

    def delay(self, seconds: float) -> None:
        """Hold everything back for this long, in both directions; what comes meanwhile, for up to twice as long."""
        self.delay_s = seconds

    def drop(self) -> None:
        """Swallow everything in both directions, as a network that lost its route: nobody is told."""
        self.is_dropping = True

    def cut(self) -> None:
        """Break every connection, and each new one at once."""
        self._is_cut = True
        self._break_links()

    def cut_once(self) -> None:
        """Break every connection; new ones are served."""
        self._break_links()

    def cut_reply_to(self, call: Call, *, stay_cut: bool = False) -> threading.Event:
        """Let the next such call through, wait until the server has answered it, and cut: the reply is lost.

        The event is set when that has happened. New connections are served, or broken until healed if it is to
        `stay_cut`.
        """
        return self._cut_at(call, stay_cut=stay_cut, loses_request=False)

    def cut_request_of(self, call: Call) -> threading.Event:
        """Cut at the next such call, before the server has seen it. The event is set when that has happened."""
        return self._cut_at(call, stay_cut=False, loses_request=True)

    def inject(self, frame: bytes) -> None:
        """Send every client this frame, its length in front, as if the server had: for what no server should say."""
        with self._lock:
            links = set(self._links)
        for link in links:
            link.inject(struct.pack(">i", len(frame)) + frame)

    def heal(self) -> None:
        """Serve as a plain proxy again. What was dropped stays lost, so its connections are broken."""
        was_dropping = self.is_dropping
        self._is_cut, self.is_dropping, self.delay_s = False, False, 0.0
        with self._lock:
            self._fatal_call = None
        if was_dropping:
            self._break_links()

    def close(self) -> None:
        """Break everything and listen no more."""
        self._is_cut = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._break_links()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _cut_at(self, call: Call, *, stay_cut: bool, loses_request: bool) -> threading.Event:
        with self._lock:
            self._stays_cut, self.loses_request = stay_cut, loses_request
            self._has_cut = threading.Event()
            self._fatal_call = call
            return self._has_cut

    def is_fatal(self, call: Call | None) -> bool:
        """Whether this call is the one to cut at; asked once a call, by a link."""
        with self._lock:
            if call is None or call != self._fatal_call:
                return False
            self._fatal_call = None
            return True

    def has_cut(self) -> None:
        """Told by the link that cut."""
        with self._lock:
            self._is_cut = self._is_cut or self._stays_cut
        self._has_cut.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            if self._is_cut:
                client.close()
                continue
            try:
                server = socket.create_connection(self._upstream, timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # kazoo and ZooKeeper set it as well
            link = _Link(self, client, server)
            if self._admit(link):
                link.start()
            else:
                link.break_()

    def _admit(self, link: "_Link") -> bool:
        """Whether it may be carried; it may not if all were cut while it was being made."""
        with self._lock:
            self._links = {other for other in self._links if not other.is_broken} | {link}
            return not self._is_cut

    def _break_links(self) -> None:
        with self._lock:
            links, self._links = self._links, set()
        for link in links:
            link.break_()


class _Link:
    """One connection through the proxy, carried by a thread each way."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._lost_xid: int | None = None  # set before its request is sent on, read by the other direction
        self.is_broken = False

    def start(self) -> None:
        threading.Thread(target=self._carry_requests, name="proxy-requests", daemon=True).start()
        threading.Thread(target=self._carry_replies, name="proxy-replies", daemon=True).start()

    def inject(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._client.sendall(data)

    def break_(self) -> None:
        self.is_broken = True
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _carry_requests(self) -> None:
        with self._until_it_breaks():
            for number, (frame, came_s) in enumerate(_frames(self._client)):
                if number > 0:  # the first is the Connect request, which has no header
                    xid, opcode = struct.unpack_from(">ii", frame, 4)
                    if self._proxy.is_fatal(_OPCODES.get(opcode)):
                        if self._proxy.loses_request:
                            self._proxy.has_cut()
                            return
                        self._lost_xid = xid
                self._pass_on(frame, came_s, self._server)

    def _carry_replies(self) -> None:
        with self._until_it_breaks():
            for frame, came_s in _frames(self._server):
                if self._lost_xid is not None and struct.unpack_from(">i", frame, 4)[0] == self._lost_xid:
                    self._proxy.has_cut()
                    return
                self._pass_on(frame, came_s, self._client)

    def _pass_on(self, frame: bytes, came_s: float, end: socket.socket) -> None:
        if self._proxy.delay_s > 0:
            time.sleep(max(came_s + self._proxy.delay_s - time.monotonic(), 0))
        if not self._proxy.is_dropping:
            end.sendall(frame)

    @contextlib.contextmanager
    def _until_it_breaks(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError):
            return  # an end has gone, or was closed under this thread
        finally:
            self.break_()


def _frames(end: socket.socket) -> Iterator[tuple[bytes, float]]:
    """Each whole frame with its length in front and when it came (monotonic), until the end of the stream.

    A four-letter word comes as it is.
    """
    buffer = b""
    while True:
        part = end.recv(_CHUNK)
        if not part:
            return
        buffer, came_s = buffer + part, time.monotonic()
        while len(buffer) >= 4:
            (length,) = struct.unpack_from(">i", buffer)
            if buffer[:4].isalpha():
                yield buffer, came_s
                buffer = b""
                break
            if len(buffer) < 4 + length:
                break
            yield buffer[: 4 + length], came_s
            buffer = buffer[4 + length :]
