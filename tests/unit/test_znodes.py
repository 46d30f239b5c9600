"""The znodes for whoever asks: one read for all who ask at a time, and nobody waits for long."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dashboard.znodes import OutOfReach, Znodes
from succession.errors import NotConnected, OutcomeUnknown, Refused
from succession.testing.waiting import eventually, scaled
from succession.wire import ZnodeTree, decode


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@contextmanager
def reading(read_tree: Callable[[], ZnodeTree], clock: Clock) -> Iterator[Znodes]:
    """Whoever reads when asked."""
    znodes, stop = Znodes(read_tree, clock), threading.Event()
    thread = threading.Thread(target=znodes.read, args=(stop,))
    thread.start()
    try:
        yield znodes
    finally:
        stop.set()
        thread.join(scaled(10))
        assert not thread.is_alive()


class Source:
    """Counts how often it is read; a read goes on once it is let. `fails` is what it raises instead."""

    def __init__(self) -> None:
        self.reads = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self.fails: Exception | None = None

    def __call__(self) -> ZnodeTree:
        self.reads += 1
        assert self.may_end.wait(scaled(10))
        if self.fails is not None:
            raise self.fails
        return ZnodeTree(read_at=1.0, zxid=self.reads, znodes=())


def zxid(znodes: Znodes) -> int:
    return decode(znodes.encoded(), ZnodeTree).zxid


def test_nothing_is_read_before_anyone_asks_and_then_each_time_that_the_last_is_old() -> None:
    source, clock = Source(), Clock()
    with reading(source, clock) as znodes:
        assert 0 == source.reads
        assert 1 == zxid(znodes)
        clock.now_s += 0.19
        assert 1 == zxid(znodes)
        clock.now_s += 0.02
        assert 2 == zxid(znodes)
        assert 2 == source.reads


def test_a_hundred_that_ask_at_once_share_one_read() -> None:
    source, clock = Source(), Clock()
    source.may_end.clear()
    told: list[int] = []
    with reading(source, clock) as znodes:
        viewers = [threading.Thread(target=lambda: told.append(zxid(znodes))) for _ in range(100)]
        for viewer in viewers:
            viewer.start()
        eventually(lambda: source.reads == 1)
        source.may_end.set()
        for viewer in viewers:
            viewer.join(scaled(10))
        assert [1] * 100 == told
    assert 1 == source.reads


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NotConnected("x"), "ZooKeeper is out of reach."),
        (OutcomeUnknown("x"), "ZooKeeper is out of reach."),
        (Refused("it is odd"), "ZooKeeper refused to be read: it is odd."),
        (ZeroDivisionError(), "Something went wrong here; this program's log says what."),
    ],
)
def test_a_read_that_failed_is_shared_too_and_tried_again(error: Exception, sentence: str) -> None:
    source, clock = Source(), Clock()
    source.fails = error
    with reading(source, clock) as znodes:
        for _ in range(2):
            with pytest.raises(OutOfReach) as told:
                znodes.encoded()
            assert sentence == str(told.value)
        assert 1 == source.reads
        source.fails = None
        clock.now_s += 0.3
        assert 2 == zxid(znodes)


def test_nobody_waits_for_a_read_that_began_2_seconds_ago() -> None:
    source, clock = Source(), Clock()
    source.may_end.clear()
    with reading(source, clock) as znodes:
        first = threading.Thread(target=znodes.encoded)
        first.start()
        eventually(lambda: source.reads == 1)
        clock.now_s += 2.0
        with pytest.raises(OutOfReach, match="did not answer within 2 seconds"):
            znodes.encoded()
        source.may_end.set()
        first.join(scaled(10))
        eventually(lambda: zxid(znodes) == 1)
        assert 1 == source.reads
