"""What viewers cost: how long until the last one has a change, and what the dashboard takes while nothing changes.

Four nodes, their dashboard and 1, 100 and 1,000 WebSocket viewers, one after the other on the same cluster.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil
from kazoo.client import KazooClient

from benchmarks.curves import Curve, Point
from tests.support.playgrounds import ROOT, Playground, running_playground

WORKERS = "/workers_service_registry"
_SERIES = "Succession"
_REST_S = 10.0


def measured(*, quick: bool) -> list[Curve]:
    """Time to the first and to the last viewer in milliseconds, memory in MB, processor in percent of one."""
    counts, changes = ((1, 100), 3) if quick else ((1, 100, 1000), 20)
    last, first, memory, processor = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, running_playground(Path(folder) / "playground") as cluster:
        for count in counts:
            with audience(cluster, count) as told:
                time.sleep(2.0)  # whoever has just come is served first
                times = [change(cluster, told) for _ in range(changes)]
                first.append(Point(count, tuple((seen[0] - began) * 1000 for began, seen in times)))
                last.append(Point(count, tuple((seen[1] - began) * 1000 for began, seen in times)))
                time.sleep(1.0)
                memory.append(Point(count, (memory_mb(cluster),)))
                processor.append(Point(count, (at_rest_percent(cluster),)))
    made = (
        ("a change in ZooKeeper to the last viewer", "ms", last),
        ("a change in ZooKeeper to the first viewer", "ms", first),
        ("the dashboard's memory", "MB", memory),
        ("the dashboard's processor time at rest", "% of one", processor),
    )
    return [Curve(what, unit, "viewers", _SERIES, tuple(points)) for what, unit, points in made]


@contextmanager
def audience(cluster: Playground, count: int) -> Iterator["subprocess.Popen[str]"]:
    """So many viewers, all connected."""
    words = [sys.executable, "-m", "benchmarks.audience", "127.0.0.1", str(cluster.dashboard_port), str(count)]
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
    return told.stdout.readline().strip()


def change(cluster: Playground, told: "subprocess.Popen[str]") -> tuple[float, tuple[float, float]]:
    """A member joins, and leaves again: when it joined, and when the first and the last viewer had it."""
    client = KazooClient(cluster.zookeeper_hosts)
    client.start(timeout=30)
    try:
        number = 9 * 10**8 + client.get("/election")[1].cversion
        znode = f"c_{number:010d}"
        assert told.stdin is not None
        told.stdin.write(znode + "\n")
        told.stdin.flush()
        time.sleep(0.3 + random.random())  # in step with nothing
        began = time.time()
        joining = client.transaction()
        joining.create(f"/election/{znode}", b"{}", ephemeral=True)
        joining.create(f"{WORKERS}/n_{number:010d}", entry_of(client, znode), ephemeral=True)
        joining.commit()
        first, last = heard(told).split()
        return began, (float(first), float(last))
    finally:
        client.stop()
        client.close()


def entry_of(client: KazooClient, znode: str) -> bytes:
    """What a member with this candidate would write: as one of the others did."""
    other = client.get_children(WORKERS)[0]
    entry = msgspec.json.decode(client.get(f"{WORKERS}/{other}")[0])
    entry["member"] |= {"name": znode, "znode": znode}
    return msgspec.json.encode(entry)


def processes(cluster: Playground) -> list[psutil.Process]:
    """The dashboard's: its master and its worker."""
    assert cluster.process is not None
    children = psutil.Process(cluster.process.pid).children(recursive=True)
    return [one for one in children if one.cmdline()[-1:] == ["dashboard"]]


def memory_mb(cluster: Playground) -> float:
    """What it holds: what master and worker share counts once."""
    return sum(one.memory_full_info().pss for one in processes(cluster)) / 1e6


def at_rest_percent(cluster: Playground) -> float:
    """Of one processor, over ten seconds in which nothing happens but what happens each second."""

    def used_s() -> float:
        return sum(sum(one.cpu_times()[:2]) for one in processes(cluster))

    before_s, began_s = used_s(), time.monotonic()
    time.sleep(_REST_S)
    return (used_s() - before_s) / (time.monotonic() - began_s) * 100
