"""How an election grows with its candidates: 4, 40, 400 and 1,000 in one line, on one ZooKeeper, in one run.

Who leads and who follow next are nodes with processes of their own; the crowd behind them shares a few. A node that
joins stands behind the crowd, so that each size begins with nodes enough for all its failovers.
"""

import http.client
import json
import random
import sys
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import psutil

from benchmarks.contenders import Ours, Runner
from benchmarks.crowd import TIMEOUT_S
from benchmarks.curves import Curve, Point
from succession import Observer, ZooKeeperSession
from succession.feed import Feed
from succession.testing import ZooKeeperServer, eventually, running_server
from succession.testing.packets import notified, packets
from succession.wire import ClusterSnapshot

SIZES = (4, 40, 400, 1000)
QUICK_SIZES = (4, 40)
SESSION_TIMEOUT_S = 2.0  # the nodes'
_A_PROCESS = 250  # of the crowd's candidates, with six threads each
_REST_S = 1.0
_AWAY_S = 3.0
_WITHIN_S = 120.0


class Figure(NamedTuple):
    """What is measured, its unit, and whose it is."""

    what: str
    unit: str
    series: str = Ours.name


FAILOVER = Figure("failover", "ms")
WOKEN = Figure("candidates woken by one death", "candidates")
KNOWS = Figure("a new leader knows the whole cluster", "ms")
MEMORY = Figure("memory of the leader's process", "MB")
WHOLE = Figure("an update on the wire", "kB", "the whole cluster")
PRESSED = Figure("an update on the wire", "kB", "the whole cluster, compressed")
CHANGED = Figure("an update on the wire", "kB", "what changed")
BACK = Figure("one line again after ZooKeeper was away", "s", "sessions lived on")
BACK_ANEW = Figure("one line again after ZooKeeper was away", "s", "sessions lost")


def measured(*, quick: bool) -> list[Curve]:
    """All curves; about five minutes, or one when quick."""
    found: dict[Figure, list[Point]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        for size in QUICK_SIZES if quick else SIZES:
            with Line(server, size, failovers=3 if quick else 6) as line:
                for figure, samples in line.measured().items():
                    found[figure].append(Point(size, tuple(samples)))
    return [Curve(one.what, one.unit, "candidates", one.series, tuple(points)) for one, points in found.items()]


class Line(Ours):
    """So many candidates: nodes for so many failovers, and the crowd behind them."""

    def __init__(self, server: ZooKeeperServer, size: int, failovers: int) -> None:
        super().__init__(server.hosts, SESSION_TIMEOUT_S)
        self._server = server
        self._size = size
        self._failovers = failovers
        self._crowd: list[Runner] = []

    def __enter__(self) -> Self:
        self.grow(min(self._size, self._failovers + 4))
        while (missing := self._size - self._count()) > 0:
            words = [self.hosts, f"crowd{len(self._crowd)}", str(min(missing, _A_PROCESS))]
            self._crowd.append(Runner([sys.executable, "-m", "benchmarks.crowd", *words]))
            self._crowd[-1].when("joined")
        return self

    def __exit__(self, *_: object) -> None:
        for runner in self._crowd:
            runner.end()
        self.end()

    def measured(self) -> dict[Figure, list[float]]:
        """The samples of each figure."""
        found: dict[Figure, list[float]] = defaultdict(list)
        for _ in range(self._failovers):
            if not self._crowd:
                self.grow(self._size)
            for figure, sample in self._failed_over():
                found[figure].append(sample)
        for figure, sample in self._updated():
            found[figure].append(sample)
        size = self._count()
        for figure, come_back in ((BACK, self._server.start), (BACK_ANEW, self._server.start_empty)):
            self._server.stop()
            time.sleep(_AWAY_S)
            come_back()
            found[figure].append(self._whole_after_s(size))
        return found

    def _failed_over(self) -> Iterator[tuple[Figure, float]]:
        """One failover, and what it takes the new leader to know everybody.

        Woken is every session, but the dead one's, of which ZooKeeper says that it has sent more than it was asked for:
        a watch of it has fired, here that on the candidate just ahead.
        """
        time.sleep(_REST_S + random.random())  # at rest, and in step with nothing
        before = notified(self._server)
        at = self.kill_leader()
        led_at = self.when_next_leads(at)
        yield FAILOVER, (led_at - at) * 1000
        self._cluster(self._count())
        yield KNOWS, (time.time() - led_at) * 1000
        (worker,) = psutil.Process(self.line[0].process.pid).children()
        yield MEMORY, worker.memory_full_info().uss / 1e6
        after = notified(self._server)
        yield WOKEN, sum(after[session] > before[session] for session in before.keys() & after.keys())

    def _updated(self) -> Iterator[tuple[Figure, float]]:
        """One node that is not next in line leaves: the message with the line without it, and what is new in that."""
        count = self._count()
        before = json.loads(self._cluster(count))
        leaving = self.line.pop(2).process
        leaving.terminate()
        message = self._cluster(count - 1)
        leaving.wait()
        after = json.loads(message)
        gone = {row["znode"] for row in before["members"]} - {row["znode"] for row in after["members"]}
        rows = [row for row in after["members"] if row not in before["members"]]
        changed = {**after, "members": rows, "gone": sorted(gone)}
        yield WHOLE, len(message) / 1000
        yield PRESSED, len(zlib.compress(message, 1)) / 1000
        yield CHANGED, len(json.dumps(changed, separators=(",", ":"))) / 1000

    def _whole_after_s(self, size: int) -> float:
        """Seconds from now until all are connected and in one line, each watches whom it should, and one leads."""
        began_at = time.time()
        told: Feed[ClusterSnapshot | None] = Feed(None)
        session = ZooKeeperSession(self.hosts, TIMEOUT_S)
        observer = Observer(session, tell=told.publish)  # type: ignore[arg-type]
        observer.start()

        def is_whole() -> bool:
            seen = told.latest().value
            if seen is None or seen.leader is None or not all(row.in_sync for row in seen.members):
                return False
            return len(seen.members) == size and len(packets(self._server)) > size

        eventually(is_whole, _WITHIN_S)
        took_s = time.time() - began_at
        observer.stop()
        session.close()
        return took_s

    def _cluster(self, count: int) -> bytes:
        """The leader's word, once it has so many members, each in sync."""
        (leader,) = self._entries("coordinators")
        connection = http.client.HTTPConnection(urlsplit(leader.member.address).netloc, timeout=_WITHIN_S)
        while True:
            connection.request("GET", "/cluster")
            answer = connection.getresponse()
            said = answer.read()
            members: list[dict[str, Any]] = json.loads(said)["members"] if answer.status == 200 else []
            if len(members) == count and all(row["in_sync"] for row in members):
                connection.close()
                return said
            time.sleep(0.005)

    def _count(self) -> int:
        return len(self._client.get_children(self.path))
