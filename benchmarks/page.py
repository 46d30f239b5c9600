"""From the click on a kill button to the next leader on the screen, in a real Chromium, and where that time goes."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support.chromium import DEFAULTS, FLAGS, chromium_path
from tests.support.playgrounds import Playground, running_playground

# The page's own clock: the click, and the end of the frame in which the header named another leader; before whatever
# the page does after that frame, which a viewer does not wait for.
_WATCH = """() => {
  window.clickedAt = window.paintedAt = null;
  const badge = document.querySelector('[data-part="badge-text"]');
  const before = badge.textContent;
  const now = () => performance.timeOrigin + performance.now();
  document.addEventListener("click", () => { window.clickedAt ??= now(); }, { capture: true });
  new MutationObserver(() => {
    if (window.paintedAt === null && badge.textContent !== before && badge.textContent.endsWith(" leads")) {
      const note = () => { window.paintedAt ??= now(); };
      requestAnimationFrame(() => scheduler.postTask(note, { priority: "user-blocking" }));
    }
  }).observe(badge, { characterData: true, childList: true, subtree: true });
}"""

_PHASES = ("order given, leader dead, session ended, successor woken", "claimed", "known to the dashboard", "painted")


@dataclass(frozen=True)
class Painted:
    """How long each phase took, in milliseconds, a list a phase; and from the click to the paint."""

    phases_ms: dict[str, list[float]]
    total_ms: list[float]

    @property
    def p95_ms(self) -> float:
        return sorted(self.total_ms)[max(round(len(self.total_ms) * 0.95) - 1, 0)]

    def lines(self) -> Iterator[str]:
        median_ms = statistics.median(self.total_ms)
        yield f"kill clicked to next leader painted: median {median_ms:.1f} ms, 95th percentile {self.p95_ms:.1f} ms"
        for phase, samples_ms in self.phases_ms.items():
            yield f"    {statistics.median(samples_ms):>6.1f} ms  {phase}"


def measured(count: int) -> Painted:
    """So many kills by the button, each of a line of four at rest, at the usual session timeout of 2 s."""
    phases_ms: dict[str, list[float]] = {phase: [] for phase in _PHASES}
    total_ms: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_playground(Path(folder) / "playground", SESSION_TIMEOUT_S="2") as cluster,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for _ in range(count):
            page = chromium.new_page(**DEFAULTS)  # type: ignore[arg-type]
            times = failover(cluster, page)
            page.close()
            total_ms.append((times[-1] - times[0]) * 1000)
            for phase, (begin, end) in zip(_PHASES, pairwise(times), strict=True):
                phases_ms[phase].append((end - begin) * 1000)
        chromium.close()
    return Painted(phases_ms, total_ms)


def failover(cluster: Playground, page: Page) -> list[float]:
    """One: the click, the successor woken, its claim, the dashboard's news of it, the paint, in Unix seconds."""
    leader = cluster.wait_until_at_rest()
    page.goto(cluster.dashboard)
    page.get_by_text(f"{leader} leads").first.wait_for()
    time.sleep(1.0)
    page.evaluate(_WATCH)
    button = page.get_by_label(f"Kill instance {leader}").bounding_box()
    assert button is not None
    page.mouse.click(button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    page.wait_for_timeout(300)  # without a question in between, which the page would have to answer
    while page.evaluate("window.paintedAt") is None:
        page.wait_for_timeout(50)
    clicked_at, painted_at = page.evaluate("[window.clickedAt / 1000, window.paintedAt / 1000]")
    view = cluster.view()
    takeover = view["cluster"]["members"][0]["takeover"]
    heard = [event["at"] for event in view["events"] if event["kind"] == "leader_elected"][-1]
    cluster.do("start", leader)
    return [clicked_at, takeover["cause_seen_at"], takeover["claimed_at"], heard, painted_at]
