"""ZooKeeper's own servers as the dashboard sees them: three that form an ensemble, of which one stops."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from succession.testing.ports import free_ports
from succession.testing.servers import ZooKeeperServer, running_ensemble
from succession.testing.waiting import eventually
from tests.support.dashboards import Dashboard, running_dashboard
from tests.support.logs import LOGS
from tests.support.programs import running_program


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[ZooKeeperServer]]:
    with running_ensemble(tmp_path, 3) as running, LOGS.following(*(one.log for one in running)):
        yield running


def shown(dashboard: Dashboard) -> dict[str, dict[str, Any]]:
    ensemble = dashboard.view()["ensemble"]
    return {} if ensemble is None else {one["host"]: one for one in ensemble["servers"]}


def states(dashboard: Dashboard) -> list[str]:
    return [one["state"] for one in shown(dashboard).values()]


def test_the_ensembles_leader_that_stops_is_shown_down_and_changes_nothing_in_the_line(
    servers: list[ZooKeeperServer], tmp_path: Path
) -> None:
    hosts = ",".join(one.hosts for one in servers)
    with ExitStack() as running:
        dashboard = running.enter_context(running_dashboard(hosts, tmp_path))
        environ = {"ZOOKEEPER_HOSTS": hosts, "SESSION_TIMEOUT_S": "15", "JOB_INTERVAL_S": "0"}
        for name, port in zip(("node1", "node2"), free_ports(2), strict=True):
            settings = {**environ, "NODE_NAME": name, "NODE_PORT": str(port)}
            running.enter_context(running_program("cluster_node", tmp_path / f"{name}.log", settings))
        eventually(lambda: len(dashboard.becomes("live")["cluster"]["members"]) == 2, within_s=20)
        before = dashboard.view()["cluster"]
        eventually(lambda: sorted(states(dashboard)) == ["following", "following", "leading"])
        assert list(shown(dashboard)) == [one.hosts for one in servers]
        (leading,) = [one for one in servers if one.mode == "leader"]
        told = shown(dashboard)[leading.hosts]
        assert told["version"][0].isdigit()
        assert told["node_count"] >= 10
        assert told["zxid"] > 2**32
        assert told["connections"] >= 1
        assert told["latency_ms"]["min"] <= told["latency_ms"]["avg"] <= told["latency_ms"]["max"]

        leading.stop()
        eventually(lambda: shown(dashboard)[leading.hosts]["state"] == "down", within_s=2)
        eventually(lambda: sorted(states(dashboard)) == ["down", "following", "leading"])
        dead = shown(dashboard)[leading.hosts]
        assert (dead["latency_ms"], dead["connections"], dead["zxid"], dead["version"]) == (None, None, None, None)
        after = dashboard.becomes("live")["cluster"]
        assert (before["leader"], before["fencing_token"]) == (after["leader"], after["fencing_token"])
        assert [row["znode"] for row in before["members"]] == [row["znode"] for row in after["members"]]

        leading.start()
        eventually(lambda: sorted(states(dashboard)) == ["following", "following", "leading"])


def test_a_frozen_server_is_down_and_the_others_are_asked_each_second(
    servers: list[ZooKeeperServer], tmp_path: Path
) -> None:
    with running_dashboard(",".join(one.hosts for one in servers), tmp_path) as dashboard:
        eventually(lambda: len(shown(dashboard)) == 3)
        (frozen, *others) = [one for one in servers if one.mode == "follower"] + [
            one for one in servers if one.mode == "leader"
        ]
        frozen.freeze()
        eventually(lambda: shown(dashboard)[frozen.hosts]["state"] == "down", within_s=2)
        at = shown(dashboard)[others[0].hosts]["asked_at"]
        eventually(lambda: shown(dashboard)[others[0].hosts]["asked_at"] >= at + 2.5, within_s=4)
        frozen.thaw()
        eventually(lambda: "down" not in states(dashboard), within_s=5)


def test_a_server_without_a_quorum_is_not_serving(servers: list[ZooKeeperServer], tmp_path: Path) -> None:
    with running_dashboard(",".join(one.hosts for one in servers), tmp_path) as dashboard:
        eventually(lambda: len(shown(dashboard)) == 3)
        for one in servers[:2]:
            one.stop()
        eventually(lambda: states(dashboard) == ["down", "down", "not_serving"])


def test_a_server_alone_is_shown_as_one(zookeeper: str, chroot: str, tmp_path: Path) -> None:
    with running_dashboard(chroot, tmp_path) as dashboard:
        eventually(lambda: states(dashboard) == ["alone"])
        assert list(shown(dashboard)) == [zookeeper]
