"""Free TCP ports on 127.0.0.1 for tests.

Below the range from which the system takes a connection's own port, so that a server that is started again on its
port never finds it taken by a client.
"""

import random
import socket

_FIRST, _LAST = 10100, 30000
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on, each given once in this test run."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.randint(_FIRST, _LAST)
        if port not in _given and _is_free(port):
            _given.add(port)
            ports.append(port)
    return ports


def free_port_range(count: int) -> int:
    """The first of `count` free ports in a row."""
    while True:
        first = random.randint(_FIRST, _LAST)
        ports = set(range(first, first + count))
        if not ports & _given and all(_is_free(port) for port in ports):
            _given.update(ports)
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
