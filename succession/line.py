"""Who leads and who stands in line, read when asked.

Runs in the caller's thread, with a deadline, and leaves no watch: a watch by all would wake all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from succession import rules
from succession.errors import Undecodable
from succession.paths import ElectionPaths
from succession.session import ZooKeeperSession
from succession.wire import ClaimNote, decode
from succession.znodes import Znode


@dataclass(frozen=True)
class Candidate:
    """A candidate as it stands in ZooKeeper. `name` is None and `data` empty where its data cannot be read.

    `fencing_token` and `term` are the leader's, as read from its claim; None for a candidate of the line.
    """

    znode: str
    name: str | None
    data: Mapping[str, Any] = field(default_factory=dict)
    fencing_token: int | None = None
    term: int | None = None


class Line:
    """Reads the election at one path."""

    def __init__(self, session: ZooKeeperSession, paths: ElectionPaths) -> None:
        self._session = session
        self._paths = paths

    def leader(self, timeout_s: float | None = None) -> Candidate | None:
        """Who holds the claim, or None if nobody does or its data cannot be read."""
        claim = self._session.znode_of(self._paths.claim, self._session.send_get(self._paths.claim), timeout_s)
        if claim is None or not claim.is_ephemeral:
            return None
        try:
            note = decode(claim.data, ClaimNote)
        except Undecodable:
            return None
        data = {
            key: value
            for key, value in _data(claim).items()
            if key not in ClaimNote.__struct_fields__ or key == "address"
        }
        return Candidate(note.znode, note.name, data, claim.czxid, note.term)

    def candidates(self) -> tuple[Candidate, ...]:
        """The line, first in line first; who left while it was read is not in it."""
        children = self._session.children(self._paths.election)
        found = self._session.get_all(
            self._paths.candidate(name) for name in rules.order(children.names if children else ())
        )
        return tuple(_candidate(znode) for znode in found.values() if znode is not None and znode.is_ephemeral)


def _candidate(znode: Znode) -> Candidate:
    data = _data(znode)
    name = data.pop("name", None)
    return Candidate(znode.path.rpartition("/")[2], name if isinstance(name, str) else None, data)


def _data(znode: Znode) -> dict[str, Any]:
    try:
        return msgspec.json.decode(znode.data, type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}
