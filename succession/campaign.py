"""Campaign: one candidate's reads and writes: it looks, and carries out what the rules decide.

Belongs to the election's thread; nobody else may touch it. It holds only what a search would find again, and since
when a claim has stood in the way.
"""

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from succession import rules
from succession.clock import boottime_s
from succession.errors import NoNode, OutcomeUnknown, Refused, Undecodable
from succession.own_entry import OwnEntry
from succession.paths import ElectionPaths
from succession.registry import ServiceRegistry
from succession.rules import Claim, Entry, Observation, Owner, Term
from succession.session import Pending, SessionState, ZooKeeperSession, hex_id
from succession.wire import ClaimNote, Member, Takeover, decode, encode
from succession.znodes import Check, Children, Create, Delete, Operation, SetData, Written, Znode

MOST_FORMERS = 16


class Campaign:
    """What one member does in ZooKeeper to become leader, and to stop being it."""

    def __init__(
        self,
        session: ZooKeeperSession,
        paths: ElectionPaths,
        data: Mapping[str, Any],
        registry: ServiceRegistry | None,
    ) -> None:
        self._session = session
        self._paths = paths
        self._data = dict(data)
        self._registry = registry
        self._entry = OwnEntry(session, *((registry.coordinators, registry.workers) if registry else ("", "")))
        self._state = SessionState()
        self._own: str | None = None  # my candidate, as far as I know
        self._formers: tuple[str, ...] = ()  # my last candidates of this session, which ought to be gone
        self._must_search = True  # a create's reply was lost: only a search finds what it made
        self._parents_missing = True
        self._minds_claim = False
        self._blocked: tuple[int, float] | None = None  # the claim's czxid, since when its candidate is gone
        self._found: dict[str, Owner | None] = {}  # candidates of mine that this look's search found
        self._term: Term | None = None
        self._claim: Claim | None = None
        self._joined_at = self._role_since_at = time.time()
        self._takeover: Takeover | None = None
        self._watched_ahead: str | None = None
        self.line = 0  # how many were in it when last looked
        self._amendment: Pending | None = None  # of my coordinator entry

    @property
    def watched(self) -> tuple[str, ...]:
        """The paths whose change means "look again"."""
        names = [name for name in (self._own, self._watched_ahead) if name]
        claim = [self._paths.claim] if self._minds_claim else []
        return (*(self._paths.candidate(name) for name in names), *claim, *self._entry.paths)

    # --- looking --------------------------------------------------------------------------------------------------

    def begin_look(self) -> None:
        """Forget what earlier looks read, and in a new session what was mine."""
        state = self._session.state
        if state.session_id != self._state.session_id:
            # Rule 2: what an earlier session left is never adopted; what a late call of it makes is found and removed.
            self._own, self._must_search, self._blocked = None, True, None
            self._formers = ()
        self._state = state
        self._found = {}

    def look(self, wants_in: bool, resigning: str | None) -> Observation:
        """Read all that the rules need, in one round trip after those that `read` asked for."""
        if self._amendment is not None:
            amendment, self._amendment = self._amendment, None
            with contextlib.suppress(Refused):  # the entry is gone or changed: this look finds it so
                amendment.answer()
        if self._must_search:
            self._search()
        session, paths = self._session, self._paths
        listed = session.send_children(paths.election)
        own = session.send_get(paths.candidate(self._own), watch=True) if self._own else None
        # The term before the claim: a claim that is of a later term than was read makes the promotion fail.
        term = session.send_get(paths.term)
        claim = session.send_get(paths.claim, watch=self._minds_claim)
        if self._registry is not None:
            self._entry.look()
        children = session.children_of(paths.election, listed)
        owners = dict(self._found)
        if self._own and own is not None:
            mine = session.znode_of(paths.candidate(self._own), own)
            owners[self._own] = _owner(mine) if mine else None
        if children is not None:
            self.line = len(children.names)
            owners |= self._returned(children)
        self._term = _term(session.znode_of(paths.term, term))
        self._claim = _claim(session.znode_of(paths.claim, claim))
        return Observation(
            session_id=self._state.session_id or 0,
            session_timeout_s=self._state.timeout_s,
            names=children.names if children else None,
            owners=owners,
            claim=self._claim,
            term=self._term,
            parents_missing=self._parents_missing,
            entries=tuple(Entry(znode.path, self._is_coordinator(znode.path)) for znode in self._entry.found),
            wants_in=wants_in,
            resigning=resigning,
            blocked_s=self._blocked_s(self._claim),
        )

    def read(self, decision: rules.Read) -> Owner | None:
        """Read one more candidate for this look (rule 5: by its data, so that no watch is left on one that is gone)."""
        if decision.watch:
            self._watched_ahead = decision.name
        znode = self._session.get(self._paths.candidate(decision.name), watch=decision.watch)
        return _owner(znode) if znode else None

    def _returned(self, line: Children) -> dict[str, Owner | None]:
        """Candidates of mine that are there again: an ensemble may lose what it had acknowledged (seen with 3.8.0)."""
        names = {name for name in self._formers if name != self._own}.intersection(line.names)
        read = self._session.get_all(self._paths.candidate(name) for name in names)
        return {path.rpartition("/")[2]: _owner(znode) if znode else None for path, znode in read.items()}

    def _search(self) -> None:
        """Find a candidate of mine whose creation was never answered (rule 2)."""
        below = self._paths.candidate("")
        names = [path.removeprefix(below) for path in self._session.owned() if path.startswith(below)]
        candidates = {self._paths.candidate(name): name for name in rules.order(names)}
        for path, znode in self._session.get_all(candidates).items():
            if znode is not None and znode.owner == self._state.session_id:
                self._found[candidates[path]] = _owner(znode)
        if self._own not in self._found:  # it is gone: the first of mine that is there takes its place
            self._own = next(iter(self._found), None)
        self._must_search = len(self._found) > 1  # until only one is left

    def _blocked_s(self, claim: Claim | None) -> float:
        """For how long this claim has stood without its candidate (rule 4), since I first saw it so."""
        if claim is None or self._blocked is None or self._blocked[0] != claim.czxid:
            return 0.0
        return boottime_s() - self._blocked[1]

    def _is_coordinator(self, path: str) -> bool:
        return self._registry is not None and path.startswith(self._registry.coordinators + "/")

    # --- acting ---------------------------------------------------------------------------------------------------

    def make_parents(self) -> None:
        """Rule 9: make what everything stands on."""
        registries = (self._registry.coordinators, self._registry.workers) if self._registry else ()
        for path in (self._paths.election, self._paths.term, *registries):
            self._session.ensure(path)
        self._parents_missing = False

    def join(self) -> None:
        """Become a candidate at the end of the line."""
        made = self._write([Create(self._paths.candidate("c_"), encode(self._data), ephemeral=True, sequential=True)])
        self._own = made[0].path.rpartition("/")[2]
        self._formers = (*self._formers, self._own)[-MOST_FORMERS:]
        self._watched_ahead, self._takeover = None, None
        self._joined_at = self._role_since_at = time.time()

    def promote(self, decision: rules.Promote, cause_seen_at: float) -> tuple[int, int, float]:
        """Rule 4, in one transaction. Returns the fencing token, the term and when (boottime) it was begun."""
        assert self._term is not None
        now_at = time.time()
        self._takeover = Takeover(cause_seen_at=cause_seen_at, claimed_at=now_at)
        self._role_since_at = now_at
        operations: list[Operation] = [
            Check(self._paths.candidate(decision.candidate)),
            SetData(self._paths.term, b"", self._term.version),
        ]
        if decision.replaces is not None:
            operations.append(Delete(self._paths.claim))
        if decision.evicts is not None:
            operations += self._entries_of_leader(decision.evicts)
        operations.append(Create(self._paths.claim, self._claim_data(decision.candidate), ephemeral=True))
        if self._registry is not None:
            operations += [Delete(znode.path) for znode in self._entry.found]
            prefix, data = self._wanted_entry(decision.candidate, "leader", None)
            operations.append(Create(prefix, data, ephemeral=True, sequential=True))
        began_s = boottime_s()
        written = self._write(operations)
        if self._registry is not None:
            self._entry.paths = (written[-1].path,)
            # Unanswered until the next look: whoever reads after the promotion is known reads this.
            self._takeover = Takeover(cause_seen_at=cause_seen_at, claimed_at=time.time())
            amended = self._wanted_entry(decision.candidate, "leader", None)[1]
            self._amendment = self._session.send_set(written[-1].path, amended, 0)
        self._minds_claim = True
        assert written[1].zxid is not None
        assert written[1].version is not None
        return written[1].zxid, written[1].version, began_s

    def await_claim(self, decision: rules.AwaitClaim) -> bool:
        """Watch the claim from the next look on. True if that has to be made now, since none is watched yet."""
        claim = self._claim
        if decision.for_s is not None and claim is not None and (self._blocked or (0,))[0] != claim.czxid:
            self._blocked = (claim.czxid, boottime_s())
        was_minded, self._minds_claim = self._minds_claim, True
        return not was_minded

    def await_nothing(self) -> None:
        """No claim stands in the way: one that does later is waited for from then on."""
        self._blocked = None

    def step_down(self, decision: rules.StepDown) -> None:
        """Rule 6: what a leader holds goes in one transaction that checks the term: a claim may be my successor's."""
        operations: list[Operation] = []
        if decision.claim:
            if self._term is None:
                self._session.ensure(self._paths.term)
                return
            operations += [Check(self._paths.term, self._term.version), Delete(self._paths.claim)]
        operations += [Delete(entry.path) for entry in decision.entries]
        operations += [Delete(self._paths.candidate(name)) for name in decision.candidates]
        self._write(operations)
        self._minds_claim = False
        if self._own in decision.candidates:
            self._own, self._must_search = None, True  # the other one, if I had two

    def announce(self, role: rules.Lead | rules.Follow) -> bool:
        """Have one registry entry that says what is so. True if it had to be written, so that it is looked at."""
        if self._registry is None:
            return False
        is_leader = isinstance(role, rules.Lead)
        watching = None if isinstance(role, rules.Lead) else role.ahead
        guards: list[Operation] = [Check(self._paths.candidate(role.candidate))]
        if is_leader:
            guards.append(Check(self._paths.term, role.term if isinstance(role, rules.Lead) else -1))
        wanted = self._wanted_entry(role.candidate, "leader" if is_leader else "worker", watching)
        try:
            return self._entry.write([wanted], guards)
        except NoNode:
            self._parents_missing = True
            raise

    def renew(self, lead: rules.Lead) -> float:
        """Rule 7: prove that I lead still. Returns when (boottime) the transaction was begun; Refused: I do not."""
        began_s = boottime_s()
        checks = [Check(self._paths.candidate(lead.candidate)), Check(self._paths.claim)]
        self._session.commit([*checks, Check(self._paths.term, lead.term)])
        return began_s

    def touch(self) -> bool:
        """Read my candidate, so that a lease can rest on it (rule 7). False when it is gone."""
        return self._own is not None and self._session.get(self._paths.candidate(self._own), watch=True) is not None

    def _write(self, operations: list[Operation]) -> list[Written]:
        try:
            return self._session.commit(operations)
        except OutcomeUnknown:
            self._must_search = True
            self._entry.search_next()
            raise
        except NoNode:
            self._parents_missing = True  # maybe: making them is harmless
            raise

    def _entries_of_leader(self, session_id: int) -> list[Operation]:
        """Delete the coordinator entries of the leader that is evicted (rule 4)."""
        if self._registry is None:
            return []
        children = self._session.children(self._registry.coordinators)
        paths = [f"{self._registry.coordinators}/{name}" for name in (children.names if children else ())]
        found = self._session.get_all(paths)
        return [Delete(path) for path, znode in found.items() if znode is not None and znode.owner == session_id]

    def _claim_data(self, candidate: str) -> bytes:
        term = self._term.version + 1 if self._term else 0
        timeout_ms = round(self._state.timeout_s * 1000)
        return encode({**self._data, "znode": candidate, "term": term, "session_timeout_ms": timeout_ms})

    def _wanted_entry(self, candidate: str, role: Any, watching: str | None) -> tuple[str, bytes]:
        assert self._registry is not None
        member = Member(
            name=self._data["name"],
            znode=candidate,
            role=role,
            watching=watching,
            address=self._data["address"],
            session_id=hex_id(self._state.session_id or 0),
            session_timeout_ms=round(self._state.timeout_s * 1000),
            joined_at=self._joined_at,
            role_since_at=self._role_since_at,
            takeover=self._takeover if role == "leader" else None,
            crash_supervisor=self._session.is_supervised,
        )
        return self._registry.path_of(member), self._registry.entry(member)


def _owner(znode: Znode) -> Owner:
    return Owner(znode.owner if znode.is_ephemeral else None)


def _term(znode: Znode | None) -> Term | None:
    return Term(znode.version, znode.mzxid) if znode else None


def _claim(znode: Znode | None) -> Claim | None:
    if znode is None:
        return None
    try:
        note = decode(znode.data, ClaimNote)
    except Undecodable:
        return Claim(_owner(znode), znode.czxid, None, None)
    return Claim(_owner(znode), znode.czxid, note.znode, note.session_timeout_ms / 1000)
