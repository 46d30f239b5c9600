"""Znodes: the znodes as they are, for whoever asks: one read at a time, which all who ask meanwhile share.

`read` is one thread's loop, so that a slow ZooKeeper holds no request for longer than 2 s; requests only wait for it.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from succession.errors import NotConnected, OutcomeUnknown, Refused
from succession.feed import Feed
from succession.wire import ZnodeTree, encode

log = logging.getLogger(__name__)

_WITHIN_S = 2.0
_FRESH_S = 0.2
_LOOK_AGAIN_S = 0.5


class OutOfReach(Exception):
    """ZooKeeper does not tell. The text is a sentence for the user."""


class _Answer(NamedTuple):
    """What the last read came to: JSON, or why there is none. `at_s` is when it ended."""

    encoded: bytes
    problem: str | None
    at_s: float


class Znodes:
    """The latest read of the znodes, at most 0.2 s after it ended; then it is read anew."""

    def __init__(self, read_tree: Callable[[], ZnodeTree], clock: Callable[[], float] = time.monotonic) -> None:
        self._read_tree = read_tree
        self._clock = clock
        self._asked = threading.Event()
        self._began_s: float | None = None  # of the read that is under way; by the thread that runs `read`
        self._answers: Feed[_Answer | None] = Feed(None)

    def encoded(self) -> bytes:
        """A ZnodeTree as JSON. Raises OutOfReach, also 2 s after the read began that this one shares."""
        latest = self._answers.latest()
        answer = latest.value
        if answer is None or not self._is_fresh(answer):
            began_s = self._began_s
            self._asked.set()
            left_s = _WITHIN_S if began_s is None else began_s + _WITHIN_S - self._clock()
            newer = self._answers.wait_newer(latest.version, max(left_s, 0.0))
            answer = None if newer is None else newer.value
        if answer is None:
            raise OutOfReach("ZooKeeper did not answer within 2 seconds.")
        if answer.problem is not None:
            raise OutOfReach(answer.problem)
        return answer.encoded

    def read(self, stop: threading.Event) -> None:
        """Read whenever someone asked, until `stop`."""
        while not stop.is_set():
            if not self._asked.wait(_LOOK_AGAIN_S):
                continue
            self._asked.clear()
            answer = self._answers.latest().value
            if answer is not None and self._is_fresh(answer):
                continue  # who asked while it was read has it already
            self._began_s = self._clock()
            encoded, problem = self._read_once()
            self._began_s = None
            self._answers.publish(_Answer(encoded, problem, self._clock()))

    def _read_once(self) -> tuple[bytes, str | None]:
        try:
            return encode(self._read_tree()), None
        except (NotConnected, OutcomeUnknown):
            return b"", "ZooKeeper is out of reach."
        except Refused as error:
            return b"", f"ZooKeeper refused to be read: {error}."
        except Exception:  # a fault of ours, which must not end the thread that everyone waits for
            log.exception("The znodes could not be told.")
            return b"", "Something went wrong here; this program's log says what."

    def _is_fresh(self, answer: _Answer) -> bool:
        return self._clock() - answer.at_s <= _FRESH_S
