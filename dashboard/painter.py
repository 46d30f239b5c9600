"""Painter: the one loop that owns the view. News comes in on a queue, the newest view goes out on feeds.

`paint` is one thread's loop. `tell` may be called from any thread, and waits for nothing.
"""

import logging
import queue
import secrets
import threading
import time

from dashboard import view
from dashboard.chronicle import Chronicle
from dashboard.news import EnsembleAsked, Moment, News, NodesAsked, RegistryRead, Tick
from succession.feed import Feed
from succession.wire import encode

log = logging.getLogger(__name__)

_TICK_S = 0.1
_MOST_AT_ONCE = 100
_TOGETHER_S = 0.02  # what was asked around comes at about the same time, and is one view for all who look


class Painter:
    """`stream` has the view as JSON, encoded once for all viewers; None when the program goes down."""

    def __init__(self) -> None:
        self._news: queue.SimpleQueue[tuple[News, Moment]] = queue.SimpleQueue()
        self._known = view.first(secrets.token_hex(8), _now())  # by the thread that runs `paint`
        self._chronicle = Chronicle()  # by the same
        self._is_ready = False
        self.encoded = encode(self._known.view)  # the last view; outlives the stream
        self.stream: Feed[bytes | None] = Feed(self.encoded)

    def tell(self, news: News) -> None:
        """Have the view follow from `news` too, in its turn, as of now."""
        self._news.put((news, _now()))

    def why_not_ready(self) -> str | None:
        """Why the view cannot be trusted to know the registry; None when it does."""
        known = self._known
        if known.connection != "connected":
            return "ZooKeeper is out of reach."
        if not self._is_ready:
            return "The registry has not been read yet."
        return None

    def paint(self, stop: threading.Event) -> None:
        """Publish a new view for each change, until `stop`."""
        while not stop.is_set():
            before = self._known
            for news, heard in self._next():
                self._is_ready = self._is_ready or (isinstance(news, RegistryRead) and news.is_read)
                self._known = view.update(self._known, news, heard)
            if self._known.view.revision != before.view.revision:
                self.encoded = encode(self._known.view)
                self.stream.publish(self.encoded)
            for level, line in self._chronicle.lines(before, self._known, time.monotonic()):
                log.log(level, "%s", line)
        self.stream.publish(None)

    def _next(self) -> list[tuple[News, Moment]]:
        """What there is to hear, in order; a tick when nothing comes for a while, since silence is news too."""
        news: list[tuple[News, Moment]] = []
        try:
            news.append(self._news.get(timeout=_TICK_S))
            while len(news) < _MOST_AT_ONCE:
                can_wait = all(isinstance(one, NodesAsked | EnsembleAsked) for one, _ in news)
                news.append(self._news.get(can_wait, timeout=_TOGETHER_S))
        except queue.Empty:
            return news or [(Tick(), _now())]
        return news


def _now() -> Moment:
    return Moment(at=time.time(), monotonic_s=time.monotonic())
