"""The recorded history of a chaos run: what was done to the cluster and what was seen of it, as JSON lines.

Pure: the types and their lines. Every `at_s` is in boottime seconds of the one machine that all of it ran on. A
*process* is one run of a node's program: after a kill and a start the same node is another process.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

Result = Literal["committed", "refused", "outdated", "unknown"]


class Record(Struct, frozen=True, kw_only=True, tag=True):
    """Something at one moment."""

    at_s: float


class Setup(Record, frozen=True, kw_only=True):
    """The run: who takes part, and how long a session may stay silent."""

    seed: int
    nodes: tuple[str, ...]
    session_timeout_s: float


# --- what a node's process says of itself -------------------------------------------------------------------------


class Told(Record, frozen=True, kw_only=True):
    """A record that a node's process wrote."""

    node: str
    process: int


class Started(Told, frozen=True, kw_only=True):
    """The process runs and has joined."""


class InSession(Told, frozen=True, kw_only=True):
    """From now on this is its session."""

    session_id: int


class Lease(Told, frozen=True, kw_only=True):
    """It leads at this moment, and unless it says otherwise until the lease is over."""

    token: int
    until_s: float


class NotLeading(Told, frozen=True, kw_only=True):
    """It does not lead at this moment, after it did."""


class Attempt(Told, frozen=True, kw_only=True):
    """It is about to write as leader. `count` is the job's next; None: a late write, once known to be deposed."""

    number: int
    token: int
    count: int | None


class Outcome(Told, frozen=True, kw_only=True):
    """What became of an attempt of this process. One without an outcome may have been committed or not.

    `refused`: it does not lead any more; `outdated`: what it writes was changed since it was read. `zxid` and `version`
    are the job's znode's, as ZooKeeper acknowledged a count that was committed over another.
    """

    number: int
    result: Result
    zxid: int | None = None
    version: int | None = None


# --- what the chaos does, and what its watcher sees in ZooKeeper --------------------------------------------------


class Fault(Record, frozen=True, kw_only=True):
    """Something is done to the cluster. `is_end`: it is the end of a fault, not one more."""

    text: str
    is_end: bool = False


class Gone(Record, frozen=True, kw_only=True):
    """This process has ended for good."""

    process: int


class Healed(Record, frozen=True, kw_only=True):
    """No fault lasts: every node runs, every server serves, nothing is cut. Quiet until the next fault, or the end."""


class SeenCandidate(Struct, frozen=True, kw_only=True):
    """A candidate in the line; `name` is None where it cannot be read."""

    znode: str
    name: str | None
    owner: int


class SeenClaim(Struct, frozen=True, kw_only=True):
    """The leader's claim; its czxid is the fencing token."""

    znode: str | None
    owner: int
    czxid: int


class SeenEntry(Struct, frozen=True, kw_only=True):
    """An entry of a registry: whose, and what that member says of itself."""

    path: str
    registry: Literal["coordinators", "workers"]
    name: str | None
    znode: str | None
    watching: str | None
    owner: int


class Seen(Record, frozen=True, kw_only=True):
    """The election's znodes at one moment of ZooKeeper, at or before `at_s`; at each change and now and then."""

    candidates: tuple[SeenCandidate, ...]
    claim: SeenClaim | None
    entries: tuple[SeenEntry, ...]


Any = Setup | Started | InSession | Lease | NotLeading | Attempt | Outcome | Fault | Gone | Healed | Seen

_DECODER = msgspec.json.Decoder(Any)


def to_line(record: Any) -> bytes:
    """The record's line, with its end."""
    return msgspec.json.encode(record) + b"\n"


def from_lines(lines: Iterable[bytes]) -> list[Any]:
    """The records of these lines. One without its end was cut off by a kill and is left out.

    Raises ValueError for a whole line that is none of ours.
    """
    return [_DECODER.decode(line) for line in lines if line.endswith(b"\n")]


def merged(parts: Iterable[Iterable[Any]]) -> list[Any]:
    """Several recorders' records as one history, in order of time; each recorder's own order is kept."""
    return sorted((record for part in parts for record in part), key=lambda record: record.at_s)
