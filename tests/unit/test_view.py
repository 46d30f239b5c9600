"""The view of design §4, as a pure function of the news: states, events, departed rows, and what is believed."""

import pytest
from msgspec.structs import replace

from dashboard import happenings
from dashboard.departures import LastChange
from dashboard.news import Followed, KillAccepted, LeaderSaid, LinkBroke, News, Tick
from succession.wire import DashboardView, LineMember, Takeover, decode, encode
from tests.support.stories import T0, Story, entry, line, registry, row, seen, snapshot, znode

WAITS = "ZooKeeper waits about 1.8 s more for it before the next in line may lead."
SHOULD_END = "Its session should end at any moment, unless ZooKeeper still hears from it."


# States


def test_before_anything_is_read_zookeeper_is_unreachable() -> None:
    story = Story()
    assert story.view.state == "zookeeper_unreachable"
    assert story.view.revision == 1
    assert story.view.cluster is None


def test_a_registry_that_was_never_read_has_no_leader_to_follow() -> None:
    story = Story()
    assert story.tell(registry(None, is_read=False, connection="lost")).state == "zookeeper_unreachable"
    assert story.tell(registry(None, is_read=False)).state == "electing"


def test_without_a_readable_coordinator_entry_it_is_electing() -> None:
    story = Story()
    assert story.tell(registry(None, 17)).state == "electing"


def test_an_entry_from_which_nothing_came_yet_is_electing_even_when_it_refuses() -> None:
    story = Story()
    story.tell(registry(entry(1, 100)))
    assert story.tell(LinkBroke(100, "it cannot be connected to")).state == "electing"
    assert story.tell(Tick(), 60).state == "electing"
    assert story.events("not_answering") == []


def test_the_first_snapshot_of_the_followed_entry_makes_it_live() -> None:
    story = Story()
    assert story.live(1, 2, 3, 4).state == "live"


@pytest.mark.parametrize(("after_s", "state"), [(1.9, "live"), (2.0, "live"), (2.1, "leader_unreachable")])
def test_nothing_for_2_seconds_is_leader_unreachable(after_s: float, state: str) -> None:
    story = Story()
    story.live(1, 2)
    assert story.tell(Tick(), after_s).state == state


def test_a_broken_stream_is_leader_unreachable_at_once_and_the_next_snapshot_live_again() -> None:
    story = Story()
    story.live(1, 2)
    assert story.tell(LinkBroke(100, "its stream broke"), 0.1).state == "leader_unreachable"
    assert story.tell(LeaderSaid(100, snapshot(*line(1, 2))), 0.2).state == "live"


@pytest.mark.parametrize("connection", ["suspended", "lost"])
def test_without_zookeeper_the_last_cluster_is_kept_and_shown(connection: str) -> None:
    story = Story()
    story.live(1, 2)
    story.tell(LinkBroke(100, "its stream broke"))
    kept = story.tell(registry(entry(1, 100), connection=connection), 0.5)
    assert kept.state == "zookeeper_unreachable"
    assert kept.cluster == snapshot(*line(1, 2))


def test_after_zookeepers_return_a_leader_that_has_not_proven_its_lease_yet_is_no_silent_one() -> None:
    """It answers 421 for a quarter of its session timeout; one that stays away longer than that all is silent."""
    story = Story()
    story.live(1, 2)
    story.tell(LinkBroke(100, "its stream broke"), 1.0)
    story.tell(registry(entry(1, 100), connection="suspended", entries=seen(1, 2)), 1.0)
    assert story.tell(registry(entry(1, 100), entries=seen(1, 2)), 9.0).state == "electing"
    assert story.tell(LinkBroke(100, "it says that it does not lead"), 9.1).state == "electing"
    assert story.tell(Tick(), 11.0).state == "electing"
    after = story.tell(Tick(), 11.1)
    assert after.state == "leader_unreachable"
    assert [event.kind for event in story.events()] == ["zookeeper_lost", "zookeeper_back", "not_answering"]
    assert story.tell(LeaderSaid(100, snapshot(*line(1, 2))), 11.2).state == "live"


def test_after_zookeepers_return_a_leader_that_was_heard_again_and_breaks_is_unreachable_at_once() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(registry(entry(1, 100), connection="suspended"), 1.0)
    assert story.tell(registry(entry(1, 100)), 1.5).state == "live", "its stream never broke"
    story.tell(LeaderSaid(100, snapshot(*line(1, 2))), 1.6)
    assert story.tell(LinkBroke(100, "its stream broke"), 1.7).state == "leader_unreachable"


def test_a_new_entry_is_electing_until_its_own_snapshot_came() -> None:
    story = Story()
    story.live(1, 2)
    assert story.tell(registry(entry(2, 300))).state == "electing"
    assert story.tell(LeaderSaid(300, snapshot(row(2), token=300, revision=301))).state == "live"


# What is believed


def test_a_late_snapshot_of_an_old_leader_never_turns_the_badge_back() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(registry(entry(2, 300), 100))
    story.tell(LeaderSaid(300, snapshot(row(2), token=300, revision=301)))
    before = story.view
    story.tell(LeaderSaid(100, snapshot(*line(1, 2), revision=999)))
    assert story.view == before


def test_an_old_entry_that_alone_is_left_does_not_turn_the_badge_back() -> None:
    story = Story()
    story.tell(registry(entry(2, 300), 100))
    story.tell(LeaderSaid(300, snapshot(row(2), token=300, revision=301)))
    story.tell(registry(entry(1, 100)))
    after = story.tell(LeaderSaid(100, snapshot(*line(1, 2), revision=999)))
    assert after.state == "electing"
    assert after.cluster is not None
    assert after.cluster.leader == znode(2)


@pytest.mark.parametrize(("token", "revision"), [(100, 199), (99, 999), (None, 999)])
def test_a_snapshot_with_a_lower_token_and_revision_than_the_last_is_dropped(token: int | None, revision: int) -> None:
    story = Story()
    before = story.live(1, 2)
    assert story.tell(LeaderSaid(100, snapshot(row(1), token=token, revision=revision))) == before


@pytest.mark.parametrize("leader", [None, znode(2)])
def test_a_snapshot_is_believed_only_while_its_leader_is_the_entrys_znode(leader: str | None) -> None:
    story = Story()
    before = story.live(1, 2)
    assert story.tell(LeaderSaid(100, snapshot(*line(1, 2), revision=999, leader=leader))) == before


def test_a_snapshot_that_is_not_believed_is_no_sign_of_life() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2), revision=999, leader=None)), 1.5)
    assert story.tell(Tick(), 2.5).state == "leader_unreachable"


def test_a_break_of_an_old_entrys_stream_says_nothing_of_the_new_one() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(registry(entry(2, 300)))
    story.tell(LeaderSaid(300, snapshot(row(2), token=300, revision=301)))
    assert story.tell(LinkBroke(100, "its stream broke")).state == "live"


def test_after_zookeeper_came_back_empty_lower_tokens_are_believed_again() -> None:
    """Row 29: zxids begin anew."""
    story = Story()
    story.live(1, 2, token=5000)
    story.tell(registry(entry(1, 5000), connection="lost"))
    story.tell(registry(entry(3, 7)))
    after = story.tell(LeaderSaid(7, snapshot(*line(3, 4), token=7, revision=9)))
    assert after.state == "live"
    assert after.cluster is not None
    assert after.cluster.leader == znode(3)


# Revision and age


def test_each_message_of_the_leader_is_a_new_revision_with_its_time() -> None:
    story = Story()
    first = story.live(1, 2)
    second = story.tell(LeaderSaid(100, snapshot(*line(1, 2))), 1.0)
    assert second.revision == first.revision + 1
    assert second.as_of_at == T0 + 1.0
    assert replace(second, revision=first.revision, as_of_at=first.as_of_at) == first


def test_nothing_new_is_no_new_revision() -> None:
    story = Story()
    before = story.live(1, 2)
    story.tell(Tick(), 0.5)
    story.tell(registry(entry(1, 100)), 1.0)
    assert story.view == before


# Events


def test_what_was_there_before_the_dashboard_did_not_happen() -> None:
    story = Story()
    story.live(1, 2, 3, 4)
    assert story.events() == []


def test_a_cluster_that_forms_is_told_from_its_first_node() -> None:
    story = Story()
    story.tell(registry(None))
    story.tell(registry(entry(1, 100)), 1.0)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2))), 1.1)
    assert [(event.kind, event.name) for event in story.events()] == [
        ("joined", "node1"),
        ("joined", "node2"),
        ("leader_elected", "node1"),
    ]
    assert story.events("leader_elected")[0].without_leader_ms is None


def test_a_node_that_joins_and_one_that_goes() -> None:
    story = Story()
    story.live(1, 2, 3)
    story.tell(LeaderSaid(100, snapshot(*line(1, 3, 4), revision=201)), 1.0)
    assert [(event.kind, event.znode, event.text) for event in story.events()] == [
        ("gone", znode(2), "node2 is gone."),
        ("joined", znode(4), f"node4 joined the line behind {znode(3)} (node3)."),
        ("watch_moved", znode(3), f"node3 now watches {znode(1)} (node1)."),
    ]


def test_a_watch_that_is_unknown_for_a_moment_moved_only_if_it_is_another_after() -> None:
    story = Story()
    story.live(1, 2, 3)
    unknown = (row(1), row(2, 1), row(3, 2, watching=None, in_sync=False))
    story.tell(LeaderSaid(100, snapshot(*unknown, revision=201)), 1.0)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2, 3), revision=202)), 1.1)
    assert story.events() == []
    story.tell(LeaderSaid(100, snapshot(row(1), row(3, 1, watching=None, in_sync=False), revision=203)), 1.2)
    story.tell(LeaderSaid(100, snapshot(*line(1, 3), revision=204)), 1.3)
    assert [event.kind for event in story.events()] == ["gone", "watch_moved"]


def test_killed_from_this_page_is_said_only_where_this_page_gave_the_order() -> None:
    story = Story()
    story.live(1, 2, 3)
    story.tell(KillAccepted(znode(3)))
    story.tell(LeaderSaid(100, snapshot(row(1), revision=201)), 1.0)
    assert [event.text for event in story.events("gone")] == [
        "node2 is gone.",
        "node3 is gone; it was killed from this page.",
    ]


def test_the_leaders_death_is_told_in_order_with_its_milliseconds() -> None:
    story = Story()
    story.live(1, 2, 3, at_s=9.9)
    story.tell(KillAccepted(znode(1)), 10.0)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2, 3), revision=201)), 10.001)  # a last word on its way
    story.tell(LinkBroke(100, "its stream broke"), 10.01)
    story.tell(Tick(), 10.21)
    story.tell(registry(None), 12.0)
    story.tell(registry(entry(2, 300)), 12.02)
    claimed = Takeover(cause_seen_at=T0 + 12.0, claimed_at=T0 + 12.015)
    story.tell(LeaderSaid(300, snapshot(row(2, takeover=claimed), row(3, 2), token=300, revision=301)), 12.03)
    assert [event.text for event in story.events()] == [
        f"node1 does not answer: it was killed from this page. {WAITS}",
        "node1 no longer leads: it was killed from this page. An election is under way.",
        "node1 is gone; it was killed from this page.",
        "node2 became the leader with fencing token 300: nobody is ahead of it.",
    ]
    elected = story.events("leader_elected")[0]
    assert (elected.without_leader_ms, elected.fencing_token, elected.zxid) == (2015, 300, 300)
    assert [event.id for event in story.events()] == [1, 2, 3, 4]


def test_without_a_leader_runs_from_the_first_sign() -> None:
    claimed = Takeover(cause_seen_at=T0 + 12.0, claimed_at=T0 + 12.0)

    def without_ms(*signs: tuple[News, float]) -> int | None:
        story = Story()
        story.live(1, 2)
        for news, at_s in signs:
            story.tell(news, at_s)
        story.tell(registry(entry(2, 300)), 13.0)
        story.tell(LeaderSaid(300, snapshot(row(2, takeover=claimed), token=300, revision=301)), 13.0)
        return story.events("leader_elected")[0].without_leader_ms

    broke = (LinkBroke(100, "its stream broke"), 10.0)
    assert without_ms(broke) == 2000
    assert without_ms((registry(None), 11.0)) == 1000
    assert without_ms(broke, (LinkBroke(100, "again"), 10.5), (registry(None), 11.0)) == 2000
    assert without_ms((KillAccepted(znode(1)), 9.0), broke) == 3000
    assert without_ms((KillAccepted(znode(2)), 9.0), broke) == 2000
    assert without_ms() == 0  # heard of the old one's end only after its successor's claim


def test_a_break_that_healed_and_an_order_that_was_not_obeyed_are_no_sign() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(LinkBroke(100, "its stream broke"), 1.0)
    story.tell(KillAccepted(znode(1)), 1.0)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2))), 9.0)
    story.tell(registry(None), 10.0)
    story.tell(registry(entry(2, 300)), 10.1)
    claimed = Takeover(cause_seen_at=T0 + 10.1, claimed_at=T0 + 10.1)
    story.tell(LeaderSaid(300, snapshot(row(2, takeover=claimed), token=300, revision=301)), 10.2)
    assert story.events("leader_elected")[0].without_leader_ms == 100


def test_without_the_successors_claim_the_milliseconds_are_unknown() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(registry(entry(2, 300)), 1.0)
    story.tell(LeaderSaid(300, snapshot(row(2), token=300, revision=301)), 1.1)
    assert story.events("leader_elected")[0].without_leader_ms is None


def test_the_same_node_that_leads_anew_is_a_new_leader_and_nobody_went() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(registry(entry(1, 300)), 1.0)
    story.tell(LeaderSaid(300, snapshot(*line(1, 2), token=300, revision=301)), 1.1)
    assert [event.kind for event in story.events()] == ["leader_lost", "leader_elected"]


def test_a_silent_leader_is_told_once_with_what_is_left_of_its_session() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(Tick(), 2.5)
    story.tell(Tick(), 2.7)
    story.tell(LinkBroke(100, "it cannot be connected to"), 2.8)
    told = story.events("not_answering")
    assert [event.text for event in told] == [
        f"node1 does not answer: it has gone silent. {SHOULD_END}",
    ]
    assert told[0].at == T0  # since then
    story.tell(LeaderSaid(100, snapshot(*line(1, 2))), 3.0)
    story.tell(LinkBroke(100, "what it sends is not JSON"), 4.0)
    story.tell(LinkBroke(100, "what it sends is not JSON"), 4.2)
    assert story.events("not_answering")[1].text == f"node1 does not answer: what it sends is not JSON. {WAITS}"


def test_events_are_in_the_order_of_their_times_although_some_are_dated_back() -> None:
    story = Story()
    story.live(1, 2, 3)
    story.tell(LinkBroke(100, "its stream broke"), 1.0)
    story.tell(registry(entry(1, 100), connection="lost", entries=seen(1, 2, 3)), 1.1)
    story.tell(registry(entry(1, 100), entries=seen(1, 2, 3)), 6.0)
    story.tell(Tick(), 8.1)  # silent since 1.0, and that is told now
    story.tell(registry(None, entries=seen(2, 3)), 9.0)
    story.tell(registry(None, entries=seen(3)), 9.1)
    story.tell(Tick(), 10.2)  # who went is told a second late
    told = [(event.kind, event.at - T0) for event in story.events()]
    assert [kind for kind, _ in told] == [
        "zookeeper_lost",
        "zookeeper_back",
        "not_answering",
        "leader_lost",
        "gone",
        "gone",
    ]
    assert [at for _, at in told] == sorted(at for _, at in told)
    assert [event.id for event in story.events()] == list(range(1, 7))


def test_a_session_that_zookeepers_return_gave_its_whole_timeout_again_is_not_said_to_be_at_its_end() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(registry(entry(1, 100), connection="lost"), 1.0)
    story.tell(registry(entry(1, 100)), 20.0)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2))), 20.5)
    story.tell(LinkBroke(100, "its stream broke"), 20.6)
    story.tell(Tick(), 20.8)
    assert story.events("not_answering")[0].text == f"node1 does not answer: its stream broke. {WAITS}"


def test_a_leader_that_said_goodbye_and_whose_entry_went_at_once_has_closed_its_session_itself() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(LinkBroke(100, "its stream broke", is_goodbye=True), 1.0)
    story.tell(registry(entry(2, 300), entries=seen(2)), 1.1)
    story.tell(LeaderSaid(300, snapshot(row(2), token=300, revision=301)), 1.2)
    assert [event.text for event in story.events()] == [
        "node1 no longer leads: it closed its session itself. An election is under way.",
        "node1 is gone; it closed its session itself.",
        "node2 became the leader with fencing token 300: nobody is ahead of it.",
    ]


@pytest.mark.parametrize(("is_goodbye", "after_s"), [(False, 0.1), (True, 1.1)])
def test_why_a_leader_went_is_not_said_where_it_is_not_known_for_sure(is_goodbye: bool, after_s: float) -> None:
    story = Story()
    story.live(1, 2)
    story.tell(LinkBroke(100, "its stream broke", is_goodbye), 1.0)
    story.tell(registry(entry(2, 300), entries=seen(2)), 1.0 + after_s)
    story.tell(LeaderSaid(300, snapshot(row(2), token=300, revision=301)), 2.5)
    assert [event.text for event in story.events("gone")] == ["node1 is gone."]


def test_a_leader_that_leaves_in_order_is_not_called_one_that_does_not_answer() -> None:
    story = Story()
    story.live(1, 2)
    assert story.tell(LinkBroke(100, "its stream broke"), 1.0).state == "leader_unreachable"
    story.tell(Tick(), 1.1)
    story.tell(registry(None, entries=seen(2)), 1.12)
    story.tell(Tick(), 2.0)
    assert [event.kind for event in story.events()] == ["leader_lost"]


# Events in ZooKeeper's own order


def in_line(*czxids: int, moved: dict[int, int] | None = None) -> tuple[LineMember, ...]:
    """node<n> for each czxid n, in that order; `moved` has the zxids of entries that were written later."""
    return tuple(
        replace(member, czxid=czxid, entry_zxid=(moved or {}).get(czxid, czxid + 1))
        for czxid, member in zip(czxids, line(*czxids), strict=True)
    )


def told(story: Story) -> list[tuple[str, int | None, int | None]]:
    """(kind, node's number, zxid) of each event."""
    return [(event.kind, int((event.name or "node0")[4:]), event.zxid) for event in story.events()]


def began(*czxids: int, line_zxid: int = 50, line_changes: int = 10) -> Story:
    story = Story()
    followed = entry(czxids[0], 100)
    story.tell(registry(followed, entries=seen(*czxids), coordinators_changed=LastChange(100, 7)))
    said = snapshot(*in_line(*czxids), line_zxid=line_zxid, line_changes=line_changes)
    story.tell(LeaderSaid(100, said))
    return story


def test_a_failover_is_told_with_its_transactions_in_their_order() -> None:
    story = began(10, 20, 30, 40)
    story.tell(registry(None, entries=seen(20, 30, 40), coordinators_changed=LastChange(150, 8)), 1.0)
    story.tell(registry(entry(20, 160), entries=seen(20, 30, 40), coordinators_changed=LastChange(160, 9)), 1.1)
    line_after = in_line(20, 30, 40)
    said = snapshot(*line_after, token=160, revision=161, line_zxid=150, line_changes=11)
    story.tell(LeaderSaid(160, said), 1.2)
    gone = in_line(20, 40, moved={40: 171})
    story.tell(LeaderSaid(160, snapshot(*gone, token=160, revision=171, line_zxid=170, line_changes=12)), 2.0)
    expected = [
        ("leader_lost", 10, 150),
        ("gone", 10, 150),
        ("leader_elected", 20, 160),
        ("gone", 30, 170),
        ("watch_moved", 40, 171),
    ]
    assert expected == told(story)
    assert [1, 2, 3, 4, 5] == [event.id for event in story.events()]


def test_what_one_piece_of_news_brings_is_told_in_the_order_of_its_transactions() -> None:
    story = Story()
    story.tell(registry(None))
    story.tell(registry(entry(10, 100)), 1.0)
    story.tell(LeaderSaid(100, snapshot(*in_line(10, 120, 140), line_zxid=140, line_changes=3)), 1.1)
    formed = [("joined", 10, 10), ("leader_elected", 10, 100), ("joined", 120, 120), ("joined", 140, 140)]
    assert formed == told(story)
    after = in_line(10, 140, 190, moved={140: 180})
    story.tell(LeaderSaid(100, snapshot(*after, revision=201, line_zxid=190, line_changes=5)), 2.0)
    expected = [("gone", 120, None), ("watch_moved", 140, 180), ("joined", 190, 190)]
    assert expected == told(story)[4:], "who went before that is told first, though by which transaction is unknown"


@pytest.mark.parametrize(
    ("gone", "joined", "elected", "moved", "expected"),
    [
        (160, 160, 160, 160, ["gone", "joined", "leader_elected", "watch_moved"]),
        (170, 165, 160, 168, ["leader_elected", "joined", "watch_moved", "gone"]),
        (None, 170, 160, 165, ["gone", "leader_elected", "watch_moved", "joined"]),
        (150, None, 160, None, ["gone", "joined", "leader_elected", "watch_moved"]),
        (170, None, 160, None, ["leader_elected", "watch_moved", "gone", "joined"]),
        (None, None, None, None, ["gone", "joined", "leader_elected", "watch_moved"]),
    ],
)
def test_where_transactions_tie_one_follows_from_the_other_and_one_without_stays_beside_its_neighbour(
    gone: int | None, joined: int | None, elected: int | None, moved: int | None, expected: list[str]
) -> None:
    after = (row(2), replace(row(3, 2), entry_zxid=moved), replace(row(4, 3), czxid=joined))
    became = happenings.leader_elected(after[0], elected, None, T0)
    before = {member.znode: member for member in line(1, 2, 3)}
    events = happenings.changes(before, snapshot(*after), {znode(3): znode(1)}, became, {}, T0, gone)
    assert expected == [event.kind for event in events]


@pytest.mark.parametrize(
    ("line_after", "line_zxid", "line_changes", "zxid", "why"),
    [
        ((10, 30), 150, 11, 150, "the one change that there was"),
        ((10, 30, 140), 150, 12, 150, "the last of two, and the other is the one that joined"),
        ((10, 30, 150), 150, 12, None, "the last made the one that joined"),
        ((10, 30), 150, 13, None, "another came and went that was never seen"),
        ((10, 30), 150, 10, None, "the listing is older than the rows"),
        ((10, 30), 50, 11, None, "nothing is newer"),
        ((10, 30), 40, 11, None, "ZooKeeper began anew"),
        ((10,), 150, 12, None, "two went, and only the last is known"),
        ((10, 30), None, 11, None, "an older leader, which does not say it"),
        ((10, 30), 150, None, None, "an older leader, which does not say it"),
    ],
)
def test_by_which_transaction_one_went_is_said_only_where_it_is_known_for_sure(
    line_after: tuple[int, ...], line_zxid: int | None, line_changes: int | None, zxid: int | None, why: str
) -> None:
    story = began(10, 20, 30)
    said = snapshot(*in_line(*line_after), revision=201, line_zxid=line_zxid, line_changes=line_changes)
    story.tell(LeaderSaid(100, said), 1.0)
    assert {zxid} == {event.zxid for event in story.events("gone")}, why


def test_one_whose_leaving_was_told_by_the_registries_is_not_taken_for_the_next_that_left() -> None:
    story = began(10, 20, 30)
    story.tell(registry(None, entries=seen(20, 30), coordinators_changed=LastChange(150, 8)), 1.0)
    story.tell(Tick(), 2.1)
    assert [("leader_lost", 10, 150), ("gone", 10, None)] == told(story)
    story.tell(registry(entry(30, 180), entries=seen(30)), 2.2)
    story.tell(LeaderSaid(180, snapshot(*in_line(30), token=180, revision=181, line_zxid=170, line_changes=12)), 2.3)
    assert [("gone", 20, None), ("leader_elected", 30, 180)] == told(story)[2:], "which of both 170 deleted is unknown"


@pytest.mark.parametrize(
    ("changed", "followed", "zxid", "why"),
    [
        (LastChange(150, 8), None, 150, "the one change that there was"),
        (LastChange(160, 9), entry(20, 160), None, "its successor's entry is there: the last change made that"),
        (LastChange(170, 9), entry(20, 160), None, "its successor led before its entry went"),
        (LastChange(170, 9), None, None, "a successor came and went that was never seen"),
        (LastChange(90, 8), None, None, "ZooKeeper began anew"),
        (None, None, None, "it is not known"),
    ],
)
def test_by_which_transaction_a_leader_was_lost_is_said_only_where_it_is_known_for_sure(
    changed: LastChange | None, followed: Followed | None, zxid: int | None, why: str
) -> None:
    story = began(10, 20, 30)
    story.tell(registry(followed, entries=seen(20, 30), coordinators_changed=changed), 1.0)
    assert [("leader_lost", 10, zxid)] == told(story), why


def test_a_leader_whose_entry_still_stands_beside_its_successors_was_lost_by_no_transaction_yet() -> None:
    story = began(10, 20, 30)
    both = registry(entry(20, 160), 100, entries=seen(20, 30), coordinators_changed=LastChange(160, 8))
    story.tell(both, 1.0)
    assert [("leader_lost", 10, None)] == told(story)


def test_what_zookeeper_has_no_part_in_has_no_zxid() -> None:
    story = began(10, 20)
    story.tell(LinkBroke(100, "its stream broke"), 1.0)
    story.tell(Tick(), 1.5)
    story.tell(registry(entry(10, 100), connection="lost"), 2.0)
    story.tell(registry(entry(10, 100)), 3.0)
    assert [("not_answering", 10, None), ("zookeeper_lost", 0, None), ("zookeeper_back", 0, None)] == told(story)


def test_zookeeper_lost_and_back_are_told_once_each() -> None:
    story = Story()
    story.live(1, 2)
    for connection in ("suspended", "suspended", "lost", "connected", "connected"):
        story.tell(registry(entry(1, 100), connection=connection), 1.0)
    assert [event.kind for event in story.events()] == ["zookeeper_lost", "zookeeper_back"]


def test_zookeeper_that_was_not_there_at_the_start_is_a_state_and_no_event() -> None:
    story = Story()
    story.tell(registry(None, is_read=False, connection="lost"))
    story.tell(registry(None))
    assert story.events() == []


def test_events_are_bounded_and_keep_counting() -> None:
    story = Story()
    story.live(1, 2)
    for turn in range(300):
        members = line(1, 2) if turn % 2 else line(1)
        story.tell(LeaderSaid(100, snapshot(*members, revision=201 + turn)), turn)
    assert len(story.view.events) == 200
    assert [event.id for event in story.view.events] == list(range(101, 301))


# Departed and half-known rows


def test_a_departed_row_is_gone_when_its_name_is_back_in_line() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(LeaderSaid(100, snapshot(row(1), revision=201)), 5.0)
    assert [(gone.znode, gone.name, gone.departed_at) for gone in story.view.departed] == [
        (znode(2), "node2", T0 + 5.0)
    ]
    story.tell(LeaderSaid(100, snapshot(row(1), row(7, 1, name="node2"), revision=202)), 6.0)
    assert story.view.departed == ()


def test_a_restarted_node_is_in_line_twice_and_its_former_row_departs_without_a_trace() -> None:
    story = Story()
    story.live(1, 2)
    twice = (*line(1, 2), row(7, 2, name="node2"))
    story.tell(LeaderSaid(100, snapshot(*twice, revision=201)), 1.0)
    story.tell(LeaderSaid(100, snapshot(row(1), row(7, 1, name="node2"), revision=202)), 2.0)
    assert story.view.departed == ()
    assert [event.text for event in story.events("gone")] == [f"The former node2 ({znode(2)}) is gone."]


def test_departed_rows_are_bounded_to_the_last_20() -> None:
    story = Story()
    story.live(1)
    for number in range(2, 40):
        story.tell(LeaderSaid(100, snapshot(*line(1, number), revision=200 + number)), number)
    assert [gone.name for gone in story.view.departed] == [f"node{number}" for number in range(19, 39)]


def test_half_known_rows_are_shown_and_told_by_their_znode() -> None:
    half = row(9, 2, name=None, role=None, watching=None, address=None, session_timeout_ms=None, in_sync=False)
    story = Story()
    story.live(1, 2)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2), half, revision=201)), 1.0)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2), revision=202)), 2.0)
    assert [event.text for event in story.events()] == [
        f"{znode(9)} joined the line behind {znode(2)} (node2).",
        f"{znode(9)} is gone.",
    ]
    assert [gone.znode for gone in story.view.departed] == [znode(9)]
    assert decode(encode(story.view), DashboardView) == story.view
