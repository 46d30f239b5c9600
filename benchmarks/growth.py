"""What it costs to grow (`make bench`): candidates, viewers and rows, each up to a thousand, in one run; with pictures.

`python -m benchmarks.growth [--quick]`. What is measured is told in candidates.py, viewers.py, table.py and whole.py.
"""

import argparse
import json
import logging
from dataclasses import asdict
from pathlib import Path

from benchmarks import candidates, drawing, table, viewers, whole
from benchmarks.machine import machine, say

_FOLDER = Path(__file__).parent
_PARTS = (
    ("candidates", "What candidates cost", candidates.measured),
    ("viewers", "What viewers cost", viewers.measured),
    ("rows", "What rows cost in the browser", table.measured),
    ("whole", "A thousand members and ten viewers, one of them a Chromium", whole.measured),
)


def main() -> None:
    words = argparse.ArgumentParser(description="What a thousand candidates, viewers and rows cost.")
    words.add_argument("--quick", action="store_true", help="the smaller sizes alone, and nothing written")
    quick = words.parse_args().quick
    logging.getLogger("kazoo").setLevel(logging.CRITICAL)  # ZooKeeper goes away on purpose
    results: dict[str, object] = dict(machine())
    for name, title, measured in _PARTS:
        curves = measured(quick=quick)
        for line in (line for curve in curves for line in curve.lines()):
            say(line)
        results[name] = [asdict(curve) for curve in curves]
        if not quick and any(len(curve.points) > 1 for curve in curves):
            picture = drawing.drawn(title, curves, machine())
            (_FOLDER / f"growth_{name}.svg").write_text(picture, encoding="utf-8")
    if not quick:
        (_FOLDER / "growth.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        say("written: growth.json and its pictures")
    for line in machine().values():
        say(line)


if __name__ == "__main__":
    main()
