"""Everything at once: 1,000 members on a real ZooKeeper, the real dashboard, ten viewers, one of them a Chromium."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.candidates import Line
from benchmarks.contenders import Ours
from benchmarks.curves import Curve, Point
from benchmarks.joiner import Joiner, joining
from benchmarks.table import Update, watched
from benchmarks.viewers import audience
from succession.testing import running_server
from tests.support.chromium import FLAGS, chromium_path
from tests.support.dashboards import running_dashboard

_OTHERS = 9


def measured(*, quick: bool) -> list[Curve]:
    """What a change takes from the page's message to the paint, and the longest task meanwhile, in milliseconds."""
    size, changes = (40, 4) if quick else (1000, 20)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as server,
        Line(server, size, failovers=0),
        running_dashboard(server.hosts, Path(folder), LOG_LEVEL="ERROR") as dashboard,
        audience(dashboard.port, _OTHERS),
        sync_playwright() as playwright,
        joining(server.hosts) as joiner,
    ):
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        seen = watched(chromium, f"http://{dashboard.host}", size, updates(joiner, changes))
        chromium.close()
    series = f"{Ours.name}, {_OTHERS + 1} viewers"
    made = (("a member joins or leaves, painted", seen.painted_ms), ("the page's longest task", seen.longest_task_ms))
    return [Curve(what, "ms", "members", series, (Point(size, samples),)) for what, samples in made]


def updates(joiner: Joiner, count: int) -> Iterator[Update]:
    """A member joins, and leaves; and again."""
    for _ in range(count // 2):
        znode = joiner.znode
        yield Update(joiner.join, znode, znode)
        yield Update(joiner.leave, znode, None)
