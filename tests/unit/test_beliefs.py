"""What nodes believe of themselves, as the view keeps it: what was said last, and whether it is still being said."""

from typing import Any

from msgspec import structs

from dashboard.beliefs import believed
from dashboard.chronicle import Chronicle
from dashboard.news import EnsembleAsked, LeaderSaid, LinkBroke, NodesAsked, Tick
from succession.four_letters import read_srvr
from succession.wire import MOST_BELIEFS, Belief, DashboardView, Ensemble, JobCounts, NodeStatus, decode, encode
from tests.support.stories import T0, Story, entry, line, registry, seen, snapshot, znode


def status(number: int, **changed: Any) -> NodeStatus:
    values: dict[str, Any] = {
        "name": f"node{number}",
        "znode": znode(number),
        "role": "worker",
        "watching": znode(number - 1),
        "is_leader": False,
        "connection": "connected",
        "session_id": f"0x{number}",
        "fencing_token": None,
        "lease_left_ms": None,
        "job": JobCounts(committed=0, refused=0),
        "at": T0,
    }
    return NodeStatus(**(values | changed))


def belief(number: int, at_s: float = 0.0, **changed: Any) -> Belief:
    found = believed(znode(number), status(number, **changed), T0 + at_s)
    assert found is not None
    return found


def asked(*answers: tuple[int, Belief | None]) -> NodesAsked:
    return NodesAsked(tuple((znode(number), answer) for number, answer in answers))


def test_a_belief_is_all_that_the_node_said_and_when() -> None:
    found = belief(2, 1.5, connection="lost")
    assert (found.connection, found.answered_at, found.is_answering) == ("lost", T0 + 1.5, True)
    assert decode(encode(found), NodeStatus) == status(2, connection="lost")


def test_what_another_candidate_says_at_its_address_is_no_answer_of_this_one() -> None:
    assert believed(znode(2), status(2, znode=znode(7)), T0) is None
    assert believed(znode(2), status(2, znode=None), T0) is None


def test_before_anyone_was_asked_there_is_no_belief() -> None:
    story = Story()
    assert story.live(1, 2).beliefs == {}


def test_an_answer_is_shown_and_is_a_new_revision() -> None:
    story = Story()
    before = story.live(1, 2)
    after = story.tell(asked((1, belief(1, 1.0)), (2, belief(2, 1.0))), 1.0)
    assert after.beliefs == {znode(1): belief(1, 1.0), znode(2): belief(2, 1.0)}
    assert after.revision == before.revision + 1
    assert decode(encode(after), DashboardView) == after


def test_who_does_not_answer_keeps_what_it_said_and_who_never_did_is_null() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(asked((1, belief(1, 1.0)), (2, None)), 1.0)
    after = story.tell(asked((1, None)), 2.0)
    kept = after.beliefs[znode(1)]
    assert kept is not None
    assert (kept.is_answering, kept.answered_at, kept.name) == (False, T0 + 1.0, "node1")
    assert after.beliefs[znode(2)] is None
    again = story.tell(asked((1, belief(1, 3.0))), 3.0).beliefs[znode(1)]
    assert again == belief(1, 3.0)


def test_who_was_not_asked_this_time_stays_as_it_was() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(asked((1, belief(1))), 1.0)
    assert story.tell(asked((2, belief(2, 1.0))), 1.0).beliefs == {znode(1): belief(1), znode(2): belief(2, 1.0)}


def test_the_last_word_of_who_has_left_stays_while_its_row_does_and_is_no_answer() -> None:
    story = Story()
    story.live(1, 2, 3)
    story.tell(asked((1, belief(1)), (2, belief(2)), (3, belief(3))), 1.0)
    story.tell(registry(entry(1, 100), entries=seen(1, 3)), 1.1)
    story.tell(LeaderSaid(100, snapshot(*line(1, 3), revision=201)), 1.2)
    story.tell(asked((2, belief(2, 2.0))), 2.0)  # an answer that was on its way
    assert {1: True, 2: False, 3: True} == {
        number: word is not None and word.is_answering
        for number in (1, 2, 3)
        for word in [story.view.beliefs[znode(number)]]
    }
    story.tell(LeaderSaid(100, snapshot(*line(1, 3, 4), revision=202)), 2.2)
    assert set(story.view.beliefs) == {znode(1), znode(2), znode(3)}
    back = snapshot(*line(1, 3, 4, 5), revision=203)
    named = structs.replace(back.members[3], name=story.view.departed[0].name)
    story.tell(LeaderSaid(100, structs.replace(back, members=(*back.members[:3], named))), 2.4)
    assert set(story.view.beliefs) == {znode(1), znode(3)}, "it is back, as another candidate"


def test_a_dead_leaders_belief_stays_while_its_row_does() -> None:
    story = Story()
    story.live(1, 2)
    story.tell(asked((1, belief(1)), (2, belief(2))), 0.5)
    story.tell(LinkBroke(100, "its stream broke"), 1.0)
    story.tell(registry(None, entries=seen(2)), 1.1)
    assert set(story.view.beliefs) == {znode(1), znode(2)}
    story.tell(Tick(), 2.2)
    assert [row.znode for row in story.view.departed] == [znode(1)]
    word = story.view.beliefs[znode(1)]
    assert word is not None
    assert not word.is_answering, "its last word, and nothing more"


def test_there_are_never_more_beliefs_than_the_view_may_have() -> None:
    story = Story()
    numbers = range(1, 60)
    story.live(*numbers)
    story.tell(asked(*((number, belief(number)) for number in numbers)), 1.0)
    assert list(story.view.beliefs) == [znode(number) for number in range(1, MOST_BELIEFS + 1)]
    encode(story.view)


def test_zookeepers_servers_are_shown_as_they_were_told_last() -> None:
    story = Story()
    assert story.live(1, 2).ensemble is None
    told = Ensemble(servers=(read_srvr("a:1", "Mode: leader\n", T0), read_srvr("b:2", "", T0)))
    after = story.tell(EnsembleAsked(told), 1.0)
    assert after.ensemble == told
    assert decode(encode(after), DashboardView) == after


# The log


class Log(Story):
    """A story of questions to node2, one a second, with what the log says of them."""

    def __init__(self) -> None:
        super().__init__()
        self.chronicle = Chronicle()
        self.live(1, 2)
        self.chronicle.lines(self.known, self.known, 0.0)
        self.now_s = 0.0
        self.said: list[str] = []

    def hear(self, answer: Belief | None) -> None:
        self.now_s += 1.0
        for news in (LeaderSaid(100, snapshot(*line(1, 2))), asked((2, answer))):
            before = self.known
            self.tell(news, self.now_s)
            self.said += [text for _, text in self.chronicle.lines(before, self.known, self.now_s)]


def test_who_stops_answering_and_answers_again_is_a_line_each() -> None:
    log = Log()
    for answer in (belief(2), None, None, None, None, None, belief(2), belief(2)):
        log.hear(answer)
    assert log.said == ["node2 does not answer GET /status.", "node2 answers GET /status again."]


def test_one_question_that_was_not_answered_is_not_worth_a_line() -> None:
    log = Log()
    for answer in (belief(2), None, belief(2), None, belief(2)):
        log.hear(answer)
    assert log.said == []


def test_who_left_the_line_is_not_said_to_answer_again() -> None:
    log = Log()
    for answer in (None, None, None):
        log.hear(answer)
    before = log.known
    log.tell(LeaderSaid(100, snapshot(*line(1), revision=201)), 9.0)
    log.tell(registry(entry(1, 100)), 9.0)
    assert [text for _, text in log.chronicle.lines(before, log.known, 9.0)] == ["node2 is gone."]
