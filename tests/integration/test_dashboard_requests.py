"""What the dashboard answers to browsers: the page, refusals, orders, viewers, its end. Real HTTP, a real registry."""

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from succession.testing.waiting import eventually, scaled
from tests.support.dashboards import Dashboard, running_dashboard
from tests.support.playgrounds import ROOT
from tests.support.stand_ins import (
    Leader,
    Obedient,
    Registry,
    as_json,
    member,
    running_leader,
    running_node,
    running_registry,
    snapshot,
    znode,
)

SECRET = "secret-token-of-a-node-0123456789"


@dataclass
class Scene:
    """A dashboard, a leader that it follows, and a node that takes orders."""

    dashboard: Dashboard
    registry: Registry
    leader: Leader
    node: Obedient


@pytest.fixture(scope="module")
def module_scene(zookeeper: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One for all: no test leaves anything behind in it."""
    with running_scene(f"{zookeeper}/requests_of_{os.getpid()}", tmp_path_factory.mktemp("scene")) as running:
        yield running


@pytest.fixture
def scene(module_scene: Scene) -> Iterator[Scene]:
    module_scene.node.asked.clear()
    module_scene.node.answer = lambda: (202, {})
    yield module_scene
    module_scene.registry.forget()


@contextmanager
def running_scene(hosts: str, folder: Path) -> Iterator[Scene]:
    with (
        running_registry(hosts) as registry,
        running_leader() as leader,
        running_node() as node,
        running_dashboard(
            hosts,
            folder,
            DASHBOARD_MAX_VIEWERS="3",
            DASHBOARD_ALLOWED_HOSTS="Dash.Example",
            DASHBOARD_START_HINT='say "start" <b>{name}</b>',
        ) as dashboard,
    ):
        first, second = member(1, leader.address, "leader"), member(2, node.address)
        _, czxid = registry.announce(first, SECRET)
        registry.announce(second, SECRET)
        leader.say(snapshot(czxid, first, second))
        registry.remember()
        dashboard.becomes("live")
        eventually(lambda: dashboard.ask("GET", "/ready").status == 200)
        yield Scene(dashboard, registry, leader, node)


# The page


def test_the_page_has_the_start_hint_as_text_and_is_never_kept(scene: Scene) -> None:
    page = scene.dashboard.ask("GET", "/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert b'data-start-hint="say &quot;start&quot; &lt;b&gt;{name}&lt;/b&gt;"' in page.body


def test_every_answer_carries_the_security_headers(scene: Scene) -> None:
    for method, path in (("GET", "/"), ("GET", "/api/view"), ("GET", "/nothing"), ("POST", "/api/nodes/x/kill")):
        headers = scene.dashboard.ask(method, path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_static_files_are_asked_for_again_each_time_and_nothing_else_is_served(scene: Scene) -> None:
    script = scene.dashboard.ask("GET", "/static/main.js")
    assert script.status == 200
    assert re.match("(text|application)/javascript", script.headers["Content-Type"])
    assert script.headers["Cache-Control"] == "no-cache"
    again = scene.dashboard.ask("GET", "/static/main.js", If_None_Match=script.headers["ETag"])
    assert again.status == 304
    for path in (
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/pyproject.toml",
        "/static//etc/passwd",
    ):
        assert scene.dashboard.ask("GET", path).status == 404


def test_all_that_the_page_refers_to_is_served(scene: Scene) -> None:
    page = scene.dashboard.ask("GET", "/").body.decode()
    for path in set(re.findall(r'(?:src|href)="(/[^"#]+)', page)):
        assert scene.dashboard.ask("GET", path).status == 200, path


def test_health_and_ready_and_the_view(scene: Scene) -> None:
    assert scene.dashboard.ask("GET", "/health").status == 200
    assert scene.dashboard.ask("GET", "/ready").status == 200
    view = scene.dashboard.view()
    assert [row["name"] for row in view["cluster"]["members"]] == ["node1", "node2"]
    assert set(view) == {
        *("epoch", "revision", "state", "cluster", "departed", "events", "as_of_at"),
        *("beliefs", "ensemble"),
    }


# The znodes


def test_the_znodes_are_told_as_they_are_when_asked(scene: Scene) -> None:
    """The stand-ins write registry entries alone: what is not there is told as well."""
    told = scene.dashboard.ask("GET", "/api/znodes")
    assert (told.status, told.headers["Content-Type"]) == (200, "application/json")
    assert told.headers["Cache-Control"] == "no-store"
    assert set(told.json) == {"read_at", "zxid", "znodes"}
    coordinator, worker = (
        next(one for one in told.json["znodes"] if one["path"].startswith(f"/{registry}_service_registry/"))
        for registry in ("coordinators", "workers")
    )
    assert [(one["path"], one["children"]) for one in told.json["znodes"] if one not in (coordinator, worker)] == [
        ("/election", None),
        ("/election_leader", None),
        ("/election_term", None),
        ("/coordinators_service_registry", 1),
        ("/workers_service_registry", 1),
    ]
    assert (coordinator["data"]["name"], worker["data"]["name"]) == ("node1", "node2")
    assert coordinator["czxid"] == scene.dashboard.view()["cluster"]["fencing_token"]
    assert set(worker) == {
        *("path", "czxid", "mzxid", "version", "owner", "created_at", "children", "left_out", "data", "note")
    }


def test_what_was_told_of_the_znodes_is_shared_for_a_fifth_of_a_second_and_then_read_anew(scene: Scene) -> None:
    def znodes() -> dict[str, Any]:
        return scene.dashboard.ask("GET", "/api/znodes").json

    scene.registry.announce(member(3, scene.node.address), SECRET)
    eventually(lambda: znodes()["znodes"][-1]["data"]["name"] == "node3")
    began = time.monotonic()
    told = {znodes()["read_at"] for _ in range(60)}
    assert len(told) <= 2 + (time.monotonic() - began) / 0.2


# Refusals


@pytest.mark.parametrize("path", ["/", "/api/view", "/api/znodes", "/health", "/static/main.js", "/nothing"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "[::2]:8080"])
def test_a_host_that_is_not_served_here_is_refused_everywhere(scene: Scene, path: str, host: str) -> None:
    refused = scene.dashboard.ask("GET", path, Host=host)
    assert refused.status == 403
    assert list(refused.json) == ["error"]


@pytest.mark.parametrize("host", ["localhost:1", "LOCALHOST", "[::1]:8080", "dash.EXAMPLE:8080"])
def test_a_host_that_is_served_is(scene: Scene, host: str) -> None:
    assert scene.dashboard.ask("GET", "/api/view", Host=host).status == 200


FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_an_order_from_another_site_is_refused_and_nothing_is_sent(scene: Scene, headers: dict[str, str]) -> None:
    refused = scene.dashboard.ask("POST", f"/api/nodes/{znode(2)}/kill", **headers)
    assert refused.status == 403
    assert scene.node.asked == []


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_stream_from_another_site_is_refused_before_the_handshake(scene: Scene, headers: dict[str, str]) -> None:
    port = scene.dashboard.port
    words = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    } | headers
    refused = scene.dashboard.ask("GET", "/api/stream", **words)
    assert (refused.status, list(refused.json)) == (403, ["error"])


def test_a_stream_of_this_very_site_is_served(scene: Scene) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    with scene.dashboard.stream(origin=f"http://{scene.dashboard.host}", additional_headers=headers) as viewer:
        assert as_json(viewer.recv(timeout=scaled(5)))["cluster"]["leader"] == znode(1)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_order_is_a_post_and_nothing_else(scene: Scene, method: str) -> None:
    assert scene.dashboard.ask(method, f"/api/nodes/{znode(2)}/kill").status == 405
    assert scene.node.asked == []


# Orders


def test_an_order_goes_to_the_nodes_address_with_its_own_token(scene: Scene) -> None:
    obeyed = scene.dashboard.ask(
        "POST", f"/api/nodes/{znode(2)}/kill", Origin=f"http://{scene.dashboard.host}", Sec_Fetch_Site="same-origin"
    )
    assert obeyed.status == 202
    assert scene.node.asked == [("POST", "/kill", f"Bearer {SECRET}")]


@pytest.mark.parametrize("asked", [znode(99), "n_0000000001", "x", "%2e%2e", "127.0.0.1:80", znode(2) + "%00"])
def test_an_order_for_a_znode_without_a_readable_entry_is_404(scene: Scene, asked: str) -> None:
    refused = scene.dashboard.ask("POST", f"/api/nodes/{asked}/kill")
    assert (refused.status, list(refused.json)) == (404, ["error"])


def test_an_order_to_a_node_that_is_gone_from_the_registry_is_404(scene: Scene) -> None:
    path, _ = scene.registry.announce(member(3, scene.node.address), SECRET)
    eventually(lambda: scene.dashboard.ask("POST", f"/api/nodes/{znode(3)}/kill").status == 202)
    scene.registry.remove(path)
    eventually(lambda: scene.dashboard.ask("POST", f"/api/nodes/{znode(3)}/kill").status == 404)


@pytest.mark.parametrize("status", [200, 401, 403, 404, 500])
def test_a_node_that_refuses_is_502_with_a_sentence(scene: Scene, status: int) -> None:
    scene.node.answer = lambda: (status, {})
    refused = scene.dashboard.ask("POST", f"/api/nodes/{znode(2)}/kill")
    assert (refused.status, refused.json) == (502, {"error": f"node2 refused: it answered {status}."})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(scene: Scene, status: int) -> None:
    with running_node() as elsewhere:
        scene.node.answer = lambda: (status, {"Location": f"{elsewhere.address}/kill"})
        assert scene.dashboard.ask("POST", f"/api/nodes/{znode(2)}/kill").status == 502
        assert elsewhere.asked == []


def trickle_to_each(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            threading.Thread(target=trickle, args=(listener.accept()[0],), daemon=True).start()


def trickle(peer: socket.socket) -> None:
    """Answer a byte at a time, for longer than anyone should wait."""
    try:
        with peer:
            for byte in b"HTTP/1.1 202 Accepted\r\n" + b"X: y\r\n" * 100:
                peer.send(bytes([byte]))
                time.sleep(0.2)
    except OSError:
        return


@pytest.mark.parametrize("kind", ["silent", "trickling", "refusing", "not HTTP"])
def test_a_node_that_does_not_answer_is_502_within_2_seconds(scene: Scene, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if kind == "trickling":
            threading.Thread(target=trickle_to_each, args=(listener,), daemon=True).start()
        if kind == "refusing":
            listener.close()
        if kind == "not HTTP":
            address = scene.leader.address.replace("http", "https")
        scene.registry.announce(member(3, address), SECRET)
        refused = eventually(lambda: kill_if_there(scene.dashboard, 3))
        assert refused.status == 502
        assert list(refused.json) == ["error"]
        assert refused.took_s < scaled(2.0)


def kill_if_there(dashboard: Dashboard, number: int) -> Any:
    answer = dashboard.ask("POST", f"/api/nodes/{znode(number)}/kill")
    return None if answer.status == 404 else answer


def test_other_requests_are_answered_while_orders_wait(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scene.registry.announce(member(3, f"http://127.0.0.1:{listener.getsockname()[1]}"), SECRET)
        eventually(lambda: kill_if_there(scene.dashboard, 3))
        orders = [threading.Thread(target=kill_if_there, args=(scene.dashboard, 3)) for _ in range(6)]
        for order in orders:
            order.start()
        assert scene.dashboard.ask("GET", "/api/view").took_s < scaled(0.5)
        for order in orders:
            order.join()


def test_the_token_is_in_no_view_no_log_and_no_error(scene: Scene) -> None:
    said: list[bytes] = []
    with scene.dashboard.stream() as viewer:
        said.append(str(viewer.recv(timeout=scaled(5))).encode())
        for status in (202, 302, 403):
            scene.node.answer = lambda status=status: (status, {"Location": "/"})  # type: ignore[misc]
            said.append(scene.dashboard.ask("POST", f"/api/nodes/{znode(2)}/kill").body)
        said.append(scene.dashboard.ask("POST", f"/api/nodes/{znode(9)}/kill").body)
        scene.registry.put("worker", b'{"control_token": "%s"}' % SECRET.encode())
        scene.registry.put("worker", b'{"member": {}, "control_token": "%s" garbage' % SECRET.encode())
        eventually(lambda: scene.dashboard.program.said().count("workers_service_registry/n_") >= 2)
        said += [scene.dashboard.ask("GET", path).body for path in ("/", "/api/view", "/ready", "/health")]
        time.sleep(0.3)  # what was told of the znodes before is not told again
        said.append(scene.dashboard.ask("GET", "/api/znodes").body)
        assert said[-1].count(b"/workers_service_registry/n_") == 3
        said.append(str(viewer.recv(timeout=scaled(5))).encode())
    said.append(scene.dashboard.program.said().encode())
    assert SECRET.encode() not in b"".join(said)


# Viewers and the end


def test_more_viewers_than_allowed_are_refused_before_the_handshake_and_the_rest_is_served(scene: Scene) -> None:
    opened: list[ClientConnection] = []
    scene.dashboard.becomes("live")
    with ExitStack() as viewers:
        while len(opened) < 3:
            with suppress(InvalidStatus):  # a viewer of before keeps its place for a moment
                opened.append(viewers.enter_context(scene.dashboard.stream()))
        assert {as_json(viewer.recv(timeout=scaled(5)))["cluster"]["leader"] for viewer in opened} == {znode(1)}
        with pytest.raises(InvalidStatus) as refused, scene.dashboard.stream():
            pass
        assert refused.value.response.status_code == 503
        assert list(as_json(refused.value.response.body or b"")) == ["error"]
        plainly = scene.dashboard.ask("GET", "/api/stream")
        assert (plainly.status, plainly.json) == (503, {"error": "All 3 places are taken; try again later."})
        assert scene.dashboard.ask("GET", "/").status == 200


def test_told_to_stop_it_closes_viewers_with_1001_and_exits_0_in_time(chroot: str, tmp_path: Path) -> None:
    with running_scene(chroot, tmp_path) as scene, scene.dashboard.stream() as viewer:
        viewer.recv(timeout=scaled(5))
        began = time.monotonic()
        scene.dashboard.program.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                viewer.recv(timeout=scaled(2))
        status = scene.dashboard.program.process.wait(scaled(5))
        took_s = time.monotonic() - began
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        assert status == 0
        assert took_s < scaled(3.0), "what the playground has for everything"
        assert "Traceback" not in scene.dashboard.program.said()


def test_the_page_that_is_served_is_the_one_in_static(scene: Scene) -> None:
    page = scene.dashboard.ask("GET", "/").body.decode()
    stored = (ROOT / "static" / "index.html").read_text(encoding="utf-8")
    assert re.sub('data-start-hint="[^"]*"', 'data-start-hint=""', page, count=1) == stored
