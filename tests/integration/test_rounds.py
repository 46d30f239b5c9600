"""Asking many the same each second: nobody waits for who hangs, and nothing piles up behind one."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard import rounds
from dashboard.rounds import Rounds
from succession.testing.waiting import eventually, scaled

MOST = 4


class Asking:
    """Rounds that run: what was asked and told, and who hangs until it is let go."""

    def __init__(self) -> None:
        self.whom = ["a", "b", "c"]
        self.asked: list[str] = []
        self.asked_s: dict[str, float] = {}
        self.told: list[tuple[float, dict[str, str | None]]] = []
        self.waited_s: dict[str, float] = {}  # from the question until the answer was told
        self.hung: dict[str, threading.Event] = {}
        self.frozen: set[str] = set()  # a question to them ends when its time is over
        self.answer: Callable[[str], str] = str.upper

    def ask(self, question: str) -> str | None:
        self.asked.append(question)
        self.asked_s[question] = time.monotonic()
        if question in self.hung:
            self.hung[question].wait()
        if question in self.frozen:
            time.sleep(rounds.DEADLINE_S)
            return None
        return self.answer(question)

    def tell(self, answers: dict[str, str | None]) -> None:
        now_s = time.monotonic()
        self.told.append((now_s, answers))
        self.waited_s |= {one: now_s - self.asked_s[one] for one, answer in answers.items() if answer is not None}

    def last(self, question: str) -> str | None:
        found: str | None = "never told"
        for _, answers in list(self.told):
            found = answers.get(question, found)
        return found

    def hang(self, *questions: str) -> None:
        self.hung |= {question: threading.Event() for question in questions}

    def let_go(self, question: str) -> None:
        self.hung.pop(question).set()


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    """A round takes half of what it takes the dashboard, and there are threads to spare."""
    monkeypatch.setattr(rounds, "ROUND_S", 0.5)
    monkeypatch.setattr(rounds, "DEADLINE_S", 0.4)
    asking = Asking()
    stop = threading.Event()
    with ThreadPoolExecutor(2 * MOST) as pool:
        running = threading.Thread(
            target=Rounds(lambda: asking.whom, asking.ask, asking.tell, pool, most=MOST).run, args=(stop,)
        )
        running.start()
        yield asking
        stop.set()
        for question in list(asking.hung):
            asking.let_go(question)
        running.join()


def test_who_answers_at_once_is_told_at_once_and_together(asking: Asking) -> None:
    eventually(lambda: len(asking.told) >= 3)
    assert [answers for _, answers in asking.told[:3]] == [{"a": "A", "b": "B", "c": "C"}] * 3
    assert asking.told[2][0] - asking.told[1][0] >= 0.4


def test_who_hangs_delays_nobody_and_is_told_to_have_given_no_answer(asking: Asking) -> None:
    asking.hang("b")
    eventually(lambda: asking.last("b") is None)
    asking.told.clear()
    eventually(lambda: len(asking.told) >= 3)
    for _, answers in asking.told:
        assert {"a": "A", "c": "C"} == {who: answer for who, answer in answers.items() if who != "b"}
    assert asking.last("b") is None


def test_who_answers_does_not_wait_for_the_deadline_of_who_is_frozen(asking: Asking) -> None:
    asking.frozen = {"b"}
    eventually(lambda: asking.last("b") is None)
    asking.waited_s = dict.fromkeys("ac", 9.0)
    eventually(lambda: max(asking.waited_s["a"], asking.waited_s["c"]) < 0.25)


def test_a_round_is_told_at_most_twice_however_many_hang(asking: Asking) -> None:
    asking.hang("b")
    asking.frozen = {"c"}
    eventually(lambda: asking.last("c") is None)
    asking.told.clear()
    time.sleep(1.4)
    assert len(asking.told) <= 2 * 4


def test_at_most_one_question_to_each_is_under_way(asking: Asking) -> None:
    asking.hang("b")
    eventually(lambda: asking.last("b") is None)
    asked = asking.asked.count("b")
    before = asking.asked.count("a")
    eventually(lambda: asking.asked.count("a") >= before + 3)
    assert asking.asked.count("b") == asked
    asking.let_go("b")
    eventually(lambda: asking.last("b") == "B")


def test_there_are_never_more_questions_under_way_than_it_has_threads_for(asking: Asking) -> None:
    asking.hang("b", "c", "d", "e", "f")
    asking.whom = ["a", "b", "c", "d", "e", "f"]
    eventually(lambda: asking.last("d") is None)
    assert not {"e", "f"} & set(asking.asked), "four are under way"
    asking.whom = ["e", "f", "a"]
    eventually(lambda: asking.last("e") is None)
    assert "f" not in asking.asked, "three hang still, and this is the fourth"
    asking.let_go("c")
    eventually(lambda: asking.last("f") is None)


def test_a_question_that_cannot_be_asked_is_no_answer_and_ends_nothing(asking: Asking) -> None:
    def fail(question: str) -> str:
        raise ZeroDivisionError(question)

    asking.answer = fail
    eventually(lambda: asking.last("a") is None)
    asking.answer = str.upper
    eventually(lambda: asking.last("a") == "A")


def test_told_to_stop_it_ends_within_a_round(asking: Asking) -> None:
    eventually(lambda: asking.told)
    began = time.monotonic()
    stop = threading.Event()
    stop.set()
    with ThreadPoolExecutor(1) as pool:
        Rounds(lambda: ["a"], asking.ask, asking.tell, pool, most=1).run(stop)
    assert time.monotonic() - began < scaled(0.5)
