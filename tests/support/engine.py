"""A Docker engine, and a cluster that `docker compose` runs on it, as a test's own: a project name and free ports.

Runs in the test's own thread; the containers are the engine's.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from succession.testing.ports import free_ports
from succession.testing.waiting import eventually, scaled
from tests.support.live_cluster import LiveCluster, ask
from tests.support.logs import LOGS
from tests.support.playgrounds import ROOT


class NoEngine(Exception):
    """No Docker engine answers, or it has no Compose; the text says which."""


def docker(*words: str, timeout_s: float = 120.0, environ: Mapping[str, str] | None = None) -> str:
    """What `docker …` printed. Raises AssertionError with its errors when it fails."""
    done = subprocess.run(
        [shutil.which("docker") or "docker", *words],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(timeout_s),
    )
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def look_for_engine() -> None:
    """Raise NoEngine unless an engine with Compose answers."""
    try:
        docker("version", timeout_s=20)
        docker("compose", "version", timeout_s=20)
    except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
        raise NoEngine(str(error)) from error


class Containers(LiveCluster):
    """A cluster of containers, one a service, that `docker compose` made of these files and an override of ours."""

    def __init__(self, folder: Path, project: str, files: Sequence[str] = ("docker-compose.yml",)) -> None:
        self._names = [f"node{number}" for number in range(1, 5)]
        page, *nodes = free_ports(1 + len(self._names))
        self._page_port = page
        self._ports = dict(zip(self._names, nodes, strict=True))
        self._override = folder / "override.yml"
        self._files = [*files, str(self._override)]
        self._write_override()
        self.project = project

    def _write_override(self) -> None:
        """Free ports in place of the usual ones, and the nodes that came to the first four."""
        services: dict[str, Any] = {}
        for name, port in self._ports.items():
            inner = 8080 + int(name.removeprefix("node"))
            services[name] = {"ports": [f"127.0.0.1:{port}:{inner}"]}
            if inner > 8084:
                services[name] |= {
                    "extends": {"file": str(ROOT / "docker-compose.yml"), "service": "node4"},
                    "hostname": name,
                    "environment": {"NODE_PORT": str(inner)},
                }
        lines = json.dumps({"services": services}, indent=1).replace('"ports": [', '"ports": !override [')
        self._override.write_text(lines, encoding="utf-8")

    @property
    def dashboard(self) -> str:
        return f"http://127.0.0.1:{self._page_port}"

    @property
    def names(self) -> list[str]:
        return self._names

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self._ports[name]}"

    @property
    def network(self) -> str:
        return f"{self.project}_default"

    def compose(self, *words: str, timeout_s: float = 300.0) -> str:
        """`docker compose …` on this project."""
        files = [part for file in self._files for part in ("-f", file)]
        environ = {"DASHBOARD_PORT": str(self._page_port)}
        return docker("compose", "-p", self.project, *files, *words, timeout_s=timeout_s, environ=environ)

    def grow(self, count: int) -> None:
        """Have `count` nodes."""
        new = [f"node{number}" for number in range(len(self._names) + 1, count + 1)]
        self._ports |= dict(zip(new, free_ports(len(new)), strict=True))
        self._names = [*self._names, *new]
        self._write_override()
        self.compose("up", "--wait", "--detach", "--no-recreate")

    def container(self, service: str) -> str:
        return f"{self.project}-{service}-1"

    def do(self, word: str, service: str, *options: str) -> None:
        """`docker WORD` on a service's container, as Docker Desktop's buttons do."""
        docker(word, *options, self.container(service))

    def disconnect(self, service: str) -> None:
        docker("network", "disconnect", self.network, self.container(service))

    def connect(self, service: str) -> None:
        """Back to the network, under the name that others know."""
        docker("network", "connect", "--alias", service, self.network, self.container(service))

    def inspect(self, service: str) -> Any:
        """What the engine knows of a service's container."""
        return json.loads(docker("inspect", self.container(service)))[0]

    def exit_code(self, service: str) -> int:
        """The exit code of a container that has exited, or is about to."""
        state = eventually(lambda: self._exited(service), within_s=15)
        return int(state["ExitCode"])

    def _exited(self, service: str) -> Any:
        state = self.inspect(service)["State"]
        return state if state["Status"] == "exited" else None

    def health(self, service: str) -> str:
        return str(self.inspect(service)["State"]["Health"]["Status"])

    @contextmanager
    def following(self, log: Path) -> Iterator[None]:
        """Have all that the containers say written to a file."""
        with log.open("wb") as file:
            words = ["docker", "compose", "-p", self.project, "logs", "--no-color", "--follow"]
            follower = subprocess.Popen(words, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        try:
            yield
        finally:
            follower.kill()
            follower.wait()

    def logs(self) -> str:
        return self.compose("logs", "--no-color")

    def services(self) -> list[str]:
        """All services of the project that have a container, running or not."""
        return self.compose("ps", "--all", "--format", "{{.Service}}").split()


@contextmanager
def running_containers(
    folder: Path, project: str, files: Sequence[str] = ("docker-compose.yml",)
) -> Iterator[Containers]:
    """A cluster that `docker compose up --build --wait` has brought up; gone at the end."""
    containers = Containers(folder, project, files)
    log = folder / "containers.log"
    try:
        containers.compose("up", "--build", "--wait", "--detach", timeout_s=600)
        with containers.following(log), LOGS.following(log):
            containers.wait_until_at_rest()
            yield containers
    finally:
        containers.compose("down", "--volumes", "--timeout", "2")


class Stack:
    """The cluster as a Swarm stack: what its dashboard shows, since its nodes publish no port."""

    def __init__(self, name: str, nodes: int) -> None:
        self.name = name
        self._page_port = free_ports(1)[0]
        self._nodes = nodes

    @property
    def dashboard(self) -> str:
        return f"http://127.0.0.1:{self._page_port}"

    @property
    def node_service(self) -> str:
        return f"{self.name}_node"

    def deploy(self, nodes: int) -> None:
        """`docker stack deploy` with this many nodes, of the images that this machine has."""
        self._nodes = nodes
        environ = {"DASHBOARD_PORT": str(self._page_port), "NODES": str(nodes)}
        docker("stack", "deploy", "--resolve-image", "never", "-c", "docker-stack.yml", self.name, environ=environ)

    def view(self) -> Any:
        return ask(f"{self.dashboard}/api/view").json()

    def wait_until_at_rest(self, within_s: float = 90.0) -> list[str]:
        """Until all nodes are in one line that each agrees with; their names in order."""

        def line() -> list[str]:
            view = self.view()
            members = view["cluster"]["members"] if view["cluster"] else []
            assert view["state"] == "live"
            assert len(members) == self._nodes
            assert all(member["in_sync"] for member in members)
            return [member["name"] for member in members]

        return eventually(line, within_s)

    def remove(self) -> None:
        """The stack, and what it has stored, once its tasks are gone."""
        docker("stack", "rm", self.name)
        label = f"label=com.docker.stack.namespace={self.name}"
        eventually(lambda: not docker("ps", "--quiet", "--all", "--filter", label), within_s=60)
        volumes = docker("volume", "ls", "--quiet", "--filter", label).split()
        docker("volume", "rm", *volumes)
        eventually(lambda: not docker("network", "ls", "--quiet", "--filter", label), within_s=60)


@contextmanager
def running_stack(name: str, nodes: int) -> Iterator[Stack]:
    """A stack on this machine, which is made a swarm of one for as long, unless it is a manager of one already."""
    state = docker("info", "--format", "{{.Swarm.LocalNodeState}}").strip()
    if state != "active":
        docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    stack = Stack(name, nodes)
    try:
        for program in ("node", "dashboard"):
            docker("build", "--target", program, "--tag", f"succession-{program}", ".", timeout_s=600)
        stack.deploy(nodes)
        try:
            stack.wait_until_at_rest()
            yield stack
        finally:
            stack.remove()
    finally:
        if state != "active":
            docker("swarm", "leave", "--force")
