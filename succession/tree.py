"""The znodes as they are, in one list: what people otherwise look up with ZooKeeper's command line.

`tree` is pure; `read_tree` runs in the caller's thread, with the session's deadlines, and leaves no watch.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct, structs

from succession import rules
from succession.errors import NoAuth, Undecodable
from succession.mirror import Contents
from succession.paths import ElectionPaths, shown
from succession.reading import Reading
from succession.registry import COORDINATORS, WORKERS
from succession.session_state import hex_id
from succession.wire import CandidateNote, ClaimNote, RegistryEntry, ZnodeFacts, ZnodeTree, decode
from succession.znodes import Children, Znode

MOST_CHILDREN = 200  # of each parent
MOST_READS = 3  # of znodes whose parents' children change meanwhile


def read_tree(
    session: Reading, path: str = "/election", coordinators: str = COORDINATORS, workers: str = WORKERS
) -> ZnodeTree:
    """Read the election at `path` and both registries now. Raises NotConnected, OutcomeUnknown or Refused.

    What changes while it is read is read again, a few times at most, so that a claim and its candidate, or the entry
    that moved between the registries, belong together.
    """
    paths = ElectionPaths(path)
    parents = (paths.election, coordinators, workers)
    listed = _list(session, parents)
    for _ in range(MOST_READS):
        wanted = [*parents, paths.claim, paths.term]
        for parent, children in listed.items():
            wanted += [f"{parent}/{name}" for name in _chosen(children, paths)]
        znodes = _read(session, wanted)
        before, listed = listed, _list(session, parents)
        if _last_changes(before) == _last_changes(listed):
            break
    return tree(Contents("connected", True, before, znodes), paths, coordinators, workers, read_at=time.time())


def tree(contents: Contents, paths: ElectionPaths, coordinators: str, workers: str, read_at: float) -> ZnodeTree:
    """What was read, in the order of the line and by name, at most 200 children of each parent."""
    return ZnodeTree(
        read_at=read_at,
        zxid=contents.newest_zxid,
        znodes=(
            *_branch(contents, paths.election, paths),
            _facts(contents, paths.claim, ClaimNote),
            _facts(contents, paths.term, None),
            *_branch(contents, coordinators, paths),
            *_branch(contents, workers, paths),
        ),
    )


def _list(session: Reading, parents: Iterable[str]) -> dict[str, Children]:
    """The children of each parent that is there and may be read."""
    found = {}
    for parent, sent in [(parent, session.send_children(parent)) for parent in parents]:
        with contextlib.suppress(NoAuth):
            children = session.children_of(parent, sent)
            if children is not None:
                found[parent] = children
    return found


def _read(session: Reading, paths: Iterable[str]) -> dict[str, Znode]:
    return {path: znode for path, znode in session.get_all(paths).items() if znode is not None}


def _last_changes(listed: dict[str, Children]) -> dict[str, int]:
    return {parent: children.pzxid for parent, children in listed.items()}


def _chosen(children: Children, paths: ElectionPaths) -> tuple[str, ...]:
    """The names that are read and listed: candidates in order of succession, then whatever else is there by name."""
    line = rules.order(children.names) if children.path == paths.election else ()
    return (*line, *sorted(set(children.names) - set(line)))[:MOST_CHILDREN]


def _branch(contents: Contents, parent: str, paths: ElectionPaths) -> Iterator[ZnodeFacts]:
    """A parent, and below it those children that were still there when they were read."""
    facts, children = _facts(contents, parent, None), contents.children.get(parent)
    if children is None or parent not in contents.znodes:
        yield facts
        return
    chosen = _chosen(children, paths)
    found = [name for name in chosen if f"{parent}/{name}" in contents.znodes]
    left_out = len(children.names) - len(chosen)
    yield structs.replace(facts, children=len(found) + left_out, left_out=left_out)
    for name in found:
        kind = RegistryEntry if parent != paths.election else CandidateNote if rules.is_candidate(name) else None
        yield _facts(contents, f"{parent}/{name}", kind)


def _facts(contents: Contents, path: str, kind: type[Struct] | None) -> ZnodeFacts:
    znode = contents.znodes.get(path)
    if znode is None:
        return ZnodeFacts(path=shown(path))
    data, note = _told(znode, kind)
    return ZnodeFacts(
        path=shown(path),
        czxid=znode.czxid,
        mzxid=znode.mzxid,
        version=znode.version,
        owner=hex_id(znode.owner) if znode.is_ephemeral else None,
        created_at=znode.ctime_ms / 1000,
        data=data,
        note=note,
    )


def _told(znode: Znode, kind: type[Struct] | None) -> tuple[dict[str, Any] | None, str | None]:
    """What a wire type makes of the data: nothing that it does not know is told, a token least of all."""
    if not znode.may_be_read:
        return None, "Its access list does not let this session read it."
    if not znode.data:
        return None, None
    if kind is None:
        return None, "Its data is nothing that an election or a registry writes here, and is not shown."
    try:
        said = decode(znode.data, kind)
    except Undecodable as error:
        return None, f"Its data {error}."
    return msgspec.to_builtins(said.member if isinstance(said, RegistryEntry) else said), None
