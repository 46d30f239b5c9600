"""Who left the line: by the leader's word, and while no leader tells, by entries that are gone from the registries.

Pure. An entry that is missing for a moment proves nothing: one that moves is deleted in one registry and made in the
other, which two reads see apart, and ZooKeeper's return ends sessions whose nodes are in line again within a second.
"""

from collections.abc import Collection
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from succession.wire import MOST_DEPARTED, ClusterSnapshot, DepartedMember, KnownMember, LineMember

GONE_AFTER_S = 1.0


class LastChange(NamedTuple):
    """Of the children of one znode: the transaction that last changed them, and how many changes there were by then."""

    zxid: int
    changes: int


class SeenEntry(Struct, frozen=True):
    """A registry entry: for whom it stands. None: its data cannot be read."""

    path: str
    znode: str | None
    name: str | None


class Presence(Struct, frozen=True):
    """The entries as last read, and which candidates in line had one and have none (znode, monotonic, since when)."""

    entries: tuple[SeenEntry, ...] = ()
    missing: tuple[tuple[str, float], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Who has an entry."""
        return frozenset(entry.name for entry in self.entries if entry.name is not None)


def seen(before: Presence, entries: tuple[SeenEntry, ...], line: Collection[str], now_s: float) -> Presence:
    """After a read of both registries. An entry that became unreadable stands for whom it stood before."""
    stood = {entry.path: entry for entry in before.entries}
    standing = tuple(stood.get(entry.path, entry) if entry.znode is None else entry for entry in entries)
    have = {entry.znode for entry in standing}
    since = {znode: now_s for entry in before.entries if (znode := entry.znode) is not None} | dict(before.missing)
    missing = tuple((znode, at_s) for znode, at_s in since.items() if znode in line and znode not in have)
    return Presence(standing, missing)


def seen_anew(presence: Presence, now_s: float) -> Presence:
    """After ZooKeeper was away: what was missing before is counted from now."""
    return replace(presence, missing=tuple((znode, now_s) for znode, _ in presence.missing))


def told(presence: Presence, now_s: float) -> Presence:
    """After the leader's word: whom it counts in line although the entry is long gone is a candidate without one."""
    recent = tuple((znode, at_s) for znode, at_s in presence.missing if now_s - at_s < GONE_AFTER_S)
    return replace(presence, missing=recent)


def gone(presence: Presence, now_s: float) -> frozenset[str]:
    """The znodes of those whose entry is gone for good."""
    return frozenset(znode for znode, at_s in presence.missing if now_s - at_s >= GONE_AFTER_S)


def forgotten(presence: Presence, znodes: Collection[str]) -> Presence:
    """After these were taken for departed."""
    return replace(presence, missing=tuple((znode, at_s) for znode, at_s in presence.missing if znode not in znodes))


def last_change(zxid: int | None, changes: int | None) -> LastChange | None:
    """None where either is unknown."""
    return None if zxid is None or changes is None else LastChange(zxid, changes)


def deletion_zxid(
    before: LastChange | None, after: LastChange | None, went: int, made: Collection[int | None]
) -> int | None:
    """The transaction that deleted the one child that went between two listings; None where it is not known for sure.

    ZooKeeper tells no more than the last change. That was this deletion if only one child went (`went`), nothing else
    changed but those that are new, and it made none of these (`made` has their czxids).
    """
    if before is None or after is None or after.zxid <= before.zxid:
        return None
    is_all_seen = after.changes - before.changes == went + len(made)
    return after.zxid if is_all_seen and went == 1 and after.zxid not in made and None not in made else None


def gone_zxid(before: ClusterSnapshot | None, after: ClusterSnapshot) -> int | None:
    """The transaction that deleted the one candidate that left the line between two snapshots, if that is known."""
    if before is None:
        return None
    former, line = {row.znode for row in before.members}, {row.znode for row in after.members}
    made = [row.czxid for row in after.members if row.znode not in former]
    changes = [last_change(told.line_zxid, told.line_changes) for told in (before, after)]
    return deletion_zxid(changes[0], changes[1], len(former - line), made)


def without(cluster: ClusterSnapshot, znodes: Collection[str]) -> ClusterSnapshot:
    """The cluster as it was told, less these candidates."""
    left = [member for member in cluster.members if member.znode not in znodes]
    ahead = (None, *(member.znode for member in left[:-1]))
    members = tuple(_behind(member, znode) for member, znode in zip(left, ahead, strict=False))
    if cluster.leader in znodes:
        return replace(cluster, members=members, leader=None, fencing_token=None, term=None)
    return replace(cluster, members=members)


def departed(
    rows: tuple[DepartedMember, ...],
    before: tuple[LineMember, ...],
    after: tuple[LineMember, ...],
    names: frozenset[str],
    at: float,
) -> tuple[DepartedMember, ...]:
    """The rows of those that left, newest last; who is among `names` is back, or was never away."""
    in_line = {member.znode for member in after}
    names |= {member.name for member in after if member.name is not None}
    left = [_as_departed(member, at) for member in before if member.znode not in in_line]
    kept = [row for row in (*rows, *left) if row.znode not in in_line and row.name not in names]
    latest = {row.znode if row.name is None else (row.name,): row for row in kept}
    return tuple(sorted(latest.values(), key=lambda row: row.departed_at))[-MOST_DEPARTED:]


def _behind(member: LineMember, ahead: str | None) -> LineMember:
    if member.predecessor == ahead:
        return member
    return replace(member, predecessor=ahead, in_sync=member.role is not None and member.watching == ahead)


def _as_departed(member: KnownMember, at: float) -> DepartedMember:
    values = {field: getattr(member, field) for field in KnownMember.__struct_fields__}
    return DepartedMember(**values, departed_at=at)
