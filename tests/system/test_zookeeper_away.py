"""ZooKeeper not there at the start, gone for a while, and what nodes and page say meanwhile (issue 2)."""

import json
import time
from pathlib import Path

from websockets.sync.client import connect

from succession.testing.ports import free_ports
from succession.testing.servers import ZooKeeperServer
from succession.testing.waiting import eventually, scaled
from tests.support.live_cluster import ask
from tests.support.playgrounds import running_playground
from tests.support.programs import running_program


def test_programs_started_before_zookeeper_wait_and_say_so_and_join_when_it_comes(
    own_zookeeper: ZooKeeperServer, tmp_path: Path
) -> None:
    own_zookeeper.kill()
    node_port, page_port = free_ports(2)
    node, page = f"http://127.0.0.1:{node_port}", f"http://127.0.0.1:{page_port}"
    common = {"ZOOKEEPER_HOSTS": own_zookeeper.hosts, "SESSION_TIMEOUT_S": "1"}
    of_node = {**common, "NODE_NAME": "early", "NODE_PORT": str(node_port)}
    with (
        running_program("cluster_node", tmp_path / "node.log", of_node) as waiting,
        running_program("dashboard", tmp_path / "page.log", {**common, "DASHBOARD_PORT": str(page_port)}) as showing,
    ):
        eventually(lambda: ask(f"{node}/health").status == 200)
        eventually(lambda: ask(f"{page}/health").status == 200)
        eventually(lambda: ask(f"{page}/api/view").json()["state"] == "zookeeper_unreachable")
        assert 503 == ask(f"{node}/ready").status
        assert {"isLeader": False, "leader": None, "fencing_token": None} == ask(f"{node}/leader").json()
        assert 421 == ask(f"{node}/cluster").status
        eventually(lambda: "ZooKeeper" in waiting.said() and "ZooKeeper" in showing.said())

        own_zookeeper.start()
        eventually(lambda: ask(f"{node}/leader").json()["isLeader"], within_s=15)
        eventually(lambda: ask(f"{page}/api/view").json()["state"] == "live", within_s=15)
        assert 200 == ask(f"{node}/ready").status
    assert (None, None) != (waiting.process.returncode, showing.process.returncode)


def test_while_zookeeper_is_stopped_no_node_leads_and_after_it_one_does_and_all_are_in_line(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=3) as playground:
        playground.wait_until_at_rest()
        term = playground.view()["cluster"]["term"]
        playground.do("stop", "zookeeper1")
        eventually(lambda: playground.view()["state"] == "zookeeper_unreachable")
        ends = time.monotonic() + scaled(2)
        while time.monotonic() < ends:
            assert [] == playground.leaders()
        assert 3 == len(playground.line())  # the last picture stays
        assert "zookeeper_lost" in [event["kind"] for event in playground.view()["events"]]

        with connect(playground.dashboard.replace("http", "ws") + "/api/stream", proxy=None, max_queue=None) as page:
            playground.do("start", "zookeeper1")
            playground.wait_until_at_rest()
            views = [json.loads(page.recv(timeout=scaled(5)))]
            while views[-1]["state"] != "live":
                views.append(json.loads(page.recv(timeout=scaled(5))))
        assert "leader_unreachable" not in [view["state"] for view in views], "it answers, and has to prove its lease"
        events = views[-1]["events"]
        assert "not_answering" not in [event["kind"] for event in events]
        assert sorted(event["at"] for event in events) == [event["at"] for event in events]
        assert playground.view()["cluster"]["term"] >= term
        assert "zookeeper_back" in [event["kind"] for event in playground.view()["events"]]


def test_while_zookeeper_is_frozen_past_the_lease_no_node_leads(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=2) as playground:
        playground.wait_until_at_rest()
        playground.do("freeze", "zookeeper1")
        eventually(lambda: playground.leaders() == [], within_s=3)
        ends = time.monotonic() + scaled(1)
        while time.monotonic() < ends:
            assert [] == playground.leaders()
        playground.do("thaw", "zookeeper1")
        playground.wait_until_at_rest()
