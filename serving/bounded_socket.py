"""BoundedSocket: a WebSocket's socket whose sends are whole, one at a time, and never longer than a deadline.

The viewer's request thread and simple-websocket's reader thread both send; any may find the viewer too slow.
"""

import select
import socket
import threading
import time
from collections.abc import Callable

_LOOK_AGAIN_S = 0.1


class BoundedSocket:
    """What simple-websocket needs of a socket. A send that misses its deadline ends the connection for good."""

    def __init__(self, raw: socket.socket, deadline_s: float, is_stopping: Callable[[], bool]) -> None:
        self._raw = raw
        self._deadline_s = deadline_s
        self._is_stopping = is_stopping  # from then on nobody is waited for
        self._sending = threading.Lock()
        self._is_dropped = False  # guarded by _sending
        self.is_too_slow = False  # written under _sending
        # A small buffer, so that a viewer that does not read is noticed after seconds and not after megabytes.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)

    def send(self, data: bytes) -> int:
        """Send all of `data`. Raises OSError when the viewer has gone or does not take it in time."""
        end = time.monotonic() + self._deadline_s
        with self._sending:
            if self._is_dropped:
                raise BrokenPipeError("this viewer was dropped")
            left = memoryview(data)
            try:
                while left:
                    left = left[self._send_some(left, end) :]
            except OSError:
                self._is_dropped = True
                self._hang_up()
                raise
        return len(data)

    def recv(self, size: int) -> bytes:
        return self._raw.recv(size)

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()

    def _send_some(self, data: memoryview, end: float) -> int:
        while True:
            try:
                return self._raw.send(data, socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            left_s = end - time.monotonic()
            self.is_too_slow = left_s <= 0
            if self.is_too_slow or self._is_stopping():
                raise TimeoutError("the viewer does not read")
            writable = select.poll()
            writable.register(self._raw, select.POLLOUT)
            writable.poll(min(left_s, _LOOK_AGAIN_S) * 1000)

    def _hang_up(self) -> None:
        try:
            self._raw.shutdown(socket.SHUT_RDWR)  # wakes the reader thread, which a close would not
        except OSError:
            return  # gone already
