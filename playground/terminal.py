"""What `up` shows: its own lines, and what nodes and dashboard log, each line with its name before it.

One thread of its own writes, so that a terminal that takes nothing (Ctrl-S, a full pipe) holds up nothing else.
"""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

_EVERY_S = 0.1
_CHUNK_BYTES = 65536


class Terminal:
    """Follows log files from their present end, once started."""

    def __init__(self, logs: Mapping[str, Path], on_hang_up: Callable[[], None]) -> None:
        self._logs = dict(logs)
        self._read_bytes = dict.fromkeys(self._logs, 0)  # by the writer alone, like _partial
        self._partial = dict.fromkeys(self._logs, b"")
        self._width = max((len(name) for name in self._logs), default=0)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._on_hang_up = on_hang_up
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._run, name="terminal", daemon=True)

    def start(self) -> None:
        self._writer.start()

    def say(self, line: str) -> None:
        """Show a line of the playground's own, soon."""
        self._lines.put(line)

    def close(self, timeout_s: float) -> None:
        """Show what is left, for at most so long."""
        self._closing.set()
        self._writer.join(timeout_s)

    def _run(self) -> None:
        is_terminal = os.isatty(1)
        try:
            while not self._closing.wait(_EVERY_S):
                self._show_news()
            self._show_news()
        except OSError:  # there is no one to tell any more
            if is_terminal:  # it is gone, and SIGHUP went to the leader of its session alone, such as `make`
                self._on_hang_up()

    def _show_news(self) -> None:
        for name, log in self._logs.items():
            for line in self._new_lines(name, log):
                self._write(f"{name:<{self._width}} | ".encode() + line + b"\n")
        with contextlib.suppress(queue.Empty):
            while True:
                self._write(self._lines.get_nowait().encode() + b"\n")

    def _new_lines(self, name: str, log: Path) -> list[bytes]:
        if not log.exists():
            return []
        with log.open("rb") as file:
            file.seek(self._read_bytes[name])
            chunk = file.read(_CHUNK_BYTES)
        self._read_bytes[name] += len(chunk)
        *lines, self._partial[name] = (self._partial[name] + chunk).split(b"\n")
        return lines

    @staticmethod
    def _write(data: bytes) -> None:
        """To the descriptor itself: a lock of `sys.stdout` would be held while the terminal takes nothing."""
        while data:
            data = data[os.write(1, data) :]
