"""Stand-ins for nodes, as the dashboard meets them: entries in a real registry, a stream, an address for orders.

Each server runs in threads of the test's process and is gone at the end of its `with`.
"""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kazoo.client import KazooClient
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from succession.wire import ClusterSnapshot, LineMember, Member, RegistryEntry, Role, encode

NOW = 1_700_000_000.0


def znode(number: int) -> str:
    return f"c_{number:010d}"


def member(number: int, address: str, role: Role = "worker") -> Member:
    return Member(
        name=f"node{number}",
        znode=znode(number),
        role=role,
        watching=None if role == "leader" else znode(number - 1),
        address=address,
        session_id=f"0x{number:x}",
        session_timeout_ms=2000,
        joined_at=NOW,
        role_since_at=NOW,
        takeover=None,
    )


def snapshot(token: int, *members: Member, revision: int | None = None, leader: str | None = None) -> ClusterSnapshot:
    """What a leader says of a line in this order; it leads itself if nothing else is said."""
    rows = tuple(
        LineMember(
            **{field: getattr(one, field) for field in Member.__struct_fields__},
            predecessor=one.watching,
            in_sync=True,
        )
        for one in members
    )
    return ClusterSnapshot(
        revision=token if revision is None else revision,
        leader=members[0].znode if leader is None else leader,
        fencing_token=token,
        term=1,
        observed_at=NOW,
        members=rows,
        problems=(),
    )


class Registry:
    """Both registries, as nodes' sessions would fill them."""

    def __init__(self, hosts: str) -> None:
        server, slash, root = hosts.partition("/")
        self._prefix = slash + root
        self._client = KazooClient(server)
        self._client.start(timeout=15)
        self._client.ensure_path(f"/{root}")
        self._made: list[str] = []

    def announce(self, one: Member, token: str) -> tuple[str, int]:
        """Make the member's entry; its path and czxid."""
        return self.put(one.role, encode(RegistryEntry(member=one, control_token=token)))

    def put(self, role: Role, data: bytes) -> tuple[str, int]:
        parent = f"{self._prefix}/{'coordinators' if role == 'leader' else 'workers'}_service_registry"
        made = self._client.create(f"{parent}/n_", data, ephemeral=True, sequence=True, makepath=True)
        stat = self._client.exists(made)
        assert stat is not None
        path = made.removeprefix(self._prefix)
        self._made.append(path)
        return path, stat.czxid

    def remove(self, path: str) -> None:
        self._client.delete(self._prefix + path)

    def remember(self) -> None:
        """Keep what was made so far when the rest is forgotten."""
        self._made.clear()

    def forget(self) -> None:
        """Remove what was made since."""
        for path in self._made:
            if self._client.exists(self._prefix + path) is not None:
                self.remove(path)
        self._made.clear()

    def close(self) -> None:
        self._client.stop()
        self._client.close()


@contextmanager
def running_registry(hosts: str) -> Iterator[Registry]:
    registry = Registry(hosts)
    try:
        yield registry
    finally:
        registry.close()


class Leader:
    """A stream that says what the test wants."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.viewers: list[ServerConnection] = []
        self.greeting: list[str | bytes] = []

    def say(self, said: ClusterSnapshot | str | bytes) -> None:
        """Say it to whoever follows, and first to whoever comes later."""
        text = encode(said).decode() if isinstance(said, ClusterSnapshot) else said
        self.greeting = [text]
        for viewer in list(self.viewers):
            try:
                viewer.send(text)
            except ConnectionClosed:
                self.viewers.remove(viewer)

    def hang_up(self) -> None:
        for viewer in list(self.viewers):
            viewer.close(1001)
            self.viewers.remove(viewer)


@contextmanager
def running_leader() -> Iterator[Leader]:
    leader: Leader

    def show(viewer: ServerConnection) -> None:
        for text in leader.greeting:
            viewer.send(text)
        leader.viewers.append(viewer)
        try:
            for _ in viewer:
                pass
        except ConnectionClosed:
            return

    with serve(show, "127.0.0.1", 0, compression=None) as server:
        leader = Leader(f"http://127.0.0.1:{server.socket.getsockname()[1]}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield leader
        finally:
            leader.hang_up()
            server.shutdown()
            thread.join()


class Obedient:
    """An address for orders and questions: what it was asked, and what it answers."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[tuple[str, str, str | None]] = []  # method, path, Authorization
        self.answer: Callable[[], tuple[int, dict[str, str]]] = lambda: (202, {})
        self.questions: list[tuple[str, str | None]] = []  # what was got: path, Authorization
        self.page: Callable[[], tuple[int, dict[str, str], bytes]] = lambda: (404, {}, b"")


@contextmanager
def running_node() -> Iterator[Obedient]:
    node: Obedient

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            node.asked.append((self.command, self.path, self.headers.get("Authorization")))
            self.say(*node.answer())

        def do_GET(self) -> None:
            node.questions.append((self.path, self.headers.get("Authorization")))
            self.say(*node.page())

        def say(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Not in the test's output."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads = True
        node = Obedient(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield node
        finally:
            server.shutdown()
            thread.join()


def as_json(text: str | bytes | bytearray) -> dict[str, Any]:
    value = json.loads(text)
    assert isinstance(value, dict)
    return value
