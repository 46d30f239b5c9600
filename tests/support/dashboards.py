"""The dashboard as a test's own process, and what a browser asks of it."""

import http.client
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from succession.testing.ports import free_ports
from succession.testing.waiting import eventually, scaled
from tests.support.programs import Program, running_program
from tests.support.stand_ins import as_json


class Answer:
    """What came back."""

    def __init__(self, answer: http.client.HTTPResponse, took_s: float) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()
        self.took_s = took_s

    @property
    def json(self) -> dict[str, Any]:
        return as_json(self.body)


class Dashboard:
    """A running dashboard."""

    def __init__(self, program: Program, port: int) -> None:
        self.program = program
        self.port = port
        self.host = f"127.0.0.1:{port}"

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        """Any request; `Host` may be another, and underscores in a header's name are dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=scaled(5))
        began = time.monotonic()
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
            answer = connection.getresponse()
            return Answer(answer, time.monotonic() - began)
        finally:
            connection.close()

    def view(self) -> dict[str, Any]:
        return self.ask("GET", "/api/view").json

    def stream(self, **options: Any) -> AbstractContextManager[ClientConnection]:
        """A viewer of `/api/stream`."""
        viewer: AbstractContextManager[ClientConnection] = connect(
            f"ws://{self.host}/api/stream", proxy=None, ping_interval=None, **options
        )
        return viewer

    def becomes(self, state: str, within_s: float = 10.0) -> dict[str, Any]:
        """The first view with this state."""

        def seen() -> dict[str, Any] | None:
            view = self.view()
            assert view["state"] == state
            return view

        view = eventually(seen, within_s)
        assert view is not None
        return view

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.view()["events"] if event["kind"] == kind]


@contextmanager
def running_dashboard(hosts: str, folder: Path, **settings: str) -> Iterator[Dashboard]:
    """A dashboard that answers; `settings` are its further variables."""
    port = free_ports(1)[0]
    environ = {"ZOOKEEPER_HOSTS": hosts, "DASHBOARD_PORT": str(port), **settings}
    with running_program("dashboard", folder / "dashboard.log", environ) as program:
        dashboard = Dashboard(program, port)
        eventually(lambda: dashboard.ask("GET", "/health").status == 200, within_s=20)
        yield dashboard
