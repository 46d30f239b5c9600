"""Who left the line while no leader tells: by entries that are gone, and never by one that is missing for a moment."""

import pytest
from msgspec.structs import replace

from dashboard.departures import SeenEntry
from dashboard.news import KillAccepted, LeaderSaid, LinkBroke, Tick
from succession.wire import Takeover
from tests.support.stories import T0, Story, entry, line, registry, row, seen, snapshot, znode


def names(story: Story) -> tuple[list[str | None], list[str | None]]:
    """Who is in line, and who departed."""
    cluster = story.view.cluster
    assert cluster is not None
    return [member.name for member in cluster.members], [one.name for one in story.view.departed]


def all_dead() -> Story:
    story = Story()
    story.live(1, 2, 3, 4)
    story.tell(LinkBroke(100, "its stream broke"), 10.0)
    story.tell(registry(None), 12.0)
    return story


def test_when_all_nodes_are_dead_no_row_looks_alive() -> None:
    story = all_dead()
    story.tell(Tick(), 12.9)
    assert names(story) == (["node1", "node2", "node3", "node4"], [])
    after = story.tell(Tick(), 13.1)
    assert after.state == "electing"
    assert names(story) == ([], ["node1", "node2", "node3", "node4"])
    assert after.cluster is not None
    assert (after.cluster.leader, after.cluster.fencing_token, after.cluster.term) == (None, None, None)
    assert [event.text for event in story.events("gone")] == [f"node{number} is gone." for number in (1, 2, 3, 4)]
    assert after.departed[0].departed_at == pytest.approx(T0 + 12.1)
    revision = after.revision
    assert story.tell(Tick(), 14.0).revision == revision, "told once"


def test_departed_nodes_that_are_started_again_are_in_line_by_name_and_told_as_joined() -> None:
    story = all_dead()
    story.tell(KillAccepted(znode(1)), 9.9)
    story.tell(Tick(), 13.1)
    again = (row(11, name="node1", takeover=Takeover(cause_seen_at=T0 + 20, claimed_at=T0 + 20)),)
    story.tell(registry(entry(11, 300)), 20.0)
    story.tell(LeaderSaid(300, snapshot(*again, token=300, revision=301)), 20.0)
    assert names(story) == (["node1"], ["node2", "node3", "node4"])
    told = [(event.kind, event.znode) for event in story.events()][-2:]
    assert told == [("joined", znode(11)), ("leader_elected", znode(11))]
    assert story.events("leader_elected")[0].without_leader_ms == 10_100, "from the order to kill its predecessor on"


def test_while_the_leader_tells_a_missing_entry_is_a_row() -> None:
    story = Story()
    story.live(1, 2, 3)
    story.tell(registry(entry(1, 100), entries=seen(1, 3)), 1.0)
    for second in range(2, 10):
        story.tell(LeaderSaid(100, snapshot(*line(1, 2, 3))), second)
        story.tell(Tick(), second + 0.5)
    assert names(story) == (["node1", "node2", "node3"], [])


def test_a_candidate_that_had_no_entry_while_the_leader_told_of_it_stays_a_row_when_the_leader_falls_silent() -> None:
    story = Story()
    story.live(1, 2, 3)
    story.tell(registry(entry(1, 100), entries=seen(1, 3)), 1.0)
    story.tell(LeaderSaid(100, snapshot(*line(1, 2, 3))), 5.0)
    story.tell(LinkBroke(100, "its stream broke"), 5.1)
    story.tell(registry(None, entries=seen(3)), 6.0)
    story.tell(Tick(), 9.0)
    assert names(story) == (["node2", "node3"], ["node1"])


def test_a_candidate_that_never_had_an_entry_stays_a_row() -> None:
    story = Story()
    story.tell(registry(entry(1, 100)))
    half = row(2, 1, name=None, role=None, watching=None, address=None, in_sync=False)
    story.tell(LeaderSaid(100, snapshot(row(1), half)))
    story.tell(registry(None), 1.0)
    story.tell(Tick(), 9.0)
    cluster = story.view.cluster
    assert cluster is not None
    assert [(one.znode, one.predecessor, one.in_sync) for one in cluster.members] == [(znode(2), None, False)]


def test_while_zookeeper_is_away_nobody_departs_and_after_that_a_missing_entry_counts_anew() -> None:
    story = all_dead()
    story.tell(registry(None, connection="suspended"), 12.5)
    story.tell(Tick(), 30.0)
    assert names(story)[1] == []
    story.tell(registry(None), 40.0)
    story.tell(Tick(), 40.9)
    assert names(story)[1] == []
    story.tell(Tick(), 41.1)
    assert names(story) == ([], ["node1", "node2", "node3", "node4"])


def test_those_that_died_while_zookeeper_was_away_depart_when_it_is_back() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(registry(entry(1, 100), connection="lost", entries=seen(1, 2)), 1.0)
    story.tell(registry(None), 20.0)
    story.tell(Tick(), 21.1)
    assert names(story) == ([], ["node1", "node2"])


def test_a_registry_that_was_not_read_tells_nothing() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(registry(None, is_read=False), 1.0)
    story.tell(Tick(), 20.0)
    assert names(story) == (["node1", "node2"], [])


@pytest.mark.parametrize("missing_s", [0.0, 0.5, 0.9])
def test_a_worker_whose_entry_moves_never_appears_departed(missing_s: float) -> None:
    """Promotion deletes it in one registry and makes it in the other, at once; two reads can see that apart."""
    story = Story()
    story.live(1, 2, 3)
    story.tell(LinkBroke(100, "its stream broke"), 9.0)
    story.tell(registry(None, entries=seen(3)), 10.0)
    story.tell(Tick(), 10.0 + missing_s)
    moved = SeenEntry("/coordinators_service_registry/n_0000000001", znode(2), "node2")
    story.tell(registry(entry(2, 300), entries=(*seen(3), moved)), 10.0 + missing_s)
    story.tell(Tick(), 30.0)
    assert [event.kind for event in story.events("gone")] == ["gone"]
    assert names(story) == (["node2", "node3"], ["node1"])


def test_an_entry_that_became_unreadable_is_still_there() -> None:
    story = Story()
    story.live(1, 2)
    unreadable = replace(seen(2)[0], znode=None, name=None)
    story.tell(registry(None, entries=(unreadable,)), 1.0)
    story.tell(Tick(), 9.0)
    assert names(story) == (["node2"], ["node1"])


def test_a_node_that_is_back_in_the_registry_is_not_shown_as_down_although_its_former_row_went() -> None:
    story = Story()
    story.live(1, 2, 3)
    story.tell(LinkBroke(100, "it cannot be connected to"), 1.0)
    back = SeenEntry("/workers_service_registry/n_0000000009", znode(9), "node2")
    after = story.tell(registry(entry(1, 100), entries=(*seen(1, 3), back)), 1.0)
    after = story.tell(Tick(), 2.5)
    assert after.state == "leader_unreachable"
    assert names(story) == (["node1", "node3"], [])
    assert after.cluster is not None
    assert [(one.predecessor, one.in_sync) for one in after.cluster.members] == [(None, True), (znode(1), False)]
