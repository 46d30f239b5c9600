"""The failover as a record: the first sign of the old leader's end, how it ended, and whether ZooKeeper waited."""

from typing import Any

import pytest
from msgspec.structs import replace

from dashboard.news import KillAccepted, LeaderSaid, LinkBroke, News, Tick
from succession.wire import DashboardView, Event, Failover, Takeover, decode, encode
from tests.support.stories import T0, Story, entry, line, registry, row, seen, snapshot, znode

BROKE = LinkBroke(100, "its stream broke")
CLOSED = LinkBroke(100, "its stream broke", is_closed=True)
GOODBYE = LinkBroke(100, "its stream broke", is_goodbye=True, is_closed=True)
GONE = registry(None, entries=seen(2, 3))
ORDERED = KillAccepted(znode(1))


def passed(*news: tuple[News, float], line_after: Any = None, claimed_s: float = 30.0) -> Event:
    """The election of node2 after this news of node1, whose session timeout is 2 s."""
    story = Story()
    story.live(1, 2, 3, at_s=9.0)
    for one, at_s in news:
        story.tell(one, at_s)
    story.tell(registry(entry(2, 300), entries=seen(2, 3)), claimed_s)
    takeover = Takeover(cause_seen_at=T0 + claimed_s - 0.01, claimed_at=T0 + claimed_s)
    members = line_after or (row(2, takeover=takeover), row(3, 2))
    story.tell(LeaderSaid(300, snapshot(*members, token=300, revision=301)), claimed_s)
    (elected,) = story.events("leader_elected")
    return elected


def failover(*news: tuple[News, float], **story: Any) -> Failover:
    found = passed(*news, **story).failover
    assert found is not None
    return found


def test_the_record_has_the_former_leader_the_signs_and_the_successors_own_times() -> None:
    elected = passed((ORDERED, 10.0), (BROKE, 10.002), (GONE, 10.01), claimed_s=10.02)
    assert elected.failover == Failover(
        former_znode=znode(1),
        former_name="node1",
        sign="order",
        sign_at=T0 + 10.0,
        entry_went_at=T0 + 10.01,
        cause_seen_at=T0 + 10.01,
        claimed_at=T0 + 10.02,
        end="ordered",
        session_timeout_ms=2000,
        crash_supervisor=None,
        silent_since_at=None,
    )
    assert elected.without_leader_ms == 20


@pytest.mark.parametrize(
    ("news", "sign", "at_s"),
    [
        ([(ORDERED, 10.0), (BROKE, 10.1), (GONE, 10.2)], "order", 10.0),
        ([(BROKE, 10.0), (ORDERED, 10.1), (GONE, 10.2)], "stream", 10.0),
        ([(BROKE, 10.0), (LinkBroke(100, "again"), 10.1), (GONE, 10.2)], "stream", 10.0),
        ([(GONE, 10.0)], "entry", 10.0),
        ([(GONE, 10.0), (ORDERED, 10.1)], "entry", 10.0),
        ([(KillAccepted(znode(3)), 9.9), (BROKE, 10.0), (GONE, 10.2)], "stream", 10.0),
        ([], "entry", 30.0),
    ],
)
def test_the_first_sign_at_the_dashboard_is_told_with_its_time(news: Any, sign: str, at_s: float) -> None:
    found = failover(*news)
    assert (found.sign, found.sign_at) == (sign, T0 + at_s)


@pytest.mark.parametrize("at_s", [10.1, 10.2, 12.0])
def test_without_a_leader_is_from_the_sign_to_the_claim(at_s: float) -> None:
    elected = passed((BROKE, 10.0), (GONE, 10.05), claimed_s=at_s)
    assert elected.failover is not None
    assert elected.without_leader_ms == round((elected.failover.claimed_at - elected.failover.sign_at) * 1000)


@pytest.mark.parametrize(
    ("news", "end", "silent_since_s"),
    [
        ([(ORDERED, 10.0), (BROKE, 10.01), (GONE, 10.02)], "ordered", None),
        ([(ORDERED, 10.0), (BROKE, 10.01), (GONE, 12.0)], "ordered", 10.01),
        ([(GOODBYE, 10.0), (GONE, 10.01)], "left", None),
        ([(GOODBYE, 10.0), (GONE, 12.0)], "silent", 10.0),
        ([(BROKE, 10.0), (GONE, 10.01)], "died", None),
        ([(BROKE, 10.0), (GONE, 10.6)], "died", None),
        ([(BROKE, 10.0), (GONE, 11.7)], "silent", 10.0),
        ([(BROKE, 10.0), (Tick(), 10.3), (LinkBroke(100, "refused"), 10.5), (GONE, 11.7)], "silent", 10.0),
        ([(GONE, 10.7)], "silent", 9.0),
        ([(Tick(), 11.1), (GONE, 12.0)], "silent", 9.0),
        ([(CLOSED, 10.0), (GONE, 10.5)], "silent", 10.0),
        ([(CLOSED, 10.0), (GONE, 10.01)], "evicted", None),
        ([(GONE, 9.5)], "evicted", None),
    ],
)
def test_how_a_leader_ended_is_told_apart_by_what_was_seen_of_it(
    news: Any, end: str, silent_since_s: float | None
) -> None:
    found = failover(*news)
    silent_since_at = None if silent_since_s is None else T0 + silent_since_s
    assert (found.end, found.silent_since_at) == (end, silent_since_at)


def test_a_session_shorter_than_the_streams_beat_is_waited_for_all_the_same() -> None:
    story = Story()
    followed = entry(1, 100)
    followed = replace(followed, member=replace(followed.member, session_timeout_ms=400))
    story.tell(registry(followed, entries=seen(1, 2)))
    story.tell(LeaderSaid(100, snapshot(*line(1, 2))))
    story.tell(registry(entry(2, 300), entries=seen(2)), 0.35)
    takeover = Takeover(cause_seen_at=T0 + 0.35, claimed_at=T0 + 0.36)
    story.tell(LeaderSaid(300, snapshot(row(2, takeover=takeover), token=300, revision=301)), 0.37)
    (elected,) = story.events("leader_elected")
    assert elected.failover is not None
    assert (elected.failover.end, elected.failover.session_timeout_ms) == ("silent", 400)


@pytest.mark.parametrize("news", [[(BROKE, 10.0), (GONE, 10.01)], [(ORDERED, 10.0), (GONE, 10.01)], [(GONE, 12.0)]])
def test_a_leader_whose_session_is_in_line_again_was_evicted_or_resigned(news: Any) -> None:
    takeover = Takeover(cause_seen_at=T0 + 29.9, claimed_at=T0 + 30)
    again = row(7, 2, name="node1", session_id="0x1")
    assert failover(*news, line_after=(row(2, takeover=takeover), again)).end == "evicted"


def test_a_node_that_was_started_again_is_another_session_and_died() -> None:
    takeover = Takeover(cause_seen_at=T0 + 29.9, claimed_at=T0 + 30)
    again = row(7, 2, name="node1")
    assert failover((BROKE, 10.0), (GONE, 10.01), line_after=(row(2, takeover=takeover), again)).end == "died"


def test_a_leader_whose_claim_alone_was_deleted_passes_it_to_itself() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(CLOSED, 1.0)
    story.tell(registry(entry(1, 300), entries=seen(1, 2)), 1.01)
    takeover = Takeover(cause_seen_at=T0 + 0.99, claimed_at=T0 + 1.005)
    story.tell(LeaderSaid(300, snapshot(row(1, takeover=takeover), row(2, 1), token=300, revision=301)), 1.02)
    (elected,) = story.events("leader_elected")
    assert elected.failover is not None
    assert (elected.failover.former_znode, elected.failover.end) == (znode(1), "evicted")


def test_the_first_leader_and_one_whose_claim_is_not_known_have_no_record() -> None:
    story = Story()
    story.tell(registry(None))
    story.tell(registry(entry(1, 100)), 1.0)
    takeover = Takeover(cause_seen_at=T0 + 1, claimed_at=T0 + 1)
    story.tell(LeaderSaid(100, snapshot(row(1, takeover=takeover))), 1.1)
    assert [event.failover for event in story.events("leader_elected")] == [None]
    assert passed((BROKE, 10.0), (GONE, 10.01), line_after=line(2, 3)).failover is None


def test_after_all_were_gone_the_former_leader_is_still_known() -> None:
    story = Story()
    story.live(1, 2, at_s=9.0)
    story.tell(BROKE, 10.0)
    story.tell(registry(None), 12.0)
    story.tell(Tick(), 13.1)
    assert story.view.cluster is not None
    assert story.view.cluster.members == ()
    story.tell(registry(entry(11, 300)), 20.0)
    takeover = Takeover(cause_seen_at=T0 + 20, claimed_at=T0 + 20)
    story.tell(LeaderSaid(300, snapshot(row(11, takeover=takeover), token=300, revision=301)), 20.0)
    (elected,) = story.events("leader_elected")
    assert elected.failover is not None
    assert (elected.failover.former_znode, elected.failover.end) == (znode(1), "silent")
    assert elected.without_leader_ms == 10_000


def test_signs_of_one_end_are_none_of_the_next() -> None:
    story = Story()
    story.live(1, 2, 3, at_s=9.0)
    story.tell(BROKE, 10.0)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2, 3))), 10.1)
    story.tell(registry(None, entries=seen(2, 3)), 10.5)
    story.tell(registry(entry(2, 300), entries=seen(2, 3)), 10.6)
    takeover = Takeover(cause_seen_at=T0 + 10.5, claimed_at=T0 + 10.55)
    story.tell(LeaderSaid(300, snapshot(row(2, takeover=takeover), row(3, 2), token=300, revision=301)), 10.6)
    (elected,) = story.events("leader_elected")
    assert elected.failover is not None
    assert (elected.failover.sign, elected.failover.sign_at) == ("entry", T0 + 10.5)


def test_a_record_crosses_the_border_and_an_event_without_one_is_readable() -> None:
    elected = passed((BROKE, 10.0), (GONE, 10.01))
    assert decode(encode(elected), Event) == elected
    old = encode(Story().view).replace(b',"beliefs":{},"ensemble":null', b"")
    assert b"beliefs" not in old
    assert decode(old, DashboardView) == Story().view
