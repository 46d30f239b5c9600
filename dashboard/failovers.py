"""How leadership passed from one leader to the next, as a record: from the signs of the former one's end.

Pure. Nothing here says when somebody led: that is the lease's; it says what the dashboard saw, and when.
"""

from collections.abc import Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from succession.wire import Failover, FailoverEnd, FailoverSign, LineMember, Member

# A leader that leaves in order closes its stream and is gone from the registry in no time: not worth an event.
TOLD_AFTER_S = 0.15
# A leader may say a last word after it took the order to die; one that talks on for longer did not obey.
_ORDER_STANDS_S = 2.0
_SPEAKS_EVERY_S = 1.1
_MOST_MS = 2**31 - 1


class Signs(Struct, frozen=True):
    """What was seen so far of the end of the leader that is shown; `former` is set once its entry has gone."""

    stream_broke_at: float | None = None
    is_stream_closed: bool = False  # in order, by its own program
    entry_went_at: float | None = None
    former: Member | None = None
    silent_since_at: float | None = None


def after_break(signs: Signs, is_closed: bool, at: float) -> Signs:
    """The leader's stream broke; what is said of it later changes nothing."""
    if signs.stream_broke_at is not None:
        return signs
    return replace(signs, stream_broke_at=at, is_stream_closed=is_closed)


def after_entry_went(signs: Signs, former: Member, heard_at: float, silent_s: float, at: float) -> Signs:
    """The leader's entry is gone; its last word was at `heard_at`, and for `silent_s` it had not answered before."""
    since_at = heard_at if signs.stream_broke_at is None else signs.stream_broke_at
    timeout_s = former.session_timeout_ms / 1000
    if signs.stream_broke_at is None:
        waits_from_s = min(_SPEAKS_EVERY_S, 0.8 * timeout_s)  # ZooKeeper heard of it a sixth of its timeout before
    else:
        waits_from_s = TOLD_AFTER_S if signs.is_stream_closed else timeout_s / 2
    silent_since_at = since_at if silent_s >= waits_from_s else None
    went_at = at if signs.entry_went_at is None else signs.entry_went_at
    return replace(signs, entry_went_at=went_at, former=former, silent_since_at=silent_since_at)


def failover(
    signs: Signs,
    orders: Iterable[tuple[str, float]],
    closed: str | None,
    heard_at: float,
    leader: LineMember,
    line: Collection[LineMember],
) -> Failover | None:
    """The record, once its successor leads this line; None where nobody led before, or when it claimed is unknown.

    `orders` are the kills that were accepted (znode, when), `closed` is who closed its session itself.
    """
    former = signs.former
    if former is None or leader.takeover is None:
        return None
    ordered = [at for znode, at in orders if znode == former.znode and at >= heard_at - _ORDER_STANDS_S]
    first = _first_sign(signs, min(ordered, default=None))
    if first is None:
        return None
    return Failover(
        former_znode=former.znode,
        former_name=former.name,
        sign=first[1],
        sign_at=first[0],
        entry_went_at=signs.entry_went_at,
        cause_seen_at=leader.takeover.cause_seen_at,
        claimed_at=leader.takeover.claimed_at,
        end=_end(signs, former, bool(ordered), closed == former.znode, line),
        session_timeout_ms=former.session_timeout_ms,
        crash_supervisor=former.crash_supervisor,
        silent_since_at=signs.silent_since_at,
    )


def without_leader_ms(passed: Failover | None) -> int | None:
    """From the first sign that the old leader was gone to its successor's claim; None where either is unknown."""
    if passed is None:
        return None
    return min(max(0, round((passed.claimed_at - passed.sign_at) * 1000)), _MOST_MS)


def _first_sign(signs: Signs, ordered_at: float | None) -> tuple[float, FailoverSign] | None:
    seen: list[tuple[float | None, FailoverSign]] = [
        (ordered_at, "order"),
        (signs.stream_broke_at, "stream"),
        (signs.entry_went_at, "entry"),
    ]
    return min(((at, sign) for at, sign in seen if at is not None), key=lambda one: one[0], default=None)


def _end(signs: Signs, former: Member, is_ordered: bool, has_left: bool, line: Collection[LineMember]) -> FailoverEnd:
    if any(member.session_id == former.session_id for member in line):
        return "evicted"  # its session goes on, so that its program does
    if is_ordered:
        return "ordered"
    if has_left:
        return "left"
    if signs.silent_since_at is not None:
        return "silent"
    # A process that dies sends nothing more: a stream that it closed in order, or that still stands, is a living one's.
    return "died" if signs.stream_broke_at is not None and not signs.is_stream_closed else "evicted"
