"""The faults of `succession.testing` themselves: what they promise to whoever tests with them."""

import socket
import threading
import time
from itertools import count

import pytest

from succession import OutcomeUnknown, ZooKeeperSession
from succession.testing import Proxy, ZooKeeperServer, eventually
from succession.znodes import Create


@pytest.fixture
def through(chroot: str) -> tuple[Proxy, ZooKeeperSession]:
    proxy = Proxy(chroot)
    session = ZooKeeperSession(proxy.hosts, 10.0)
    session.start()
    eventually(lambda: session.connection == "connected")
    return proxy, session


def test_no_connection_lives_through_a_cut_though_it_was_being_made(zookeeper: str) -> None:
    proxy = Proxy(zookeeper)
    host, _, port = proxy.hosts.partition(":")
    over = threading.Event()

    def connect() -> None:
        while not over.is_set():
            with socket.create_connection((host, int(port)), 5) as client:
                client.settimeout(0.01)
                try:
                    client.recv(1)
                except OSError:
                    continue

    clients = [threading.Thread(target=connect, daemon=True) for _ in range(4)]
    for client in clients:
        client.start()
    for _ in range(60):
        proxy.cut()
        time.sleep(0.005)  # what was under way has been admitted or broken
        assert [link for link in proxy._links if not link.is_broken] == []
        proxy.heal()
        time.sleep(0.005)
    over.set()
    proxy.close()


def test_a_delay_is_one_delay_for_all_that_is_sent_together(through: tuple[Proxy, ZooKeeperSession]) -> None:
    proxy, session = through
    proxy.delay(0.2)
    began_s = time.monotonic()
    session.get_all([f"/nothing{number}" for number in range(20)])
    took_s = time.monotonic() - began_s
    assert took_s >= 0.4  # there and back
    assert took_s < 0.2 * 20
    session.close()
    proxy.close()


def test_a_server_that_runs_is_not_started_twice(own_zookeeper: ZooKeeperServer) -> None:
    with pytest.raises(AssertionError, match="zookeeper1 runs already"):
        own_zookeeper.start()
    own_zookeeper.kill()
    own_zookeeper.start()


def test_a_lost_request_never_reaches_the_server(through: tuple[Proxy, ZooKeeperSession]) -> None:
    proxy, session = through
    names = count()
    for lose, is_there in ((proxy.cut_request_of, False), (proxy.cut_reply_to, True)):
        path = f"/made{next(names)}"
        is_cut = lose("multi")
        eventually(lambda: session.connection == "connected")
        with pytest.raises(OutcomeUnknown):
            session.commit([Create(path, b"")])
        assert is_cut.is_set()
        eventually(lambda: session.connection == "connected")
        assert (session.get(path) is not None) is is_there
    session.close()
    proxy.close()
