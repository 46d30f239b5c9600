from typing import Any

class Arbiter:
    LISTENERS: list[Any]
    app: Any
    WORKERS: dict[int, Any]
    pid: int
    def __init__(self, app: Any) -> None: ...
    def stop(self, graceful: bool = ...) -> None: ...
    def run(self) -> None: ...
