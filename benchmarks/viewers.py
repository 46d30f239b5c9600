"""What viewers cost: how long until the last one has a change, and what serving them takes while nothing changes.

The dashboard of four nodes, and beside it what serves the same a thread a viewer; 1, 100 and 1,000 viewers of each.
"""

import os
import random
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from benchmarks.contenders import PEERS, LeftOut, Ours
from benchmarks.curves import Curve, Point
from benchmarks.joiner import Joiner, joining
from benchmarks.machine import say
from succession.testing import eventually
from succession.testing.ports import free_ports
from tests.support.playgrounds import ROOT, Playground, running_playground

_PEER = "a thread a viewer, each second"
_REST_S = 10.0
_WITHIN_S = 60.0
_FIRST, _LAST = "a change in ZooKeeper to the first viewer", "a change in ZooKeeper to the last viewer"
_UNITS = {_LAST: "ms", _FIRST: "ms", "memory": "MB", "processor time at rest": "% of one"}


def measured(*, quick: bool) -> list[Curve]:
    """Both contenders with each number of viewers."""
    counts, changes = ((1, 100), 3) if quick else ((1, 100, 1000), 20)
    found: dict[tuple[str, str], list[Point]] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        cluster = stack.enter_context(running_playground(Path(folder) / "playground"))
        joiner = stack.enter_context(joining(cluster.zookeeper_hosts))
        peer = stack.enter_context(thread_a_viewer(cluster))
        contenders = ((Ours.name, cluster.dashboard_port, dashboards(cluster)), (_PEER, *peer))
        for count in counts:
            for series, port, served_by in contenders:
                how, many = (["plain"], 5) if series == _PEER else ([], changes)  # which costs it less
                try:
                    with audience(port, count, *how) as told:
                        for what, samples in serving(told, joiner, served_by, many).items():
                            found.setdefault((what, series), []).append(Point(count, tuple(samples)))
                except LeftOut as reason:
                    say(f"left out: {series} with {count} viewers: {reason}")
    return [Curve(what, _UNITS[what], "viewers", series, tuple(points)) for (what, series), points in found.items()]


def serving(
    told: "subprocess.Popen[str]", joiner: Joiner, served_by: list[psutil.Process], changes: int
) -> dict[str, list[float]]:
    """What these viewers wait, and what they take of these processes."""
    time.sleep(2.0)  # whoever has just come is served first
    times = [change(told, joiner) for _ in range(changes)]
    return {
        _LAST: [last for _, last in times],
        _FIRST: [first for first, _ in times],
        "memory": [sum(one.memory_full_info().pss for one in served_by) / 1e6],  # what they share counts once
        "processor time at rest": [at_rest_percent(served_by)],
    }


@contextmanager
def thread_a_viewer(cluster: Playground) -> Iterator[tuple[int, list[psutil.Process]]]:
    """The peer, which shows the same cluster: its port and its processes."""
    (port,) = free_ports(1)
    options = f"--bind 127.0.0.1:{port} --threads 1100 --worker-connections 2000 --timeout 0".split()
    words = [
        sys.executable,
        "-m",
        "gunicorn",
        *options,
        "--log-level",
        "critical",
        "--chdir",
        str(PEERS),
        "thread_a_viewer:app",
    ]
    master = subprocess.Popen(words, cwd=ROOT, env={**os.environ, "SOURCE": cluster.dashboard})
    known = psutil.Process(master.pid)
    try:
        eventually(lambda: [one for one in known.children() if one.net_connections("tcp")])
        yield port, [known, *known.children()]
    finally:
        for one in known.children():
            one.kill()
        master.kill()
        master.wait()


@contextmanager
def audience(port: int, count: int, *how: str) -> Iterator["subprocess.Popen[str]"]:
    """So many viewers on this port, all connected."""
    words = [sys.executable, "-m", "benchmarks.audience", "127.0.0.1", str(port), str(count), *how]
    told = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if heard(told) != "ready":
            raise RuntimeError(f"{count} viewers do not get in")
        yield told
    finally:
        told.kill()
        told.wait()


def heard(told: "subprocess.Popen[str]") -> str:
    assert told.stdout is not None
    if not select.select([told.stdout], [], [], _WITHIN_S)[0]:
        raise LeftOut(f"not all viewers are served within {_WITHIN_S:.0f} s")
    return told.stdout.readline().strip()


def change(told: "subprocess.Popen[str]", joiner: Joiner) -> tuple[float, float]:
    """A member joins, and leaves again: how long until the first and the last viewer had it, in milliseconds."""
    assert told.stdin is not None
    told.stdin.write(joiner.znode + "\n")
    told.stdin.flush()
    time.sleep(0.3 + random.random())  # in step with nothing
    began = time.time()
    joiner.join()
    first, last = (float(at) for at in heard(told).split())
    joiner.leave()
    return (first - began) * 1000, (last - began) * 1000


def dashboards(cluster: Playground) -> list[psutil.Process]:
    """The dashboard's processes: its master and its worker."""
    assert cluster.process is not None
    children = psutil.Process(cluster.process.pid).children(recursive=True)
    return [one for one in children if one.cmdline()[-1:] == ["dashboard"]]


def at_rest_percent(served_by: list[psutil.Process]) -> float:
    """Of one processor, over ten seconds in which nothing happens but what happens each second."""

    def used_s() -> float:
        return sum(sum(one.cpu_times()[:2]) for one in served_by)

    time.sleep(1.0)
    before_s, began_s = used_s(), time.monotonic()
    time.sleep(_REST_S)
    return (used_s() - before_s) / (time.monotonic() - began_s) * 100
