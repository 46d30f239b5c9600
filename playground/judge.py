"""The judge of a recorded history: what in it must never happen.

Pure: a history in, violations out, first to last. The judgements are numbered as in the issue that asked for them;
each returns what it finds and knows nothing of the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from playground import history
from playground.history import Attempt, Fault, Gone, Healed, InSession, Lease, NotLeading, Outcome, Seen, Setup, Started

GRACE_S = 2.0
"""What a cluster may take to settle, beyond a session timeout, once nothing is wrong any more."""


@dataclass(frozen=True)
class Violation:
    """What must not be, when, and by which judgement."""

    judgement: int
    at_s: float
    text: str


@dataclass(frozen=True)
class Tenure:
    """A time in which a process held leadership for sure, its lease included."""

    node: str
    process: int
    token: int
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Quiet:
    """A time without faults: from the healing of the last to the next. `seen` begins with the state before it."""

    from_s: float
    to_s: float
    seen: tuple[Seen, ...]


def judge(records: Sequence[history.Any]) -> list[Violation]:
    """Everything in this history, in order of time, that breaks one of the six judgements."""
    found = [
        *_overlaps(records),
        *_wrong_counts(records),
        *_writes_of_the_deposed(records),
        *_unsettled(records),
        *_left_behind(records),
        *_wrong_registries(records),
    ]
    return sorted(found, key=lambda violation: violation.at_s)


# --- 1: leadership ------------------------------------------------------------------------------------------------


def tenures(records: Sequence[history.Any]) -> list[Tenure]:
    """Who led when, in order of time. A process that says nothing more holds its lease to its end, or to its own."""
    held: dict[int, Tenure] = {}
    gone: set[int] = set()
    done = []
    for record in records:
        if not isinstance(record, Lease | NotLeading | Gone) or record.process in gone:
            continue
        if isinstance(record, Gone):
            gone.add(record.process)
        former = held.pop(record.process, None)
        if isinstance(record, Lease):
            from_s = record.at_s
            if former is not None and former.token == record.token and from_s <= former.to_s:
                from_s, former = former.from_s, None
            held[record.process] = Tenure(record.node, record.process, record.token, from_s, record.until_s)
        if former is not None:
            done.append(_ended(former, record.at_s))
    return sorted((one for one in (*done, *held.values()) if one.from_s <= one.to_s), key=lambda one: one.from_s)


def _ended(tenure: Tenure, at_s: float) -> Tenure:
    return Tenure(tenure.node, tenure.process, tenure.token, tenure.from_s, min(tenure.to_s, at_s))


def _overlaps(records: Sequence[history.Any]) -> Iterator[Violation]:
    longest: Tenure | None = None
    for tenure in tenures(records):
        if longest is not None and tenure.from_s < longest.to_s and tenure.process != longest.process:
            together_ms = (min(tenure.to_s, longest.to_s) - tenure.from_s) * 1000
            yield Violation(
                1,
                tenure.from_s,
                f"{tenure.node} (fencing token {tenure.token}) leads beside {longest.node} (fencing token "
                f"{longest.token}) for {together_ms:.0f} ms",
            )
        if longest is None or tenure.to_s > longest.to_s:
            longest = tenure


# --- 2 and 3: what the leader's job wrote -------------------------------------------------------------------------


def _results(records: Sequence[history.Any]) -> dict[tuple[int, int], Outcome]:
    return {(record.process, record.number): record for record in records if isinstance(record, Outcome)}


def _wrong_counts(records: Sequence[history.Any]) -> Iterator[Violation]:
    results = _results(records)
    committed: dict[int, Attempt] = {}
    perhaps: dict[int, list[Attempt]] = {}
    for attempt in records:
        if not isinstance(attempt, Attempt) or attempt.count is None:
            continue
        outcome = results.get((attempt.process, attempt.number))
        if outcome is None or outcome.result == "unknown":
            perhaps.setdefault(attempt.count, []).append(attempt)
        elif outcome.result == "committed":
            if attempt.count in committed:
                text = f"{attempt.node} commits count {attempt.count}, as {committed[attempt.count].node} did before"
                yield Violation(2, outcome.at_s, text)
            committed.setdefault(attempt.count, attempt)
    line = []
    for count in range(1, max(committed, default=0) + 1):
        one = committed.get(count)
        if one is not None:
            line.append((count, one))
        elif count not in perhaps:
            following = min(later for later in committed if later > count)
            yield Violation(2, committed[following].at_s, f"count {count} was skipped: nobody tried to commit it")
        elif len(perhaps[count]) == 1:
            line.append((count, perhaps[count][0]))
    for (_, before), (count, after) in pairwise(line):
        if after.token < before.token:
            text = f"{after.node} commits count {count} with fencing token {after.token}, after {before.token}"
            yield Violation(2, after.at_s, text)


def _writes_of_the_deposed(records: Sequence[history.Any]) -> Iterator[Violation]:
    results = _results(records)
    newest = 0  # the highest fencing token with which anyone has led so far
    for record in records:
        if isinstance(record, Lease):
            newest = max(newest, record.token)
        if not isinstance(record, Attempt) or not (record.count is None or record.token < newest):
            continue
        outcome = results.get((record.process, record.number))
        if outcome is not None and outcome.result == "committed":
            text = f"{record.node} writes with fencing token {record.token} although it is deposed, and is not refused"
            yield Violation(3, outcome.at_s, text)


# --- 4 and 5: what is so once nothing is wrong any more -----------------------------------------------------------


def _quiets(records: Sequence[history.Any]) -> Iterator[Quiet]:
    """The times between the last fault's end and the next fault's beginning."""
    last: Seen | None = None
    healed: Healed | None = None
    seen: list[Seen] = []
    for record in records:
        if isinstance(record, Healed):
            healed, seen = record, [last] if last else []
        elif isinstance(record, Seen):
            last = record
            seen.append(record)
        elif isinstance(record, Fault) and healed is not None:
            yield Quiet(healed.at_s, record.at_s, tuple(seen))
            healed = None
    if healed is not None:
        yield Quiet(healed.at_s, records[-1].at_s, tuple(seen))


def _unsettled(records: Sequence[history.Any]) -> Iterator[Violation]:
    setup = next((record for record in records if isinstance(record, Setup)), None)
    if setup is None:
        return
    within_s = setup.session_timeout_s + GRACE_S
    for quiet in _quiets(records):
        wrong, settled_s = "nothing was seen of it", quiet.to_s
        for seen in quiet.seen:
            before, wrong = wrong, not_settled(seen, setup.nodes)
            if before and not wrong:
                settled_s = max(seen.at_s, quiet.from_s)
        if quiet.seen and quiet.seen[-1].at_s < quiet.from_s:
            wrong = "nothing was seen of it any more"
        if not wrong:
            wrong, settled_s = _not_led(records, quiet, settled_s)
        if wrong:
            yield Violation(4, quiet.to_s, f"{quiet.to_s - quiet.from_s:.1f} s after the last fault, {wrong}")
        elif settled_s - quiet.from_s > within_s:
            took_s = settled_s - quiet.from_s
            text = f"the cluster settled {took_s:.2f} s after the last fault, not within {within_s:.1f} s"
            yield Violation(4, settled_s, text)


def not_settled(seen: Seen, nodes: Sequence[str]) -> str:
    """What keeps this from being one leader and one line in which each watches its predecessor; empty if nothing."""
    line = sorted(seen.candidates, key=lambda candidate: candidate.znode)
    if sorted(candidate.name or "?" for candidate in line) != sorted(nodes):
        return f"the line is {[candidate.name for candidate in line]}"
    if seen.claim is None or seen.claim.znode != line[0].znode or seen.claim.owner != line[0].owner:
        return f"the claim is not that of {line[0].name}, who stands first in line"
    entries = {entry.znode: entry for entry in seen.entries}
    for ahead, candidate in zip((None, *line), line, strict=False):
        entry = entries.get(candidate.znode)
        if entry is None:
            return f"{candidate.name} has no entry"
        if entry.registry != ("workers" if ahead else "coordinators"):
            return f"{candidate.name} has its entry among the {entry.registry}"
        if entry.watching != (ahead.znode if ahead else None):
            return f"{candidate.name} watches {entry.watching}, and ahead of it is {ahead.znode if ahead else None}"
    return ""


def _not_led(records: Sequence[history.Any], quiet: Quiet, settled_s: float) -> tuple[str, float]:
    """Whether who holds the claim leads at the quiet's end, and nobody else: (what is wrong, since when it leads)."""
    claim = quiet.seen[-1].claim
    assert claim is not None
    leading = [one for one in tenures(records) if one.from_s <= quiet.to_s < one.to_s]
    if [claim.czxid] != [one.token for one in leading]:
        return f"the leaders are {[one.node for one in leading]}, not the one of the claim", settled_s
    return "", max(settled_s, leading[0].from_s)


def _left_behind(records: Sequence[history.Any]) -> Iterator[Violation]:
    for quiet in _quiets(records):
        sessions: dict[int, int | None] = {}
        for record in records:
            if record.at_s > quiet.to_s:
                break
            if isinstance(record, Started):
                sessions.setdefault(record.process, None)
            elif isinstance(record, InSession):
                sessions[record.process] = record.session_id
            elif isinstance(record, Gone):
                sessions.pop(record.process, None)
        if not quiet.seen:
            continue
        last = quiet.seen[-1]
        candidates = [(f"candidate {one.znode}", one.name, one.owner) for one in last.candidates]
        entries = [(f"entry {one.path}", one.name, one.owner) for one in last.entries]
        claims = [("claim", None, last.claim.owner)] if last.claim else []
        for what, name, owner in (*candidates, *entries, *claims):
            if owner not in sessions.values():
                text = f"the {what} of {name or 'someone'} is left, and its session {owner:#x} is nobody's any more"
                yield Violation(5, quiet.to_s, text)
        for kind, found in (("candidate", candidates), ("entry", entries)):
            names = [name for _, name, _ in found]
            for name in sorted({name for name in names if name is not None and names.count(name) > 1}):
                yield Violation(5, quiet.to_s, f"{name} has more than one {kind}")


# --- 6: the registries at every moment ----------------------------------------------------------------------------


def _wrong_registries(records: Sequence[history.Any]) -> Iterator[Violation]:
    for seen in records:
        if not isinstance(seen, Seen):
            continue
        coordinators = [entry for entry in seen.entries if entry.registry == "coordinators"]
        if len(coordinators) > 1:
            yield Violation(6, seen.at_s, f"there are coordinators at once: {[entry.name for entry in coordinators]}")
        working = {entry.owner for entry in seen.entries if entry.registry == "workers"}
        for entry in coordinators:
            if entry.owner in working:
                yield Violation(6, seen.at_s, f"{entry.name} is in both registries")
