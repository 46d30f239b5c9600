"""A dashboard of the tests' own: it serves the page and says what a test tells it to, states that are rare included.

Runs in threads of its own; tests call it from theirs. It knows the page's side of the contract and no ZooKeeper.
"""

import json
import threading
import time
from pathlib import Path

from flask import Flask, Response, request, send_from_directory
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from succession.feed import Feed
from succession.testing.ports import free_ports
from succession.wire import DashboardView, encode

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- werkzeug's own name for it
        """Nothing: a test looks at `requests`."""


class StandIn:
    """Serves the page on a port of its own. What it answers may be changed at any time."""

    def __init__(self, start_hint: str = "make start NODE={name}") -> None:
        self.port = free_ports(1)[0]
        self.start_hint = start_hint
        self.requests: list[str] = []  # appended to by the server's threads
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}  # a kill's answer by znode; 202 without one
        self.znodes: tuple[int, object] = (503, {"error": "ZooKeeper is out of reach."})  # what /api/znodes answers
        self.refuses: tuple[int, str] | None = None  # instead of a stream: status and sentence
        self.is_silent = False
        self.answer_delay_s = 0.0
        self._feed: Feed[str | None] = Feed(None)
        self._stopping = threading.Event()
        self._server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; also again on the same port after `stop`."""
        self._stopping = threading.Event()
        self._server = make_server("127.0.0.1", self.port, self._app(), threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="stand-in", daemon=True).start()

    def stop(self) -> None:
        """Close the streams and the port."""
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        time.sleep(0.1)  # the handlers look at `_stopping` each 50 ms

    def publish(self, view: DashboardView | str) -> None:
        """Say this to every viewer, now and when it comes. Text is sent as it is."""
        self._feed.publish(view if isinstance(view, str) else encode(view).decode())

    def forget(self) -> None:
        """Have nothing to say, as a dashboard that has just started."""
        self._feed.publish(None)

    def _app(self) -> Flask:
        app = Flask("stand_in", static_folder=None)
        sock = Sock(app)
        stopping = self._stopping

        @app.before_request
        def note() -> Response | None:
            self.requests.append(f"{request.method} {request.path}")
            if request.path == "/api/stream" and self.refuses is not None:
                status, sentence = self.refuses
                return Response(json.dumps({"error": sentence}), status, mimetype="application/json")
            return None

        @app.after_request
        def protect(response: Response) -> Response:
            response.headers["Content-Security-Policy"] = POLICY
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        @app.get("/")
        def page() -> Response:
            html = (STATIC / "index.html").read_text(encoding="utf-8")
            return Response(html.replace('data-start-hint=""', f'data-start-hint="{self.start_hint}"'))

        @app.get("/static/<path:name>")
        def static_file(name: str) -> Response:
            return send_from_directory(STATIC, name)

        @app.get("/api/znodes")
        def znodes() -> Response:
            status, body = self.znodes
            return Response(json.dumps(body), status, mimetype="application/json")

        @app.post("/api/nodes/<znode>/kill")
        def kill(znode: str) -> Response:
            time.sleep(self.answer_delay_s)
            status, body = self.answers.get(znode, (202, {}))
            return Response(json.dumps(body), status, mimetype="application/json")

        @sock.route("/api/stream")
        def stream(socket: Server) -> None:
            self._serve(socket, stopping)

        return app

    def _serve(self, socket: Server, stopping: threading.Event) -> None:
        version, said_at = -1, 0.0
        try:
            while not stopping.is_set():
                newer = self._feed.wait_newer(version, 0.05)
                is_due = time.monotonic() - said_at >= 0.5
                latest = newer or self._feed.latest()
                version = latest.version
                if latest.value is not None and not self.is_silent and (newer is not None or is_due):
                    socket.send(latest.value)
                    said_at = time.monotonic()
            socket.close(1001)
        except (ConnectionClosed, OSError):  # the viewer has gone, in the middle of a long message as well
            return
