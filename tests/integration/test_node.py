"""One member of the cluster: its API, its job, and what it tells while it leads."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from kazoo.client import KazooClient
from kazoo.exceptions import NoAuthError

from cluster_node.api import make_app
from cluster_node.node import Node
from cluster_node.settings import NodeSettings
from serving.stream import Streams
from succession.testing.waiting import eventually, scaled
from succession.wire import ClusterSnapshot, JobRecord, NodeStatus, decode

Start = Callable[..., tuple[Node, FlaskClient]]


@pytest.fixture
def start(chroot: str) -> Iterator[Start]:
    """Starts nodes, each with a client of its API."""
    nodes: list[Node] = []
    stop = threading.Event()
    streams = Streams(stop, max_viewers=1)
    streams.start()

    def start(name: str, **settings: float) -> tuple[Node, FlaskClient]:
        node = Node(NodeSettings(node_name=name, node_host=name, zookeeper_hosts=chroot, **settings))  # type: ignore[arg-type]
        nodes.append(node)
        client = make_app(node, streams).test_client()
        node.start()
        return node, client

    yield start
    for node in nodes:
        node.close()
    stop.set()
    streams.join()


def leads(node: Node) -> bool:
    return node.election.wait_for_leadership(scaled(5))


def test_leader_says_who_leads_whoever_is_asked(start: Start) -> None:
    first, ask_first = start("a")
    assert leads(first)
    second, ask_second = start("b")
    eventually(lambda: second.is_in_line)
    leadership = first.election.leadership
    assert leadership is not None
    told = {"leader": "a", "fencing_token": leadership.fencing_token}
    assert ask_first.get("/leader").json == {"isLeader": True, **told}
    assert ask_second.get("/leader").json == {"isLeader": False, **told}


def test_only_the_leader_tells_the_cluster_and_others_say_where_it_is(start: Start) -> None:
    first, ask_first = start("a")
    assert leads(first)
    second, ask_second = start("b")
    eventually(lambda: second.is_in_line)
    answer = ask_second.get("/cluster")
    assert (answer.status_code, answer.json) == (
        421,
        {"error": "b does not lead the cluster.", "leader": "http://a:8081"},
    )
    assert ask_second.get("/cluster/stream").status_code == 421

    def names() -> list[str | None]:
        return [row.name for row in decode(ask_first.get("/cluster").data, ClusterSnapshot).members]

    eventually(lambda: names() == ["a", "b"])


def test_status_is_what_the_node_believes(start: Start) -> None:
    first, ask = start("a", job_interval_s=0.05)
    assert leads(first)
    eventually(lambda: decode(ask.get("/status").data, NodeStatus).job.committed > 2)
    status = decode(ask.get("/status").data, NodeStatus)
    assert (status.name, status.role, status.is_leader, status.connection) == ("a", "leader", True, "connected")
    assert status.lease_left_ms is not None
    assert 0 < status.lease_left_ms <= 2000


def test_ready_means_a_place_in_the_line(start: Start, chroot: str) -> None:
    first, ask = start("a")
    assert leads(first)
    assert ask.get("/ready").status_code == 200
    first.session.close()
    assert ask.get("/ready").status_code == 503
    assert ask.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("", 401),
        ("Basic YTpi", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer wrong", 403),
        ("Bearer wröng", 403),
    ],
)
def test_an_order_needs_the_nodes_own_token(start: Start, header: str | None, status: int) -> None:
    first, ask = start("a")
    headers = {} if header is None else {"Authorization": header}
    answer = ask.post("/kill", headers=headers)
    assert answer.status_code == status
    assert answer.json is not None
    assert first.registry.control_token not in answer.json["error"]
    assert ask.get("/kill").status_code == 405


def test_ticks_follow_each_other_across_leaders(start: Start, client: KazooClient) -> None:
    first, _ = start("a", job_interval_s=0.05)
    assert leads(first)
    second, _ = start("b", job_interval_s=0.05)
    eventually(lambda: second.is_in_line and first.job.counts.committed > 3)
    first.close()
    assert leads(second)
    eventually(lambda: second.job.counts.committed > 3)
    record = decode(client.get("/leader_job")[0], JobRecord)
    assert record.by == "b"
    # Each count is one commit: none repeats, none is skipped.
    eventually(lambda: decode(client.get("/leader_job")[0], JobRecord).count >= record.count)
    assert second.election.leave(scaled(5))
    eventually(
        lambda: (
            decode(client.get("/leader_job")[0], JobRecord).count
            == first.job.counts.committed + second.job.counts.committed
        )
    )


def test_a_job_record_that_cannot_be_read_is_kept_and_said(
    start: Start, client: KazooClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.create("/leader_job", b"somebody's own data")
    first, _ = start("a", job_interval_s=0.02)
    assert leads(first)
    eventually(lambda: "/leader_job is not JSON" in caplog.text)
    assert client.get("/leader_job")[0] == b"somebody's own data"
    assert first.job.counts.committed == 0
    assert caplog.text.count("/leader_job is not JSON") == 1


def test_a_node_whose_job_throws_steps_down_says_why_and_the_next_leads(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Row 19; druid 11653."""
    first, _ = start("a", job_interval_s=0.05)
    assert leads(first)
    second, _ = start("b", job_interval_s=0.05)
    eventually(lambda: second.is_in_line)
    monkeypatch.setattr(first.job, "_tick", lambda _: 1 // 0)
    assert leads(second)
    eventually(lambda: first.is_in_line)
    assert "a's work failed: stepping down" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_no_job_without_an_interval(start: Start, client: KazooClient) -> None:
    first, _ = start("a", job_interval_s=0)
    assert leads(first)
    eventually(lambda: first.stream.latest().value is not None)
    assert client.exists("/leader_job") is None


def test_the_stream_ends_when_the_node_leads_no_more(start: Start) -> None:
    first, _ = start("a")
    assert leads(first)
    start("b")
    eventually(lambda: b'"b"' in (first.stream.latest().value or b""))
    first.election.resign()
    eventually(lambda: first.stream.latest().value is None)


def test_znodes_made_with_auth_are_for_that_identity_alone(chroot: str) -> None:
    node = Node(NodeSettings(node_name="a", zookeeper_hosts=chroot, zookeeper_auth="user:secret"))
    node.start()
    assert leads(node)
    client = KazooClient(chroot)
    client.start(timeout=30)
    for path in ("/election", "/election_term", "/election_leader", "/coordinators_service_registry"):
        with pytest.raises(NoAuthError):
            client.get(path)
    node.close()
    client.stop()
    client.close()
