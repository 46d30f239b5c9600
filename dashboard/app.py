"""The dashboard's HTTP side: the page, the view, its stream, the znodes, and orders to nodes.

Runs in gunicorn's request threads. It reads what others publish and owns no state.
"""

import html
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request

from dashboard import gate
from dashboard.orders import NoSuchNode, NotObeyed, Orders
from dashboard.painter import Painter
from dashboard.znodes import OutOfReach, Znodes
from serving import errors
from serving.errors import as_json, refusal
from serving.stream import Streams
from serving.viewer import Stream

STATIC = Path(__file__).resolve().parent.parent / "static"
STREAM_PATH = "/api/stream"

_HINT = 'data-start-hint=""'
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Rules:
    """What the settings say of the HTTP side."""

    allowed_hosts: frozenset[str]
    start_hint: str
    static: Path = STATIC


def make_app(painter: Painter, orders: Orders, znodes: Znodes, streams: Streams, rules: Rules) -> Flask:
    """The application; nothing runs before it is served."""
    app = Flask("dashboard", static_folder=str(rules.static), static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = None  # asked again each time, so that a new version is seen
    app.url_map.merge_slashes = False  # nothing here redirects
    errors.install(app)

    @app.before_request
    def pass_the_gate() -> Response | None:
        why = gate.refuses(request.headers, request.method, request.path == STREAM_PATH, rules.allowed_hosts)
        return None if why is None else refusal(403, why)

    @app.after_request
    def secure(answer: Response) -> Response:
        answer.headers.update(_HEADERS)
        if request.endpoint != "static":
            answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.get("/")
    def page() -> Response:
        text = (rules.static / "index.html").read_text(encoding="utf-8")
        hint = f'data-start-hint="{html.escape(rules.start_hint)}"'
        return Response(text.replace(_HINT, hint, 1), mimetype="text/html")

    @app.get("/api/view")
    def view() -> Response:
        return Response(painter.encoded, mimetype="application/json")

    @app.get("/api/znodes")
    def znodes_as_they_are() -> Response:
        try:
            return Response(znodes.encoded(), mimetype="application/json")
        except OutOfReach as error:
            return refusal(503, str(error))

    @app.post("/api/nodes/<znode>/kill")
    def kill(znode: str) -> Response:
        try:
            name = orders.kill(znode)
        except NoSuchNode as error:
            return refusal(404, str(error))
        except NotObeyed as error:
            return refusal(502, str(error))
        return as_json({"znode": znode, "name": name}, 202)

    @app.get("/health")
    def health() -> Response:
        return as_json({"ok": True})

    @app.get("/ready")
    def ready() -> Response:
        why_not = painter.why_not_ready()
        return as_json({"ok": True}) if why_not is None else refusal(503, why_not)

    def admit() -> Stream:
        return painter.stream

    streams.route(app, STREAM_PATH, "stream", admit)
    return app
