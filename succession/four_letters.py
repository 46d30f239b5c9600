"""ZooKeeper's four-letter words: one asked of one server, and what its answer to `srvr` says.

Runs in the caller's thread, for as long as it is given; `read_srvr` is pure.
"""

import re
import time

from succession.exchange import exchange
from succession.wire import EnsembleServer, Latency, ServerState

_MOST_BYTES = 4 * 1024 * 1024  # `wchp` of a busy server is long
_MODES: dict[str, ServerState] = {
    "leader": "leading",
    "follower": "following",
    "observer": "observing",
    "standalone": "alone",
}
_NOT_ALLOWED = "is not executed because it is not in the whitelist"
_NOT_SERVING = "is not currently serving requests"
_LATENCY = re.compile(r"(\d{1,12})/(\d{1,12}(?:\.\d{1,20})?)/(\d{1,12})", re.ASCII)
_ZXID = re.compile(r"0x([0-7]?[0-9a-f]{1,15})", re.ASCII)
_COUNT = re.compile(r"\d{1,18}", re.ASCII)
_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){1,3}", re.ASCII)


def servers_of(hosts: str) -> tuple[str, ...]:
    """Each server's `host:port` in a connection string, in its order."""
    return tuple(dict.fromkeys(hosts.partition("/")[0].split(",")))


def ask(server: str, word: str, within_s: float) -> str:
    """What the server at `host:port` answers to `srvr`, `mntr`, …; empty when it does not within `within_s` seconds."""
    host, _, port = server.rpartition(":")
    try:
        said = exchange(host.strip("[]"), int(port), word.encode("ascii"), within_s=within_s, most_bytes=_MOST_BYTES)
    except (OSError, ValueError):  # not there, frozen, or a name that is none
        return ""
    return said.decode("utf-8", "replace")


def ask_srvr(server: str, within_s: float) -> EnsembleServer:
    """What the server at `host:port` says of itself; `down` when it says nothing within `within_s` seconds."""
    asked_at = time.time()
    return read_srvr(server, ask(server, "srvr", within_s), asked_at)


def read_srvr(server: str, answer: str, asked_at: float) -> EnsembleServer:
    """An answer to `srvr`; what it does not tell is None."""
    fields = dict(line.split(": ", 1) for line in answer.splitlines() if ": " in line)
    latency = _LATENCY.fullmatch(fields.get("Latency min/avg/max", ""))
    zxid = _ZXID.fullmatch(fields.get("Zxid", ""))
    version = _VERSION.match(fields.get("Zookeeper version", ""))
    return EnsembleServer(
        host=server,
        state=_state(answer, fields.get("Mode")),
        latency_ms=Latency(min=int(latency[1]), avg=float(latency[2]), max=int(latency[3])) if latency else None,
        connections=_count(fields.get("Connections")),
        zxid=int(zxid[1], 16) if zxid else None,
        node_count=_count(fields.get("Node count")),
        version=version[0] if version else None,
        asked_at=asked_at,
    )


def _state(answer: str, mode: str | None) -> ServerState:
    if mode is not None:  # a mode of none of these is `read-only`: one that is cut off from its quorum
        return _MODES.get(mode, "not_serving")
    if _NOT_ALLOWED in answer:
        return "not_allowed"
    return "not_serving" if _NOT_SERVING in answer else "down"


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and _COUNT.fullmatch(text) else None
