"""What answers on this machine's ports, and which of them are free.

Runs in the caller's thread, for a second at most.
"""

import contextlib
import http.client
import socket
import urllib.request
from collections.abc import Sequence

from playground.data_folder import PlaygroundError


def get(url: str) -> bytes | None:
    """The body of a page that answers 200 within a second, else None."""
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 -- always http://127.0.0.1
            body: bytes = response.read()
            return body
    except (OSError, http.client.HTTPException):
        return None


def is_listening(port: int) -> bool:
    """Whether something takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def refuse_taken_ports(ports: Sequence[tuple[int, str, str]]) -> None:
    """Raise PlaygroundError, naming it, for a port that is no port, wanted twice, or listened on already."""
    wanted: dict[int, str] = {}
    for port, name, option in ports:
        if port > 65535:
            raise PlaygroundError(f"{name} would need port {port}, and the last is 65535: choose a lower {option}")
        if port in wanted:
            raise PlaygroundError(f"{name} and {wanted[port]} would both need port {port}: choose another {option}")
        wanted[port] = name
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise PlaygroundError(
                    f"port {port}, which {name} needs, is taken or not allowed: free it or choose another {option}"
                ) from error
