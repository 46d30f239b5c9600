"""Rounds: the same question to many at once, each second, and what they answered within half of one.

`run` is one thread's loop; each question is asked in a thread of its own from `pool`, so that none waits for another.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, Future, wait
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

Q = TypeVar("Q", bound=Hashable)
A = TypeVar("A")

ROUND_S = 1.0
DEADLINE_S = 0.5
_TOGETHER_S = 0.05  # who answers within that is told together; the rest once the last of them has, or is too late


class Rounds(Generic[Q, A]):
    """Asks those whom `whom` names, and tells the answers at most twice a round; None: it gave none in time.

    Each is asked again only when its last question has ended, and there are never more under way than `most`: whom
    there is no place for is left out of the round.
    """

    def __init__(
        self,
        whom: Callable[[], Sequence[Q]],
        ask: Callable[[Q], A | None],
        tell: Callable[[dict[Q, A | None]], None],
        pool: Executor,
        most: int,
    ) -> None:
        self._whom = whom
        self._ask = ask
        self._tell = tell
        self._pool = pool
        self._most = most
        self._under_way: dict[Q, Future[A | None]] = {}  # by the thread that runs `run`

    def run(self, stop: threading.Event) -> None:
        """Ask around each second, until `stop`."""
        while not stop.is_set():
            self._round(time.monotonic())
            # All rounds begin together, so that what they tell is one view and not one each.
            stop.wait(ROUND_S - time.monotonic() % ROUND_S)

    def _round(self, began_s: float) -> None:
        self._under_way = {asked: future for asked, future in self._under_way.items() if not future.done()}
        questions = self._whom()
        answers: dict[Q, A | None] = {asked: None for asked in questions if asked in self._under_way}
        pending: dict[Q, Future[A | None]] = {}
        for question in questions:
            if question not in self._under_way and len(self._under_way) < self._most:
                pending[question] = self._under_way[question] = self._pool.submit(self._ask, question)
        wait(pending.values(), timeout=_TOGETHER_S)
        for question in [question for question, future in pending.items() if future.done()]:
            answers[question] = _answer(pending.pop(question))
        if answers:
            self._tell(answers)
        if pending:
            wait(pending.values(), timeout=max(0.0, began_s + DEADLINE_S - time.monotonic()))
            self._tell({asked: _answer(future) if future.done() else None for asked, future in pending.items()})


def _answer(future: Future[A | None]) -> A | None:
    fault = future.exception()
    if fault is not None:  # of ours; it must not end the rounds
        log.error("A question could not be asked.", exc_info=fault)
        return None
    return future.result()
