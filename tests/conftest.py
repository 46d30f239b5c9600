"""Fixtures for all tests: a real ZooKeeper, a chroot a test, whole playgrounds.

On a failure the tails of the servers' logs are shown: a fixture registers its logs with `LOGS.following`.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from kazoo.client import KazooClient

from succession.testing.servers import ZooKeeperServer, running_server
from tests.support.logs import LOGS
from tests.support.members import Cluster, running_cluster
from tests.support.playgrounds import Playground, running_playground

pytest_plugins = ["tests.support.chromium"]

_chroots = itertools.count(1)


@pytest.fixture(scope="session")
def zookeeper_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZooKeeperServer]:
    """One real server for the whole run. Tests that stop or freeze a server use `own_zookeeper`."""
    with running_server(tmp_path_factory.mktemp("zookeeper")) as server, LOGS.following(server.log):
        yield server


@pytest.fixture
def own_zookeeper(tmp_path: Path) -> Iterator[ZooKeeperServer]:
    """A real server of the test's own, which it may stop, kill, freeze and start again."""
    with running_server(tmp_path) as server, LOGS.following(server.log):
        yield server


@pytest.fixture(scope="session")
def zookeeper(zookeeper_server: ZooKeeperServer) -> str:
    """The shared server's `host:port`."""
    return zookeeper_server.hosts


@pytest.fixture
def chroot(zookeeper: str) -> str:
    """A fresh `host:port/test_…`, whose znode is there."""
    path = f"/test_{os.getpid()}_{next(_chroots)}"
    client = KazooClient(hosts=zookeeper)
    client.start(timeout=15)
    try:
        client.create(path, b"")
    finally:
        client.stop()
        client.close()
    return zookeeper + path


@pytest.fixture
def client(chroot: str) -> Iterator[KazooClient]:
    """A plain client in the chroot, which looks at znodes and meddles with them."""
    client = KazooClient(chroot)
    client.start(timeout=30)
    yield client
    client.stop()
    client.close()


@pytest.fixture
def cluster(chroot: str) -> Iterator[Cluster]:
    """Members of an election in this process, as many as the test adds."""
    with running_cluster(chroot) as running:
        yield running


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    """A whole playground of the test's own, ready: four nodes and a dashboard on free ports."""
    with running_playground(tmp_path / "playground") as running, LOGS.following(*running.logs):
        yield running


@pytest.fixture(scope="module")
def module_playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground that a module's tests share: each leaves four nodes in line behind."""
    with running_playground(tmp_path_factory.mktemp("playground")) as running, LOGS.following(*running.logs):
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Iterator[None]:
    report = yield
    if report.failed:  # type: ignore[attr-defined]
        report.sections += LOGS.sections()  # type: ignore[attr-defined]
    return report
