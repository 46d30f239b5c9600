"""What `up` shows: its own lines, and what nodes and dashboard log, each line with its name before it.

One thread of its own writes, so that a terminal that takes nothing (Ctrl-S, a full pipe) holds up nothing else.
"""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from playground.tails import Tails

_EVERY_S = 0.1


class Terminal:
    """Follows log files, once started."""

    def __init__(self, logs: Mapping[str, Path], on_hang_up: Callable[[], None]) -> None:
        self._tails = Tails(logs)  # read by the writer alone
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._on_hang_up = on_hang_up
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._run, name="terminal", daemon=True)

    def start(self) -> None:
        self._writer.start()

    def say(self, line: str) -> None:
        """Show a line of the playground's own, soon."""
        self._lines.put(line)

    def drop_first_lines(self) -> None:
        """Do not show what a program said that could not start: it is told otherwise."""
        self._tails.drop_first_lines()

    def close(self, timeout_s: float) -> None:
        """Show what is left, for at most so long."""
        self._closing.set()
        self._writer.join(timeout_s)

    def _run(self) -> None:
        is_terminal = os.isatty(1)
        try:
            while not self._closing.wait(_EVERY_S):
                self._show(self._tails.lines(time.monotonic()))
            self._show(self._tails.rest(time.monotonic()))
        except OSError:  # there is no one to tell any more
            if is_terminal:  # it is gone, and SIGHUP went to the leader of its session alone, such as `make`
                self._on_hang_up()

    def _show(self, logged: Iterable[bytes]) -> None:
        for line in logged:
            self._write(line + b"\n")
        with contextlib.suppress(queue.Empty):
            while True:
                self._write(self._lines.get_nowait().encode() + b"\n")

    @staticmethod
    def _write(data: bytes) -> None:
        """To the descriptor itself: a lock of `sys.stdout` would be held while the terminal takes nothing."""
        while data:
            data = data[os.write(1, data) :]
