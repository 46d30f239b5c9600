"""A node's HTTP and WebSocket API (design §4). Translates; decides nothing.

Runs in gunicorn's request threads.
"""

import hmac
import logging
import os
import signal

from flask import Flask, Response, request

from cluster_node.node import Node
from serving.errors import as_json, install, refusal
from serving.stream import Streams
from serving.viewer import Stream

log = logging.getLogger(__name__)


def make_app(node: Node, streams: Streams) -> Flask:
    """The app of one node."""
    app = Flask("cluster_node", static_folder=None)
    install(app)

    @app.get("/health")
    def health() -> Response:
        return as_json({"status": "ok", "name": node.name})

    @app.get("/ready")
    def ready() -> Response:
        if node.is_in_line:
            return as_json({"status": "in line", "name": node.name})
        return refusal(503, f"{node.name} has no place in the line; ZooKeeper is {node.session.connection}.")

    @app.get("/leader")
    def leader() -> Response:
        found = node.leader()
        return as_json(
            {
                "isLeader": node.election.is_leader,
                "leader": found.name if found else None,
                "fencing_token": found.fencing_token if found else None,
            }
        )

    @app.get("/status")
    def status() -> Response:
        return as_json(node.status())

    @app.get("/cluster")
    def cluster() -> Response:
        snapshot = node.cluster()
        return _not_the_leader(node) if snapshot is None else Response(snapshot, mimetype="application/json")

    def admit() -> Stream | Response:
        return _not_the_leader(node) if node.cluster() is None else node.stream

    streams.route(app, "/cluster/stream", "cluster_stream", admit)

    @app.post("/kill")
    def kill() -> Response:
        request.get_data()  # what is left unread would reset the connection, and the answer with it
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            refused = refusal(401, "This order needs the node's control token.")
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        if not hmac.compare_digest(token.strip().encode(), node.registry.control_token.encode()):
            return refusal(403, f"This is not {node.name}'s control token.")
        log.warning("%s dies, as ordered", node.name)
        answer = as_json({"killed": node.name}, 202)
        answer.call_on_close(_die)  # once the answer is sent
        return answer

    return app


def _not_the_leader(node: Node) -> Response:
    found = node.leader()
    address = found.data.get("address") if found else None
    return refusal(421, f"{node.name} does not lead the cluster.", leader=address if isinstance(address, str) else None)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)  # no clean-up, no goodbye
