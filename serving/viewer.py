"""Viewer: one connection and what it has not taken yet. Channel: a feed, its viewers, and its latest value as a frame.

Only the loop that serves them touches either (fanout.py).
"""

import contextlib
import socket
import zlib
from collections.abc import Callable

from wsproto import WSConnection
from wsproto.extensions import Extension
from wsproto.frame_protocol import FrameDecoder, FrameProtocol, Opcode, RsvBits

from succession.feed import Feed

# What a stream shows: its latest value at once, then each newer one; None ends it.
Stream = Feed[bytes | None]

SEND_DEADLINE_S = 5.0


class Viewer:
    """One viewer's socket and protocol, and what it has not taken yet."""

    def __init__(
        self, raw: socket.socket, protocol: WSConnection, *, is_deflating: bool, on_end: Callable[[], None]
    ) -> None:
        self.socket = raw
        self.protocol = protocol
        self.is_deflating = is_deflating
        self.on_end = on_end
        self.version = -1  # of what was sent last
        self.unsent = memoryview(b"")
        self.deadline_s = 0.0  # for what is unsent, or for the other side's goodbye
        self.is_leaving = False
        self.said_bytes = 0  # of a message that it has not finished

    def send(self, data: bytes, now_s: float) -> None:
        """Send as much as it takes, and keep the rest. Raises OSError when it has gone."""
        if self.unsent:
            self.unsent = memoryview(bytes(self.unsent) + data)
            return
        left = memoryview(data)  # of the one frame that all share
        with contextlib.suppress(BlockingIOError):
            left = left[self.socket.send(left) :]
        self.unsent, self.deadline_s = left, now_s + SEND_DEADLINE_S

    def send_rest(self, now_s: float) -> None:
        """Send what is left over; who takes some of it has more time. Raises OSError when it has gone."""
        with contextlib.suppress(BlockingIOError):
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
            if not self.is_leaving:
                self.deadline_s = now_s + SEND_DEADLINE_S


class Channel:
    """A feed, its viewers, and its latest value as the frames that they get."""

    def __init__(self, feed: Stream) -> None:
        self.feed = feed
        self.viewers: set[Viewer] = set()
        self.version = -1  # of what was said last
        self.due_s = 0.0  # when to say something again
        self._frames: dict[bool, tuple[int, bytes]] = {}  # deflated or not: of which version

    def frame(self, value: bytes, version: int, *, is_deflated: bool) -> bytes:
        """The value as one frame, made once for all viewers."""
        known, frame = self._frames.get(is_deflated, (-1, b""))
        if known != version:
            coder = FrameProtocol(client=False, extensions=[_DeflateAlone()] if is_deflated else [])
            frame = bytes(coder.send_data(value.decode(), fin=True))
            self._frames[is_deflated] = (version, frame)
        return frame


class _DeflateAlone(Extension):
    """permessage-deflate (RFC 7692) that refers to no earlier message, so that one frame serves all viewers."""

    name = "permessage-deflate"

    def enabled(self) -> bool:
        return True

    def offer(self) -> bool:
        return True

    def frame_outbound(
        self, _proto: FrameDecoder | FrameProtocol, _opcode: Opcode, rsv: RsvBits, data: bytes, _fin: bool
    ) -> tuple[RsvBits, bytes]:
        # Level 1: a fifth larger than the usual one, in a third of the time.
        deflate = zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS)
        deflated = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
        return RsvBits(True, rsv.rsv2, rsv.rsv3), deflated[:-4]
