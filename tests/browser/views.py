"""DashboardViews for tests of the page, made of the types that cross process borders.

Pure. Times are given by the caller, or lie a little before a fixed moment.
"""

from dataclasses import dataclass

from succession.wire import (
    Belief,
    ClusterSnapshot,
    DashboardView,
    DepartedMember,
    Ensemble,
    EnsembleServer,
    Event,
    EventKind,
    Failover,
    JobCounts,
    Latency,
    LineMember,
    ServerState,
    Takeover,
    ViewState,
)

AT = 1_800_000_000.0
"""The moment at which these views were made, unless the test says another."""


TOKEN = 4294967316
"""Each leader's fencing token is higher than this by its candidate's number."""


def znode(number: int) -> str:
    """The name of the candidate with this sequence."""
    return f"c_{number:010}"


def member(
    number: int, name: str | None = None, *, at: float = AT, leads: bool = False, **fields: object
) -> LineMember:
    """A row as a healthy node has it: in sync, behind the candidate with the number before its own."""
    ahead = None if leads else znode(number - 1)
    known: dict[str, object] = {
        "name": name or f"node{number}",
        "znode": znode(number),
        "role": "leader" if leads else "worker",
        "watching": ahead,
        "address": f"http://127.0.0.1:{8080 + number}",
        "session_id": f"0x{number:x}",
        "session_timeout_ms": 2000,
        "joined_at": at - 60,
        "role_since_at": at - 12,
        "takeover": None,
        "predecessor": ahead,
        "in_sync": True,
    }
    return LineMember(**{**known, **fields})  # type: ignore[arg-type]


def unreadable(number: int) -> LineMember:
    """A candidate without a readable entry: all that is known is where it stands."""
    return LineMember(
        name=None,
        znode=znode(number),
        role=None,
        watching=None,
        address=None,
        session_id=None,
        session_timeout_ms=None,
        joined_at=None,
        role_since_at=None,
        takeover=None,
        predecessor=znode(number - 1),
        in_sync=False,
    )


def departed(number: int, name: str | None = None, *, at: float = AT, led: bool = False) -> DepartedMember:
    """A row that has left the line; `led`: it was the leader."""
    left = member(number, name, leads=led)
    known = {field: getattr(left, field) for field in left.__struct_fields__ if field not in {"predecessor", "in_sync"}}
    return DepartedMember(**known, departed_at=at)


def event(number: int, kind: EventKind, about: int | None, text: str, *, at: float = AT, **fields: object) -> Event:
    """Something that happened to `node{about}`."""
    known: dict[str, object] = {
        "id": number,
        "at": at,
        "zxid": None,
        "kind": kind,
        "znode": None if about is None else znode(about),
        "name": None if about is None else f"node{about}",
        "text": text,
        "fencing_token": None,
        "without_leader_ms": None,
    }
    return Event(**{**known, **fields})  # type: ignore[arg-type]


def cluster(*members: LineMember, at: float = AT, problems: tuple[str, ...] = ()) -> ClusterSnapshot:
    """A snapshot in which the first member leads, where it says so."""
    leads = bool(members) and members[0].role == "leader"
    token = TOKEN + int(members[0].znode[2:]) if leads else None
    return ClusterSnapshot(
        revision=4294967400,
        leader=members[0].znode if leads else None,
        fencing_token=token,
        term=3 if leads else None,
        observed_at=at,
        members=members,
        problems=problems,
    )


def four(*, at: float = AT, first: int = 1) -> tuple[LineMember, ...]:
    """A leader and three workers behind it."""
    return tuple(member(number, at=at, leads=number == first) for number in range(first, first + 4))


def many(count: int, *, at: float = AT, behind: tuple[int, ...] = ()) -> tuple[LineMember, ...]:
    """A leader and so many less one workers; those with the numbers in `behind` watch the one before their last."""

    def one(number: int) -> LineMember:
        if number in behind:
            return member(number, at=at, watching=znode(number - 2), in_sync=False)
        return member(number, at=at, leads=number == 1)

    return tuple(one(number) for number in range(1, count + 1))


def belief(number: int, *, at: float = AT, leads: bool = False, **fields: object) -> Belief:
    """What a healthy node{number} says of itself, an instant ago."""
    known: dict[str, object] = {
        "name": f"node{number}",
        "znode": znode(number),
        "role": "leader" if leads else "worker",
        "watching": None if leads else znode(number - 1),
        "is_leader": leads,
        "connection": "connected",
        "session_id": f"0x{number:x}",
        "fencing_token": TOKEN + number if leads else None,
        "lease_left_ms": 1400 if leads else None,
        "job": JobCounts(committed=12 if leads else 0, refused=0),
        "at": at - 0.2,
        "answered_at": at - 0.2,
        "is_answering": True,
    }
    return Belief(**{**known, **fields})  # type: ignore[arg-type]


def server(number: int, state: ServerState, *, at: float = AT) -> EnsembleServer:
    """One of ZooKeeper's own servers, as it says of itself, if it says anything."""
    has_said = state in ("leading", "following", "alone")
    return EnsembleServer(
        host=f"127.0.0.1:{2180 + number}",
        state=state,
        latency_ms=Latency(min=0, avg=0.6, max=12) if has_said else None,
        connections=6 if has_said else None,
        zxid=4294967400 if has_said else None,
        node_count=20 if has_said else None,
        version="3.8.0" if has_said else None,
        asked_at=at,
    )


def failover(former: int, *, at: float = AT, **fields: object) -> Failover:
    """How leadership passed on from node{former}: its process died, and its session was ended for it."""
    known: dict[str, object] = {
        "former_znode": znode(former),
        "former_name": f"node{former}",
        "sign": "stream",
        "sign_at": at - 0.023,
        "entry_went_at": at - 0.015,
        "cause_seen_at": at - 0.012,
        "claimed_at": at,
        "end": "died",
        "session_timeout_ms": 2000,
        "crash_supervisor": True,
        "silent_since_at": None,
    }
    return Failover(**{**known, **fields})  # type: ignore[arg-type]


@dataclass
class Script:
    """Views of one dashboard, each with the next revision."""

    epoch: str = "epoch-1"
    revision: int = 0

    def view(
        self,
        *members: LineMember,
        state: ViewState = "live",
        at: float = AT,
        departed: tuple[DepartedMember, ...] = (),
        events: tuple[Event, ...] = (),
        problems: tuple[str, ...] = (),
        snapshot: bool = True,
        beliefs: dict[str, Belief | None] | None = None,
        servers: tuple[EnsembleServer, ...] = (),
    ) -> DashboardView:
        """The next view. `snapshot=False`: none has come from a leader yet."""
        self.revision += 1
        return DashboardView(
            epoch=self.epoch,
            revision=self.revision,
            state=state,
            cluster=cluster(*members, at=at, problems=problems) if snapshot else None,
            departed=departed,
            events=events,
            as_of_at=at,
            beliefs=beliefs or {},
            ensemble=Ensemble(servers=servers) if servers else None,
        )


def after_failover(script: Script, *, at: float) -> DashboardView:
    """node1 was killed from the page, and node2 has taken over."""
    second = member(
        2,
        at=at,
        leads=True,
        role_since_at=at - 5,
        takeover=Takeover(cause_seen_at=at - 5.02, claimed_at=at - 5),
    )
    return script.view(
        second,
        member(3, at=at),
        member(4, at=at),
        at=at,
        departed=(departed(1, at=at - 6, led=True),),
        events=failover_events(at),
    )


def failover_events(at: float) -> tuple[Event, ...]:
    """What the dashboard tells of a failover from node1 to node2, five seconds ago."""
    return (
        event(1, "joined", 3, "node3 joined at the end of the line.", at=at - 62),
        event(2, "joined", 4, "node4 joined at the end of the line.", at=at - 61),
        event(3, "leader_lost", 1, "node1, the leader, is gone (killed from this page).", at=at - 6),
        event(4, "gone", 1, "node1 is gone (killed from this page).", at=at - 6),
        event(
            5,
            "leader_elected",
            2,
            "node2 became the leader with fencing token 4294967318.",
            at=at - 5,
            fencing_token=TOKEN + 2,
            without_leader_ms=1023,
        ),
        event(6, "watch_moved", 3, "node3 watches c_0000000002 now.", at=at - 5),
    )
