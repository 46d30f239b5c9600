"""The judge finds each kind of wrong history, and passes right ones (issue 3)."""

from collections.abc import Sequence
from typing import Literal

import pytest

from playground import history
from playground.history import (
    Attempt,
    Fault,
    Gone,
    Healed,
    InSession,
    Lease,
    NotLeading,
    Outcome,
    Result,
    Seen,
    SeenCandidate,
    SeenClaim,
    SeenEntry,
    Setup,
    Started,
)
from playground.judge import judge
from playground.lost_writes import before, lost_by_zookeeper

TIMEOUT_S = 1.0
NAMES = ("a", "b")
SESSIONS = {"a": 11, "b": 12}
PROCESSES = {"a": 101, "b": 102}


def lease(at_s: float, node: str, token: int, until_s: float) -> Lease:
    return Lease(at_s=at_s, node=node, process=PROCESSES[node], token=token, until_s=until_s)


def not_leading(at_s: float, node: str) -> NotLeading:
    return NotLeading(at_s=at_s, node=node, process=PROCESSES[node])


def write(
    at_s: float, node: str, number: int, token: int, count: int | None, result: Result | None = "committed"
) -> list[history.Any]:
    process = PROCESSES[node]
    attempt = Attempt(at_s=at_s, node=node, process=process, number=number, token=token, count=count)
    if result is None:
        return [attempt]
    return [attempt, Outcome(at_s=at_s + 0.01, node=node, process=process, number=number, result=result)]


def candidate(number: int, name: str, owner: int | None = None) -> SeenCandidate:
    return SeenCandidate(znode=f"c_{number:010}", name=name, owner=SESSIONS[name] if owner is None else owner)


def entry(
    number: int,
    name: str,
    registry: Literal["coordinators", "workers"],
    znode: int,
    watching: int | None = None,
    owner: int | None = None,
) -> SeenEntry:
    return SeenEntry(
        path=f"/{registry}_service_registry/n_{number:010}",
        registry=registry,
        name=name,
        znode=f"c_{znode:010}",
        watching=None if watching is None else f"c_{watching:010}",
        owner=SESSIONS[name] if owner is None else owner,
    )


CLAIM = SeenClaim(znode="c_0000000001", owner=11, czxid=7)
LINE = (candidate(1, "a"), candidate(2, "b"))
ENTRIES = (entry(1, "a", "coordinators", 1), entry(1, "b", "workers", 2, watching=1))


def seen(
    at_s: float,
    candidates: tuple[SeenCandidate, ...] = LINE,
    claim: SeenClaim | None = CLAIM,
    entries: tuple[SeenEntry, ...] = ENTRIES,
) -> Seen:
    return Seen(at_s=at_s, candidates=candidates, claim=claim, entries=entries)


def started() -> list[history.Any]:
    begun: list[history.Any] = [Setup(at_s=0, seed=1, nodes=NAMES, session_timeout_s=TIMEOUT_S)]
    for name in NAMES:
        begun.append(Started(at_s=0, node=name, process=PROCESSES[name]))
        begun.append(InSession(at_s=0.1, node=name, process=PROCESSES[name], session_id=SESSIONS[name]))
    return begun


def quiet(last: Seen, healed_s: float = 10.0, end_s: float = 15.0) -> list[history.Any]:
    """Faults that end, what is seen at last, and a leader by the claim until the end."""
    return [
        *started(),
        Fault(at_s=9, text="b is frozen"),
        Healed(at_s=healed_s),
        last,
        lease(last.at_s, "a", 7, end_s + 1),
        Fault(at_s=end_s, text="the end", is_end=True),
    ]


def judgements(records: Sequence[history.Any]) -> list[int]:
    return [violation.judgement for violation in judge(history.merged([records]))]


# --- right ones ---------------------------------------------------------------------------------------------------


def test_a_cluster_that_works_is_found_right() -> None:
    records = [
        *quiet(seen(10.5)),
        *write(11, "a", 1, 7, 1),
        *write(11.1, "a", 2, 7, 2, "unknown"),
        *write(11.2, "a", 3, 7, 3),
        *write(11.3, "a", 4, 7, 4, "refused"),
        *write(11.4, "a", 5, 7, 4),
    ]
    assert [] == judgements(records)


def test_leaders_one_after_the_other_are_found_right_though_the_first_never_says_that_it_stopped() -> None:
    assert [] == judgements([lease(1, "a", 7, 2), lease(1.3, "a", 7, 2.3), lease(2.3, "b", 9, 3.3)])


def test_a_leader_that_steps_down_makes_way_before_its_lease_is_over() -> None:
    records: list[history.Any] = [lease(1, "a", 7, 2), not_leading(1.2, "a"), lease(1.21, "b", 9, 2.2)]
    assert [] == judgements(records)


def test_a_leader_whose_death_was_witnessed_makes_way_at_once() -> None:
    dead = Gone(at_s=1.2, process=PROCESSES["a"])
    assert [] == judgements([lease(1, "a", 7, 2), dead, lease(1.21, "b", 9, 2.2)])
    last_word = lease(1.2001, "a", 7, 2.1)  # which it was about to write when it was killed
    assert [] == judgements([lease(1, "a", 7, 2), dead, last_word, lease(1.21, "b", 9, 2.2)])


def test_a_count_whose_committer_died_before_it_said_so_was_not_skipped() -> None:
    assert [] == judgements([*write(1, "a", 1, 7, 1), *write(2, "a", 2, 7, 2, None), *write(3, "b", 1, 9, 3)])


def test_a_restarted_node_may_stand_in_line_twice_while_faults_last() -> None:
    twice = (candidate(1, "a", owner=10), *LINE)
    assert [] == judgements([*quiet(seen(10.5)), seen(9.5, candidates=twice)])


# --- ZooKeeper's own word -----------------------------------------------------------------------------------------


def acknowledged(at_s: float, number: int, count: int, zxid: int, version: int) -> list[history.Any]:
    attempt = Attempt(at_s=at_s, node="a", process=PROCESSES["a"], number=number, token=7, count=count)
    outcome = Outcome(
        at_s=at_s + 0.01,
        node="a",
        process=PROCESSES["a"],
        number=number,
        result="committed",
        zxid=zxid,
        version=version,
    )
    return [attempt, outcome]


def test_versions_that_rise_with_the_zxid_are_kept_whoever_hears_of_them_first() -> None:
    late_news = [
        *acknowledged(1, 1, 1, 0x101, 1),
        *acknowledged(1.02, 3, 3, 0x103, 3),
        *acknowledged(1.1, 2, 2, 0x102, 2),
    ]
    assert lost_by_zookeeper(late_news) is None


def test_a_version_that_falls_while_the_zxid_rises_was_lost_by_zookeeper_and_what_follows_is_not_judged() -> None:
    good = [*quiet(seen(10.5), end_s=13.0), *acknowledged(14, 1, 1, 0x101, 1), *acknowledged(15, 2, 2, 0x102, 2)]
    fooled = [*acknowledged(18, 3, 1, 0x201, 1), *acknowledged(19, 4, 2, 0x202, 2)]
    records = history.merged([good, [Healed(at_s=14.5)], fooled])
    lost = lost_by_zookeeper(records)
    assert lost is not None
    assert lost.at_s == 15.01
    assert "version 2 of the job's znode at zxid 0x102, then 1 at 0x201" in lost.text
    assert [2, 2] == [judgement for judgement in judgements(records) if judgement == 2]
    assert [] == judgements(before(records, lost))
    assert 0 < len(before(records, lost)) < len(good)  # the quiet that it cut short is not judged


def test_a_library_that_repeats_a_count_is_not_excused() -> None:
    blind = [*acknowledged(1, 1, 1, 0x101, 1), *acknowledged(2, 2, 1, 0x102, 2)]
    assert lost_by_zookeeper(blind) is None
    assert [2] == judgements(blind)


# --- 1 ------------------------------------------------------------------------------------------------------------


def test_two_leaders_at_once_are_found() -> None:
    assert [1] == judgements([lease(1, "a", 7, 2), lease(1.5, "b", 9, 2.5)])


def test_a_lease_that_a_frozen_leader_still_holds_counts() -> None:
    # It was seen for the last time at 1.3, and thawed after its successor had begun.
    records: list[history.Any] = [
        lease(1, "a", 7, 2),
        lease(1.3, "a", 7, 2.3),
        lease(2.29, "b", 9, 3.3),
        not_leading(4, "a"),
    ]
    assert [1] == judgements(records)


def test_a_leader_that_says_once_after_its_lease_that_it_leads_is_found() -> None:
    assert [1] == judgements([lease(1, "a", 7, 2), lease(2.1, "b", 9, 3.1), lease(2.5, "a", 7, 2.5)])


def test_a_leader_beside_a_longer_one_is_found_behind_a_shorter_one() -> None:
    records = [lease(1, "a", 7, 5), lease(1.5, "b", 9, 2), lease(3, "b", 9, 4)]
    assert [1, 1] == judgements(records)


def test_a_leader_whose_lease_lapsed_and_was_renewed_led_twice() -> None:
    assert [] == judgements([lease(1, "a", 7, 2), lease(2.1, "b", 9, 2.5), lease(2.6, "a", 11, 3)])
    assert [] == judgements([lease(1, "a", 7, 2), lease(2.6, "a", 7, 3), lease(2.1, "b", 9, 2.5)])


# --- 2 ------------------------------------------------------------------------------------------------------------


def test_a_count_that_repeats_is_found() -> None:
    assert [2] == judgements([*write(1, "a", 1, 7, 1), *write(2, "b", 1, 9, 1)])


def test_a_count_that_is_skipped_is_found() -> None:
    assert [2] == judgements([*write(1, "a", 1, 7, 1), *write(2, "a", 2, 7, 3)])


def test_a_count_that_was_only_refused_is_skipped() -> None:
    records = [*write(1, "a", 1, 7, 1), *write(2, "a", 2, 7, 2, "refused"), *write(3, "a", 3, 7, 3)]
    assert [2] == judgements(records)


def test_a_fencing_token_that_goes_down_is_found() -> None:
    assert [2] == judgements([*write(1, "a", 1, 9, 1), *write(2, "b", 1, 7, 2)])


# --- 3 ------------------------------------------------------------------------------------------------------------


def test_a_late_write_that_is_not_refused_is_found() -> None:
    assert [3] == judgements(write(1, "a", 1, 7, None))
    assert [] == judgements(write(1, "a", 1, 7, None, "refused"))


def test_a_write_after_a_successor_led_that_is_not_refused_is_found() -> None:
    records = [lease(1, "a", 7, 2), lease(3, "b", 9, 4), *write(3.1, "a", 1, 7, 1)]
    assert [3] == judgements(records)


# --- 4 ------------------------------------------------------------------------------------------------------------

WRONG_AT_REST = {
    "someone is missing": seen(10.5, candidates=LINE[:1], entries=ENTRIES[:1]),
    "nobody claims": seen(10.5, claim=None),
    "the claim is not the first's": seen(10.5, claim=SeenClaim(znode="c_0000000002", owner=12, czxid=7)),
    "one has no entry": seen(10.5, entries=ENTRIES[:1]),
    "a worker coordinates": seen(10.5, entries=(entry(1, "a", "workers", 1), ENTRIES[1])),
    "one watches nobody": seen(10.5, entries=(ENTRIES[0], entry(1, "b", "workers", 2))),
    "one watches itself": seen(10.5, entries=(ENTRIES[0], entry(1, "b", "workers", 2, watching=2))),
}


@pytest.mark.parametrize("wrong", WRONG_AT_REST.values(), ids=WRONG_AT_REST.keys())
def test_a_cluster_that_does_not_settle_is_found(wrong: Seen) -> None:
    assert [4] == judgements(quiet(wrong))


def test_a_cluster_of_which_nothing_is_seen_is_found() -> None:
    assert [4] == judgements([*started(), Healed(at_s=10), Fault(at_s=15, text="the end", is_end=True)])


def test_a_cluster_of_which_nothing_is_seen_any_more_is_found() -> None:
    assert [4] == judgements(quiet(seen(9.5)))


def test_a_cluster_that_settles_too_late_is_found() -> None:
    assert [] == judgements([seen(9, claim=None), *quiet(seen(12.9))])
    assert [4] == judgements([seen(9, claim=None), *quiet(seen(13.1))])


def test_a_settled_cluster_that_gets_lost_again_without_a_fault_is_found() -> None:
    assert [4] == judgements([*quiet(seen(10.5)), seen(11, claim=None)])


def test_a_claim_whose_owner_does_not_lead_is_found() -> None:
    without = [record for record in quiet(seen(10.5)) if not isinstance(record, Lease)]
    assert [4] == judgements(without)
    assert [4] == judgements([*without, lease(10.5, "b", 9, 16)])


# --- 5 ------------------------------------------------------------------------------------------------------------


def test_a_candidate_of_who_is_gone_is_found() -> None:
    ghost = (*LINE, SeenCandidate(znode="c_0000000003", name="c", owner=99))
    assert {4, 5} == set(judgements(quiet(seen(10.5, candidates=ghost))))


def test_a_znode_of_a_killed_process_and_one_of_a_former_session_are_found() -> None:
    assert [5, 5] == judgements([*quiet(seen(10.5)), Gone(at_s=8, process=PROCESSES["b"])])
    moved = InSession(at_s=8, node="b", process=PROCESSES["b"], session_id=77)
    assert [5, 5] == judgements([*quiet(seen(10.5)), moved])


def test_an_entry_of_who_is_gone_is_found() -> None:
    ghost = SeenEntry(path="/x/n_1", registry="workers", name="c", znode="c_0000000009", watching=None, owner=99)
    assert [5] == judgements(quiet(seen(10.5, entries=(*ENTRIES, ghost))))


def test_a_node_with_two_candidates_or_entries_is_found() -> None:
    assert 5 in judgements(quiet(seen(10.5, candidates=(*LINE, candidate(3, "b")))))
    assert 5 in judgements(quiet(seen(10.5, entries=(*ENTRIES, entry(2, "b", "workers", 2, watching=1)))))


# --- 6 ------------------------------------------------------------------------------------------------------------


def test_two_coordinators_are_found_at_any_moment() -> None:
    both = (ENTRIES[0], entry(2, "b", "coordinators", 2))
    assert [6] == judgements([seen(1, entries=both), *quiet(seen(10.5))])


def test_a_node_in_both_registries_is_found_at_any_moment() -> None:
    both = (ENTRIES[0], entry(2, "a", "workers", 1), ENTRIES[1])
    assert [6] == judgements([seen(1, entries=both), *quiet(seen(10.5))])


# --- the history's lines ------------------------------------------------------------------------------------------


def test_a_history_survives_its_lines_and_a_line_that_a_kill_cut_off_is_left_out() -> None:
    records = [*quiet(seen(10.5)), *write(11, "a", 1, 7, 1), not_leading(12, "a"), Gone(at_s=13, process=1)]
    lines = [history.to_line(record) for record in records]

    assert records == history.from_lines(lines)
    assert records[:-1] == history.from_lines([*lines[:-1], lines[-1][:-5]])
    with pytest.raises(ValueError):
        history.from_lines([b"garbage\n"])
