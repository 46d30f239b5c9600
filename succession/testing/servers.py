"""A real ZooKeeper server, or an ensemble of them, as a test's own: start, stop, kill, freeze, thaw.

Runs in the test's own thread; each server is a process.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from succession.testing import zookeeper
from succession.testing.ports import free_ports
from succession.testing.relay import Relays
from succession.testing.waiting import eventually


class ZooKeeperServer:
    """One server process. Raises NoZooKeeper where this machine has none; its text says how to get it."""

    def __init__(self, server: zookeeper.Server, relays: Relays) -> None:
        self.server = server
        self._relays = relays  # between it and the others of its ensemble
        self.log = server.folder / "log"
        self._command = zookeeper.command(zookeeper.find(os.environ), server)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def hosts(self) -> str:
        """Its `host:port`."""
        return f"127.0.0.1:{self.server.client_port}"

    def start(self, wait: bool = True) -> None:
        """Start it, with what it has stored. It must not run."""
        assert self._process is None or self._process.poll() is not None, f"{self.server.name} runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        if wait:
            self.wait_until_serving()

    def wait_until_serving(self) -> None:
        eventually(lambda: zookeeper.is_serving(self.server.client_port), within_s=30)

    def stop(self) -> None:
        """SIGTERM, and wait for its end; thaws it first."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        """Forget all that the stopped server has stored."""
        shutil.rmtree(self.server.folder / "version-2")

    def start_empty(self) -> None:
        """Start the stopped server, alone in its ensemble, with nothing that it had stored: every session is over.

        Its zxid goes on above all that clients have seen, or they would be refused for two session timeouts.
        """
        stored = self.server.folder / "version-2"
        snapshots = sorted(stored.glob("snapshot.*"), key=lambda path: int(path.suffix[1:], 16))
        first = snapshots[0]  # each start takes one, and at the first there was nothing yet
        for path in (*snapshots[1:], *stored.glob("log.*")):
            path.unlink()
        first.rename(stored / f"snapshot.{int(first.suffix[1:], 16) + (1 << 32):x}")
        self.start()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def isolate(self) -> None:
        """Let nothing pass between it and its ensemble; nobody is told, and clients still reach it."""
        self._relays.isolate(self.server.number)

    def rejoin(self) -> None:
        """End `isolate`."""
        self._relays.heal(self.server.number)

    @property
    def mode(self) -> str:
        """`leader` or `follower` in its ensemble, `standalone`; empty while it does not serve."""
        lines = self.four_letter_word("srvr").splitlines()
        return next((line.removeprefix("Mode: ") for line in lines if line.startswith("Mode: ")), "")

    def four_letter_word(self, word: str) -> str:
        return zookeeper.four_letter_word(self.server.client_port, word, timeout_s=5)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, f"{self.server.name} was not started"
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._signal(number)
        self._signal(signal.SIGCONT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


@contextmanager
def running_ensemble(folder: Path, count: int) -> Iterator[list[ZooKeeperServer]]:
    """`count` servers below `folder` that form one ensemble, on free ports; all are gone at the end."""
    ports = free_ports(3 * count)
    servers = [
        zookeeper.Server(number, *ports_of_one, folder / f"zookeeper{number}")
        for number, ports_of_one in enumerate(zip(ports[::3], ports[1::3], ports[2::3], strict=True), start=1)
    ]
    relays = Relays(servers)
    for server in servers:
        zookeeper.configure(server, relays.ensemble_of(server))
    running = [ZooKeeperServer(server, relays) for server in servers]
    try:
        for one in running:
            one.start(wait=False)
        for one in running:
            one.wait_until_serving()
        yield running
    finally:
        for one in running:
            one.kill()
        relays.close()


@contextmanager
def running_server(folder: Path) -> Iterator[ZooKeeperServer]:
    """One server alone; gone at the end."""
    with running_ensemble(folder, 1) as (one,):
        yield one
