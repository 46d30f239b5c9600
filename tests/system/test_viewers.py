"""A hundred open pages, and the end of everything (issue 2): closed with 1001, and all down within 3 s."""

import signal
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from succession.testing.waiting import eventually, scaled
from tests.support.playgrounds import is_there, running_playground

VIEWERS = 100


def test_hundred_viewers_are_told_1001_and_all_is_down_within_3_s_of_ctrl_c(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=4) as playground, ExitStack() as open_pages:
        playground.wait_until_at_rest()
        url = playground.dashboard.replace("http", "ws") + "/api/stream"
        viewers = [open_pages.enter_context(connect(url, open_timeout=scaled(10), proxy=None)) for _ in range(VIEWERS)]
        codes: list[int | None] = []
        heard: list[str | bytes] = []

        def look(viewer: ClientConnection) -> None:
            try:
                heard.append(viewer.recv())
                while True:
                    viewer.recv()
            except ConnectionClosed as closed:
                codes.append(closed.rcvd.code if closed.rcvd else None)

        lookers = [threading.Thread(target=look, args=(viewer,), daemon=True) for viewer in viewers]
        for looker in lookers:
            looker.start()
        eventually(lambda: len(heard) == VIEWERS, within_s=20)
        assert playground.process is not None
        children = psutil.Process(playground.process.pid).children(recursive=True)

        told = time.monotonic()
        playground.process.send_signal(signal.SIGINT)
        playground.process.wait(scaled(10))
        assert time.monotonic() - told < scaled(3)
        assert 0 == playground.exit_status()
        assert [] == [child for child in children if is_there(child)]
        for looker in lookers:
            looker.join(scaled(5))
        assert {1001} == set(codes)
        assert VIEWERS == len(codes)
