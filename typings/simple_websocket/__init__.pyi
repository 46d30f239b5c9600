import socket
import threading
from typing import Any

from wsproto import WSConnection

class SimpleWebsocketError(RuntimeError): ...
class ConnectionError(SimpleWebsocketError):
    status_code: int | None

class ConnectionClosed(SimpleWebsocketError):
    reason: int
    message: str | None
    def __init__(self, reason: int = ..., message: str | None = ...) -> None: ...

class Base:
    connected: bool
    sock: socket.socket
    ws: WSConnection
    event: threading.Event
    thread: threading.Thread
    def send(self, data: bytes | str) -> None: ...
    def receive(self, timeout: float | None = ...) -> bytes | str | None: ...
    def close(self, reason: int | None = ..., message: str | None = ...) -> None: ...

class Server(Base):
    mode: str
    environ: dict[str, Any]
    def __init__(
        self,
        environ: dict[str, Any],
        subprotocols: list[str] | None = ...,
        receive_bytes: int = ...,
        ping_interval: float | None = ...,
        max_message_size: int | None = ...,
        thread_class: Any = ...,
        event_class: Any = ...,
        selector_class: Any = ...,
    ) -> None: ...
    @classmethod
    def accept(
        cls,
        environ: dict[str, Any],
        subprotocols: list[str] | None = ...,
        receive_bytes: int = ...,
        ping_interval: float | None = ...,
        max_message_size: int | None = ...,
        thread_class: Any = ...,
        event_class: Any = ...,
        selector_class: Any = ...,
    ) -> Server: ...
