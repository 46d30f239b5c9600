"""Waiting for something to become so, with one scale for every deadline.

Pure but for sleeping, in the test's own thread.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar

from succession.errors import SuccessionError

T = TypeVar("T")


def scaled(seconds: float) -> float:
    """The deadline for this machine: a slow one sets TIME_SCALE in its environment above 1."""
    return seconds * float(os.environ.get("TIME_SCALE", "1"))


def eventually(predicate: Callable[[], T], within_s: float = 10.0, every_s: float = 0.02) -> T:
    """The predicate's first true value. Raises AssertionError after `within_s` seconds times TIME_SCALE.

    An AssertionError, OSError or SuccessionError of the predicate means "not yet"; the last one is told as the cause.
    """
    deadline = time.monotonic() + scaled(within_s)
    while True:
        last: object = None
        try:
            value = predicate()
            if value:
                return value
            last = value
        except (AssertionError, OSError, SuccessionError) as error:
            last = error
        if time.monotonic() >= deadline:
            cause = last if isinstance(last, BaseException) else None
            raise AssertionError(f"not so within {scaled(within_s):.1f} s; last: {last!r}") from cause
        time.sleep(every_s)
