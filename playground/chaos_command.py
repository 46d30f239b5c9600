"""What `python -m playground chaos` shows: how far it is, and what the judge says.

Runs in the main thread. A folder of its own is gone afterwards, unless there is something in it to look at.
"""

import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from playground.chaos import Chaos, Verdict, tail

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_SHOWN_VIOLATIONS = 20


PASSED, VIOLATED, NOT_JUDGED = 0, 1, 3


def run(seconds: float, seed: int, session_timeout_s: float) -> int:
    """Run chaos and say what came of it; the exit status. Raises PlaygroundError when it cannot run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as an exception, so that nothing is left running
    folder = Path(tempfile.mkdtemp(prefix="succession-chaos-"))
    logging.basicConfig(filename=folder / "chaos.log", level=logging.INFO, format="%(asctime)s %(message)s")
    with click.progressbar(length=round(seconds * 10), label=f"chaos with seed {seed}") as bar:
        verdict = Chaos(folder, seconds, seed, session_timeout_s, lambda passed_s: _show(bar, passed_s)).run()
    if verdict.violations:
        _show_violations(verdict, folder)
        return VIOLATED
    if verdict.lost is not None:
        click.echo(
            f"not judged to its end: ZooKeeper itself lost writes that it had acknowledged, which is known of its 3.8 "
            f"(ZOOKEEPER-4643): {verdict.lost.text}. Until then nothing was wrong: {verdict}. The logs are in {folder}",
            err=True,
        )
        return NOT_JUDGED
    click.echo(f"passed: {verdict}")
    shutil.rmtree(folder)
    return PASSED


def _show(bar: "ProgressBar[int]", passed_s: float) -> None:
    bar.update(min(round(passed_s * 10), bar.length or 0) - bar.pos)


def _show_violations(verdict: Verdict, folder: Path) -> None:
    for violation in verdict.violations[:_SHOWN_VIOLATIONS]:
        click.echo(f"judgement {violation.judgement}: {violation.text}", err=True)
    click.echo(f"\n{len(verdict.violations)} violations; {verdict}; from 2 s before the first:", err=True)
    for line in verdict.before_the_first():
        click.echo(line, err=True)
    for log in sorted(folder.glob("*.log")):
        click.echo(f"\n--- the end of {log}\n{tail(log)}", err=True)
    click.echo(f"seed {verdict.seed}; the whole history and the logs are in {folder}", err=True)
