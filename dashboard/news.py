"""The news that the view follows from: what the registry said, what the leader said, what became of its stream.

Pure values, made in the threads that hear them and read by the one that paints.
"""

from msgspec import Struct

from dashboard.departures import LastChange, SeenEntry
from succession.wire import Belief, ClusterSnapshot, Connection, Ensemble, Member


class Moment(Struct, frozen=True):
    """Now, on the wall for showing and monotonic for measuring."""

    at: float
    monotonic_s: float


class Followed(Struct, frozen=True):
    """The coordinator entry with the highest czxid among the readable ones."""

    czxid: int
    member: Member


class RegistryRead(Struct, frozen=True):
    """What the dashboard's own session says. `coordinators` are the czxids of all entries there.

    `coordinators_changed` is None where it is not known.
    """

    connection: Connection
    is_read: bool
    followed: Followed | None
    coordinators: tuple[int, ...]
    entries: tuple[SeenEntry, ...]
    coordinators_changed: LastChange | None = None


class LeaderSaid(Struct, frozen=True):
    """A snapshot came from the entry with this czxid."""

    czxid: int
    snapshot: ClusterSnapshot


class LinkBroke(Struct, frozen=True):
    """The stream of the entry with this czxid ended, or could not be had or read; `problem` completes a sentence."""

    czxid: int
    problem: str
    is_goodbye: bool = False  # its program said that it goes down, as one does that closes its session next
    is_closed: bool = False  # its program ended it in order, as one does that lives


class KillAccepted(Struct, frozen=True):
    """A node took this dashboard's order to die."""

    znode: str


class NodesAsked(Struct, frozen=True):
    """What nodes in line answered when they were asked what they believe, by znode; None: no answer in time."""

    answers: tuple[tuple[str, Belief | None], ...]


class EnsembleAsked(Struct, frozen=True):
    """What ZooKeeper's own servers answered last."""

    ensemble: Ensemble


class Tick(Struct, frozen=True):
    """Time went by."""


News = RegistryRead | LeaderSaid | LinkBroke | KillAccepted | NodesAsked | EnsembleAsked | Tick
