"""What the dashboard's log says: a line a change, none for what passes by itself, and nothing that is not so."""

from dashboard.chronicle import Chronicle
from dashboard.news import KillAccepted, LeaderSaid, LinkBroke, News, Tick
from tests.support.stories import Story, entry, line, registry, seen, snapshot, znode


class Log(Story):
    """A story whose lines are kept, without their levels."""

    def __init__(self) -> None:
        super().__init__()
        self.chronicle = Chronicle()
        self.said: list[str] = []

    def hear(self, at_s: float, *heard: News) -> None:
        for news in heard:
            before = self.known
            self.tell(news, at_s)
            self.said += [text for _, text in self.chronicle.lines(before, self.known, at_s)]

    def of(self, at_s: float, *heard: News) -> list[str]:
        """What is said of this news, and no more."""
        self.said.clear()
        self.hear(at_s, *heard)
        return self.said


def live(*numbers: int) -> Log:
    log = Log()
    log.hear(0.0, registry(entry(numbers[0], 100), entries=seen(*numbers)))
    log.hear(0.1, LeaderSaid(100, snapshot(*line(*numbers))))
    return log


def test_waiting_for_zookeeper_is_said_once_and_only_when_it_is_so() -> None:
    log = Log()
    log.hear(0.1, Tick(), registry(None, is_read=False, connection="lost"))
    log.hear(1.0, Tick())
    assert log.said == []
    log.hear(2.0, Tick())
    log.hear(9.0, Tick())
    assert log.said == ["Waiting for ZooKeeper."]


def test_a_dashboard_that_finds_a_cluster_says_who_leads_and_nothing_else() -> None:
    log = Log()
    log.hear(0.1, Tick())
    log.hear(0.2, registry(None, is_read=False))
    log.hear(0.3, registry(entry(1, 100), entries=seen(1, 2)))
    log.hear(0.4, LeaderSaid(100, snapshot(*line(1, 2))))
    log.hear(9.0, LeaderSaid(100, snapshot(*line(1, 2))))
    assert log.said == ["node1 leads; its stream is followed."]


def test_without_a_leader_from_the_start_that_is_said_once() -> None:
    log = Log()
    log.hear(0.1, registry(None))
    log.hear(2.0, Tick())
    log.hear(9.0, Tick())
    assert log.said == ["No leader is known yet; waiting for one."]


def test_a_failover_is_a_line_a_step() -> None:
    log = live(1, 2, 3)
    assert log.of(1.0, KillAccepted(znode(1)), LinkBroke(100, "its stream broke"), Tick()) == []
    assert len(log.of(1.2, Tick())) == 1  # it does not answer, and what that means
    assert log.of(3.0, registry(None, entries=seen(2, 3))) == [
        "node1 no longer leads: it was killed from this page. An election is under way."
    ]
    log.of(3.0, registry(entry(2, 300), entries=seen(2, 3)))
    assert log.of(3.1, LeaderSaid(300, snapshot(*line(2, 3), token=300, revision=301))) == [
        "node2 became the leader with fencing token 300: nobody is ahead of it."
    ]
    assert log.of(5.0, LeaderSaid(300, snapshot(*line(2, 3), token=300, revision=302))) == []


def test_a_leader_that_leaves_in_order_is_not_said_to_be_silent() -> None:
    log = live(1, 2)
    log.said.clear()
    log.hear(5.0, LinkBroke(100, "its stream broke"))
    log.hear(5.01, registry(entry(2, 300), entries=seen(2)))
    log.hear(5.03, LeaderSaid(300, snapshot(*line(2), token=300, revision=301)))
    assert [text.split(maxsplit=3)[:3] for text in log.said] == [["node1", "no", "longer"], ["node2", "became", "the"]]


def test_a_stream_that_breaks_and_heals_in_no_time_is_not_worth_a_line() -> None:
    log = live(1, 2)
    assert log.of(5.0, LinkBroke(100, "its stream broke")) == []
    assert log.of(5.05, LeaderSaid(100, snapshot(*line(1, 2)))) == []


def test_a_silent_leader_that_is_heard_again_is_a_line_each() -> None:
    log = live(1, 2)
    assert len(log.of(5.0, Tick(), Tick())) == 1
    assert log.of(6.0, LeaderSaid(100, snapshot(*line(1, 2)))) == ["node1 leads; its stream is followed."]


def test_when_zookeeper_is_back_it_is_said_who_leads_and_not_that_it_was_silent_till_then() -> None:
    """A leader whose lease is not proven yet answers 421; ZooKeeper's coming and going is the session's to say."""
    log = live(1, 2)
    away = registry(entry(1, 100), connection="suspended", entries=seen(1, 2))
    assert log.of(5.0, away, LinkBroke(100, "it says that it does not lead")) == []
    assert log.of(9.0, registry(entry(1, 100), entries=seen(1, 2)), Tick()) == []
    assert log.of(9.5, LinkBroke(100, "it says that it does not lead"), Tick()) == []
    assert log.of(9.6, LeaderSaid(100, snapshot(*line(1, 2)))) == ["node1 leads; its stream is followed."]
    assert log.events("not_answering") == []


def test_a_leader_that_is_silent_long_after_zookeeper_is_back_is_said() -> None:
    log = live(1, 2)
    log.hear(5.0, registry(entry(1, 100), connection="suspended", entries=seen(1, 2)))
    log.hear(9.0, registry(entry(1, 100), entries=seen(1, 2)))
    assert log.of(10.9, Tick()) == []
    assert len(log.of(11.1, Tick())) == 1
    assert len(log.events("not_answering")) == 1


def test_who_comes_and_goes_is_said_and_that_nobody_is_left() -> None:
    log = live(1, 2)
    assert log.of(1.0, LeaderSaid(100, snapshot(*line(1, 2, 3), revision=201))) == [
        f"node3 joined the line behind {znode(2)} (node2)."
    ]
    log.hear(1.1, registry(entry(1, 100), entries=seen(1, 2, 3)))
    log.hear(2.0, registry(None))
    assert log.of(3.1, Tick()) == ["node2 is gone.", "node3 is gone."]
    assert log.of(3.6, Tick()) == ["No node is in line; the next that joins will lead."]
    assert log.of(9.0, Tick()) == []
