"""A program on serving, as its own process: its streams, its refusals, and every way in which it ends."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from benchmarks.audience import Viewer
from succession.testing.ports import free_ports
from succession.testing.waiting import eventually, scaled
from tests.support.playgrounds import ROOT

MAX_VIEWERS = 110


class SmallServer:
    """tests.support.small_server, running."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=scaled(5))
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def view(self, path: str = "/stream") -> AbstractContextManager[ClientConnection]:
        return connect(f"ws://127.0.0.1:{self.port}{path}", proxy=None, ping_interval=None, max_size=None)

    def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Its exit status, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(by)
        status = self.process.wait(scaled(10))
        return status, time.monotonic() - began

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")


@contextmanager
def small_server(tmp_path: Path, message_bytes: int = 10, max_viewers: int = MAX_VIEWERS) -> Iterator[SmallServer]:
    port = free_ports(1)[0]
    log = tmp_path / "small_server.log"
    words = [sys.executable, "-m", "tests.support.small_server", str(port), str(message_bytes), str(max_viewers)]
    with log.open("wb") as output:
        process = subprocess.Popen(words, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    try:
        server = SmallServer(process, port, log)
        eventually(lambda: server.ask("GET", "/")[0] == 200)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmallServer]:
    with small_server(tmp_path) as running:
        yield running


def close_code(viewer: ClientConnection) -> int | None:
    """Read until the stream ends."""
    while True:
        try:
            viewer.recv(timeout=scaled(5))
        except ConnectionClosed as closed:
            return None if closed.rcvd is None else closed.rcvd.code


def number_in(message: str | bytes) -> int:
    assert isinstance(message, str)
    return int(message)


def test_a_stream_says_the_latest_at_once_then_each_newer_one(server: SmallServer) -> None:
    with server.view() as viewer:
        numbers = [number_in(viewer.recv(timeout=scaled(5))) for _ in range(10)]
    assert numbers == sorted(set(numbers))


def test_a_stream_without_news_says_the_same_at_least_once_a_second(server: SmallServer) -> None:
    with server.view("/silent") as viewer:
        assert viewer.recv(timeout=scaled(2.0)) == "the same"
        for _ in range(3):
            assert viewer.recv(timeout=scaled(2.0)) == "the same"


@pytest.mark.parametrize(
    ("offer", "is_deflated"),
    [
        ("permessage-deflate; client_max_window_bits", True),
        ("permessage-deflate; client_max_window_bits=8", True),  # which is for what it says itself
        ('permessage-deflate; server_max_window_bits=10, permessage-deflate; client_max_window_bits="15"', True),
        ("permessage-deflate; server_max_window_bits=9", False),  # less than what is compressed once for all
        ("x-permessage-deflate-frame", False),
    ],
)
def test_each_message_is_compressed_alone_for_those_who_take_it(tmp_path: Path, offer: str, is_deflated: bool) -> None:
    """Alone: whoever comes later understands it too, so that one frame serves all."""
    with small_server(tmp_path, message_bytes=50_000) as server:
        viewer = Viewer("127.0.0.1", server.port, "/stream", offer)
        viewer.socket.settimeout(scaled(5))
        messages: list[tuple[bool, bytes]] = []
        while len(messages) < 3:
            messages += viewer.messages()
        viewer.socket.close()
    assert is_deflated is ("Sec-WebSocket-Extensions: permessage-deflate" in viewer.agreed)
    assert {is_deflated} == {deflated for deflated, _ in messages}
    _, last = messages[-1]
    assert (len(last) < 1_000) is is_deflated
    assert 50_000 == len(zlib.decompressobj(-15).decompress(last) if is_deflated else last)


def test_viewers_take_no_thread_each(server: SmallServer) -> None:
    worker = psutil.Process(server.ask("GET", "/")[1]["pid"])
    before = worker.num_threads()
    with ExitStack() as viewers:
        for _ in range(50):
            viewers.enter_context(server.view()).recv(timeout=scaled(5))
        assert worker.num_threads() < before + 20  # the threads of its requests
    eventually(lambda: len(worker.net_connections()) < 10)  # and none of their sockets stays


def test_a_stream_that_ends_is_closed_with_1001(server: SmallServer) -> None:
    with server.view() as viewer:
        server.ask("POST", "/end")
        assert close_code(viewer) == 1001
    assert server.process.poll() is None


def test_a_refusal_comes_before_the_handshake(server: SmallServer) -> None:
    with pytest.raises(InvalidStatus) as refused, server.view("/refused"):
        pass
    assert refused.value.response.status_code == 421
    assert json.loads(refused.value.response.body or b"") == {"error": "Not here.", "leader": "http://there"}
    assert server.ask("GET", "/refused") == (421, {"error": "Not here.", "leader": "http://there"})


@pytest.mark.parametrize("headers", [{}, {"Upgrade": "websocket", "Connection": "Upgrade"}])
def test_a_stream_asked_for_without_a_handshake_is_refused_in_words(
    server: SmallServer, headers: dict[str, str]
) -> None:
    assert server.ask("GET", "/stream", **headers) == (426, {"error": "This address is a WebSocket."})


def test_a_viewer_that_ends_leaves_its_place_to_another(tmp_path: Path) -> None:
    with small_server(tmp_path, max_viewers=2) as server, server.view() as first, server.view():
        with pytest.raises(InvalidStatus) as refused, server.view():
            pass
        assert refused.value.response.status_code == 503
        # A browser tells its page nothing of a refused handshake, so the page asks again without one.
        why = (503, {"error": "All 2 places are taken; try again later."})
        assert server.ask("GET", "/stream") == why
        assert json.loads(refused.value.response.body or b"") == why[1]
        assert server.ask("GET", "/")[0] == 200, "threads stay free for the rest"
        first.close()

        def has_a_place() -> bool:
            try:
                with server.view() as third:
                    return number_in(third.recv(timeout=scaled(5))) >= 0
            except InvalidStatus:
                return False

        eventually(has_a_place, within_s=3)


def test_a_viewer_that_does_not_read_is_dropped_and_harms_nobody(tmp_path: Path) -> None:
    """simple-websocket's own send waits for ever (design §7)."""
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    with small_server(tmp_path, message_bytes=200_000, max_viewers=2) as server, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(
            f"GET /stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}\r\n\r\n".encode()
        )
        with server.view() as viewer:
            eventually(
                lambda: viewer.recv(timeout=scaled(5)) and "did not read for 5 s" in server.said(),
                within_s=9,
                every_s=0,
            )
            newest = number_in(viewer.recv(timeout=scaled(5)))
        with server.view() as another:
            assert number_in(another.recv(timeout=scaled(5))) >= newest


def test_what_viewers_say_is_dropped_and_garbage_ends_only_their_own_stream(server: SmallServer) -> None:
    with server.view() as chatty, server.view() as rude, server.view() as quiet:
        for _ in range(50):
            chatty.send("hello")
        rude.socket.sendall(b"\xff" * 100)
        assert close_code(rude) in (None, 1002)
        with server.view() as loud:
            loud.send("x" * 10_000)
            assert close_code(loud) in (None, 1009)
        for viewer in (chatty, quiet):
            eventually(lambda viewer=viewer: number_in(viewer.recv(timeout=scaled(5))) > 10, every_s=0)  # type: ignore[misc]
    assert "Traceback" not in server.said()


def test_a_request_under_way_is_answered_though_viewers_came_and_went(server: SmallServer) -> None:
    """Their sockets were handed over, which gunicorn must not count as connections that ended twice."""
    for _ in range(3):
        with server.view() as viewer:
            viewer.recv(timeout=scaled(5))
    answers: list[tuple[int, Any]] = []
    slow = threading.Thread(target=lambda: answers.append(server.ask("GET", "/slow")))
    slow.start()
    eventually(lambda: "slow\n" in server.said())
    assert 0 == server.end()[0]
    slow.join()
    assert [(200, {"slow": True})] == answers


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_closes_100_viewers_with_1001_and_exits_0_in_time(
    server: SmallServer, by: signal.Signals
) -> None:
    codes: list[int | None] = []
    with ExitStack() as viewers:
        opened = [viewers.enter_context(server.view()) for _ in range(100)]
        kept_alive = http.client.HTTPConnection("127.0.0.1", server.port)
        kept_alive.request("GET", "/")
        kept_alive.getresponse().read()
        silent = viewers.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        readers = [threading.Thread(target=lambda one=one: codes.append(close_code(one))) for one in opened]
        for reader in readers:
            reader.start()
        status, took_s = server.end(by)
        for reader in readers:
            reader.join()
        assert silent.fileno() >= 0
        kept_alive.close()
    assert status == 0
    assert codes == [1001] * 100
    assert took_s < scaled(3.0), "what the playground has for everything"
    assert server.said().count("closed\n") == 1
    assert "Traceback" not in server.said()


def test_control_c_in_a_terminal_reaches_master_and_worker_and_still_ends_well(server: SmallServer) -> None:
    with server.view() as viewer:
        os.killpg(server.process.pid, signal.SIGINT)
        assert close_code(viewer) == 1001
    assert server.process.wait(scaled(5)) == 0


def test_a_worker_that_is_killed_ends_the_program_with_137_and_no_second_worker(server: SmallServer) -> None:
    with pytest.raises((http.client.HTTPException, OSError)):
        server.ask("POST", "/die")
    assert server.process.wait(scaled(2)) == 137
    said = server.said()
    assert "ending with status 137" in said
    assert said.count("listens on") == 1
    assert "memory" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGSEGV])
def test_a_death_is_witnessed_once_and_is_the_programs_own(server: SmallServer, by: signal.Signals) -> None:
    worker = server.ask("GET", "/")[1]["pid"]
    os.kill(worker, by)
    assert server.process.wait(scaled(5)) == 128 + by
    said = server.said()
    assert said.count("its death is witnessed") == 1
    assert f"died of {by.name}" in said
    assert said.count("listens on") == 1


def test_an_end_in_order_is_no_death(server: SmallServer) -> None:
    assert server.end()[0] == 0
    assert "its death is witnessed" not in server.said()


def test_a_worker_that_does_not_stop_in_time_is_killed_and_that_is_a_death(server: SmallServer) -> None:
    worker = psutil.Process(server.ask("GET", "/")[1]["pid"])
    worker.suspend()
    status, _ = server.end()
    assert status == 0
    assert not worker.is_running()
    assert server.said().count("its death is witnessed") == 1


def test_a_worker_that_is_told_to_stop_ends_the_program_with_0(server: SmallServer) -> None:
    worker = server.ask("GET", "/")[1]["pid"]
    os.kill(worker, signal.SIGTERM)
    assert server.process.wait(scaled(3)) == 0


def test_when_the_master_is_killed_its_worker_ends_too(server: SmallServer) -> None:
    worker = psutil.Process(server.ask("GET", "/")[1]["pid"])
    with server.view() as viewer:
        server.process.kill()
        assert close_code(viewer) == 1001
    eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, within_s=4)


@pytest.mark.parametrize(
    "sent", [signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH]
)
def test_no_signal_starts_a_second_member(server: SmallServer, sent: signal.Signals) -> None:
    worker = server.ask("GET", "/")[1]["pid"]
    server.process.send_signal(sent)
    os.kill(worker, sent)
    time.sleep(0.3)
    assert server.ask("GET", "/") == (200, {"pid": worker})
    assert [child.pid for child in psutil.Process(server.process.pid).children()] == [worker]


def test_a_port_that_is_taken_ends_the_program_with_1_and_a_line_that_names_it(server: SmallServer) -> None:
    words = [sys.executable, "-m", "tests.support.small_server", str(server.port), "10", "10"]
    second = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=scaled(20), check=False)
    assert second.returncode == 1
    assert second.stderr == f"Port {server.port} on 127.0.0.1 cannot be used: another program has it.\n"


def test_errors_are_one_sentence_of_json(server: SmallServer) -> None:
    assert server.ask("GET", "/nothing") == (404, {"error": "There is nothing at this address."})
    assert server.ask("PUT", "/") == (405, {"error": "This address does not take PUT."})
    status, answer = server.ask("GET", "/fault")
    assert (status, list(answer)) == (500, ["error"])
    assert "ZeroDivisionError" in server.said()


def test_there_is_no_access_log_and_a_line_an_event(server: SmallServer) -> None:
    for _ in range(5):
        server.ask("GET", "/")
    server.end()
    lines = server.said().splitlines()
    assert [line[24:] for line in lines] == [f"INFO    The small server listens on http://127.0.0.1:{server.port}", ""]
