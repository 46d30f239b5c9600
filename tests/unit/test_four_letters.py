"""What a ZooKeeper server's answer to `srvr` says, and how a connection string names its servers."""

import pytest

from succession.four_letters import read_srvr, servers_of
from succession.wire import EnsembleServer, Latency, ServerState, decode, encode

FOLLOWER = """Zookeeper version: 3.8.0-${mvngit.commit.id}, built on 2024-12-29 17:54 UTC
Latency min/avg/max: 0/0.5417/9
Received: 72
Sent: 71
Connections: 6
Outstanding: 0
Zxid: 0x100000027
Mode: follower
Node count: 19
"""


def test_all_that_the_page_shows_is_read() -> None:
    server = read_srvr("zookeeper1:2181", FOLLOWER, 1.5)
    assert server == EnsembleServer(
        host="zookeeper1:2181",
        state="following",
        latency_ms=Latency(min=0, avg=0.5417, max=9),
        connections=6,
        zxid=0x100000027,
        node_count=19,
        version="3.8.0",
        asked_at=1.5,
    )
    assert decode(encode(server), EnsembleServer) == server


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("Mode: leader\n", "leading"),
        ("Mode: observer\n", "observing"),
        ("Mode: standalone\n", "alone"),
        ("Mode: read-only\n", "not_serving"),
        ("This ZooKeeper instance is not currently serving requests\n", "not_serving"),
        ("srvr is not executed because it is not in the whitelist.\n", "not_allowed"),
        ("", "down"),
        ("HTTP/1.1 400 Bad Request\r\n", "down"),
    ],
)
def test_a_server_that_tells_little_has_a_state_all_the_same(answer: str, state: ServerState) -> None:
    server = read_srvr("a:1", answer, 1.5)
    assert (server.state, server.latency_ms, server.connections, server.zxid, server.version) == (
        state,
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "line",
    [
        "Latency min/avg/max: 0/1e999/9",
        "Latency min/avg/max: -1/0/0",
        "Connections: 99999999999999999999",
        "Connections: six",
        "Zxid: 0xffffffffffffffff",
        "Node count: ٣",
        "Zookeeper version: " + "x" * 1000,
    ],
)
def test_what_is_no_number_of_its_kind_is_not_known_and_never_breaks_the_view(line: str) -> None:
    server = read_srvr("a:1", f"Mode: leader\n{line}\n", 1.5)
    assert server == read_srvr("a:1", "Mode: leader\n", 1.5)
    encode(server)


@pytest.mark.parametrize(
    ("hosts", "servers"),
    [
        ("127.0.0.1:2181", ("127.0.0.1:2181",)),
        ("a:1,b:2,a:1/a/chroot", ("a:1", "b:2")),
        ("[::1]:2181,c:3", ("[::1]:2181", "c:3")),
    ],
)
def test_a_connection_string_names_its_servers_in_its_order(hosts: str, servers: tuple[str, ...]) -> None:
    assert servers_of(hosts) == servers
