"""How the words reach `up`: one order and its answer, each a line of JSON, over a loopback connection.

The server's threads run `carry_out`; the client runs in the word's own process. Whoever has the token may order.
"""

import hmac
import json
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import NamedTuple

from playground.data_folder import PlaygroundError

_LINE_BYTES = 1000
_ORDER_WAIT_S = 5.0
_ANSWER_WAIT_S = 60.0


class Answer(NamedTuple):
    """Whether it is so, and what to print."""

    is_so: bool
    text: str


class ControlServer:
    """Takes orders from `start` until `close`."""

    def __init__(self, carry_out: Callable[[str, str], Answer]) -> None:
        self.token = secrets.token_urlsafe(24)
        token = self.token

        class Order(socketserver.StreamRequestHandler):
            timeout = _ORDER_WAIT_S

            def handle(self) -> None:
                try:
                    order = json.loads(self.rfile.readline(_LINE_BYTES))
                    sent, word, name = str(order["token"]), str(order["word"]), str(order["name"])
                except (OSError, ValueError, KeyError, TypeError):
                    return  # not one of our words: no answer
                if not hmac.compare_digest(sent.encode(), token.encode()):
                    return
                answer = carry_out(word, name)
                self.wfile.write(json.dumps(answer._asdict()).encode() + b"\n")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A word that went away before its answer is no news."""

        self._server = Server(("127.0.0.1", 0), Order)
        self._server.block_on_close = False
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        """Take orders from now on."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="control", daemon=True).start()

    def close(self) -> None:
        """Take no further orders."""
        self._server.shutdown()
        self._server.server_close()


def order(port: int, token: str, word: str, name: str) -> Answer:
    """Have `up` carry out a word. Raises PlaygroundError when it does not answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), _ORDER_WAIT_S) as connection:
            connection.sendall(json.dumps({"token": token, "word": word, "name": name}).encode() + b"\n")
            connection.settimeout(_ANSWER_WAIT_S)
            with connection.makefile("rb") as reader:
                answer = json.loads(reader.readline())
    except (OSError, ValueError) as error:
        raise PlaygroundError("the playground does not answer: it is going down, or frozen") from error
    return Answer(bool(answer["is_so"]), str(answer["text"]))
