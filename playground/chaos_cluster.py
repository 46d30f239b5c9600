"""ChaosCluster: three ZooKeeper servers and the members under chaos, as processes, with a proxy for each pair of them.

Runs in the caller's thread. It records nothing and knows no fault's duration: each method does one thing, at once.
"""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from playground.commands import ROOT
from playground.data_folder import PlaygroundError
from playground.processes import OwnedProcess, Program
from succession.testing import Proxy, zookeeper
from succession.testing.ports import free_ports
from succession.testing.relay import Relays

SERVERS = 3
_SERVING_WAIT_S = 60.0


class ChaosCluster:
    """All processes of one run, below a folder of their own."""

    def __init__(self, folder: Path, nodes: tuple[str, ...], session_timeout_s: float) -> None:
        self.folder = folder
        self.nodes = nodes
        try:
            installation = zookeeper.find(os.environ)
        except zookeeper.NoZooKeeper as error:
            raise PlaygroundError(str(error)) from error
        ports = iter(free_ports(3 * SERVERS))
        self._servers = [
            zookeeper.Server(number, next(ports), next(ports), next(ports), folder / f"zookeeper{number}")
            for number in range(1, SERVERS + 1)
        ]
        self.relays = Relays(self._servers)
        self.processes: dict[str, OwnedProcess] = {}
        for server in self._servers:
            zookeeper.configure(server, self.relays.ensemble_of(server))
            command = tuple(zookeeper.command(installation, server))
            self._add(Program(server.name, server.client_port, command, os.environ, folder / f"{server.name}.log"))
        self.proxies = {node: [Proxy(f"127.0.0.1:{one.client_port}") for one in self._servers] for node in nodes}
        for node in nodes:
            hosts = ",".join(proxy.hosts for proxy in self.proxies[node])
            member = (sys.executable, "-m", "playground.chaos_member", hosts, node, str(session_timeout_s))
            command = (*member, str(self.history_of(node)))
            self._add(Program(node, 0, command, os.environ, folder / f"{node}.log"))

    def _add(self, program: Program) -> None:
        self.processes[program.name] = OwnedProcess(program, ROOT)

    @property
    def hosts(self) -> str:
        """The servers themselves, past all proxies: for the watcher, whom nothing is done to."""
        return ",".join(f"127.0.0.1:{server.client_port}" for server in self._servers)

    @property
    def server_names(self) -> tuple[str, ...]:
        return tuple(server.name for server in self._servers)

    @property
    def logs(self) -> list[Path]:
        return [process.program.log for process in self.processes.values()]

    def history_of(self, node: str) -> Path:
        """Where a node's processes write what they do, one after the other."""
        return self.folder / f"{node}.jsonl"

    def start(self) -> None:
        """Start everything, servers first. Raises PlaygroundError when they do not serve."""
        for name in self.server_names:
            self.processes[name].start()
        self.wait_until_serving()
        for node in self.nodes:
            self.processes[node].start()

    def wait_until_serving(self) -> None:
        """Wait for all servers. Raises PlaygroundError when that takes too long."""
        deadline_s = time.monotonic() + _SERVING_WAIT_S
        while not self.are_serving():
            if time.monotonic() > deadline_s:
                raise PlaygroundError(f"ZooKeeper does not serve: see {self.folder}")
            time.sleep(0.05)

    def are_serving(self) -> bool:
        """Whether all servers belong to the quorum."""
        return all(zookeeper.is_serving(server.client_port) for server in self._servers)

    def stop(self) -> None:
        """Kill everything and close every proxy."""
        for process in self.processes.values():
            process.kill()
        for proxy in self.all_proxies():
            proxy.close()
        self.relays.close()

    def all_proxies(self) -> Iterator[Proxy]:
        for proxies in self.proxies.values():
            yield from proxies
