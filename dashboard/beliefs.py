"""What each node in line believes of itself: its last answer, kept while it does not answer.

Pure. A node is known by its znode: what another candidate says at the same address is no answer of this one.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import asdict, replace

from dashboard.departures import Presence
from succession.wire import MOST_BELIEFS, Belief, DepartedMember, LineMember, NodeStatus

Beliefs = dict[str, Belief | None]


def believed(znode: str, status: NodeStatus, answered_at: float) -> Belief | None:
    """The belief of this candidate that the status is; None if it is another's, or of none that is in line."""
    return Belief(**asdict(status), answered_at=answered_at, is_answering=True) if status.znode == znode else None


def heard(before: Mapping[str, Belief | None], answers: Iterable[tuple[str, Belief | None]]) -> Beliefs:
    """After these were asked: who did not answer (None) keeps what it said before, if it ever said anything."""
    after = dict(before)
    for znode, answer in answers:
        former = before.get(znode)
        silent = None if former is None else replace(former, is_answering=False)
        after[znode] = silent if answer is None else answer
    return after


def of_those_shown(
    beliefs: Beliefs, members: Iterable[LineMember], presence: Presence, departed: Iterable[DepartedMember]
) -> Beliefs:
    """The first ones' of who is in line or has an entry, and the last words of those that left: they answer no more."""
    line = {member.znode for member in members} | {entry.znode for entry in presence.entries}
    first = sorted(znode for znode in beliefs if znode in line)[:MOST_BELIEFS]
    kept: Beliefs = {znode: beliefs[znode] for znode in first}
    for row in departed:
        word = beliefs.get(row.znode)
        if word is not None and row.znode not in line:
            kept[row.znode] = replace(word, is_answering=False)
    return kept
