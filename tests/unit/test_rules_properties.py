"""Whatever is lost, repeated or comes in another order: the rules end in the same line.

A model of ZooKeeper takes the place of the real one; its members decide by `rules.decide` alone. Faults come in any
order between any two of their steps, and a reply may be lost: then a member has forgotten what it made.
"""

import random
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from succession import rules
from succession.rules import Claim, Entry, Observation, Owner, Term

MEMBERS = 4
TIMEOUT_S = 2.0


@dataclass
class Model:
    """What lies in ZooKeeper."""

    next_sequence: int = 0
    zxid: int = 1
    next_session: int = 100
    candidates: dict[str, int] = field(default_factory=dict)  # name -> owner
    claim: Claim | None = None
    term: Term | None = None
    entries: dict[str, tuple[int, bool]] = field(default_factory=dict)  # path -> owner, is coordinator

    def write(self) -> int:
        self.zxid += 1
        return self.zxid

    def expire(self, session: int) -> None:
        self.candidates = {name: owner for name, owner in self.candidates.items() if owner != session}
        self.entries = {path: entry for path, entry in self.entries.items() if entry[0] != session}
        if self.claim is not None and self.claim.owner == Owner(session):
            self.claim = None


class Player:
    """A member as the loop and the campaign would have it act, without their waiting."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.session = 0
        self.own: str | None = None
        self.must_search = True
        self.resigning: str | None = None
        self.decision: rules.Decision = rules.Out()
        self.blocked: int | None = None
        self.begin_session()

    def begin_session(self) -> None:
        self.model.next_session += 1
        self.session = self.model.next_session
        self.own, self.must_search, self.blocked = None, True, None

    def observe(self, waited: bool) -> Observation:
        model = self.model
        owners: dict[str, Owner | None] = {}
        if self.must_search:
            found = sorted(name for name, owner in model.candidates.items() if owner == self.session)
            owners |= {name: Owner(self.session) for name in found}
            self.own = self.own if self.own in found else next(iter(found), None)
            self.must_search = len(found) > 1
        if self.own is not None:
            owners[self.own] = Owner(model.candidates[self.own]) if self.own in model.candidates else None
        is_blocked = model.claim is not None and model.claim.czxid == self.blocked
        return Observation(
            session_id=self.session,
            session_timeout_s=TIMEOUT_S,
            names=tuple(model.candidates),
            owners=owners,
            claim=model.claim,
            term=model.term,
            entries=tuple(
                Entry(path, coord) for path, (owner, coord) in model.entries.items() if owner == self.session
            ),
            resigning=self.resigning,
            blocked_s=TIMEOUT_S if is_blocked and waited else 0.0,
        )

    def decide(self, waited: bool) -> rules.Decision:
        seen = self.observe(waited)
        decision = rules.decide(seen)
        while isinstance(decision, rules.Read):
            owner = self.model.candidates.get(decision.name)
            read = None if owner is None else Owner(owner)
            seen = Observation(**{**vars(seen), "owners": {**seen.owners, decision.name: read}})
            decision = rules.decide(seen)
        return decision

    def step(self, *, reply_is_lost: bool = False, waited: bool = False) -> None:
        """Look, decide, act; with `reply_is_lost` the act is done and the member does not know."""
        self.decision = decision = self.decide(waited)
        if not isinstance(decision, rules.AwaitClaim):
            self.blocked = None
        match decision:
            case rules.MakeParents():
                self.model.term = self.model.term or Term(0, self.model.write())
            case rules.Join():
                name = f"c_{self.model.next_sequence:010d}"
                self.model.next_sequence += 1
                self.model.candidates[name] = self.session
                self.model.write()
                self.own, self.resigning = name, None
            case rules.AwaitClaim(_, for_s):
                self.blocked = self.model.claim.czxid if for_s is not None and self.model.claim is not None else None
            case rules.Promote():
                self.promote(decision)
            case rules.StepDown():
                self.step_down(decision)
            case rules.Lead() | rules.Follow():
                self.announce(is_leader=isinstance(decision, rules.Lead))
            case _:
                pass
        if reply_is_lost:
            self.own, self.must_search = None, True

    def promote(self, decision: rules.Promote) -> None:
        model = self.model
        assert model.term is not None
        assert model.claim is None or decision.replaces == model.claim, "ZooKeeper refuses a second claim"
        zxid = model.write()
        model.term = Term(model.term.version + 1, zxid)
        model.claim = Claim(Owner(self.session), zxid, decision.candidate, TIMEOUT_S)
        gone = {self.session, decision.evicts}
        model.entries = {
            path: (owner, coord)
            for path, (owner, coord) in model.entries.items()
            if owner != self.session and not (coord and owner in gone)
        }
        model.entries[f"/coordinators/n_{zxid}"] = (self.session, True)

    def step_down(self, decision: rules.StepDown) -> None:
        model = self.model
        if decision.claim:
            assert model.claim is not None
            assert model.claim.owner == Owner(self.session), "the claim is another's"
            model.claim = None
        for entry in decision.entries:
            del model.entries[entry.path]
        for name in decision.candidates:
            assert model.candidates.pop(name) == self.session, "the candidate is another's"
        if self.own in decision.candidates:
            self.own, self.must_search = None, True

    def announce(self, *, is_leader: bool) -> None:
        mine = [path for path, (owner, coord) in self.model.entries.items() if owner == self.session]
        if [self.model.entries[path][1] for path in mine] != [is_leader]:
            for path in mine:
                del self.model.entries[path]
            registry = "coordinators" if is_leader else "workers"
            self.model.entries[f"/{registry}/n_{self.model.write()}"] = (self.session, is_leader)


FAULTS = st.one_of(
    st.tuples(
        st.sampled_from(["step", "step", "step", "lose", "late", "expire", "resign"]), st.integers(0, MEMBERS - 1)
    ),
    st.tuples(st.sampled_from(["delete candidate", "delete entry", "delete claim", "delete term"]), st.integers(0, 9)),
)


def inflict(model: Model, players: list[Player], what: str, which: int) -> None:
    """One event: a member's step, or something that happens to it."""
    match what:
        case "step":
            players[which].step()
        case "lose":
            players[which].step(reply_is_lost=True)
        case "late":  # a create that missed its deadline is carried out after all
            model.candidates[f"c_{model.next_sequence:010d}"] = players[which].session
            model.next_sequence += 1
            players[which].must_search = True
        case "expire":
            model.expire(players[which].session)
            players[which].begin_session()
        case "resign":
            players[which].resigning = players[which].own
        case "delete candidate" if model.candidates:
            del model.candidates[sorted(model.candidates)[which % len(model.candidates)]]
        case "delete entry" if model.entries:
            del model.entries[sorted(model.entries)[which % len(model.entries)]]
        case "delete claim":
            model.claim = None
        case "delete term":
            model.term = None
        case _:
            pass


@settings(max_examples=400, deadline=None, derandomize=True)
@example([("late", 0), ("late", 0)], random.Random(0))
@example([("step", 0), ("step", 0), ("late", 0), ("delete candidate", 0)], random.Random(0))
@given(st.lists(FAULTS, max_size=60), st.randoms(use_true_random=False))
def test_any_loss_repetition_and_order_ends_in_one_line(events: list[tuple[str, int]], order: object) -> None:
    model = Model()
    players = [Player(model) for _ in range(MEMBERS)]
    for what, which in events:
        inflict(model, players, what, which)
    for _ in range(30):  # calm: each has its turn, in any order, and time passes for who waits for a claim
        order.shuffle(players)  # type: ignore[attr-defined]
        for player in players:
            player.step(waited=True)
    line = rules.order(model.candidates)
    assert len(line) == MEMBERS
    by_name = {player.own: player for player in players}
    assert set(line) == set(by_name)
    leads = [player for player in players if isinstance(player.decision, rules.Lead)]
    assert len(leads) == 1
    assert model.claim is not None
    assert model.claim.owner == Owner(leads[0].session)
    for ahead, name in pairwise(line):
        decision = by_name[name].decision
        assert decision == rules.Follow(name, ahead, is_next=ahead == line[0]) or by_name[name] is leads[0]
    assert sorted(coord for _, coord in model.entries.values()) == [False] * (MEMBERS - 1) + [True]
