"""One of our two programs as a test's own process: `python -m cluster_node` or `python -m dashboard`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from succession.testing.waiting import scaled
from tests.support.playgrounds import ROOT


@dataclass
class Program:
    """A running program and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """All that it logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def end_of(module: str, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a program that is to end by itself, and return what it said."""
    return subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=scaled(20),
        check=False,
    )


@contextmanager
def running_program(module: str, log: Path, environ: dict[str, str]) -> Iterator[Program]:
    """Start a program; its whole group is gone at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Program(process, log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
