"""When the leader's stream is tried again."""

import queue
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.sync.server import ServerConnection, serve

from dashboard import leader_link
from dashboard.leader_link import LeaderLink
from dashboard.news import LinkBroke, News, RegistryRead
from serving.fanout import GOING_DOWN
from succession.feed import Feed
from succession.registry import Entry, RegistryContents
from succession.testing.ports import free_ports
from succession.testing.waiting import scaled
from succession.wire import Connection, RegistryEntry
from tests.support.stories import entry


def contents(connection: Connection, port: int) -> RegistryContents:
    """One leader, at an address where nothing listens."""
    member = entry(port - 8080, 100).member
    data = RegistryEntry(member=member, control_token="x" * 20)
    path = "/coordinators_service_registry/n_0000000001"
    return RegistryContents(connection, True, (Entry(path, 100, 100, "coordinators", 1, data, None),))


@pytest.fixture
def heard() -> "queue.SimpleQueue[News]":
    return queue.SimpleQueue()


@pytest.fixture
def registry(heard: "queue.SimpleQueue[News]") -> Iterator[Feed[RegistryContents]]:
    feed: Feed[RegistryContents] = Feed(RegistryContents())
    stop = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        threads.submit(LeaderLink(feed, heard.put, threads).discover, stop)
        yield feed
        stop.set()


def next_break(heard: "queue.SimpleQueue[News]") -> LinkBroke:
    while not isinstance(news := heard.get(timeout=scaled(10)), LinkBroke):
        pass
    return news


@pytest.mark.parametrize(("code", "reason", "is_goodbye"), [(1001, GOING_DOWN, True), (1001, "", False)])
def test_a_goodbye_is_one_only_when_the_leaders_program_says_that_it_goes_down(
    registry: Feed[RegistryContents], heard: "queue.SimpleQueue[News]", code: int, reason: str, is_goodbye: bool
) -> None:
    """A leader that steps down closes its stream too, and stays in line."""
    with serve(lambda viewer: viewer.close(code, reason), "127.0.0.1", 0, compression=None) as leader:
        serving = threading.Thread(target=leader.serve_forever)
        serving.start()
        registry.publish(contents("connected", leader.socket.getsockname()[1]))
        assert next_break(heard).is_goodbye is is_goodbye
        leader.shutdown()
        serving.join()


def test_a_stream_that_its_program_closed_is_told_from_one_that_broke(
    registry: Feed[RegistryContents], heard: "queue.SimpleQueue[News]"
) -> None:
    """A process that dies closes nothing in order: its system does."""
    viewers: list[ServerConnection] = []

    def end(viewer: ServerConnection) -> None:
        viewers.append(viewer)
        if len(viewers) == 1:
            viewer.close(1001)
        else:
            viewer.socket.shutdown(socket.SHUT_RDWR)

    with serve(end, "127.0.0.1", 0, compression=None) as leader:
        serving = threading.Thread(target=leader.serve_forever)
        serving.start()
        registry.publish(contents("connected", leader.socket.getsockname()[1]))
        assert next_break(heard).is_closed is True
        assert next_break(heard).is_closed is False
        leader.shutdown()
        serving.join()


def test_when_zookeeper_is_back_the_leaders_stream_is_tried_at_once(
    registry: Feed[RegistryContents], heard: "queue.SimpleQueue[News]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the leader did not lead, and said so; its next try may be a while away."""
    monkeypatch.setattr(leader_link, "_FIRST_RETRY_S", 3600.0)
    monkeypatch.setattr(leader_link, "_LAST_RETRY_S", 3600.0)
    port = free_ports(1)[0]
    registry.publish(contents("connected", port))
    next_break(heard)
    registry.publish(contents("suspended", port))
    suspended = heard.get(timeout=scaled(10))
    assert isinstance(suspended, RegistryRead), "the next try is an hour away"
    registry.publish(contents("connected", port))
    next_break(heard)
