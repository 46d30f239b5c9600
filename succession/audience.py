"""Audience: who is told of a session's events, who of its answers, and which election has taken which path.

Any thread may come or go; who is told must not block.
"""

import threading
from collections.abc import Callable

from succession.errors import SuccessionError
from succession.session_state import SessionEvent


class Audience:
    """The part of a session that knows its users."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reserved: set[str] = set()  # guarded by _lock
        self._listeners: tuple[Callable[[SessionEvent], None], ...] = ()  # swapped whole under _lock
        self._on_answers: dict[int, Callable[[], None]] = {}  # by thread; each changes its own

    def reserve(self, path: str) -> None:
        """Take `path` for one election of this session: what is mine is known by its session alone."""
        with self._lock:
            if path in self._reserved:
                raise SuccessionError(f"another election at {path} has joined in this session")
            self._reserved.add(path)

    def release(self, path: str) -> None:
        """Let another election have `path`."""
        with self._lock:
            self._reserved.discard(path)

    def call_on_answers(self, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` called whenever this thread gets an answer: it does not hang. Returns how to end it."""
        thread = threading.get_ident()
        self._on_answers[thread] = call

        def forget() -> None:
            self._on_answers.pop(thread, None)

        return forget

    def subscribe(self, put: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Have `put` called at each event, in kazoo's threads: it must not block or call. Returns how to end it."""
        with self._lock:
            self._listeners = (*self._listeners, put)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(other for other in self._listeners if other != put)

        return unsubscribe

    def _emit(self, event: SessionEvent) -> None:
        for put in self._listeners:
            put(event)

    def _tell_answered(self) -> None:
        on_answer = self._on_answers.get(threading.get_ident())
        if on_answer is not None:
            on_answer()
