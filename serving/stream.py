"""Streams: a Feed of bytes as a WebSocket, for any number of viewers, each refused before its handshake or served.

A viewer's request thread serves it; simple-websocket's own thread reads what the viewer says, which is ignored.
"""

import base64
import binascii
import logging
import threading
import time
from collections.abc import Callable

import flask
from flask import Flask, Response, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, ConnectionError, Server  # noqa: A004 - its own name
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from serving.bounded_socket import BoundedSocket
from serving.errors import refusal
from succession.feed import Feed

log = logging.getLogger(__name__)

GOING_AWAY = 1001
GOING_DOWN = "This program is going down."
_SAY_EVERY_S = 0.9  # the contract is once a second
_LOOK_AGAIN_S = 0.3  # how late a stop, or a viewer that left, is noticed
_SEND_DEADLINE_S = 5.0
_LONGEST_MESSAGE_BYTES = 4096  # of what a viewer may say

# What a stream shows: its latest value at once, then each newer one; None ends it.
Stream = Feed[bytes | None]
# Runs before the handshake, in the viewer's request context: the stream to serve, or the answer that refuses it.
Admit = Callable[..., Stream | Response]


class Streams:
    """The open streams of one program, counted."""

    def __init__(self, app: Flask, stop: threading.Event, *, max_viewers: int) -> None:
        self._app = app
        self._stop = stop
        self._max_viewers = max_viewers
        self._places = threading.Lock()
        self._viewers = 0  # written under _places
        self._sock = Sock()
        app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": None, "max_message_size": _LONGEST_MESSAGE_BYTES}

    def route(self, path: str, name: str, admit: Admit) -> None:
        """Serve at `path` what `admit` returns, from a request's own thread, until the stream or the viewer ends."""
        # flask-sock shakes hands before it calls anybody, so what may refuse is put in front of it.
        captured = _Captured()
        self._sock.route(path, captured)(self._show)

        def stream(**arguments: str) -> Response:
            admitted = admit(**arguments)
            if isinstance(admitted, Response):
                return admitted
            return self._admitted(admitted, captured.shake_hands)

        self._app.add_url_rule(path, name, stream, websocket=True)
        self._app.add_url_rule(path, f"{name}_without_upgrade", stream, methods=["GET"])

    def _admitted(self, feed: Stream, shake_hands: Callable[[], Response]) -> Response:
        # A page cannot read why its handshake was refused; it asks again without one, and is told the same.
        if self._stop.is_set():
            return refusal(503, GOING_DOWN)
        if not _is_handshake():
            return self._full() if self._viewers >= self._max_viewers else _not_a_handshake()
        if not self._take_place():
            return self._full()
        try:
            environ = request.environ
            # Compressing each message anew for each viewer would cost more than sending it.
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
            bounded = BoundedSocket(environ["gunicorn.socket"], _SEND_DEADLINE_S, self._stop.is_set)
            environ["gunicorn.socket"] = bounded
            flask.g.feed = feed
            response = shake_hands()
            if bounded.is_too_slow:
                log.info("A viewer did not read for %.0f s and was dropped.", _SEND_DEADLINE_S)
            return response
        except (OSError, ConnectionError, LocalProtocolError, RemoteProtocolError):
            return _HungUp()  # it left during the handshake
        finally:
            with self._places:
                self._viewers -= 1

    def _take_place(self) -> bool:
        with self._places:
            has_place = self._viewers < self._max_viewers
            self._viewers += has_place
        return has_place

    def _full(self) -> Response:
        answer = refusal(503, f"All {self._max_viewers} places are taken; try again later.")
        answer.headers["Retry-After"] = "5"
        return answer

    def _show(self, viewer: Server) -> None:
        feed: Stream = flask.g.feed
        try:
            self._say(viewer, feed)
            viewer.close(GOING_AWAY, GOING_DOWN if self._stop.is_set() else "This stream has ended.")
        except (ConnectionClosed, LocalProtocolError, OSError):
            return  # the viewer left, or was dropped

    def _say(self, viewer: Server, feed: Stream) -> None:
        """Send `feed` until it ends or the program does; both return."""
        version = -1
        due_at_s = time.monotonic()
        while not self._stop.is_set():
            until_due_s = due_at_s - time.monotonic()
            newer = feed.wait_newer(version, max(0.0, min(_LOOK_AGAIN_S, until_due_s)))
            while viewer.receive(timeout=0) is not None:
                pass  # what a viewer says is dropped, so that it cannot pile up; raises once it left
            if newer is None and time.monotonic() < due_at_s:
                continue
            version, value = newer or feed.latest()
            if value is None:
                return
            viewer.send(value.decode())
            due_at_s = time.monotonic() + _SAY_EVERY_S


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
