"""The election's rules by their numbers (design §3): what was observed -> what is decided."""

import pytest

from succession import rules
from succession.rules import (
    AwaitClaim,
    Claim,
    Entry,
    Follow,
    Join,
    Lead,
    LookAgain,
    MakeParents,
    Observation,
    Out,
    Owner,
    Promote,
    Read,
    StepDown,
    Term,
)

ME, OTHER, THIRD = 0x1001, 0x1002, 0x1003
MINE, FIRST, SECOND = "c_0000000012", "c_0000000003", "c_0000000007"
TERM = Term(version=4, mzxid=90)
COORDINATOR = Entry("/coordinators_service_registry/n_0000000001", is_coordinator=True)
WORKER = Entry("/workers_service_registry/n_0000000001", is_coordinator=False)


def seen(**facts: object) -> Observation:
    """An observation of a member whose candidate stands alone, but for `facts`."""
    usual: dict[str, object] = {
        "session_id": ME,
        "session_timeout_s": 2.0,
        "names": (MINE,),
        "owners": {MINE: Owner(ME)},
        "term": TERM,
    }
    return Observation(**{**usual, **facts})  # type: ignore[arg-type]


def claim(session_id: int | None, znode: str | None, czxid: int = 90, timeout_s: float | None = 3.0) -> Claim:
    return Claim(Owner(session_id), czxid, znode, timeout_s)


# Rule 2


def test_rule_2_a_candidate_of_another_session_is_not_mine() -> None:
    assert Join() == rules.decide(seen(owners={MINE: Owner(OTHER)}))


def test_rule_2_of_two_of_mine_the_later_one_goes() -> None:
    both = {MINE: Owner(ME), SECOND: Owner(ME)}
    assert StepDown(False, (MINE,)) == rules.decide(seen(names=(MINE, SECOND), owners=both))


def test_rule_2_a_predecessor_that_turns_out_to_be_mine_is_kept_and_the_later_one_goes() -> None:
    facts = seen(names=(SECOND, MINE))
    assert Read(SECOND, watch=True) == rules.decide(facts)
    both = {MINE: Owner(ME), SECOND: Owner(ME)}
    assert StepDown(False, (MINE,)) == rules.decide(seen(names=(SECOND, MINE), owners=both))


# Rule 3


@pytest.mark.parametrize(
    "name",
    [
        "_c_0000000000-latch-0000000001",
        "c_1",
        "c_00000000001",
        "c_-000000001",
        "c_٠٠٠٠٠٠٠٠٠١",
        "n_0000000001",
        "c_0000000001 ",
        "c_0000000001\n",
        "C_0000000001",
        "c_9999999999",
        "",
    ],
)
def test_rule_3_any_other_name_is_no_candidate(name: str) -> None:
    assert () == rules.order([name])
    assert Promote(MINE) == rules.decide(seen(names=(name, MINE)))


def test_rule_3_the_line_is_in_order_of_the_sequence() -> None:
    assert (FIRST, SECOND, MINE) == rules.order([MINE, FIRST, SECOND])


def test_rule_3_one_that_is_not_ephemeral_is_stepped_over() -> None:
    owners = {MINE: Owner(ME), SECOND: Owner(None)}
    assert Promote(MINE) == rules.decide(seen(names=(SECOND, MINE), owners=owners))
    assert Read(FIRST, watch=True) == rules.decide(seen(names=(FIRST, SECOND, MINE), owners=owners))


def test_rule_3_the_end_of_the_sequence_is_reported_long_before() -> None:
    assert rules.sequences_left([MINE]) is None
    assert rules.sequences_left([]) is None
    assert rules.sequences_left(["c_2100000000"]) == 2147483647 - 2100000000
    assert rules.sequences_left(["c_2147483647"]) == 0


# Rule 4


def test_rule_4_first_in_line_without_a_claim_promotes() -> None:
    assert Promote(MINE) == rules.decide(seen())


def test_rule_4_a_claim_of_mine_that_names_my_candidate_means_that_i_lead() -> None:
    assert Lead(MINE, fencing_token=90, term=4) == rules.decide(seen(claim=claim(ME, MINE, timeout_s=2.0)))


def test_rule_4_a_claim_that_names_another_timeout_than_is_granted_now_is_replaced() -> None:
    """The granted timeout changes with each reconnect, and who evicts me waits for the one that I named."""
    shorter = claim(ME, MINE, timeout_s=1.0)
    assert Promote(MINE, replaces=shorter) == rules.decide(seen(claim=shorter))


def test_rule_4_a_claim_of_mine_from_another_promotion_than_the_last_is_replaced() -> None:
    stale = claim(ME, MINE, czxid=80, timeout_s=2.0)
    assert Promote(MINE, replaces=stale) == rules.decide(seen(claim=stale))


def test_rule_4_a_claim_of_an_older_candidate_of_mine_is_replaced() -> None:
    older = claim(ME, SECOND, czxid=TERM.mzxid, timeout_s=2.0)  # in all else it is as mine would be
    assert Promote(MINE, replaces=older) == rules.decide(seen(claim=older))


def test_rule_4_an_evicted_leaders_claim_is_awaited_for_the_session_timeout_that_it_names() -> None:
    others = claim(OTHER, FIRST, timeout_s=3.0)
    assert AwaitClaim(MINE, 3.0) == rules.decide(seen(claim=others))
    assert AwaitClaim(MINE, 0.5) == rules.decide(seen(claim=others, blocked_s=2.5))
    assert Promote(MINE, replaces=others, evicts=OTHER) == rules.decide(seen(claim=others, blocked_s=3.0))


@pytest.mark.parametrize("strange", [claim(OTHER, None, timeout_s=None), claim(None, FIRST)])
def test_rule_4_a_claim_that_is_unreadable_or_not_ephemeral_is_awaited_for_my_own_timeout(strange: Claim) -> None:
    assert AwaitClaim(MINE, 2.0) == rules.decide(seen(claim=strange))
    evicts = strange.owner.session_id
    assert Promote(MINE, replaces=strange, evicts=evicts) == rules.decide(seen(claim=strange, blocked_s=2.0))


def test_rule_4_a_living_leader_behind_me_is_awaited_however_long() -> None:
    others = claim(OTHER, "c_0000000020")
    names = (MINE, "c_0000000020")
    assert Read("c_0000000020", watch=False) == rules.decide(seen(names=names, claim=others, blocked_s=9.0))
    living = {MINE: Owner(ME), "c_0000000020": Owner(OTHER)}
    waits = rules.decide(seen(names=names, owners=living, claim=others, blocked_s=9.0))
    assert AwaitClaim(MINE, None) == waits
    forged = {MINE: Owner(ME), "c_0000000020": Owner(THIRD)}
    promotes = rules.decide(seen(names=names, owners=forged, claim=others, blocked_s=9.0))
    assert Promote(MINE, replaces=others, evicts=OTHER) == promotes


# Rule 5


def test_rule_5_only_the_one_just_ahead_is_watched() -> None:
    facts = seen(names=(FIRST, MINE, SECOND, "c_0000000099"))
    assert Read(SECOND, watch=True) == rules.decide(facts)
    read = {MINE: Owner(ME), SECOND: Owner(OTHER)}
    assert Follow(MINE, SECOND, is_next=False) == rules.decide(seen(names=facts.names, owners=read))
    next_in_line = rules.decide(seen(names=(SECOND, MINE), owners=read))
    assert Follow(MINE, SECOND, is_next=True) == next_in_line


def test_rule_5_one_that_is_gone_when_it_is_read_means_to_look_again() -> None:
    assert LookAgain() == rules.decide(seen(names=(SECOND, MINE), owners={MINE: Owner(ME), SECOND: None}))


# Rule 6


def test_rule_6_a_leader_without_its_candidate_clears_up_before_it_rejoins() -> None:
    facts = seen(names=(), owners={MINE: None}, claim=claim(ME, MINE), entries=(COORDINATOR,))
    assert StepDown(True, (), (COORDINATOR,)) == rules.decide(facts)
    assert StepDown(False, (), (COORDINATOR,)) == rules.decide(
        seen(names=(), owners={}, claim=claim(OTHER, FIRST), entries=(COORDINATOR,))
    )
    assert Join() == rules.decide(seen(names=(), owners={}, claim=claim(OTHER, FIRST)))


def test_rule_6_a_leader_whose_claim_alone_is_gone_promotes_again() -> None:
    assert Promote(MINE) == rules.decide(seen(claim=None, entries=(COORDINATOR,)))


def test_rule_6_who_is_not_first_gives_up_what_a_leader_holds() -> None:
    facts = seen(names=(SECOND, MINE), claim=claim(ME, FIRST), entries=(COORDINATOR,))
    assert StepDown(True, (), (COORDINATOR,)) == rules.decide(facts)


# Rule 7


def test_rule_7_a_lease_runs_from_a_call_answered_a_quarter_of_the_timeout_before() -> None:
    touches = [(1.0, 1.1), (2.0, 2.1), (2.4, 2.6), (2.9, 2.95)]
    # The newest that was answered by 3.1 - 0.5 is the one begun at 2.4.
    assert rules.lease_until_s(touches, began_s=3.1, timeout_s=2.0) == pytest.approx(2.4 + 1.98 - 0.01)


def test_rule_7_without_such_a_call_there_is_no_lease_yet() -> None:
    assert rules.lease_until_s([], began_s=3.0, timeout_s=2.0) is None
    assert rules.lease_until_s([(2.9, 2.95)], began_s=3.0, timeout_s=2.0) is None


def test_rule_7_a_call_that_began_early_but_was_answered_late_proves_nothing() -> None:
    assert rules.lease_until_s([(0.0, 2.9)], began_s=3.0, timeout_s=2.0) is None


def test_rule_7_a_proof_is_tried_again_once_a_call_is_old_enough() -> None:
    touches = [(-9.0, -8.9), (2.9, 2.95), (2.99, 3.05)]
    assert rules.provable_at_s(touches, began_s=3.0, timeout_s=2.0) == pytest.approx(3.45)
    assert rules.provable_at_s([], began_s=3.0, timeout_s=2.0) == pytest.approx(3.5)


# Rule 9


@pytest.mark.parametrize("missing", [{"names": None}, {"term": None}, {"parents_missing": True}])
def test_rule_9_what_is_missing_is_made_anew(missing: dict[str, object]) -> None:
    assert MakeParents() == rules.decide(seen(**missing))


def test_rule_9_without_a_candidate_it_joins() -> None:
    assert Join() == rules.decide(seen(names=(), owners={}))
    assert Join() == rules.decide(seen(owners={MINE: None}))


def test_rule_9_an_intention_to_resign_lasts_until_the_candidate_is_gone() -> None:
    facts = seen(claim=claim(ME, MINE), entries=(COORDINATOR,), resigning=MINE)
    assert StepDown(True, (MINE,), (COORDINATOR,)) == rules.decide(facts)
    renewed = seen(names=(MINE, "c_0000000013"), owners={"c_0000000013": Owner(ME)}, resigning=MINE)
    assert Read(MINE, watch=True) == rules.decide(renewed)


def test_rule_9_an_intention_to_leave_lasts_until_nothing_of_mine_is_left() -> None:
    facts = seen(wants_in=False, claim=claim(ME, MINE), entries=(COORDINATOR, WORKER))
    assert StepDown(True, (MINE,), (COORDINATOR, WORKER)) == rules.decide(facts)
    gone = seen(wants_in=False, names=None, owners={}, term=None, claim=claim(OTHER, FIRST))
    assert Out() == rules.decide(gone)


def test_rule_9_a_short_line_rejoins_at_once_and_a_long_one_within_half_a_second() -> None:
    assert rules.rejoin_within_s(4) <= 0.002
    assert [0.2, 0.5, 0.5] == [rules.rejoin_within_s(line) for line in (400, 1000, 100_000)]
