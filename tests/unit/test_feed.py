"""Feed: the latest value, and waiting for a newer one."""

import threading

from succession.feed import Feed, Versioned
from succession.testing.waiting import scaled


def test_a_reader_gets_the_latest_and_never_a_queue() -> None:
    feed = Feed("a")
    feed.publish("b")
    feed.publish("c")
    assert feed.wait_newer(0, 0) == Versioned(2, "c")
    assert feed.latest() == Versioned(2, "c")


def test_waiting_ends_without_news() -> None:
    feed = Feed("a")
    assert feed.wait_newer(0, 0.01) is None


def test_news_wakes_every_reader() -> None:
    feed = Feed(0)
    seen: list[Versioned[int] | None] = []
    readers = [threading.Thread(target=lambda: seen.append(feed.wait_newer(0, scaled(10)))) for _ in range(5)]
    for reader in readers:
        reader.start()
    feed.publish(7)
    for reader in readers:
        reader.join(scaled(10))
    assert seen == [Versioned(1, 7)] * 5
