"""A page that does everything again each second: it fetches the whole state as JSON, and makes the whole table anew.

So do kube-ops-view and the original example. It has the columns of our page's table, and nothing besides.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = """<!doctype html><meta charset="utf-8"><title>Everything again, each second</title>
<style>table { width: 100%; border-collapse: collapse } td, th { text-align: left; padding: 0.4rem 0.5rem }</style>
<table><thead><tr><th>Znode id<th>Role<th>Watching znode<th>Address<th>Name<th>ZooKeeper agrees<th>Instance</thead>
<tbody id="rows"></tbody></table>
<script>
  const safe = (value) => String(value ?? "").replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const row = (member) => `<tr data-key="${safe(member.znode)}"><th><code>${safe(member.znode)}</code></th>
    <td>${safe(member.role)}</td><td><code>${safe(member.watching)}</code></td><td><code>${safe(member.address)}</code></td>
    <td>${safe(member.name)}</td><td>${member.in_sync ? "Yes" : "In transition"}</td>
    <td><button type="button">Kill instance</button></td></tr>`;
  async function again() {
    const view = JSON.parse(await (await fetch("/state")).text());
    document.querySelector("#rows").innerHTML = view.cluster.members.map(row).join("");
  }
  setInterval(again, 1000);
  again();
</script>"""


class Server:
    """Serves that page, and the state that it was told last, in threads of its own."""

    def __init__(self) -> None:
        self.state = b"null"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._answers())

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["Server"]:
        """Listen within this block."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="everything again", daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def _answers(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_state = self.path == "/state"
                body = server.state if is_state else PAGE.encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json" if is_state else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's own name for it
                """Nothing: whoever measures looks at the page."""

        return Answers
