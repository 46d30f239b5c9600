"""Chaos: a cluster under random faults from a seed, its recorded history, and what the judge says of it.

`run` is the caller's thread; the watcher has one of its own, and the members are processes.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playground import history, judge, lost_writes
from playground.chaos_cluster import ChaosCluster
from playground.chaos_faults import Faults
from playground.chaos_watcher import ChaosWatcher
from playground.data_folder import PlaygroundError
from playground.history import Attempt, Fault, Gone, Healed, Outcome, Seen, Setup, Started
from succession import ZooKeeperSession
from succession.clock import boottime_s

NODES = tuple(f"node{number}" for number in range(1, 6))
BEFORE_S = 2.0  # of what is shown before the first violation
LOG_TAIL_BYTES = 3000

_ROUND_S = 15.0  # faults; then quiet until the cluster has settled, and a moment more
_STILL_QUIET_S = 0.3
_EVERY_S = 0.02
_STARTED_WAIT_S = 20.0


@dataclass(frozen=True)
class Verdict:
    """What a run came to."""

    seed: int
    faults: int
    failovers: int
    commits: int
    refusals: int
    lost: lost_writes.Lost | None
    violations: tuple[judge.Violation, ...]
    records: tuple[history.Any, ...]

    def __str__(self) -> str:
        """The counts, in a line."""
        return (
            f"{self.faults} faults, {self.failovers} failovers, {self.commits} commits, {self.refusals} refusals "
            f"(seed {self.seed})"
        )

    def before_the_first(self) -> list[str]:
        """What happened from 2 s before the first violation until it, as lines."""
        if not self.violations:
            return []
        end_s = self.violations[0].at_s
        shown = [record for record in self.records if end_s - BEFORE_S <= record.at_s <= end_s]
        return [f"{record.at_s - end_s:+8.3f} s  {_words(record)}" for record in shown]


class Chaos:
    """One run, below a folder of its own. `tell` is told the seconds that have passed, now and then."""

    def __init__(
        self, folder: Path, seconds: float, seed: int, session_timeout_s: float, tell: Callable[[float], None]
    ) -> None:
        self._seconds = seconds
        self._seed = seed
        self._timeout_s = session_timeout_s
        self._tell = tell
        self._records: list[history.Any] = []  # by this thread; the watcher's go into _seen
        self._seen: list[history.Any] = []
        self._pids: dict[str, int | None] = {}
        self.cluster = ChaosCluster(folder, NODES, session_timeout_s)
        self._session = ZooKeeperSession(self.cluster.hosts, session_timeout_s)
        self._watcher = ChaosWatcher(self._session, self._seen.append)
        self._faults = Faults(self.cluster, self._session, seed, session_timeout_s)

    def run(self) -> Verdict:
        """Bring it up, do what the seed says, take it down, judge. Raises PlaygroundError when it does not come up."""
        try:
            self._record(Setup(at_s=boottime_s(), seed=self._seed, nodes=NODES, session_timeout_s=self._timeout_s))
            self.cluster.start()
            self._session.start()
            self._watcher.start()
            began_s = boottime_s()
            end_s = began_s + self._seconds
            self._settle(began_s)
            while (left_s := end_s - boottime_s()) > 0:
                self._do_faults(began_s, boottime_s() + min(left_s, _ROUND_S))
                self._settle(began_s)
            self._record(Fault(at_s=boottime_s(), text="the run is over", is_end=True))
        finally:
            self._watcher.stop()
            self._session.close(1.0)
            self.cluster.stop()
        return self._judged()

    def _do_faults(self, began_s: float, end_s: float) -> None:
        next_s = 0.0
        while (now_s := boottime_s()) < end_s:
            for done in self._faults.end_due():
                self._record(Fault(at_s=now_s, text=f"ends: {done.text}", is_end=True))
            if now_s >= next_s:
                begun = self._faults.begin(self._watcher.latest)
                if begun is not None:
                    self._record(Fault(at_s=now_s, text=begun.text))
                    if begun.died_s is not None:
                        self._note_death(begun.target, begun.died_s)
                    next_s = boottime_s() + self._faults.pause_s()
            self._note_processes()
            self._tell(boottime_s() - began_s)
            time.sleep(_EVERY_S)

    def _settle(self, began_s: float) -> None:
        """Heal everything, and watch the cluster settle; for as long as it may take, and a moment more."""
        for done in self._faults.end_due(every=True):
            self._record(Fault(at_s=boottime_s(), text=f"ends: {done.text}", is_end=True))
        for proxy in self.cluster.all_proxies():
            proxy.heal()
        self.cluster.wait_until_serving()
        self._wait_until_all_started()
        healed_s = boottime_s()
        self._record(Healed(at_s=healed_s))
        # Before a session timeout has passed, those who were killed may stand in line for those who came after them.
        earliest_s, end_s = healed_s + self._timeout_s, healed_s + self._timeout_s + judge.GRACE_S + 0.5
        while (now_s := boottime_s()) < end_s:
            seen = self._watcher.latest
            if seen is not None and seen.at_s > earliest_s and not judge.not_settled(seen, NODES):
                end_s = min(end_s, now_s + _STILL_QUIET_S)
            self._tell(now_s - began_s)
            time.sleep(_EVERY_S)

    def _wait_until_all_started(self) -> None:
        deadline_s = time.monotonic() + _STARTED_WAIT_S
        while True:
            self._note_processes()
            started = {record.process for record in self._told() if isinstance(record, Started)}
            if all(self.cluster.processes[node].pid in started for node in NODES):
                return
            if time.monotonic() > deadline_s:
                raise PlaygroundError(f"not all members start: see {self.cluster.folder}")
            time.sleep(0.1)

    def _note_processes(self) -> None:
        """Record who has ended. A member that ends by itself is started again, as if it had been killed."""
        for node in NODES:
            process = self.cluster.processes[node]
            pid, known = process.pid, self._pids.get(node)
            if known is not None and (pid != known or not process.is_alive()):
                self._note_death(node, boottime_s())
            if process.is_alive():
                self._pids[node] = pid

    def _note_death(self, node: str, at_s: float) -> None:
        known, self._pids[node] = self._pids.get(node), None
        if known is not None:
            self._record(Gone(at_s=at_s, process=known))

    def _record(self, record: history.Any) -> None:
        self._records.append(record)

    def _told(self) -> list[history.Any]:
        told = []
        for node in NODES:
            file = self.cluster.history_of(node)
            if file.exists():
                with file.open("rb") as lines:
                    told += history.from_lines(lines)
        return told

    def _judged(self) -> Verdict:
        over_s = self._records[-1].at_s
        told = [record for record in self._told() if record.at_s <= over_s]
        seen = [record for record in self._seen if record.at_s <= over_s]
        records = history.merged([self._records, told, seen])
        (self.cluster.folder / "history.jsonl").write_bytes(b"".join(history.to_line(record) for record in records))
        return verdict(records)


def verdict(records: list[history.Any]) -> Verdict:
    """What this history comes to, as far as ZooKeeper kept its word."""
    lost = lost_writes.lost_by_zookeeper(records)
    if lost is not None:
        records = lost_writes.before(records, lost)
    results = [record.result for record in records if isinstance(record, Outcome)]
    return Verdict(
        seed=next((record.seed for record in records if isinstance(record, Setup)), 0),
        faults=sum(isinstance(record, Fault) and not record.is_end for record in records),
        failovers=max(len({tenure.token for tenure in judge.tenures(records)}) - 1, 0),
        commits=results.count("committed"),
        refusals=results.count("refused"),
        lost=lost,
        violations=tuple(judge.judge(records)),
        records=tuple(records),
    )


def tail(log: Path) -> str:
    """The end of a log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES, 0))
        return file.read().decode("utf-8", "replace")


def _words(record: history.Any) -> str:
    """A record as one line."""
    if isinstance(record, Fault):
        return record.text
    if isinstance(record, Seen):
        line = [f"{one.name}:{one.znode}" for one in sorted(record.candidates, key=lambda one: one.znode)]
        entries = [f"{one.registry[0]}:{one.name}({one.path[-10:]}) watches {one.watching}" for one in record.entries]
        claim = f"{record.claim.znode} {record.claim.czxid}" if record.claim else None
        return f"seen: line {line}, claim {claim}, entries {entries}"
    told = record.__class__.__name__
    if isinstance(record, Attempt) and record.count is None:
        told = "LateAttempt"
    facts = {name: getattr(record, name) for name in record.__struct_fields__ if name != "at_s"}
    return f"{told}: " + ", ".join(f"{name}={value}" for name, value in facts.items())
