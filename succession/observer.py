"""The whole cluster as one snapshot, from the election's path and both registries.

`snapshot` is pure; `Observer` calls it in its mirror's thread, while it is started.
"""

import time
from collections.abc import Callable, Iterator

from msgspec import structs

from succession import rules
from succession.clock import boottime_s
from succession.errors import Undecodable
from succession.mirror import Contents, Mirror
from succession.paths import ElectionPaths, shown
from succession.registry import COORDINATORS, WORKERS, Entry, entries_of
from succession.remembered import remembered
from succession.session import ZooKeeperSession, hex_id
from succession.wire import CandidateNote, ClaimNote, ClusterSnapshot, LineMember, decode
from succession.znodes import Znode

MAX_PROBLEMS = 50
GRACE_S = 0.5  # a candidate is there before its entry, and they go one after the other: that is no problem


class Observer:
    """Tells a ClusterSnapshot at each change and once a second while ZooKeeper answers, in a thread of its own."""

    def __init__(
        self,
        session: ZooKeeperSession,
        path: str = "/election",
        coordinators: str = COORDINATORS,
        workers: str = WORKERS,
        *,
        tell: Callable[[ClusterSnapshot], None],
    ) -> None:
        self._paths = ElectionPaths(path)
        self._registries = (coordinators, workers)
        self._tell = tell
        self._problems_since: dict[str, float] = {}  # by the mirror's thread
        parents = (path, coordinators, workers)
        self._mirror = Mirror(session, parents, self._translate, along=(self._paths.term, self._paths.claim))

    def start(self) -> None:
        """Begin to observe. Only from the thread that also stops it."""
        self._mirror.start()

    def stop(self) -> None:
        """Tell nothing more."""
        self._mirror.stop()

    def _translate(self, contents: Contents) -> None:
        if contents.connection == "connected" and contents.is_read:
            told = snapshot(contents, self._paths, *self._registries, observed_at=time.time())
            self._tell(structs.replace(told, problems=self._lasting(told.problems)))

    def _lasting(self, problems: tuple[str, ...]) -> tuple[str, ...]:
        now_s = boottime_s()
        self._problems_since = {problem: self._problems_since.get(problem, now_s) for problem in problems}
        return tuple(problem for problem in problems if now_s - self._problems_since[problem] >= GRACE_S)


def snapshot(
    contents: Contents, paths: ElectionPaths, coordinators: str, workers: str, observed_at: float
) -> ClusterSnapshot:
    """The cluster as it was read. What cannot be read is in `problems`, and its row is there all the same."""
    names = {name for name, _ in contents.below(paths.election)}
    candidates = {
        name: znode for name, znode in contents.below(paths.election) if rules.is_candidate(name) and znode.is_ephemeral
    }
    entries = entries_of(contents, coordinators, "coordinators") + entries_of(contents, workers, "workers")
    by_znode: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.czxid):
        if entry.data is not None:
            candidate = candidates.get(entry.data.member.znode)
            if candidate is not None and candidate.owner == entry.owner:  # nobody speaks for another's candidate
                by_znode[entry.data.member.znode] = entry
    line = rules.order(candidates)
    rows = [
        _row(candidates[name], name, by_znode.get(name), ahead)
        for name, ahead in zip(line, (None, *line), strict=False)
    ]
    claim = contents.znodes.get(paths.claim)
    listed = contents.children.get(paths.election)
    note, claim_problem = _claim_note(claim)
    leads = claim is not None and note is not None and note.znode in candidates
    problems = [
        *claim_problem,
        *_candidate_problems(contents.below(paths.election), by_znode),
        *_entry_problems(entries, by_znode),
        *_sequence_problem(names),
    ]
    if len(problems) > MAX_PROBLEMS:
        problems = [*problems[:MAX_PROBLEMS], f"{len(problems) - MAX_PROBLEMS} more like these."]
    return ClusterSnapshot(
        revision=contents.newest_zxid,
        leader=note.znode if note and leads else None,
        fencing_token=claim.czxid if claim and leads else None,
        term=note.term if note and leads else None,
        observed_at=observed_at,
        members=tuple(rows),
        problems=tuple(problems),
        line_zxid=listed.pzxid if listed else None,
        line_changes=listed.cversion if listed else None,
    )


@remembered
def _row(candidate: Znode, name: str, entry: Entry | None, ahead: str | None) -> LineMember:
    if entry is not None and entry.data is not None:
        said = entry.data.member
        return LineMember(
            **{field: getattr(said, field) for field in said.__struct_fields__},
            czxid=candidate.czxid,
            entry_zxid=entry.mzxid,
            predecessor=ahead,
            in_sync=said.watching == ahead,
        )
    note, _ = _candidate_note(candidate.data)
    return LineMember(
        name=note.name if note else None,
        znode=name,
        role=None,
        watching=None,
        address=note.address if note else None,
        session_id=hex_id(candidate.owner),
        session_timeout_ms=None,
        joined_at=None,
        role_since_at=None,
        takeover=None,
        czxid=candidate.czxid,
        predecessor=ahead,
        in_sync=False,
    )


@remembered
def _candidate_note(data: bytes) -> tuple[CandidateNote | None, str]:
    """Who a candidate says it is, or what is wrong with its data."""
    try:
        return decode(data, CandidateNote), ""
    except Undecodable as error:
        return None, str(error)


def _claim_note(claim: Znode | None) -> tuple[ClaimNote | None, list[str]]:
    if claim is None:
        return None, []
    try:
        return decode(claim.data, ClaimNote), []
    except Undecodable as error:
        return None, [f"The claim {claim.path} {error}."]


def _candidate_problems(found: list[tuple[str, Znode]], by_znode: dict[str, Entry]) -> Iterator[str]:
    for name, znode in found:
        path = shown(znode.path)
        if not rules.is_candidate(name):
            yield f"{path} is no candidate, whatever it is."
            continue
        if not znode.is_ephemeral:
            yield f"{path} is not ephemeral, so that it is no candidate and is stepped over."
            continue
        note, problem = _candidate_note(znode.data)
        if note is None:
            yield f"The data of {path} {problem}; it keeps its place."
        if name not in by_znode:
            yield f"{path} has no readable entry in a registry."


def _entry_problems(entries: tuple[Entry, ...], by_znode: dict[str, Entry]) -> Iterator[str]:
    for entry in entries:
        path = shown(entry.path)
        if entry.data is None:
            yield f"The data of {path} {entry.problem}."
            continue
        said = entry.data.member
        kept = by_znode.get(said.znode)
        if kept is None:
            yield f"{path} stands for {said.znode}, which is not a candidate of its session."
        elif kept.path != entry.path:
            yield f"{path} and {shown(kept.path)} both stand for {said.znode}; the later one counts."
        elif (said.role == "leader") != (entry.registry == "coordinators"):
            yield f"{path} says that {said.znode} is a {said.role}, which is not this registry's role."


def _sequence_problem(names: set[str]) -> Iterator[str]:
    left = rules.sequences_left(names)
    if left is not None:
        yield f"ZooKeeper can number only {left} more candidates below this path; make the path anew in time."
