"""The election recipe as pure functions: what was observed -> what to do. The numbers are the design's rules (§3).

No clock, thread or network: `election.py` observes, decides here, acts, and looks again until there is nothing to do.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_CANDIDATE = re.compile(r"c_(\d{10})", re.ASCII)
LAST_SEQUENCE = 2**31 - 1  # ZooKeeper refuses the next (measured)
NEAR_THE_END = 2_000_000_000


# --- what is observed ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owner:
    """Whose a znode is: the session that owns it, or none if it is not ephemeral."""

    session_id: int | None


@dataclass(frozen=True)
class Claim:
    """The znode that says who leads. `znode` and `session_timeout_s` are None where its data cannot be read."""

    owner: Owner
    czxid: int
    znode: str | None
    session_timeout_s: float | None


@dataclass(frozen=True)
class Term:
    """The znode whose data version counts promotions; `mzxid` is the last one's transaction."""

    version: int
    mzxid: int


@dataclass(frozen=True)
class Entry:
    """A registry entry of mine."""

    path: str
    is_coordinator: bool


@dataclass(frozen=True)
class Observation:
    """All that one look found, in one session. The look reads the term before the claim."""

    session_id: int
    session_timeout_s: float
    names: tuple[str, ...] | None  # below the election's path, None if that is missing
    owners: Mapping[str, Owner | None]  # of the candidates that were read; None: it was gone when read
    claim: Claim | None = None
    term: Term | None = None
    parents_missing: bool = False  # a registry's
    entries: tuple[Entry, ...] = ()  # mine
    wants_in: bool = True
    resigning: str | None = None  # the candidate that was asked to step down
    blocked_s: float = 0.0  # since I first saw that the standing claim's candidate is gone


# --- what to do ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MakeParents:
    """Something that everything stands on is missing (rule 9)."""


@dataclass(frozen=True)
class Join:
    """Become a candidate, at the end of the line."""


@dataclass(frozen=True)
class Read:
    """Read a candidate, with a watch if it is the one just ahead, then decide again."""

    name: str
    watch: bool


@dataclass(frozen=True)
class LookAgain:
    """What was seen is already history."""


@dataclass(frozen=True)
class Promote:
    """First in line: take the claim. A claim that it `replaces` goes with it, and the entries of whom it `evicts`."""

    candidate: str
    replaces: Claim | None = None
    evicts: int | None = None


@dataclass(frozen=True)
class AwaitClaim:
    """First in line, but a claim stands: watch it. `for_s`: until it may be replaced; None: its leader lives."""

    candidate: str
    for_s: float | None


@dataclass(frozen=True)
class Lead:
    """My claim stands and names my candidate."""

    candidate: str
    fencing_token: int
    term: int


@dataclass(frozen=True)
class Follow:
    """Watch the one candidate just ahead."""

    candidate: str
    ahead: str
    is_next: bool  # only one is ahead of me


@dataclass(frozen=True)
class StepDown:
    """Give up what a leader holds, then everything named: candidates and entries (rule 6)."""

    claim: bool
    candidates: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Out:
    """Nothing of mine is left, and nothing is wanted."""


Decision = MakeParents | Join | Read | LookAgain | Promote | AwaitClaim | Lead | Follow | StepDown | Out


# --- the rules ----------------------------------------------------------------------------------------------------


def order(names: Iterable[str]) -> tuple[str, ...]:
    """Rule 3: the line is by name alone; any other name is no candidate."""
    return tuple(sorted(name for name in names if is_candidate(name)))  # ten digits: their order is the numbers'


def is_candidate(name: str) -> bool:
    """Rule 3: `c_` and a sequence as ZooKeeper prints it."""
    match = _CANDIDATE.fullmatch(name)
    return match is not None and int(match[1]) <= LAST_SEQUENCE


def sequences_left(names: Iterable[str]) -> int | None:
    """Rule 3: how many candidates can still be made, once that is few enough to report; None before."""
    line = order(names)
    last = int(line[-1][2:]) if line else 0
    return LAST_SEQUENCE - last if last >= NEAR_THE_END else None


def decide(seen: Observation) -> Decision:
    """What to do about what was seen. Repeating it is harmless: every answer is one to an actual state."""
    mine = tuple(name for name, owner in sorted(seen.owners.items()) if owner == Owner(seen.session_id))  # rule 2
    claim_is_mine = seen.claim is not None and seen.claim.owner == Owner(seen.session_id)
    coordinating = tuple(entry for entry in seen.entries if entry.is_coordinator)
    if not seen.wants_in:
        return StepDown(claim_is_mine, mine, seen.entries) if mine or claim_is_mine or seen.entries else Out()
    if seen.names is None or seen.term is None or seen.parents_missing:  # rule 9
        return MakeParents()
    if seen.resigning in mine:
        return StepDown(claim_is_mine, mine, coordinating)
    if not mine:  # rule 6: publish "not leader", clear up, rejoin at the end of the line
        return StepDown(claim_is_mine, (), coordinating) if claim_is_mine or coordinating else Join()
    if len(mine) > 1:  # rule 2: two of mine are never left
        return StepDown(False, mine[1:])
    return _decide_in_line(seen, mine[0], claim_is_mine, coordinating)


def _decide_in_line(seen: Observation, own: str, claim_is_mine: bool, coordinating: tuple[Entry, ...]) -> Decision:
    assert seen.names is not None
    assert seen.term is not None
    claim, term = seen.claim, seen.term
    if claim_is_mine and claim is not None and _is_of(claim, own, seen):
        return Lead(own, claim.czxid, term.version)  # rule 4: also when the promotion's reply was lost
    # Rule 3: one that turned out not to be ephemeral is stepped over; one that was not read keeps its place.
    ahead = [name for name in order(seen.names) if name < own and seen.owners.get(name) != Owner(None)]
    if not ahead:
        return _decide_first(seen, own, claim_is_mine)
    if claim_is_mine or coordinating:
        return StepDown(claim_is_mine, (), coordinating)
    if ahead[-1] not in seen.owners:  # rule 5
        return Read(ahead[-1], watch=True)
    if seen.owners[ahead[-1]] is None:
        return LookAgain()
    return Follow(own, ahead[-1], is_next=len(ahead) == 1)


def _is_of(claim: Claim, own: str, seen: Observation) -> bool:
    """Whether this claim of mine is the last promotion's, names my candidate, and for how long I may be silent now."""
    is_last = seen.term is not None and claim.czxid == seen.term.mzxid
    return is_last and claim.znode == own and claim.session_timeout_s == seen.session_timeout_s


def _decide_first(seen: Observation, own: str, claim_is_mine: bool) -> Decision:
    """Rule 4: promote, but for a claim that stands."""
    claim = seen.claim
    if claim is None:
        return Promote(own)
    if claim_is_mine:
        return Promote(own, replaces=claim)
    wait_s = seen.session_timeout_s
    if claim.owner.session_id is not None and claim.znode is not None and claim.session_timeout_s is not None:
        if claim.znode in (seen.names or ()):
            if claim.znode not in seen.owners:
                return Read(claim.znode, watch=False)
            if seen.owners[claim.znode] == claim.owner:
                return AwaitClaim(own, None)
        wait_s = claim.session_timeout_s
    if seen.blocked_s < wait_s:
        return AwaitClaim(own, wait_s - seen.blocked_s)
    return Promote(own, replaces=claim, evicts=claim.owner.session_id)


def rejoin_within_s(line: int) -> float:
    """Rule 9: after a lost session, how long at most to wait before rejoining a line that was so long.

    Who lost its session may not be alone in it. A line of four rejoins at once, one of a thousand within half a second.
    """
    return min(line * 0.0005, 0.5)


# --- leases -------------------------------------------------------------------------------------------------------


def lease_until_s(touches: Iterable[tuple[float, float]], began_s: float, timeout_s: float) -> float | None:
    """Rule 7: until when a transaction begun at `began_s`, and committed, proves leadership; None if it proves nothing.

    `touches` are (start, answered) of this connection's calls; all in boottime seconds. The session lived on from the
    start of a call that surely reached the ensemble's leader: one answered a quarter of the timeout before.
    """
    proven = [start for start, answered in touches if answered <= began_s - timeout_s / 4]
    return max(proven) + timeout_s * 0.99 - 0.010 if proven else None


def provable_at_s(touches: Iterable[tuple[float, float]], began_s: float, timeout_s: float) -> float:
    """Rule 7: when to try again, after a transaction begun at `began_s` proved nothing: once a call is old enough."""
    old_enough = [answered + timeout_s / 4 for _, answered in touches]
    return min([due for due in old_enough if due > began_s], default=began_s + timeout_s / 4)
