"""What happened, as events with plain sentences: from two looks at the cluster, or from one sign.

Pure. Events are made with id 0; the view numbers them. `ends` says why a znode went, where that is known for sure.
So does an event's zxid: the transaction by which it happened, None where that is not known or ZooKeeper had no part.
"""

from collections.abc import Iterable, Mapping

from dashboard import failovers
from succession.wire import ClusterSnapshot, Event, EventKind, Failover, KnownMember, LineMember, Member

Ends = Mapping[str, str]
KILLED = "it was killed from this page"
CLOSED = "it closed its session itself"


def called(member: KnownMember | Member) -> str:
    """A member's name, or its znode where no readable entry tells the name."""
    return member.znode if member.name is None else member.name


def changes(
    before: Mapping[str, LineMember],
    after: ClusterSnapshot,
    watched: Mapping[str, str],
    elected: Event | None,
    ends: Ends,
    at: float,
    gone_zxid: int | None = None,
) -> tuple[Event, ...]:
    """Who went, who joined, who leads now and who watches another, in ZooKeeper's order as far as that is known.

    `watched`: whom each was last known to watch. `gone_zxid` is the transaction that deleted the one candidate that
    went. One that joined has the transaction that made its candidate, one that watches another the one that wrote
    what its entry says now.
    """
    line = {member.znode: member for member in after.members}
    gone = [_gone(member, after.members, ends, at, gone_zxid) for znode, member in before.items() if znode not in line]
    joined = [_joined(member, line, at) for member in after.members if member.znode not in before]
    moved = [
        _watch_moved(member, line, at)
        for member in after.members
        if member.watching is not None and watched.get(member.znode, member.watching) != member.watching
    ]
    return _in_order((*gone, *joined, *(() if elected is None else (elected,)), *moved))


def leader_elected(leader: KnownMember, fencing_token: int | None, failover: Failover | None, at: float) -> Event:
    token = "" if fencing_token is None else f" with fencing token {fencing_token}"
    text = f"{called(leader)} became the leader{token}: nobody is ahead of it."
    return _event(
        "leader_elected",
        at,
        text,
        leader,
        zxid=fencing_token,
        fencing_token=fencing_token,
        failover=failover,
    )


def leader_lost(leader: Member, ends: Ends, at: float, zxid: int | None) -> Event:
    """`zxid` is the transaction that deleted its entry."""
    why = ends.get(leader.znode, "its entry is gone from the registry")
    text = f"{called(leader)} no longer leads: {why}. An election is under way."
    return _event("leader_lost", at, text, leader, zxid=zxid)


def not_answering(leader: Member, problem: str | None, left_s: float, ends: Ends, at: float) -> Event:
    """`problem` says why nothing comes, None that it is silent; `left_s` is how long its session still stands."""
    why = ends.get(leader.znode, problem or "it has gone silent")
    if left_s > 0:
        wait = f"ZooKeeper waits about {left_s:.1f} s more for it before the next in line may lead."
    else:
        wait = "Its session should end at any moment, unless ZooKeeper still hears from it."
    return _event("not_answering", at, f"{called(leader)} does not answer: {why}. {wait}", leader)


def zookeeper_lost(at: float) -> Event:
    return _event("zookeeper_lost", at, "ZooKeeper is out of reach: what is shown is what was last known.", None)


def zookeeper_back(at: float) -> Event:
    return _event("zookeeper_back", at, "ZooKeeper answers again.", None)


def numbered(events: Iterable[Event], first_id: int) -> tuple[Event, ...]:
    """The events with their ids, counted from `first_id`."""
    return tuple(_with_id(event, first_id + index) for index, event in enumerate(events))


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """By zxid. Those without one stay behind whom they came behind, or first; those with the same, as they came."""
    keyed: list[tuple[int, Event]] = []
    for event in events:
        keyed.append(((keyed[-1][0] if keyed else -1) if event.zxid is None else event.zxid, event))
    return tuple(event for _, event in sorted(keyed, key=lambda pair: pair[0]))


def _gone(member: LineMember, line: tuple[LineMember, ...], ends: Ends, at: float, zxid: int | None) -> Event:
    name = called(member)
    if member.znode in ends:
        text = f"{name} is gone; {ends[member.znode]}."
    elif any(other.name == member.name is not None for other in line):
        text = f"The former {name} ({member.znode}) is gone."
    else:
        text = f"{name} is gone."
    return _event("gone", at, text, member, zxid=zxid)


def _joined(member: LineMember, line: Mapping[str, LineMember], at: float) -> Event:
    if member.predecessor is not None:
        text = f"{called(member)} joined the line behind {_znode_of(member.predecessor, line)}."
    else:
        text = f"{called(member)} joined the line: nobody is ahead of it."
    return _event("joined", at, text, member, zxid=member.czxid)


def _watch_moved(member: LineMember, line: Mapping[str, LineMember], at: float) -> Event:
    watching = _znode_of(member.watching or "", line)
    return _event("watch_moved", at, f"{called(member)} now watches {watching}.", member, zxid=member.entry_zxid)


def _znode_of(znode: str, line: Mapping[str, LineMember]) -> str:
    name = line[znode].name if znode in line else None
    return znode if name is None else f"{znode} ({name})"


def _event(
    kind: EventKind,
    at: float,
    text: str,
    about: KnownMember | Member | None,
    *,
    zxid: int | None = None,
    fencing_token: int | None = None,
    failover: Failover | None = None,
) -> Event:
    return Event(
        id=0,
        at=at,
        zxid=zxid,
        kind=kind,
        znode=None if about is None else about.znode,
        name=None if about is None else about.name,
        text=text,
        fencing_token=fencing_token,
        without_leader_ms=failovers.without_leader_ms(failover),
        failover=failover,
    )


def _with_id(event: Event, number: int) -> Event:
    return Event(
        id=number,
        at=event.at,
        zxid=event.zxid,
        kind=event.kind,
        znode=event.znode,
        name=event.name,
        text=event.text,
        fencing_token=event.fencing_token,
        without_leader_ms=event.without_leader_ms,
        failover=event.failover,
    )
