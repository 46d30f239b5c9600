"""As in the example that this project started from: a thread a viewer, all encoded anew for each, each second.

`SOURCE=http://127.0.0.1:8080 gunicorn --threads 1100 thread_a_viewer:app`: shows what the dashboard at SOURCE knows.
"""

import json
import os
import threading
import time
import urllib.request
from typing import Any

from flask import Flask
from flask_sock import Sock
from simple_websocket import Server

app = Flask(__name__)
sock = Sock(app)
state: dict[str, Any] = {}


def look() -> None:
    while True:
        with urllib.request.urlopen(f"{os.environ['SOURCE']}/api/view", timeout=5) as answer:  # noqa: S310 - loopback
            state["now"] = json.load(answer)
        time.sleep(1)


@sock.route("/api/stream")
def stream(viewer: Server) -> None:
    while True:
        if state:
            viewer.send(json.dumps(state["now"]))
        time.sleep(1)


threading.Thread(target=look, daemon=True).start()
