"""Touches: when calls of one connection began and were answered, thinned to what a lease needs.

Any thread may add or read. A lease (rule 7) needs the newest call answered a quarter of a session timeout ago,
so that every call counts and yet few are kept.
"""

import threading

KEPT = 64
PER_TIMEOUT = 24  # calls kept in one session timeout: KEPT reaches back beyond two


class Touches:
    """The last calls of the present connection; those of an earlier one prove nothing and are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._epoch = 0
        self._spacing_s = 0.0
        self._calls: tuple[tuple[float, float], ...] = ()  # (start, answered); swapped under _lock

    def begin(self, epoch: int, timeout_s: float) -> None:
        """Forget everything: connection number `epoch` begins, with this session timeout."""
        with self._lock:
            self._epoch, self._spacing_s, self._calls = epoch, timeout_s / PER_TIMEOUT, ()

    def add(self, epoch: int, started_s: float, answered_s: float) -> None:
        """Note a call that was answered."""
        with self._lock:
            if epoch != self._epoch:
                return
            calls = self._calls
            # Of calls in quick succession the first is kept: none is ever pushed out before it is old enough to count.
            if calls and started_s - calls[-1][0] < self._spacing_s:
                return
            self._calls = (*calls[-KEPT + 1 :], (started_s, answered_s))

    def of(self, epoch: int) -> tuple[tuple[float, float], ...]:
        """The calls of connection number `epoch`, oldest first; none if another has begun."""
        with self._lock:
            return self._calls if epoch == self._epoch else ()
