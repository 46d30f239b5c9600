"""The two threads beside an election's loop: who tells its user, and who watches that it still turns."""

import logging
import random
import threading
from collections.abc import Callable

from succession.clock import boottime_s
from succession.feed import Feed
from succession.leadership import ElectionState
from succession.session import ZooKeeperSession

log = logging.getLogger(__name__)

IDLE_S = 0.5
RETRY_S = 0.05
MAX_RETRY_S = 0.5


class Listener(threading.Thread):
    """Calls `on_change` with the latest state; a leader whose `on_change` throws steps down, and says so."""

    def __init__(
        self,
        feed: Feed[ElectionState],
        on_change: Callable[[ElectionState], None] | None,
        resign: Callable[[], None],
        over: threading.Event,
    ) -> None:
        super().__init__(name="election-listener", daemon=True)
        self._feed = feed
        self._on_change = on_change
        self._resign = resign
        self._over = over
        self._version = feed.latest().version  # what is published from now on is told

    def run(self) -> None:
        """Until the election is over and its last state was told."""
        if self._on_change is None:
            return
        version = self._version
        retry_s = 0.0
        while True:
            is_over = self._over.is_set()
            news = self._feed.wait_newer(version, 0 if is_over else IDLE_S)
            if news is None:
                if is_over:
                    return
                continue
            version = news.version
            try:
                self._on_change(news.value)
                retry_s = 0.0
            except BaseException:  # the user's code may raise anything, and half a leader must not stay
                log.exception("on_change failed%s", ": stepping down" if news.value.leadership else "")
                retry_s = min(max(retry_s * 2, RETRY_S), MAX_RETRY_S)
                if news.value.leadership is not None:
                    self._resign()
                self._over.wait(retry_s * random.uniform(0.5, 1))


class Watchdog(threading.Thread):
    """Ends the session when the loop takes no turn for a session timeout (rule 9): a hung leader does not stay so."""

    def __init__(self, session: ZooKeeperSession, turned_s: Callable[[], float], over: threading.Event) -> None:
        super().__init__(name="election-watchdog", daemon=True)
        self._session = session
        self._turned_s = turned_s
        self._over = over

    def run(self) -> None:
        """Until the election is over."""
        step_s = 0.1
        while True:
            slept_from_s = boottime_s()
            if self._over.wait(step_s):
                return
            timeout_s = self._session.state.timeout_s
            step_s = max(timeout_s / 8, 0.05)
            # Who overslept was stopped with the whole process: the loop has its turn first.
            was_stopped = boottime_s() - slept_from_s > 2 * step_s
            is_connected = self._session.connection == "connected"  # else there is nothing to lose
            if is_connected and not was_stopped and boottime_s() - self._turned_s() > timeout_s:
                log.error("the election's loop hangs: ending its session")
                self._session.abandon()
                self._over.wait(timeout_s)
