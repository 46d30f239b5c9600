"""End a session from outside: two frames of ZooKeeper's protocol on a plain socket, with one deadline.

Runs in the caller's thread. Only for a session whose owner is known to be dead or beyond help: rule 7 counts on it.
"""

import logging
import socket
import struct
import time

log = logging.getLogger(__name__)

# protocol, last zxid, timeout ms, session id, length of password, password, read only
_CONNECT = struct.Struct(">iqiqi16s?")
_CONNECTED = struct.Struct(">iiq")  # protocol, granted timeout ms (0: no such session), session id
_CLOSE = struct.Struct(">ii")  # xid, operation
_CLOSE_OPERATION = -11
PASSWORD_BYTES = 16


def close_session(hosts: str, session_id: int, password: bytes, deadline_s: float) -> bool:
    """Close the session, trying each server of `hosts` (`host:port,host:port`) until `deadline_s` seconds have passed.

    True when ZooKeeper has ended it or does not know it: its ephemeral znodes are gone. False: nothing is known.
    Source of the frames: ZooKeeper's `zookeeper.jute` (ConnectRequest, RequestHeader).
    """
    end_s = time.monotonic() + deadline_s
    servers = parse_hosts(hosts.partition("/")[0])
    for tried, (host, port) in enumerate(servers):
        # An even share for each that is left, so that one that swallows everything does not use up the time.
        share_s = (end_s - time.monotonic()) / (len(servers) - tried)
        if share_s <= 0:
            break
        try:
            with socket.create_connection((host, port), share_s) as connection:
                if _close_on(connection, session_id, password, time.monotonic() + share_s):
                    return True
        except (OSError, struct.error) as error:
            log.debug("%s:%d could not close the session: %s", host, port, error)
    return False


def parse_hosts(hosts: str) -> list[tuple[str, int]]:
    """`host:port,[::1]:port` as pairs; a port that is not given is ZooKeeper's 2181."""
    pairs = []
    for host_port in hosts.split(","):
        host, colon, port = host_port.strip().rpartition(":")
        if not colon or port.endswith("]"):
            host, port = host_port.strip(), "2181"
        pairs.append((host.strip("[]"), int(port)))
    return pairs


def _close_on(connection: socket.socket, session_id: int, password: bytes, end_s: float) -> bool:
    _send(connection, _CONNECT.pack(0, 0, 1000, session_id, PASSWORD_BYTES, password, False), end_s)
    _, granted_ms, _ = _CONNECTED.unpack_from(_receive(connection, end_s))
    if granted_ms <= 0:
        return True
    _send(connection, _CLOSE.pack(1, _CLOSE_OPERATION), end_s)
    _receive(connection, end_s)
    return True


def _send(connection: socket.socket, frame: bytes, end_s: float) -> None:
    connection.settimeout(max(end_s - time.monotonic(), 0.001))
    connection.sendall(struct.pack(">i", len(frame)) + frame)


def _receive(connection: socket.socket, end_s: float) -> bytes:
    (length,) = struct.unpack(">i", _exactly(connection, 4, end_s))
    return _exactly(connection, length, end_s)


def _exactly(connection: socket.socket, length: int, end_s: float) -> bytes:
    received = b""
    while len(received) < length:
        connection.settimeout(max(end_s - time.monotonic(), 0.001))
        part = connection.recv(length - len(received))
        if not part:
            raise ConnectionResetError("ZooKeeper closed the connection")
        received += part
    return received
