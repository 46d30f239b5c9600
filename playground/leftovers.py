"""Processes that this one did not start: `up` itself, and what a crashed one left behind.

Runs in the thread of `down` and `status`; each process is checked by its creation time before it is signalled.
"""

import contextlib
import os
import signal
import time

from playground.data_folder import Recorded, Written
from playground.processes import STOP_GRACE_S, Standing, is_frozen, signal_group

_EVERY_S = 0.02


def standings(written: Written) -> list[str]:
    """A line of `status` for each process that was started; how one ended is not known any more."""
    return [
        str(
            Standing(one.name, "frozen" if is_frozen(one.pid) else "running", one.port, one.pid)
            if one.is_there()
            else Standing(one.name, "exited", one.port)
        )
        for one in written.processes
    ]


def ask_to_end(process: Recorded) -> None:
    """SIGTERM, and SIGCONT so that a frozen one hears it."""
    for number in (signal.SIGTERM, signal.SIGCONT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def kill(process: Recorded) -> None:
    """SIGKILL; its children stay."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)


def end(written: Written) -> None:
    """End what is left, with its groups: nodes and dashboard, then ZooKeeper."""
    servers = [one for one in written.processes if one.name.startswith("zookeeper")]
    others = [one for one in written.processes if not one.name.startswith("zookeeper")]
    for server in servers:
        if server.is_there():
            signal_group(server.pid, signal.SIGCONT)
    for processes in (others, servers):
        left = [one for one in processes if one.is_there()]
        for one in left:
            os.kill(one.pid, signal.SIGTERM)
            signal_group(one.pid, signal.SIGCONT)
        deadline = time.monotonic() + STOP_GRACE_S
        while any(one.is_there() for one in left) and time.monotonic() < deadline:
            time.sleep(_EVERY_S)
        for one in left:
            signal_group(one.pid, signal.SIGKILL)
