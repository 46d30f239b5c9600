"""A small program on serving: `python -m tests.support.small_server PORT MESSAGE_BYTES MAX_VIEWERS`.

Its stream says a number twenty times a second, padded to a size, until one posts to /end.
"""

import os
import signal
import sys
import threading
import time

from flask import Flask, Response

from serving import errors
from serving.errors import as_json, refusal
from serving.gunicorn_app import Served, serve
from serving.logs import set_up_logs
from serving.stream import Streams
from serving.viewer import Stream


def start(stop: threading.Event) -> Served:
    """What runs in the worker."""
    app = Flask("small_server")
    errors.install(app)
    feed: Stream = Stream(b"0")
    silent: Stream = Stream(b"the same")
    ended = threading.Event()
    streams = Streams(stop, max_viewers=int(sys.argv[3]))
    streams.route(app, "/stream", "stream", lambda: feed)
    streams.route(app, "/silent", "silent", lambda: silent)
    streams.route(app, "/refused", "refused", lambda: refusal(421, "Not here.", leader="http://there"))
    streams.start()

    def count() -> None:
        number = 0
        while not stop.wait(0.05) and not ended.is_set():
            number += 1
            feed.publish(f"{number} ".ljust(int(sys.argv[2])).encode())
        feed.publish(None)

    @app.get("/")
    def root() -> Response:
        return as_json({"pid": os.getpid()})

    @app.get("/slow")
    def slow() -> Response:
        sys.stderr.write("slow\n")
        time.sleep(1.0)
        return as_json({"slow": True})

    @app.get("/fault")
    def fault() -> Response:
        raise ZeroDivisionError

    @app.post("/end")
    def end() -> Response:
        ended.set()
        return as_json({})

    @app.post("/die")
    def die() -> Response:
        os.kill(os.getpid(), signal.SIGKILL)
        return as_json({})

    def close() -> None:
        streams.say_goodbye()
        streams.join()
        sys.stderr.write("closed\n")

    threading.Thread(target=count, name="count", daemon=True).start()
    return Served(app, close)


if __name__ == "__main__":
    set_up_logs("INFO")
    serve(
        start,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        threads=8,
        name="The small server",
        on_death=lambda: sys.stderr.write("its death is witnessed\n"),
    )
