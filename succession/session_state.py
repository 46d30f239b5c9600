"""What a session tells: the facts of its present connection, and why to look again.

Immutable values, made in kazoo's threads and read in any.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from succession.wire import Connection


class SessionEvent(NamedTuple):
    """Why to look again: the connection changed, a watched znode did, or it is unknown which."""

    kind: Literal["connection", "znode", "unknown"]
    path: str | None = None


@dataclass(frozen=True)
class SessionState:
    """One connection's facts. `epoch` counts connections; `timeout_s` is what ZooKeeper granted, not what was asked."""

    connection: Connection = "lost"
    epoch: int = 0
    session_id: int | None = None
    password: bytes = field(default=b"", repr=False)
    timeout_s: float = 0.0
    changed_s: float = 0.0  # boottime


def hex_id(session_id: int) -> str:
    """A session id as ZooKeeper prints it: `0x1000…`."""
    return f"0x{session_id & 0xFFFFFFFFFFFFFFFF:x}"
