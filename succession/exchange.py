"""One exchange over TCP: connect, say it all, read until the other side has closed; bounded in time and in size.

Runs in the caller's thread. The deadline is in all, so that an answer by the byte does not hold it; only a name that is
looked up at the system's own pace, or has many addresses where nothing answers, may take longer.
"""

import socket
import ssl
import time


def exchange(
    host: str, port: int, said: bytes, *, within_s: float, most_bytes: int, tls: ssl.SSLContext | None = None
) -> bytes:
    """All that the other side answered before it closed. Raises OSError when it did not, or said more than that."""
    deadline_s = time.monotonic() + within_s
    with socket.create_connection((host, port), within_s) as plain:
        plain.settimeout(_left_s(deadline_s))
        with plain if tls is None else tls.wrap_socket(plain, server_hostname=host) as connection:
            connection.settimeout(_left_s(deadline_s))
            connection.sendall(said)
            answer = b""
            while len(answer) <= most_bytes:
                connection.settimeout(_left_s(deadline_s))
                chunk = connection.recv(65536)
                if not chunk:
                    return answer
                answer += chunk
    raise OSError(f"{host}:{port} said more than {most_bytes} bytes")


def _left_s(deadline_s: float) -> float:
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError("it did not answer in time")
    return left_s
