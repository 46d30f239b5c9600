"""remembered: what follows from a znode or a row alone is worked out once, however often it is read unchanged."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")

_KEPT = 8192
_SMALL_BYTES = 4096


def remembered(make: Callable[..., T]) -> Callable[..., T]:
    """`make`, a pure function of data (bytes, or a znode with its data) and other hashable values.

    Of more than 4096 bytes nothing is kept: whoever writes megabytes shall not fill a reader's memory.
    """
    kept = lru_cache(_KEPT)(make)

    def recall(of: Any, *rest: object) -> T:
        data = of if isinstance(of, bytes) else of.data
        return (kept if len(data) <= _SMALL_BYTES else make)(of, *rest)

    return recall
