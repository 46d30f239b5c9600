"""When the painter paints: what can wait waits a moment for more of its kind, and for nothing else."""

import json
import threading
import time
from collections.abc import Iterator

import pytest

from dashboard.news import EnsembleAsked
from dashboard.painter import Painter
from succession.four_letters import read_srvr
from succession.testing.waiting import eventually, scaled
from succession.wire import Ensemble
from tests.support.stories import entry, registry


@pytest.fixture
def painter() -> Iterator[Painter]:
    painter = Painter()
    stop = threading.Event()
    painting = threading.Thread(target=painter.paint, args=(stop,), daemon=True)
    painting.start()
    yield painter
    stop.set()
    painting.join(scaled(2))


def asked(number: int) -> EnsembleAsked:
    return EnsembleAsked(Ensemble(servers=(read_srvr(f"a:{number}", "", 1.0),)))


def shown(painter: Painter) -> tuple[str, int]:
    view = json.loads(painter.encoded)
    return view["state"], 0 if view["ensemble"] is None else int(view["ensemble"]["servers"][0]["host"][2:])


def test_what_was_asked_around_is_one_view(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.painter._TOGETHER_S", 0.1)
    for number in range(1, 21):
        painter.tell(asked(number))
        time.sleep(0.005)
    eventually(lambda: shown(painter)[1] == 20)
    assert painter.stream.latest().version <= 5


def test_what_is_urgent_does_not_wait_and_takes_along_what_did(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.painter._TOGETHER_S", 3600.0)
    time.sleep(0.2)  # until it waits that long
    painter.tell(asked(7))
    painter.tell(registry(entry(1, 100)))
    eventually(lambda: shown(painter) == ("electing", 7), within_s=2)
