"""The view that browsers see, as a pure function: what is known, and a piece of news, give what is known next.

No clock, no thread, no network: `now` comes with the news. The rules are those of design §4.
"""

import math
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from dashboard import beliefs, departures, failovers, happenings
from dashboard.departures import Presence
from dashboard.failovers import TOLD_AFTER_S, Signs
from dashboard.news import (
    EnsembleAsked,
    Followed,
    KillAccepted,
    LeaderSaid,
    LinkBroke,
    Moment,
    News,
    NodesAsked,
    RegistryRead,
    Tick,
)
from succession.wire import ClusterSnapshot, Connection, DashboardView, Event, LineMember, ViewState

SILENT_AFTER_S = 2.0
# A program that said that it goes down, and whose entry went within that, has closed its session itself.
_GOODBYE_HOLDS_S = 1.0
MOST_EVENTS = 200
_MOST_ORDERS = 50
_MOST_SEEN = 256


class Known(Struct, frozen=True):
    """All that the next view follows from."""

    view: DashboardView
    connection: Connection = "lost"
    back_s: float | None = None  # monotonic, of the last time that ZooKeeper came back
    followed: Followed | None = None
    read: RegistryRead | None = None  # the last that was read
    presence: Presence = Presence()
    first_followed: int | None = None  # the czxid at the first read; None: nobody led then
    first_line: frozenset[str] | None = None  # who had an entry at the first read: they did not join since
    heard_s: float | None = None  # monotonic, of the last believed snapshot from `followed`
    link_problem: str | None = None
    broke_s: float | None = None  # monotonic, since when there is a link problem
    goodbye: tuple[str, float] | None = None  # (znode, monotonic) of the leader that said that it goes down
    closed: str | None = None  # the leader that then closed its session itself
    is_told_silent: bool = False
    is_told_lost: bool = False
    newest: tuple[int, int] = (-1, -1)  # (fencing token, revision) of the last believed snapshot
    seen_coordinators: tuple[int, ...] = ()
    signs: Signs = Signs()  # of the end of the leader that is shown, or was
    orders: tuple[tuple[str, float], ...] = ()  # (znode, when its kill was accepted)
    watched: tuple[tuple[str, str], ...] = ()  # whom each znode was last known to watch
    next_event_id: int = 1


def first(epoch: str, now: Moment) -> Known:
    """What is known before anything was read."""
    view = DashboardView(
        epoch=epoch,
        revision=1,
        state="zookeeper_unreachable",
        cluster=None,
        departed=(),
        events=(),
        as_of_at=now.at,
    )
    return Known(view)


def update(known: Known, news: News, now: Moment) -> Known:
    """What is known after `news`. The view has a new revision where anything in it changed."""
    match news:
        case RegistryRead():
            after = _after_registry(known, news, now)
        case LeaderSaid():
            after = _after_snapshot(known, news, now)
        case LinkBroke():
            after = _after_break(known, news, now)
        case KillAccepted():
            after = replace(known, orders=(*known.orders, (news.znode, now.at))[-_MOST_ORDERS:])
        case NodesAsked():
            heard = beliefs.heard(known.view.beliefs, news.answers)
            after = replace(known, view=replace(known.view, beliefs=heard))
        case EnsembleAsked():
            after = replace(known, view=replace(known.view, ensemble=news.ensemble))
        case Tick():
            after = known
    state = state_of(after, now)
    if state == "leader_unreachable" and not after.is_told_silent:
        after = _tell_silent(after, now)
    if state in ("electing", "leader_unreachable"):
        after = _without_the_gone(after, now)
    shown = after.view
    believed = beliefs.of_those_shown(shown.beliefs, _members(after), after.presence, shown.departed)
    view = replace(shown, state=state, beliefs=believed)
    if view != known.view:
        view = replace(view, revision=known.view.revision + 1)
    return replace(after, view=view)


def state_of(known: Known, now: Moment) -> ViewState:
    """The first of the states that fits."""
    if known.connection != "connected":
        return "zookeeper_unreachable"
    if known.followed is None or known.heard_s is None:
        return "electing"
    if known.link_problem is None and now.monotonic_s - known.heard_s <= SILENT_AFTER_S:
        return "live"
    return "electing" if _is_awaited(known, known.followed, known.heard_s, now) else "leader_unreachable"


def _is_awaited(known: Known, followed: Followed, heard_s: float, now: Moment) -> bool:
    """Whether ZooKeeper is back and the leader is not yet: it answers 421 until it has proven its lease again."""
    is_heard_since = known.back_s is not None and heard_s >= known.back_s
    return not is_heard_since and _since(known.back_s, now) <= followed.member.session_timeout_ms / 1000


def _after_registry(known: Known, news: RegistryRead, now: Moment) -> Known:
    after = replace(known, connection=news.connection)
    if known.connection == "connected" != news.connection:
        after = _with_events(replace(after, is_told_lost=True), [happenings.zookeeper_lost(now.at)], now)
    elif news.connection == "connected" and known.is_told_lost:
        after = replace(after, presence=departures.seen_anew(known.presence, now.monotonic_s))
        after = replace(after, is_told_lost=False, back_s=now.monotonic_s)
        after = _with_events(after, [happenings.zookeeper_back(now.at)], now)
    if not news.is_read:
        return after
    line = [member.znode for member in _members(known)]
    after = replace(after, presence=departures.seen(after.presence, news.entries, line, now.monotonic_s))
    if known.first_line is None:
        czxid = None if news.followed is None else news.followed.czxid
        first_line = frozenset(entry.znode for entry in news.entries if entry.znode is not None)
        after = replace(after, first_line=first_line, first_followed=czxid)
    if _czxid(known.followed) != _czxid(news.followed):
        after = _after_another_entry(after, news, now)
    seen = dict.fromkeys((*known.seen_coordinators, *news.coordinators))
    return replace(after, read=news, followed=news.followed, seen_coordinators=tuple(seen)[-_MOST_SEEN:])


def _after_another_entry(known: Known, news: RegistryRead, now: Moment) -> Known:
    before = known.followed
    cluster = known.view.cluster
    if before is not None and cluster is not None and cluster.leader == before.member.znode:
        if known.goodbye is not None and before.czxid not in news.coordinators:
            znode, said_s = known.goodbye
            is_kept = znode == before.member.znode and now.monotonic_s - said_s <= _GOODBYE_HOLDS_S
            known = replace(known, closed=znode if is_kept else known.closed)
        lost = happenings.leader_lost(before.member, _ends(known), now.at, _lost_zxid(known.read, news, before))
        known = _with_events(known, [lost], now)
        silent_s = _since(known.heard_s if known.broke_s is None else known.broke_s, now)
        signs = failovers.after_entry_went(known.signs, before.member, known.view.as_of_at, silent_s, now.at)
        known = replace(known, signs=signs)
    if news.followed is not None and news.followed.czxid not in known.seen_coordinators:
        # zxids only rise: a new entry below the last fencing token means that ZooKeeper began anew, empty.
        began_anew = news.followed.czxid < known.newest[0]
        known = replace(known, newest=(-1, -1) if began_anew else known.newest)
    return replace(known, heard_s=None, link_problem=None, broke_s=None, is_told_silent=False)


def _lost_zxid(before: RegistryRead | None, news: RegistryRead, lost: Followed) -> int | None:
    """The transaction that deleted the entry of a leader that has no successor yet, where that is known for sure."""
    if before is None or any(czxid >= lost.czxid for czxid in news.coordinators):
        return None
    went, made = set(before.coordinators) - set(news.coordinators), set(news.coordinators) - set(before.coordinators)
    return departures.deletion_zxid(before.coordinators_changed, news.coordinators_changed, len(went), made)


def _after_break(known: Known, news: LinkBroke, now: Moment) -> Known:
    if news.czxid != _czxid(known.followed):
        return known
    signs = known.signs if known.heard_s is None else failovers.after_break(known.signs, news.is_closed, now.at)
    broke_s = now.monotonic_s if known.broke_s is None else known.broke_s
    after = replace(known, link_problem=news.problem, broke_s=broke_s, signs=signs)
    if news.is_goodbye and known.followed is not None:
        after = replace(after, goodbye=(known.followed.member.znode, now.monotonic_s))
    return after


def _after_snapshot(known: Known, news: LeaderSaid, now: Moment) -> Known:
    snapshot = news.snapshot
    followed = known.followed
    if followed is None or news.czxid != followed.czxid or snapshot.leader != followed.member.znode:
        return known  # from a leader of before, or from one that does not say that it leads
    order = (-1 if snapshot.fencing_token is None else snapshot.fencing_token, snapshot.revision)
    if order < known.newest:
        return known
    leader = next((member for member in snapshot.members if member.znode == snapshot.leader), None)
    elected = None
    if leader is not None and _is_new_leader(known, snapshot):
        heard_at, members = known.view.as_of_at, snapshot.members
        failover = failovers.failover(known.signs, known.orders, known.closed, heard_at, leader, members)
        elected = happenings.leader_elected(leader, snapshot.fencing_token, failover, now.at)
    line = _line_before(known, snapshot)
    gone_zxid = departures.gone_zxid(known.view.cluster, snapshot)
    events = happenings.changes(line, snapshot, dict(known.watched), elected, _ends(known), now.at, gone_zxid)
    departed = departures.departed(known.view.departed, _members(known), snapshot.members, frozenset(), now.at)
    view = replace(known.view, cluster=snapshot, departed=departed, as_of_at=now.at)
    in_line = {member.znode for member in snapshot.members}
    watched = {znode: watching for znode, watching in known.watched if znode in in_line}
    watched |= {member.znode: member.watching for member in snapshot.members if member.watching is not None}
    after = replace(
        known,
        view=view,
        heard_s=now.monotonic_s,
        link_problem=None,
        broke_s=None,
        is_told_silent=False,
        newest=order,
        presence=departures.told(known.presence, now.monotonic_s),
        signs=Signs(),
        watched=tuple(watched.items()),
    )
    return _with_events(after, events, now)


def _without_the_gone(known: Known, now: Moment) -> Known:
    """What the registries tell while no leader does: whose entry is gone for good has left the line."""
    cluster = known.view.cluster
    znodes = departures.gone(known.presence, now.monotonic_s)
    if cluster is None or not znodes:
        return known
    at = now.at - departures.GONE_AFTER_S
    left = departures.without(cluster, znodes)
    events = happenings.changes({row.znode: row for row in cluster.members}, left, {}, None, _ends(known), at)
    departed = departures.departed(known.view.departed, cluster.members, left.members, known.presence.names, at)
    view = replace(known.view, cluster=left, departed=departed)
    presence = departures.forgotten(known.presence, znodes)
    return _with_events(replace(known, view=view, presence=presence), events, now)


def _line_before(known: Known, snapshot: ClusterSnapshot) -> dict[str, LineMember]:
    if known.view.cluster is not None:
        return {member.znode: member for member in _members(known)}
    first_line = known.first_line or frozenset()
    return {member.znode: member for member in snapshot.members if member.znode in first_line}


def _members(known: Known) -> tuple[LineMember, ...]:
    return () if known.view.cluster is None else known.view.cluster.members


def _is_new_leader(known: Known, snapshot: ClusterSnapshot) -> bool:
    cluster = known.view.cluster
    if cluster is None:
        return _czxid(known.followed) != known.first_followed
    return (cluster.leader, cluster.fencing_token) != (snapshot.leader, snapshot.fencing_token)


def _tell_silent(known: Known, now: Moment) -> Known:
    if known.followed is None or _since(known.broke_s, now) < TOLD_AFTER_S:
        return known
    member = known.followed.member
    since = known.view.as_of_at if known.signs.stream_broke_at is None else known.signs.stream_broke_at
    # A ZooKeeper that was away gives each session its whole timeout again.
    silent_s = min(now.at - since, _since(known.back_s, now))
    left_s = member.session_timeout_ms / 1000 - silent_s
    event = happenings.not_answering(member, known.link_problem, left_s, _ends(known), since)
    return _with_events(replace(known, is_told_silent=True), [event], now)


def _with_events(known: Known, events: Iterable[Event], now: Moment) -> Known:
    """With these told. One that dates from before what was told already takes that one's time: newest is last."""
    told = known.view.events
    for event in happenings.numbered(events, known.next_event_id):
        latest_at = min(told[-1].at, now.at) if told else event.at  # unless the clock was set back meanwhile
        told = (*told, replace(event, at=max(event.at, latest_at)))
    new = len(told) - len(known.view.events)
    view = replace(known.view, events=told[-MOST_EVENTS:])
    return replace(known, view=view, next_event_id=known.next_event_id + new)


def _ends(known: Known) -> dict[str, str]:
    closed = {} if known.closed is None else {known.closed: happenings.CLOSED}
    return closed | {znode: happenings.KILLED for znode, _ in known.orders}


def _czxid(followed: Followed | None) -> int | None:
    return None if followed is None else followed.czxid


def _since(monotonic_s: float | None, now: Moment) -> float:
    return math.inf if monotonic_s is None else now.monotonic_s - monotonic_s
