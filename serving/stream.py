"""Streams: a Feed of bytes as a WebSocket, for any number of viewers, each refused before its handshake or served.

A request thread shakes hands and is free again; one loop serves all who are admitted (fanout.py).
"""

import base64
import binascii
import logging
import resource
import socket
import threading
from collections.abc import Callable

import flask
from flask import Flask, Response, request
from flask_sock import Sock
from simple_websocket import ConnectionError, Server  # noqa: A004 - its own name
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from serving.errors import refusal
from serving.fanout import GOING_DOWN, Fanout
from serving.viewer import Stream, Viewer

log = logging.getLogger(__name__)

_SEND_BUFFER_BYTES = 64 * 1024  # small, so that a viewer that does not read is noticed after seconds, not megabytes
_SPARE_FILES = 128
_GOODBYE_S = 0.3
_DEFLATE = "permessage-deflate"
# Parameters of an offer (RFC 7692) that leave the server's window at its size.
_ANY_WINDOW = frozenset({"client_max_window_bits", "client_no_context_takeover", "server_no_context_takeover"})

# Runs before the handshake, in the viewer's request context: the stream to serve, or the answer that refuses it.
Admit = Callable[..., Stream | Response]


class Streams:
    """The open streams of one program, counted."""

    def __init__(self, stop: threading.Event, *, max_viewers: int) -> None:
        self._stop = stop
        self._max_viewers = affordable(max_viewers)
        self._places = threading.Lock()
        self._viewers = 0  # written under _places
        self._sock = Sock()
        self._fanout = Fanout()
        self._thread = threading.Thread(target=self._fanout.run, args=(stop,), name="fanout", daemon=True)

    def start(self) -> None:
        """Begin to serve those that are admitted."""
        self._thread.start()

    def say_goodbye(self) -> None:
        """Once the program stops: have every viewer told, before what they look at goes."""
        self._fanout.wake()
        self._fanout.has_said_goodbye.wait(_GOODBYE_S)

    def join(self) -> None:
        """Wait, not long, until what was said has arrived."""
        self._thread.join(_GOODBYE_S * 2)

    def route(self, app: Flask, path: str, name: str, admit: Admit) -> None:
        """Serve at `path` what `admit` returns, until the stream or the viewer ends."""
        # simple-websocket would read each viewer in a thread of its own.
        app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": _NoThread}
        # flask-sock shakes hands before it calls anybody, so what may refuse is put in front of it.
        captured = _Captured()
        self._sock.route(path, captured)(self._hand_over)

        def stream(**arguments: str) -> Response:
            admitted = admit(**arguments)
            if isinstance(admitted, Response):
                return admitted
            return self._admitted(admitted, captured.shake_hands)

        app.add_url_rule(path, name, stream, websocket=True)
        app.add_url_rule(path, f"{name}_without_upgrade", stream, methods=["GET"])

    def _admitted(self, feed: Stream, shake_hands: Callable[[], Response]) -> Response:
        # A page cannot read why its handshake was refused; it asks again without one, and is told the same.
        if self._stop.is_set():
            return refusal(503, GOING_DOWN)
        if not _is_handshake():
            return self._full() if self._viewers >= self._max_viewers else _not_a_handshake()
        if not self._take_place():
            return self._full()
        flask.g.feed, flask.g.is_handed_over, flask.g.is_deflating = feed, False, _takes_deflate()
        # What is left of the offer is accepted in any case, so that it is known what was agreed.
        request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        if flask.g.is_deflating:
            request.environ["HTTP_SEC_WEBSOCKET_EXTENSIONS"] = f"{_DEFLATE}; server_no_context_takeover"
        try:
            return shake_hands()
        except (OSError, ValueError, ConnectionError, LocalProtocolError, RemoteProtocolError):
            return _HungUp()  # it left during the handshake, or its handshake was none
        finally:
            if not flask.g.is_handed_over:
                self._leave_place()

    def _hand_over(self, viewer: Server) -> None:
        """From the request's thread, which is free then, to the loop that serves all."""
        raw = viewer.sock
        taken = socket.socket(raw.family, raw.type, raw.proto, raw.detach())  # gunicorn has nothing left to close
        taken.setblocking(False)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        viewer.connected = False  # else flask-sock would say goodbye
        flask.g.is_handed_over = True
        adopted = Viewer(taken, viewer.ws, is_deflating=flask.g.is_deflating, on_end=self._leave_place)
        self._fanout.adopt(flask.g.feed, adopted)

    def _take_place(self) -> bool:
        with self._places:
            has_place = self._viewers < self._max_viewers
            self._viewers += has_place
        return has_place

    def _leave_place(self) -> None:
        with self._places:
            self._viewers -= 1

    def _full(self) -> Response:
        answer = refusal(503, f"All {self._max_viewers} places are taken; try again later.")
        answer.headers["Retry-After"] = "5"
        return answer


class _NoThread:
    """In place of the thread that would read what a viewer says."""

    def __init__(self, target: Callable[[], None]) -> None:
        self.name = str(target)

    def start(self) -> None:
        """Nothing is to be read yet."""


class _Captured:
    """Stands where flask-sock expects something to register with, and keeps the function instead."""

    shake_hands: Callable[[], Response]

    def route(self, _path: str, **_options: object) -> Callable[[Callable[[], Response]], None]:
        def keep(function: Callable[[], Response]) -> None:
            self.shake_hands = function

        return keep


class _HungUp(Response):
    """No answer: the socket is of no use any more, and gunicorn closes it without a word."""

    def __call__(self, *_arguments: object) -> list[bytes]:
        raise StopIteration


def affordable(viewers: int) -> int:
    """How many of these the system lets this process open, a file each, while as many are left for all else."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = viewers if files == resource.RLIM_INFINITY else max(1, min(viewers, (files - _SPARE_FILES) // 2))
    if most < viewers:
        log.warning("This system lets a process open %d files: %d viewers at most.", files, most)
    return most


def _takes_deflate() -> bool:
    """Whether the viewer offers what this program does: compress once for all, in a window of the usual size."""
    offers = [offer.split(";") for offer in request.headers.get("Sec-WebSocket-Extensions", "").split(",")]
    return any(name.strip() == _DEFLATE and _ANY_WINDOW.issuperset(map(_name_of, rest)) for name, *rest in offers)


def _name_of(parameter: str) -> str:
    return parameter.partition("=")[0].strip()


def _not_a_handshake() -> Response:
    answer = refusal(426, "This address is a WebSocket.")
    answer.headers["Upgrade"] = "websocket"
    return answer


def _is_handshake() -> bool:
    """Whether the request can be answered with a handshake (RFC 6455, section 4.2.1)."""
    headers = request.headers
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except binascii.Error:
        return False
    return (
        request.method == "GET"
        and headers.get("Upgrade", "").lower() == "websocket"
        and "upgrade" in headers.get("Connection", "").lower()
        and headers.get("Sec-WebSocket-Version") == "13"
        and len(key) == 16
    )
