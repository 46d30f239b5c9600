"""An audience: many WebSocket viewers of one stream in one process, which notes when each has which message.

`python -m benchmarks.audience HOST PORT COUNT [plain]`. Says `ready`; then, for each line `TEXT` that it is told, when
the first and when the last viewer had a message with that text, as two Unix seconds. One loop: to watch costs little.
"""

import selectors
import socket
import sys
import time
import zlib

_HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: {extensions}\r\n\r\n"
)
_AS_BROWSERS_DO = "permessage-deflate; client_max_window_bits"
_SIGN = 64  # so many first and last bytes tell one version's message from another's
_DEFLATED = 0x40


class Viewer:
    """One connection and what of a message has come so far."""

    def __init__(self, host: str, port: int, path: str = "/api/stream", extensions: str = _AS_BROWSERS_DO) -> None:
        self.socket = socket.create_connection((host, port), timeout=60)
        asked = _HANDSHAKE.format(host=host, port=port, path=path, extensions=extensions)
        self.socket.sendall(asked.encode())
        self._came = bytearray()
        while b"\r\n\r\n" not in self._came:
            self._came += self.socket.recv(1024) or sys.exit("the handshake was refused")
        head, _, rest = bytes(self._came).partition(b"\r\n\r\n")
        if b" 101 " not in head.splitlines()[0]:
            sys.exit(f"the handshake was refused: {head.splitlines()[0].decode()}")
        self.agreed = head.decode()  # what the server answered
        self._came = bytearray(rest)
        self.socket.setblocking(False)

    def messages(self) -> list[tuple[bool, bytes]]:
        """What has come whole: whether it is deflated, and its bytes."""
        self._came += self.socket.recv(1 << 18) or sys.exit("a viewer was hung up on")
        whole: list[tuple[bool, bytes]] = []
        while (frame := frame_in(self._came)) is not None:
            begin, end = frame
            whole.append((bool(self._came[0] & _DEFLATED), bytes(self._came[begin:end])))
            del self._came[:end]
        return whole


def frame_in(came: bytearray) -> tuple[int, int] | None:
    """Where the first message begins and ends; None while it is not whole. A server sends them unmasked."""
    if len(came) < 2:
        return None
    length = came[1] & 0x7F
    begin = {126: 4, 127: 10}.get(length, 2)
    size = length if begin == 2 else int.from_bytes(came[2:begin], "big")
    return (begin, begin + size) if len(came) >= begin + size else None


def main() -> None:
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    selector = selectors.DefaultSelector()
    extensions = "" if "plain" in sys.argv else _AS_BROWSERS_DO
    for number in range(count):
        viewer = Viewer(host, port, extensions=extensions)
        selector.register(viewer.socket, selectors.EVENT_READ, (number, viewer))
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    say("ready")
    wanted = ""
    had: dict[int, float] = {}
    holds: dict[tuple[int, bytes, bytes], bool] = {}  # whether the message with this sign has what is wanted
    while True:
        for key, _ in selector.select():
            if key.data is None:
                wanted = sys.stdin.readline().strip() or sys.exit(0)
                had, holds = {}, {}
                continue
            number, viewer = key.data
            for is_deflated, message in viewer.messages():
                if not wanted or number in had:
                    continue
                sign = (len(message), message[:_SIGN], message[-_SIGN:])
                if sign not in holds:
                    text = zlib.decompressobj(-15).decompress(message) if is_deflated else message
                    holds[sign] = wanted.encode() in text
                if holds[sign]:
                    had[number] = time.time()
        if wanted and len(had) == count:
            say(f"{min(had.values())} {max(had.values())}")
            wanted = ""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
