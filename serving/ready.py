"""Whether the program in this container is ready: `python -m serving.ready`, its image's health check.

Exit status 0 when it answers `GET /ready` with 200. A bare socket starts fast, and this runs every two seconds.
"""

import os
import socket
import sys

TIMEOUT_S = 2.0


def is_ready(port: int) -> bool:
    """Whether what listens on this port of 127.0.0.1 says that it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as program:
            program.sendall(b"GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b" 200 " in program.recv(64)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_ready(int(os.environ.get("NODE_PORT") or os.environ.get("DASHBOARD_PORT") or 8080)))
