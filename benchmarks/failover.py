"""For how long nobody leads (`make bench`): ours beside its peers, in one run, on one ZooKeeper; a table and a picture.

`python -m benchmarks.failover [--quick]`. Each figure is the time from a kill, or a word to leave, to the moment at
which the next one says that it leads. Only ratios within one run mean anything: the machine is named with them.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import page, picture
from benchmarks.contenders import CONTENDERS, Contender, LeftOut, Ours, Seed
from benchmarks.machine import machine, say
from benchmarks.rows import Row
from succession.testing import ZooKeeperServer, running_server

RESULTS = Path(__file__).with_name("failover.json")
PICTURE = Path(__file__).with_name("failover.svg")
KILLED = "process killed"
PLAIN_S = 1.0


def main() -> None:
    words = argparse.ArgumentParser(description="How long nobody leads: ours beside its peers.")
    words.add_argument("--quick", action="store_true", help="three failovers each, at 1 s alone, and nothing written")
    quick = words.parse_args().quick
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        for timeout_s, count in ((PLAIN_S, 3),) if quick else ((PLAIN_S, 20), (10.0, 5)):
            for contender in CONTENDERS:
                if timeout_s == PLAIN_S or not issubclass(contender, Seed):  # whose session timeout is 1 s
                    rows += measured(contender, server, timeout_s, count, quick=quick)
    painted = page.measured(5 if quick else 20)
    for line in (*ratios(rows), *painted.lines(), *machine().values()):
        say(line)
    if not quick:
        results = {**machine(), "rows": [asdict(row) for row in rows], "page": asdict(painted)}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        PICTURE.write_text(picture.drawn(rows, machine()), encoding="utf-8")
        say(f"written: {RESULTS.name} and {PICTURE.name}")


def measured(kind: type[Contender], server: ZooKeeperServer, timeout_s: float, count: int, *, quick: bool) -> list[Row]:
    """This contender in each discipline that it takes part in."""
    contender = kind(server.hosts, timeout_s)
    rows = []
    try:
        contender.grow(3)
        contender.when_next_leads(0.0)  # the first one, whom nobody went before
        rows.append(row(KILLED, contender, count, contender.kill_leader))
        if timeout_s == PLAIN_S:
            fewer = count if quick else count // 2
            rows.append(row("clean leave", contender, fewer, contender.leave))
            if isinstance(contender, Ours):
                rows.append(row("machine gone", contender, fewer, contender.kill_leaders_group))
    except LeftOut as reason:
        say(f"left out: {kind.name}: {reason}")
    finally:
        contender.end()
    return rows


def row(discipline: str, contender: Contender, count: int, end_leader: Callable[[], float]) -> Row:
    """So many failovers, one after the other, each from a line of three at rest."""
    samples = []
    for _ in range(count):
        contender.grow(3)
        time.sleep(max(contender.timeout_s / 3, 0.5) + random.random())  # at rest, and in step with nothing
        at = end_leader()
        samples.append((contender.when_next_leads(at) - at) * 1000)
    made = Row(discipline, contender.name, contender.timeout_s, tuple(samples))
    say(made.as_line())
    return made


def ratios(rows: Sequence[Row]) -> Iterator[str]:
    """How many times faster ours is than each other, where a process was killed."""
    for timeout_s in sorted({row.timeout_s for row in rows}):
        of_these = [row for row in rows if (row.discipline, row.timeout_s) == (KILLED, timeout_s)]
        killed = {row.contender: row.median_ms for row in of_these}
        for contender, median_ms in killed.items():
            if contender != Ours.name:
                yield f"{KILLED}, {timeout_s:g} s: {median_ms / killed[Ours.name]:.0f} times faster than {contender}"


if __name__ == "__main__":
    main()
