"""What a playground consists of: its options, and the programs with their ports and settings.

Pure but for the configuration of the ZooKeeper servers, which it writes below the data folder.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.commands import make_command
from playground.data_folder import PlaygroundError
from playground.processes import Program
from succession.testing import zookeeper

# From 2181 these lead to 2888 and 3888, where ZooKeeper's servers have always talked to each other.
_TO_QUORUM_PORT = 707
_TO_ELECTION_PORT = 1707


@dataclass(frozen=True)
class Options:
    """What `up` was asked for."""

    nodes: int
    servers: int
    port: int
    node_port: int
    zookeeper_port: int
    data_dir: Path
    open_page: bool

    @property
    def dashboard(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def node_names(self) -> tuple[str, ...]:
        """What the nodes are called: node1 and so on."""
        return tuple(f"node{number}" for number in range(1, self.nodes + 1))


def servers_of(options: Options, folder: Path) -> list[zookeeper.Server]:
    """The ensemble that was asked for, in folders of its own below `folder`."""
    return [
        zookeeper.Server(
            number=number + 1,
            client_port=options.zookeeper_port + number,
            quorum_port=options.zookeeper_port + _TO_QUORUM_PORT + number,
            election_port=options.zookeeper_port + _TO_ELECTION_PORT + number,
            folder=folder / f"zookeeper{number + 1}",
        )
        for number in range(options.servers)
    ]


def ports_of(options: Options, servers: list[zookeeper.Server]) -> list[tuple[int, str, str]]:
    """Every port that will be listened on, for whom, and the option that moves it."""
    ports = [(server.client_port, server.name, "--zookeeper-port") for server in servers]
    if len(servers) > 1:
        for server in servers:
            ports.append((server.quorum_port, server.name, "--zookeeper-port"))
            ports.append((server.election_port, server.name, "--zookeeper-port"))
    ports += [(options.node_port + number, name, "--node-port") for number, name in enumerate(options.node_names)]
    return [*ports, (options.port, "dashboard", "--port")]


def programs_of(
    options: Options, servers: list[zookeeper.Server], logs: Path, environ: Mapping[str, str]
) -> list[Program]:
    """ZooKeeper's servers, the dashboard, the nodes: in the order in which they start."""
    try:
        installation = zookeeper.find(environ)
    except zookeeper.NoZooKeeper as error:
        raise PlaygroundError(str(error)) from error
    hosts = ",".join(f"127.0.0.1:{server.client_port}" for server in servers)
    ours = {**environ, "ZOOKEEPER_HOSTS": hosts, "PYTHONUNBUFFERED": "1"}
    programs = []
    for server in servers:
        zookeeper.configure(server, servers)
        command = tuple(zookeeper.command(installation, server))
        programs.append(Program(server.name, server.client_port, command, environ, logs / f"{server.name}.log"))
    hint = environ.get("DASHBOARD_START_HINT", make_command("start", options.data_dir, "{name}"))
    page = {**ours, "DASHBOARD_PORT": str(options.port), "DASHBOARD_START_HINT": hint}
    programs.append(_python_program("dashboard", "dashboard", options.port, page, logs))
    for number, name in enumerate(options.node_names):
        port = options.node_port + number
        node = {**ours, "NODE_NAME": name, "NODE_PORT": str(port)}
        programs.append(_python_program(name, "cluster_node", port, node, logs))
    return programs


def _python_program(name: str, module: str, port: int, environ: Mapping[str, str], logs: Path) -> Program:
    return Program(name, port, (sys.executable, "-m", module), environ, logs / f"{name}.log")
