"""A minute of chaos, judged (issue 3)."""

import re
import subprocess
import sys
from pathlib import Path

from succession.testing.waiting import scaled

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_minute_of_faults_leaves_nothing_for_the_judge() -> None:
    command = [sys.executable, "-m", "playground", "chaos", "--seconds", "60", "--seed", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=scaled(180))

    assert 0 == done.returncode, done.stdout[-1000:] + done.stderr[-20000:]
    counts = re.search(r"passed: (\d+) faults, (\d+) failovers, (\d+) commits, (\d+) refusals", done.stdout)
    assert counts is not None, done.stdout
    faults, failovers, commits, refusals = map(int, counts.groups())
    assert faults > 20
    assert failovers > 3
    assert commits > 50
    assert refusals > 0
