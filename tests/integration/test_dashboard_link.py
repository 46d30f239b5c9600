"""How the dashboard finds and follows the leader: whom it believes, and what it survives. A real registry."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kazoo.client import KazooClient

from succession.testing.ports import free_ports
from succession.testing.servers import ZooKeeperServer
from succession.testing.waiting import eventually, scaled
from tests.support.dashboards import Dashboard, running_dashboard
from tests.support.stand_ins import Leader, Registry, as_json, member, running_leader, running_registry, snapshot, znode

TOKEN = "token-of-a-stand-in-0123456789"


@pytest.fixture
def registry(chroot: str) -> Iterator[Registry]:
    with running_registry(chroot) as running:
        yield running


@pytest.fixture
def dashboard(chroot: str, tmp_path: Path) -> Iterator[Dashboard]:
    with running_dashboard(chroot, tmp_path) as running:
        yield running


@pytest.fixture
def leader() -> Iterator[Leader]:
    with running_leader() as running:
        yield running


def leads(registry: Registry, leader: Leader, number: int) -> tuple[str, int]:
    """Announce the leader, and have it say that it leads. Its entry's path and czxid."""
    first = member(number, leader.address, "leader")
    path, czxid = registry.announce(first, TOKEN)
    leader.say(snapshot(czxid, first))
    return path, czxid


def test_with_an_empty_registry_it_is_electing_and_with_an_entry_and_its_snapshot_live(
    registry: Registry, dashboard: Dashboard, leader: Leader
) -> None:
    assert dashboard.becomes("electing")["cluster"] is None
    _, czxid = leads(registry, leader, 1)
    view = dashboard.becomes("live")
    assert view["cluster"]["leader"] == znode(1)
    assert dashboard.events("leader_elected")[0]["fencing_token"] == czxid


def test_a_newer_entry_is_followed_at_once_and_a_late_word_of_the_old_one_changes_nothing(
    registry: Registry, dashboard: Dashboard, leader: Leader
) -> None:
    _, czxid = leads(registry, leader, 1)
    dashboard.becomes("live")
    with running_leader() as successor:
        leads(registry, successor, 2)
        eventually(lambda: dashboard.view()["cluster"]["leader"] == znode(2), within_s=2)
        for revision in range(10):
            leader.say(snapshot(czxid, member(1, leader.address, "leader"), revision=10**9 + revision))
        time.sleep(0.3)
        view = dashboard.view()
        assert (view["state"], view["cluster"]["leader"]) == ("live", znode(2))


def test_a_leader_is_lost_by_the_transaction_that_deleted_its_entry(
    registry: Registry, dashboard: Dashboard, leader: Leader, client: KazooClient
) -> None:
    path, _ = leads(registry, leader, 1)
    dashboard.becomes("live")
    registry.remove(path)
    eventually(lambda: dashboard.events("leader_lost"))
    deleted = client.get("/coordinators_service_registry")[1].pzxid
    assert [event["zxid"] for event in dashboard.events("leader_lost")] == [deleted]


def test_an_old_leader_that_hangs_delays_no_successor(registry: Registry, dashboard: Dashboard) -> None:
    """Nothing answers at 192.0.2.1 (TEST-NET): a connect to it takes its whole deadline."""
    registry.announce(member(1, "http://192.0.2.1:8081", "leader"), TOKEN)
    dashboard.becomes("electing")
    with running_leader() as successor:
        leads(registry, successor, 2)
        dashboard.becomes("live", within_s=1.0)


def test_a_broken_stream_is_had_again_and_nothing_was_lost(
    registry: Registry, dashboard: Dashboard, leader: Leader
) -> None:
    leads(registry, leader, 1)
    dashboard.becomes("live")
    with dashboard.stream() as viewer:
        leader.hang_up()
        states = [as_json(viewer.recv(timeout=scaled(5)))["state"] for _ in range(4)]
        assert "leader_unreachable" in states
        eventually(lambda: as_json(viewer.recv(timeout=scaled(5)))["state"] == "live", within_s=2, every_s=0)
    assert dashboard.events("leader_lost") == []


GARBAGE: list[Any] = [
    "not JSON",
    "",
    "{}",
    "null",
    '{"revision": "1"}',
    b"\xff\xfe",
    b"\x00" * 1000,
    "[" * 100_000,
    '{"revision": 1e999, "leader": null}',
    "x" * 1_000_000,
    "x" * (17 * 1024 * 1024),
]


def test_garbage_from_a_leader_is_survived_and_said(registry: Registry, dashboard: Dashboard, leader: Leader) -> None:
    _, czxid = leads(registry, leader, 1)
    for told, garbage in enumerate(GARBAGE):
        dashboard.becomes("live")
        leader.say(garbage)
        assert dashboard.becomes("leader_unreachable")["cluster"]["leader"] == znode(1), garbage[:20]
        eventually(lambda told=told: len(dashboard.events("not_answering")) == told + 1)  # type: ignore[misc]
        texts = [event["text"] for event in dashboard.events("not_answering")]
        assert texts[-1].startswith("node1 does not answer: ")
        leader.say(snapshot(czxid, member(1, leader.address, "leader")))
    dashboard.becomes("live")
    assert "Traceback" not in dashboard.program.said()


def test_a_leader_whose_snapshots_name_another_is_not_believed(
    registry: Registry, dashboard: Dashboard, leader: Leader
) -> None:
    first = member(1, leader.address, "leader")
    _, czxid = registry.announce(first, TOKEN)
    leader.say(snapshot(czxid, first, leader=znode(7)))
    eventually(lambda: leader.viewers)
    time.sleep(0.3)
    view = dashboard.view()
    assert (view["state"], view["cluster"]) == ("electing", None)


def test_an_unreadable_entry_is_stepped_over_and_said_without_being_quoted(
    registry: Registry, dashboard: Dashboard, leader: Leader
) -> None:
    leads(registry, leader, 1)
    dashboard.becomes("live")
    for data in (b"", b"not JSON: secret", b'{"member": 1, "control_token": "secret"}', b"\xff", b"x" * 1_000_000):
        path, _ = registry.put("leader", data)
        eventually(lambda path=path: path in dashboard.program.said())  # type: ignore[misc]
    assert dashboard.view()["state"] == "live"
    assert "secret" not in dashboard.program.said()


def test_a_leader_that_says_nothing_is_unreachable_after_2_seconds_and_the_view_still_comes(
    registry: Registry, dashboard: Dashboard, leader: Leader
) -> None:
    leads(registry, leader, 1)
    dashboard.becomes("live")
    leader.greeting = []
    with dashboard.stream() as viewer:
        before = as_json(viewer.recv(timeout=scaled(5)))
        began = time.monotonic()
        while as_json(viewer.recv(timeout=scaled(2.0)))["state"] == "live":
            assert time.monotonic() - began < scaled(4)
        after = as_json(viewer.recv(timeout=scaled(2.0)))
        assert (after["epoch"], after["as_of_at"]) == (before["epoch"], before["as_of_at"])
        assert after["revision"] > before["revision"]


def test_each_message_of_the_leader_is_a_new_view(registry: Registry, dashboard: Dashboard, leader: Leader) -> None:
    _, czxid = leads(registry, leader, 1)
    dashboard.becomes("live")
    with dashboard.stream() as viewer:
        seen = [as_json(viewer.recv(timeout=scaled(5)))]
        for _ in range(3):
            leader.say(snapshot(czxid, member(1, leader.address, "leader")))
            while (view := as_json(viewer.recv(timeout=scaled(5))))["as_of_at"] == seen[-1]["as_of_at"]:
                pass  # what nodes and servers answered is a new view too
            seen.append(view)
    assert [view["revision"] for view in seen] == sorted({view["revision"] for view in seen})
    assert [view["as_of_at"] for view in seen] == sorted({view["as_of_at"] for view in seen})


def test_without_zookeeper_the_page_is_served_and_says_so_once_and_joins_when_it_comes(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    with running_dashboard(f"127.0.0.1:{port}", tmp_path) as dashboard:
        assert dashboard.ask("GET", "/").status == 200
        assert dashboard.view()["state"] == "zookeeper_unreachable"
        ready = dashboard.ask("GET", "/ready")
        assert (ready.status, ready.json) == (503, {"error": "ZooKeeper is out of reach."})
        time.sleep(3)
        said = dashboard.program.said()
        assert said.count("Waiting for ZooKeeper") == 1
        assert len(said.splitlines()) <= 6
        assert "Traceback" not in said
        dashboard.program.process.send_signal(signal.SIGTERM)
        assert dashboard.program.process.wait(scaled(3)) == 0


def test_while_zookeeper_is_away_the_last_cluster_is_kept_and_orders_still_go_out(
    own_zookeeper: ZooKeeperServer, leader: Leader, tmp_path: Path
) -> None:
    with running_dashboard(own_zookeeper.hosts, tmp_path) as dashboard:
        registry = Registry(own_zookeeper.hosts)
        try:
            leads(registry, leader, 1)
            before = dashboard.becomes("live")
            own_zookeeper.stop()
            away = dashboard.becomes("zookeeper_unreachable")
            assert away["cluster"] == before["cluster"]
            assert dashboard.ask("GET", "/ready").status == 503
            znodes = dashboard.ask("GET", "/api/znodes")
            assert (znodes.status, znodes.json) == (503, {"error": "ZooKeeper is out of reach."})
            assert dashboard.ask("POST", f"/api/nodes/{znode(1)}/kill").status == 502, "its entry was read before"
            assert dashboard.ask("POST", f"/api/nodes/{znode(2)}/kill").status == 404
            own_zookeeper.start()
            eventually(lambda: dashboard.view()["state"] != "zookeeper_unreachable", within_s=20)
            kinds = [event["kind"] for event in dashboard.view()["events"]]
            assert (kinds.count("zookeeper_lost"), kinds.count("zookeeper_back")) == (1, 1)
        finally:
            registry.close()


def test_a_zookeeper_that_hangs_holds_up_nobody_who_asks_for_the_znodes_and_no_end(
    own_zookeeper: ZooKeeperServer, tmp_path: Path
) -> None:
    """A call may take a third of a session timeout, which is long where that is: 13 s here."""
    with running_dashboard(own_zookeeper.hosts, tmp_path, SESSION_TIMEOUT_S="40") as dashboard:
        eventually(lambda: dashboard.ask("GET", "/api/znodes").status == 200)
        time.sleep(0.3)
        own_zookeeper.freeze()
        first, second = (dashboard.ask("GET", "/api/znodes") for _ in range(2))
        sentence = {"error": "ZooKeeper did not answer within 2 seconds."}
        assert ((503, sentence), (503, sentence)) == ((first.status, first.json), (second.status, second.json))
        assert first.took_s < scaled(2.5)
        assert second.took_s < scaled(0.5), "it shares the first one's 2 seconds"
        dashboard.program.process.send_signal(signal.SIGTERM)
        assert dashboard.program.process.wait(scaled(3)) == 0
        own_zookeeper.thaw()
