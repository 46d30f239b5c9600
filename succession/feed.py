"""Feed: the latest value, its version, and waiting for a newer one.

Any thread may publish or wait. Nothing is queued: who falls behind gets the latest value next.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Versioned(NamedTuple, Generic[T]):
    """A value and its version, which counts from 0 and rises with each publication."""

    version: int
    value: T


class Feed(Generic[T]):
    """One value that changes, for any number of readers."""

    def __init__(self, value: T) -> None:
        self._changed = threading.Condition()
        self._latest = Versioned(0, value)  # swapped under _changed, read without it
        self._listeners: tuple[Callable[[], None], ...] = ()  # the same

    def publish(self, value: T) -> int:
        """Make `value` the latest and return its version."""
        with self._changed:
            published = self._latest = Versioned(self._latest.version + 1, value)
            self._changed.notify_all()
        for listener in self._listeners:
            listener()
        return published.version

    def listen(self, listener: Callable[[], None]) -> None:
        """Have this called after each publication, in the publisher's thread: it must not wait."""
        with self._changed:
            self._listeners = (*self._listeners, listener)

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Call it no more."""
        with self._changed:
            self._listeners = tuple(one for one in self._listeners if one != listener)

    def latest(self) -> Versioned[T]:
        """The latest value; takes no lock."""
        return self._latest

    def wait_newer(self, version: int, timeout_s: float) -> Versioned[T] | None:
        """The latest value as soon as its version is above `version`, or None after `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while self._latest.version <= version:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return None
                self._changed.wait(left_s)
            return self._latest
