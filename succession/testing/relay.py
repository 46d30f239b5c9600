"""Relays: what ZooKeeper's servers say to each other, so that one can be cut off from its ensemble.

A thread accepts for each relay, and two carry each connection; any thread may cut or heal.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from succession.testing.zookeeper import Server

_CHUNK = 64 * 1024
_CALL_WITHIN_S = 1.5


class Relay:
    """Carries bytes to one port. Where the caller names its own address, it is told another of the same length.

    A ZooKeeper server says at the start of an election connection where it can be called back: left as it is, the
    others would call it past all relays.
    """

    def __init__(self, port: int) -> None:
        self._upstream = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.own_address: tuple[bytes, bytes] = (b"", b"")  # what to replace by what; before anyone connects
        self.is_cut = False  # nothing passes, and nobody is told
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []  # guarded by _lock
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def heal(self) -> None:
        """Serve again. What was swallowed stays lost, so its connections are broken."""
        self.is_cut = False
        self._break()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._break()

    def _break(self) -> None:
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._begin, args=(caller,), name="relay", daemon=True).start()

    def _begin(self, caller: socket.socket) -> None:
        called = self._call()
        if called is None:
            caller.close()
            return
        with self._lock:
            self._ends = [end for end in self._ends if end.fileno() >= 0] + [caller, called]
        threading.Thread(target=self._carry, args=(called, caller, (b"", b"")), name="relay", daemon=True).start()
        self._carry(caller, called, self.own_address)

    def _call(self) -> socket.socket | None:
        """Reach the port, which may be about to listen: a server gives up for long on who answers and hangs up."""
        deadline_s = time.monotonic() + _CALL_WITHIN_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(OSError):
                called = socket.create_connection(self._upstream, timeout=_CALL_WITHIN_S)
                called.settimeout(None)
                return called
            time.sleep(0.05)
        return None

    def _carry(self, source: socket.socket, target: socket.socket, own: tuple[bytes, bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                if not self.is_cut:
                    target.sendall(data.replace(*own) if own[0] else data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()  # the other thread closes the other


class Relays:
    """A relay from each server to each other one, for its quorum port and its election port."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._servers = tuple(servers)
        pairs = [(one.number, other.number) for one in servers for other in servers if one is not other]
        by_number = {server.number: server for server in servers}
        self._quorum = {pair: Relay(by_number[pair[1]].quorum_port) for pair in pairs}
        self._election = {pair: Relay(by_number[pair[1]].election_port) for pair in pairs}
        for (caller, called), relay in self._election.items():
            own = b":%d" % by_number[caller].election_port
            there = b":%d" % self._election[called, caller].port
            assert len(own) == len(there), "the address is replaced where it stands, and its length stands before it"
            relay.own_address = (own, there)

    def ensemble_of(self, server: Server) -> list[Server]:
        """The ensemble as this server is to know it: itself as it is, the others behind their relays."""
        return [
            other
            if other is server
            else replace(
                other,
                quorum_port=self._quorum[server.number, other.number].port,
                election_port=self._election[server.number, other.number].port,
            )
            for other in self._servers
        ]

    def isolate(self, number: int) -> None:
        """Let nothing pass between this server and the others; nobody is told."""
        for relay in self._of(number):
            relay.is_cut = True

    def heal(self, number: int) -> None:
        for relay in self._of(number):
            relay.heal()

    def close(self) -> None:
        for relay in (*self._quorum.values(), *self._election.values()):
            relay.close()

    def _of(self, number: int) -> list[Relay]:
        every = (*self._quorum.items(), *self._election.items())
        return [relay for pair, relay in every if number in pair]
