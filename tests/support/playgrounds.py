"""A whole playground as a test's own: `python -m playground up` on free ports, its words, its addresses.

Everything runs in the test's thread; the playground is another process.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from succession.testing.ports import free_port_range, free_ports
from succession.testing.waiting import eventually, scaled
from tests.support.live_cluster import LiveCluster

ROOT = Path(__file__).resolve().parent.parent.parent


def is_there(process: psutil.Process) -> bool:
    """Whether it runs; one that only waits for its parent to notice its end does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Playground(LiveCluster):
    """A playground that was started with `up`."""

    folder: Path
    first_node_port: int
    dashboard_port: int
    zookeeper_port: int
    nodes: int = 4
    servers: int = 1
    environ: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def dashboard(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.dashboard_port}"

    @property
    def output(self) -> Path:
        """What `up` printed."""
        return self.folder.with_name(self.folder.name + ".out")

    @property
    def names(self) -> list[str]:
        return [f"node{number}" for number in range(1, self.nodes + 1)]

    @property
    def zookeeper_hosts(self) -> str:
        return ",".join(f"127.0.0.1:{self.zookeeper_port + one}" for one in range(self.servers))

    @property
    def logs(self) -> list[Path]:
        servers = [f"zookeeper{number}" for number in range(1, self.servers + 1)]
        return [self.output, *(self.folder / "logs" / f"{name}.log" for name in [*servers, *self.names, "dashboard"])]

    def address(self, name: str) -> str:
        """A node's address."""
        return f"http://127.0.0.1:{self.first_node_port + self.names.index(name)}"

    def start(self) -> None:
        """`up`, without waiting."""
        options = {
            "--nodes": self.nodes,
            "--servers": self.servers,
            "--port": self.dashboard_port,
            "--node-port": self.first_node_port,
            "--zookeeper-port": self.zookeeper_port,
            "--data-dir": self.folder,
        }
        arguments = [str(part) for option in options.items() for part in option]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "playground", "up", *arguments],
                cwd=ROOT,
                env={**os.environ, "SESSION_TIMEOUT_S": "1", **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Until `up` has said that the page answers and all nodes are in line."""

        def is_ready() -> bool:
            if self.exit_status() is not None:
                printed = self.output.read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"up ended with {self.exit_status()}: {printed[-2000:]}")
            lines = self.output.read_text(encoding="utf-8", errors="replace").splitlines()
            return f"dashboard: {self.dashboard}" in lines

        eventually(is_ready, within_s=60)

    def exit_status(self) -> int | None:
        """The exit status of `up`, or None while it runs."""
        assert self.process is not None, "this playground was not started"
        return self.process.poll()

    def word(self, word: str, name: str | None = None, timeout_s: float = 30.0) -> "subprocess.CompletedProcess[str]":
        """Run one of the playground's words, and return what it did."""
        return subprocess.run(
            [sys.executable, "-m", "playground", word, *([name] if name else []), "--data-dir", str(self.folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=scaled(timeout_s),
            check=False,
        )

    def do(self, word: str, name: str) -> None:
        """Run a word that must succeed."""
        done = self.word(word, name)
        assert done.returncode == 0, f"{word} {name}: {done.stdout}{done.stderr}"

    def states(self) -> dict[str, str]:
        """Each process's state, as `status` prints it: running, stopped, exited or frozen."""
        return {line.split()[0]: line.split()[1] for line in self.word("status").stdout.splitlines()}

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Tell `up` to end and wait for it; whatever is left after that is killed by `down`."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(scaled(10))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.word("down")


def new_playground(folder: Path, nodes: int = 4, servers: int = 1, **environ: str) -> Playground:
    """A playground on free ports, not started."""
    return Playground(
        folder=folder,
        first_node_port=free_port_range(nodes),
        dashboard_port=free_ports(1)[0],
        zookeeper_port=free_port_range(servers),
        nodes=nodes,
        servers=servers,
        environ=environ,
    )


@contextmanager
def running_playground(folder: Path, nodes: int = 4, servers: int = 1, **environ: str) -> Iterator[Playground]:
    """A playground that is ready; gone at the end."""
    playground = new_playground(folder, nodes, servers, **environ)
    playground.start()
    try:
        playground.wait_until_ready()
        yield playground
    finally:
        playground.stop()
