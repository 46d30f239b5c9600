"""Tails: what programs log from now on, of several files as one, in the order of the lines' own times.

For one thread. A line that a program writes before its first with a time may be why it cannot start: it is held back
a while, so that who tells that in its own words can drop it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

_CHUNK_BYTES = 65536
_STAMP_BYTES = len("2026-01-01 00:00:00.000")
_HOLD_S = 1.0
_NOT_SHOWN = b" committed tick "  # one a second for ever: it stays in the log


class Tails:
    """Each line is shown with its program's name before it."""

    def __init__(self, logs: Mapping[str, Path]) -> None:
        self._width = max((len(name) for name in logs), default=0)
        self._tails = [_Tail(name, log) for name, log in logs.items()]
        self._held: list[tuple[bytes, bytes]] = []  # (stamp, line)
        self._newest = b""

    def lines(self, now_s: float) -> Iterator[bytes]:
        """What is due to be shown, without its end of line. `now_s` is monotonic.

        A line waits until the next call, as one with an earlier time may still be on its way in another file.
        """
        until = self._newest
        for tail in self._tails:
            self._held += [(stamp, self._with_name(tail, line)) for stamp, line in tail.lines(now_s)]
        self._held.sort(key=lambda held: held[0])
        self._newest = self._held[-1][0] if self._held else until
        due = [line for stamp, line in self._held if stamp <= until]
        self._held = self._held[len(due) :]
        yield from due

    def rest(self, now_s: float) -> Iterator[bytes]:
        """All that there is, held back or not."""
        for tail in self._tails:
            tail.first_lines_until_s = 0.0
        yield from self.lines(now_s)
        yield from self.lines(now_s)

    def drop_first_lines(self) -> None:
        """Never show what is held back of programs that have logged nothing yet. From any thread."""
        for tail in self._tails:
            tail.drops_first_lines = True

    def _with_name(self, tail: "_Tail", line: bytes) -> bytes:
        return f"{tail.name:<{self._width}} | ".encode() + line


class _Tail:
    """One file, from its beginning."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.drops_first_lines = False
        self.first_lines_until_s: float | None = None  # monotonic; None: none came yet
        self._log = log
        self._read_bytes = 0
        self._partial = b""
        self._stamp = b""  # of the last line that had one
        self._first: list[bytes] = []

    def lines(self, now_s: float) -> Iterator[tuple[bytes, bytes]]:
        """The new lines, each with its time or that of the line it belongs to."""
        for line in self._new_lines():
            if _is_stamp(line[:_STAMP_BYTES]):
                self._stamp = line[:_STAMP_BYTES]
                yield from self._first_lines()
            if not self._stamp:
                self._first.append(line)
                if self.first_lines_until_s is None:
                    self.first_lines_until_s = now_s + _HOLD_S
            elif _NOT_SHOWN not in line:
                yield self._stamp, line
        if self.first_lines_until_s is not None and now_s >= self.first_lines_until_s:
            yield from self._first_lines()

    def _first_lines(self) -> Iterator[tuple[bytes, bytes]]:
        first, self._first = self._first, []
        if not self.drops_first_lines:
            yield from ((self._stamp, line) for line in first)

    def _new_lines(self) -> list[bytes]:
        if not self._log.exists():
            return []
        with self._log.open("rb") as file:
            file.seek(self._read_bytes)
            chunk = file.read(_CHUNK_BYTES)
        self._read_bytes += len(chunk)
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        return lines


def _is_stamp(text: bytes) -> bool:
    return len(text) == _STAMP_BYTES and text[:4].isdigit() and text[4:5] == text[7:8] == b"-" and text[-4:-3] == b"."
