from typing import Any

from gunicorn.config import Config

class Worker:
    app: Any
    alive: bool
    booted: bool
    cfg: Config
    pid: int
    ppid: int
    sockets: list[Any]
    tmp: Any
    def init_process(self) -> None: ...
    def init_signals(self) -> None: ...
    def handle_exit(self, sig: int, frame: Any) -> None: ...
    def handle_quit(self, sig: int, frame: Any) -> None: ...
