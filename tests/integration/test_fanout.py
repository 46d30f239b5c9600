"""The loop that serves all viewers of a stream, on real sockets: what each of them gets, and when it is dropped."""

import socket
import threading
from collections.abc import Iterator

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection

from benchmarks.audience import frame_in
from serving.fanout import Fanout
from serving.viewer import Stream, Viewer
from succession.testing.waiting import eventually, scaled

ASKED = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
GOODBYE = 8  # the opcode


class Faulty(WSConnection):
    """A protocol with a fault of its own."""

    def receive_data(self, data: bytes | None) -> None:
        if data != ASKED:
            raise ZeroDivisionError
        super().receive_data(data)


class Theater:
    """A running loop, and viewers whose handshake is done."""

    def __init__(self) -> None:
        self.fanout = Fanout()
        self.stop = threading.Event()
        self.ended = 0
        self.sockets: list[socket.socket] = []
        self.thread = threading.Thread(target=self.fanout.run, args=(self.stop,))
        self.thread.start()

    def seat(self, feed: Stream, kind: type[WSConnection] = WSConnection) -> socket.socket:
        """The viewer's own end of its connection."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        theirs.settimeout(scaled(5))
        protocol = kind(ConnectionType.SERVER)
        protocol.receive_data(ASKED)
        list(protocol.events())
        protocol.send(AcceptConnection())
        self.fanout.adopt(feed, Viewer(ours, protocol, is_deflating=False, on_end=self._count))
        self.sockets.append(theirs)
        return theirs

    def _count(self) -> None:
        self.ended += 1

    def close(self) -> None:
        self.stop.set()
        for one in self.sockets:
            one.close()
        self.fanout.wake()
        self.thread.join(scaled(5))


@pytest.fixture
def theater() -> Iterator[Theater]:
    running = Theater()
    yield running
    running.close()


def messages(viewer: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """The next messages that come: opcode and text."""
    came = bytearray()
    found: list[tuple[int, bytes]] = []
    while len(found) < count:
        data = viewer.recv(1 << 16)
        assert data, "hung up on"
        came += data
        while (frame := frame_in(came)) is not None:
            found.append((came[0] & 15, bytes(came[frame[0] : frame[1]])))
            del came[: frame[1]]
    return found


def test_who_falls_behind_gets_the_latest_and_nothing_between(theater: Theater) -> None:
    feed: Stream = Stream(b"a" * 1_000_000)
    slow, quick = theater.seat(feed), theater.seat(feed)
    messages(quick, 1)
    for text in (b"b", b"c", b"d"):
        feed.publish(text * 2_000)
        assert [(1, text * 2_000)] == messages(quick, 1)
    assert [b"a" * 1_000_000, b"d" * 2_000] == [text for _, text in messages(slow, 2)]


def test_a_feed_that_ended_and_speaks_again_is_served_to_who_comes_then(theater: Theater) -> None:
    """A leader that resigned and leads again: the former viewers' goodbye must not end the new ones' stream."""
    feed: Stream = Stream(b"first")
    former = theater.seat(feed)
    messages(former, 1)
    feed.publish(None)
    assert GOODBYE == messages(former, 1)[0][0]
    feed.publish(b"second")
    later = theater.seat(feed)
    assert [(1, b"second")] == messages(later, 1)
    former.close()
    eventually(lambda: theater.ended == 1)
    feed.publish(b"third")
    assert [(1, b"third")] == messages(later, 1)


def test_a_viewer_that_hangs_up_in_the_middle_of_a_message_is_forgotten(theater: Theater) -> None:
    feed: Stream = Stream(b"a" * 1_000_000)
    gone, stays = theater.seat(feed), theater.seat(feed)
    gone.recv(1000)
    gone.close()
    eventually(lambda: theater.ended == 1)
    assert [(1, b"a" * 1_000_000)] == messages(stays, 1)


@pytest.mark.parametrize("kind", [WSConnection, Faulty])
def test_whatever_one_viewer_says_the_others_stream_goes_on(theater: Theater, kind: type[WSConnection]) -> None:
    feed: Stream = Stream(b"first")
    rude, calm = theater.seat(feed, kind), theater.seat(feed)
    for viewer in (rude, calm):
        messages(viewer, 1)
    rude.sendall(bytes([0xF3, 0x80 | 4]) + b"mask" + b"bad!")  # an opcode that nobody has, with bits that nobody set
    eventually(lambda: rude.recv(1 << 16) == b"")
    feed.publish(b"second")
    assert [(1, b"second")] == messages(calm, 1)
