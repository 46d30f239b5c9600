"""What crosses process borders, as types, and their JSON.

Pure: validated in both directions, unknown fields ignored. Names end in their unit: `_at` is Unix seconds,
`_ms` milliseconds. `znode` is a name (`c_0000000012`), never a path, and always the candidate's.
"""

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from succession.errors import Undecodable
from succession.remembered import remembered

T = TypeVar("T")

Role = Literal["leader", "worker"]
Connection = Literal["connected", "suspended", "lost"]
ViewState = Literal["zookeeper_unreachable", "electing", "leader_unreachable", "live"]
ServerState = Literal["leading", "following", "observing", "alone", "down", "not_serving", "not_allowed"]
FailoverSign = Literal["order", "stream", "entry"]
FailoverEnd = Literal["ordered", "left", "died", "silent", "evicted"]
EventKind = Literal[
    "joined",
    "gone",
    "leader_lost",
    "leader_elected",
    "watch_moved",
    "not_answering",
    "zookeeper_lost",
    "zookeeper_back",
]

# Upper bounds matter: JSON's 1e999 is infinite, and infinity passes a lower bound.
# No control characters, and none that turn the text around them the other way.
Name = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]{1,63}\Z")]
Znode = Annotated[str, Meta(pattern=r"\Ac_[0-9]{10}\Z")]
Address = Annotated[str, Meta(pattern=r"\Ahttps?://[^\s/?#@\\]{1,300}\Z")]
SessionId = Annotated[str, Meta(pattern=r"\A0x[0-9a-f]{1,16}\Z")]
ControlToken = Annotated[str, Meta(pattern=r"\A[\x21-\x7e]{16,200}\Z")]
At = Annotated[float, Meta(ge=0, le=1e11)]
Millis = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Zxid = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Text = Annotated[str, Meta(max_length=1000)]
Host = Annotated[str, Meta(min_length=1, max_length=300)]
Version = Annotated[str, Meta(max_length=40)]

MOST_BELIEFS = 40  # of those in line
MOST_DEPARTED = 20
MOST_SERVERS = 40


class CandidateNote(Struct, frozen=True, kw_only=True):
    """A candidate's data, as far as this library reads it: who it is, and where."""

    name: Name
    address: Address | None = None


class ClaimNote(CandidateNote, frozen=True, kw_only=True):
    """The leader's claim: which candidate made it, in which term, and how long its session may stay silent."""

    znode: Znode
    term: Count
    session_timeout_ms: Annotated[int, Meta(ge=1, le=3_600_000)]


class Takeover(Struct, frozen=True, kw_only=True):
    """When the successor saw why it should lead, and when its claim was committed, by its own clock."""

    cause_seen_at: At
    claimed_at: At


class Member(Struct, frozen=True, kw_only=True):
    """What a node says of itself in its registry entry.

    `crash_supervisor`: whether a process that outlives this one ends its session when it dies.
    """

    name: Name
    znode: Znode
    role: Role
    watching: Znode | None
    address: Address
    session_id: SessionId
    session_timeout_ms: Millis
    joined_at: At
    role_since_at: At
    takeover: Takeover | None
    crash_supervisor: bool | None = None


class RegistryEntry(Struct, frozen=True, kw_only=True):
    """A registry znode's data. It has a Member and is none, so that no encoder takes the token along."""

    member: Member
    control_token: ControlToken

    def __repr__(self) -> str:
        return f"RegistryEntry(member={self.member!r})"


class KnownMember(Struct, frozen=True, kw_only=True):
    """A Member of which something may be unknown: null where no readable entry told it.

    `czxid` is the transaction that made its candidate, `entry_zxid` the one that wrote what its entry says now.
    """

    name: Name | None
    znode: Znode
    role: Role | None
    watching: Znode | None
    address: Address | None
    session_id: SessionId | None
    session_timeout_ms: Millis | None
    joined_at: At | None
    role_since_at: At | None
    takeover: Takeover | None
    crash_supervisor: bool | None = None
    czxid: Zxid | None = None
    entry_zxid: Zxid | None = None


class LineMember(KnownMember, frozen=True, kw_only=True):
    """A row of the line. `in_sync`: what the node says it watches is what the order says."""

    predecessor: Znode | None
    in_sync: bool


class DepartedMember(KnownMember, frozen=True, kw_only=True):
    """A row that left the line."""

    departed_at: At


class ClusterSnapshot(Struct, frozen=True, kw_only=True):
    """The whole cluster, in order of succession. `revision` is the newest zxid that it rests on.

    `line_zxid` is the transaction that last changed who stands in line, and `line_changes` how many such changes there
    were until then: two snapshots whose difference is another have not seen all that happened between them.
    """

    revision: Zxid
    leader: Znode | None
    fencing_token: Zxid | None
    term: Count | None
    observed_at: At
    members: tuple[LineMember, ...]
    problems: tuple[Text, ...]
    line_zxid: Zxid | None = None
    line_changes: int | None = None


class JobCounts(Struct, frozen=True, kw_only=True):
    """What this node's leader-only job has committed, and what ZooKeeper refused it, since its start."""

    committed: Count
    refused: Count


class NodeStatus(Struct, frozen=True, kw_only=True):
    """What a node believes of itself at this moment."""

    name: Name
    znode: Znode | None
    role: Role | None
    watching: Znode | None
    is_leader: bool
    connection: Connection
    session_id: SessionId | None
    fencing_token: Zxid | None
    lease_left_ms: Millis | None
    job: JobCounts
    at: At


class Belief(NodeStatus, frozen=True, kw_only=True):
    """What a node in line said last when it was asked, and when that came, by the clock of who asked.

    `is_answering`: whether the last question to it was answered; if not, the rest is what it said before.
    """

    answered_at: At
    is_answering: bool


class Latency(Struct, frozen=True, kw_only=True):
    """How long a ZooKeeper server has taken for requests since its start, in milliseconds, as it counts them."""

    min: Count
    avg: Annotated[float, Meta(ge=0, le=1e12)]
    max: Count


class EnsembleServer(Struct, frozen=True, kw_only=True):
    """One of ZooKeeper's own servers, as its answer to `srvr` says it; null is what it did not say.

    `alone` serves without an ensemble; `not_serving` runs and has no quorum; `not_allowed` may not answer `srvr`;
    `down` gave no answer. `connections` has the one that asked; `zxid` is the last that the server has seen.
    """

    host: Host
    state: ServerState
    latency_ms: Latency | None
    connections: Count | None
    zxid: Zxid | None
    node_count: Count | None
    version: Version | None
    asked_at: At


class Ensemble(Struct, frozen=True, kw_only=True):
    """The servers of ZOOKEEPER_HOSTS, in its order."""

    servers: Annotated[tuple[EnsembleServer, ...], Meta(max_length=MOST_SERVERS)]


class Failover(Struct, frozen=True, kw_only=True):
    """How leadership passed on. `cause_seen_at` and `claimed_at` are by the successor's clock, all else by another.

    `silent_since_at`: since when the former leader had not answered while ZooKeeper waited for it; null if it did not.
    `ordered`: this dashboard had it killed; `left`: it closed its session itself; `died`: its stream broke and its
    session was ended for it; `silent`: ZooKeeper waited; `evicted`: its program lived on, put out or having resigned.
    """

    former_znode: Znode
    former_name: Name | None
    sign: FailoverSign
    sign_at: At
    entry_went_at: At | None
    cause_seen_at: At
    claimed_at: At
    end: FailoverEnd
    session_timeout_ms: Millis | None
    crash_supervisor: bool | None
    silent_since_at: At | None


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened, as one plain sentence and what it is about.

    `zxid` is the transaction by which it happened; null where that is not known for sure, or there was none.
    """

    id: Count
    at: At
    zxid: Zxid | None
    kind: EventKind
    znode: Znode | None
    name: Name | None
    text: Text
    fencing_token: Zxid | None
    without_leader_ms: Millis | None
    failover: Failover | None = None


class DashboardView(Struct, frozen=True, kw_only=True):
    """All that the page shows. `revision` counts from 1 within an `epoch`, which is new at each start.

    `beliefs`, by znode: null was asked and never answered, one that is missing was not asked; of those that have left
    it is the last word.
    """

    epoch: str
    revision: Count
    state: ViewState
    cluster: ClusterSnapshot | None
    departed: tuple[DepartedMember, ...]
    events: tuple[Event, ...]
    as_of_at: At
    beliefs: Annotated[dict[Znode, Belief | None], Meta(max_length=MOST_BELIEFS + MOST_DEPARTED)] = {}
    ensemble: Ensemble | None = None


class ZnodeFacts(Struct, frozen=True, kw_only=True):
    """One znode as it is; all is null but its path where it is not there.

    `path` is shortened where it is long. `owner` is the session that owns it, null for one that is persistent;
    `version` counts changes of its data. Only parents have `children`, those that are not listed included: of these,
    `left_out` are too many to list. `data` is what one of the types above makes of it, never the control token;
    null where it is empty or says nothing to them, and then `note` says why in one sentence, without quoting it.
    """

    path: Text
    czxid: Zxid | None = None
    mzxid: Zxid | None = None
    version: int | None = None
    owner: SessionId | None = None
    created_at: At | None = None
    children: Count | None = None
    left_out: Count = 0
    data: dict[str, Any] | None = None
    note: Text | None = None


class ZnodeTree(Struct, frozen=True, kw_only=True):
    """The znodes of an election and its registries, each parent before its children.

    `zxid` is the newest that it rests on, counted as `ClusterSnapshot.revision` is.
    """

    read_at: At
    zxid: Zxid
    znodes: tuple[ZnodeFacts, ...]


class JobRecord(Struct, frozen=True, kw_only=True):
    """The data of `/leader_job`: the last tick that was committed, and by whom."""

    count: Count
    fencing_token: Zxid
    by: Name
    at: At


def encode(value: Any) -> bytes:
    """UTF-8 JSON of one of the types above, or of plain JSON values. Raises Undecodable if it breaks its type."""
    if isinstance(value, Struct):
        try:
            _check(value)
        except (ValueError, TypeError, RecursionError) as error:
            raise Undecodable(f"{type(value).__name__} {_where(error)}") from error
    return msgspec.json.encode(value)


def decode(data: bytes | str, kind: type[T]) -> T:
    """One of the types above from its JSON. Raises Undecodable, whose text says where and quotes nothing."""
    try:
        if kind is ClusterSnapshot:
            return _snapshot(data)  # type: ignore[return-value]
        return msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as error:
        raise Undecodable(_where(error)) from None


# Of a thousand rows one changes at a time: each is looked at once, and not with each message that has it.


class _RoughSnapshot(ClusterSnapshot, frozen=True, kw_only=True):
    members: tuple[msgspec.Raw, ...]  # type: ignore[assignment]


def _snapshot(data: bytes | str) -> ClusterSnapshot:
    rough = msgspec.json.decode(data, type=_RoughSnapshot)
    rows = tuple(_row(bytes(row), index) for index, row in enumerate(rough.members))
    return ClusterSnapshot(**(msgspec.structs.asdict(rough) | {"members": rows}))


def _row(data: bytes, index: int) -> LineMember:
    try:
        return _decoded_row(data)
    except msgspec.ValidationError as error:
        raise _below(f"members[{index}]", error) from error


@remembered
def _decoded_row(data: bytes) -> LineMember:
    return msgspec.json.decode(data, type=LineMember)


def _check(value: Struct) -> None:
    """Raises ValueError or TypeError where the value breaks its type."""
    if isinstance(value, DashboardView) and isinstance(value.cluster, ClusterSnapshot):
        try:
            _check(value.cluster)
        except msgspec.ValidationError as error:
            raise _below("cluster", error) from error
        value = msgspec.structs.replace(value, cluster=None)
    if isinstance(value, ClusterSnapshot):
        for index, row in enumerate(value.members):
            # By what is sent: values that are equal, such as 1 and true, are not the same there.
            if _row(msgspec.json.encode(row), index) != row:
                raise msgspec.ValidationError(f"not as it is sent - at `$.members[{index}]`")
        value = msgspec.structs.replace(value, members=())
    msgspec.convert(msgspec.to_builtins(value), type(value))


def _below(place: str, error: msgspec.ValidationError) -> msgspec.ValidationError:
    """The same, said of what has it at this place."""
    return msgspec.ValidationError(f"wrong - at `$.{place}{_path(error)}`")


def _path(error: msgspec.ValidationError) -> str:
    path = re.search(r" - at `\$([][.\w]*)`\Z", str(error))
    return path.group(1) if path else ""


def _where(error: Exception) -> str:
    """Where the data goes wrong, without msgspec's own words: those can quote the data."""
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8"
    if not isinstance(error, msgspec.ValidationError | TypeError):
        return "is not JSON"
    field = _path(error).lstrip(".") if isinstance(error, msgspec.ValidationError) else ""
    return f"does not have the right value at {field}" if field else "does not have the right fields"
