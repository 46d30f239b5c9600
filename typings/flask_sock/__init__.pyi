from collections.abc import Callable
from typing import Any

from flask import Flask
from simple_websocket import Server

class Sock:
    def __init__(self, app: Flask | None = ...) -> None: ...
    def init_app(self, app: Flask) -> None: ...
    def route(self, path: str, bp: Any = ..., **kwargs: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...

__all__ = ["Server", "Sock"]
