"""A table of many rows in a real Chromium: how long an update takes to be painted, and the longest task meanwhile.

Our page beside one that does everything again each second, on the same data, in the same run.
"""

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Browser, Page, sync_playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from benchmarks import everything_again
from benchmarks.curves import Curve, Point
from succession.wire import DashboardView, encode
from tests.browser.changing import Line
from tests.browser.stand_in import StandIn
from tests.support.chromium import DEFAULTS, FLAGS, chromium_path

OURS, OTHERS = "Succession", "everything again, each second"
MANY_VIEWERS = 10
OURS_TO_MANY = f"{OURS}, {MANY_VIEWERS} viewers"
_UPDATE, _TASK = "an update painted", "longest task of an update"
_SETTLED_MS, _REST_MS, _LONGEST_MS = 1500, 400, 10_000
_TRACED = ["disabled-by-default-devtools.timeline", "blink.user_timing"]

# The page's own clock: from the first message that says something new, whether it came through a WebSocket or as the
# answer to a fetch, to the end of the frame in which the row is as it was announced.
_WATCH = """(() => {
  let before = null, arrivedAt = null, expected = null;
  const arrived = (said) => {
    if (said !== before && expected !== null) arrivedAt ??= performance.now();
    before = said;
  };
  window.WebSocket = class extends WebSocket {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", (message) => arrived(message.data));
    }
  };
  const text = Response.prototype.text;
  Response.prototype.text = async function () {
    const said = await text.call(this);
    arrived(said);
    return said;
  };
  const isShown = () => {
    const row = document.querySelector(`#rows tr[data-key="${expected.znode}"]`);
    if (expected.text === null) return row === null || row.dataset.standing === "departed";
    return row !== null && row.textContent.includes(expected.text);
  };
  window.expectUpdate = (update) => {
    performance.mark("update");
    [arrivedAt, expected] = [null, update];
    window.updatePainted = new Promise((resolve, fail) => {
      setTimeout(() => fail(new Error(`${update.znode} was not painted`)), update.limitMs);
      const note = () => {
        resolve(performance.now() - arrivedAt);
        expected = null;
      };
      new MutationObserver((_, observer) => {
        if (arrivedAt === null || !isShown()) return;
        observer.disconnect();
        requestAnimationFrame(() => scheduler.postTask(note, { priority: "user-blocking" }));
      }).observe(document.querySelector("#rows"), { subtree: true, childList: true, characterData: true });
    });
  };
})()"""


@dataclass(frozen=True)
class Update:
    """A change of one row: how it is brought about, and the text that the row of `znode` holds then.

    Without a text: that znode is in line no more.
    """

    cause: Callable[[], None]
    znode: str
    text: str | None


@dataclass(frozen=True)
class Seen:
    """Milliseconds an update: from its message in the page to the paint; the longest task until the next update."""

    painted_ms: tuple[float, ...]
    longest_task_ms: tuple[float, ...]


def measured(*, quick: bool) -> list[Curve]:
    """Both pages at each number of rows, and ours while nine other viewers are told the same."""
    sizes, count = ((4, 40), 8) if quick else ((4, 40, 400, 1000), 20)
    painted: dict[str, list[Point]] = {}
    longest: dict[str, list[Point]] = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for size, series in itertools.product(sizes, (OURS, OURS_TO_MANY, OTHERS)):
            line = Line(size)
            with _served(series, line.view()) as (url, publish):
                seen = watched(chromium, url, size, itertools.islice(_updates(line, publish), count))
            painted.setdefault(series, []).append(Point(size, seen.painted_ms))
            longest.setdefault(series, []).append(Point(size, seen.longest_task_ms))
        chromium.close()
    return [
        Curve(what, "ms", "rows", series, tuple(points))
        for what, of_each in ((_UPDATE, painted), (_TASK, longest))
        for series, points in of_each.items()
    ]


def watched(chromium: Browser, url: str, rows: int, updates: Iterable[Update]) -> Seen:
    """What these updates take on the page at `url`, whoever serves it, once it shows so many rows.

    The longest task is by Chromium's own trace of what the page's main thread ran, style, layout and paint included:
    the page's own `longtask` entries begin at 50 ms.
    """
    page = chromium.new_page(**DEFAULTS)  # type: ignore[arg-type]
    page.add_init_script(_WATCH)
    page.goto(url)
    page.wait_for_function("(rows) => document.querySelectorAll('#rows tr[data-key]').length >= rows", arg=rows)
    page.wait_for_timeout(_SETTLED_MS)
    chromium.start_tracing(page=page, categories=_TRACED)
    painted_ms = tuple(_painted_ms(page, update) for update in updates)
    trace = json.loads(chromium.stop_tracing())
    page.close()
    return Seen(painted_ms, longest_tasks_ms(trace["traceEvents"]))


def _painted_ms(page: Page, update: Update) -> float:
    expected = {"znode": update.znode, "text": update.text, "limitMs": _LONGEST_MS}
    page.evaluate("(update) => expectUpdate(update)", expected)
    update.cause()
    took_ms: float = page.evaluate("updatePainted")
    page.wait_for_timeout(_REST_MS)  # what the page does at rest counts as well
    return took_ms


def longest_tasks_ms(trace: Sequence[dict[str, object]]) -> tuple[float, ...]:
    """The longest task after each mark "update" and before the next one, of the thread that made the marks. Pure."""
    marks = [one for one in trace if one["name"] == "update"]
    thread = (marks[0]["pid"], marks[0]["tid"])
    begins = sorted({float(str(one["ts"])) for one in marks})
    longest = [0.0] * len(begins)
    for task in trace:
        if task["name"] == "RunTask" and (task["pid"], task["tid"]) == thread:
            place = sum(begin <= float(str(task["ts"])) for begin in begins) - 1
            if place >= 0:
                longest[place] = max(longest[place], float(str(task.get("dur", 0))) / 1000)
    return tuple(longest)


def _updates(line: Line, publish: Callable[[DashboardView], None]) -> Iterator[Update]:
    for change in line.changes():
        yield Update(partial(publish, change.view), change.znode, change.text)


@contextmanager
def _served(series: str, first: DashboardView) -> Iterator[tuple[str, Callable[[DashboardView], None]]]:
    """The page of this contender: its address, and what gives it another view."""
    with ExitStack() as stack:
        if series == OTHERS:
            again = stack.enter_context(everything_again.Server().running())

            def publish(view: DashboardView) -> None:
                again.state = encode(view)

            publish(first)
            yield again.url, publish
            return
        stand_in = StandIn()
        stand_in.publish(first)
        stand_in.start()
        stack.callback(stand_in.stop)
        for _ in range(MANY_VIEWERS - 1 if series == OURS_TO_MANY else 0):
            stack.callback(_viewer(stand_in.url).close)
        yield stand_in.url, stand_in.publish


def _viewer(url: str) -> ClientConnection:
    """One that takes every message, and does nothing with it."""
    client = connect(f"{url.replace('http', 'ws', 1)}/api/stream", max_size=None)

    def take() -> None:
        try:
            while True:
                client.recv()
        except ConnectionClosed:
            return

    threading.Thread(target=take, name="viewer", daemon=True).start()
    return client
