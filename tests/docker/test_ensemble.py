"""The cluster on three ZooKeeper servers: losing any one changes nothing, losing two is said, and ends well.

The tests of this module share one cluster, and each leaves all its servers running.
"""

import os
from collections.abc import Iterator

import pytest

from succession.testing.waiting import eventually
from tests.support.engine import Containers, docker, running_containers

SERVERS = ("zookeeper", "zookeeper2", "zookeeper3")


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    folder = tmp_path_factory.mktemp("ensemble")
    files = ("docker-compose.yml", "docker-compose.ensemble.yml")
    with running_containers(folder, f"succession-ensemble-{os.getpid()}", files) as running:
        yield running


def mode(containers: Containers, server: str) -> str:
    """What a server says that it is: leader or follower; empty while it does not serve."""
    try:
        said = docker("exec", containers.container(server), "sh", "-c", "echo srvr | nc -w 2 127.0.0.1 2181")
    except AssertionError:  # it does not run
        return ""
    return next((line.removeprefix("Mode: ") for line in said.splitlines() if line.startswith("Mode: ")), "")


def serving(containers: Containers) -> list[str]:
    return [server for server in SERVERS if mode(containers, server)]


@pytest.mark.parametrize("role", ["follower", "leader"])
def test_losing_any_one_server_changes_nothing_for_the_cluster(ensemble: Containers, role: str) -> None:
    leader = ensemble.wait_until_at_rest()
    before = ensemble.view()["cluster"]
    lost = next(server for server in SERVERS if mode(ensemble, server) == role)
    ensemble.do("kill", lost)
    eventually(lambda: len([server for server in serving(ensemble) if server != lost]) == 2, within_s=30)
    assert ensemble.wait_until_at_rest() == leader
    after = ensemble.view()["cluster"]
    assert (before["fencing_token"], before["term"]) == (after["fencing_token"], after["term"])
    assert [member["znode"] for member in before["members"]] == [member["znode"] for member in after["members"]]
    ensemble.do("start", lost)
    eventually(lambda: len(serving(ensemble)) == len(SERVERS), within_s=30)


def test_losing_two_servers_is_said_by_everyone_and_ends_in_one_line(ensemble: Containers) -> None:
    ensemble.wait_until_at_rest()
    for server in SERVERS[:2]:
        ensemble.do("stop", server)
    eventually(lambda: ensemble.view()["state"] == "zookeeper_unreachable")
    eventually(lambda: ensemble.leaders() == [])
    for server in SERVERS[:2]:
        ensemble.do("start", server)
    ensemble.wait_until_at_rest(within_s=60)
