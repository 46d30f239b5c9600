"""The playground's data folder: who uses it, and `state.json`, which says what runs.

Any thread may read; only `up` writes.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from playground.commands import make_command
from playground.processes import is_same_process


class PlaygroundError(Exception):
    """Something cannot be done; the text is the one sentence for the user."""


@dataclass(frozen=True)
class Recorded:
    """A process that was started: with its creation time the pid names it even after a crash."""

    name: str
    port: int
    pid: int
    created_at: float

    def is_there(self) -> bool:
        """Whether this very process still exists."""
        return is_same_process(self.pid, self.created_at)


@dataclass(frozen=True)
class Written:
    """The contents of `state.json`. `control_port` and `token` are how the words reach `up`."""

    up: Recorded
    control_port: int
    token: str
    processes: tuple[Recorded, ...]


class DataFolder:
    """A folder that at most one `up` uses at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self._state = self.path / "state.json"
        self._lock: int | None = None
        self.end_command = make_command("down", self.path)

    def take(self) -> None:
        """Make the folder and take it for this process, until it ends. Raises PlaygroundError when it is in use."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise PlaygroundError(f"the data folder {self.path} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PlaygroundError(
                f"the data folder {self.path} is in use by another playground: end it with `{self.end_command}`"
            ) from error
        written = self.read()
        left = [one.name for one in written.processes if one.is_there()] if written else []
        if left:
            raise PlaygroundError(
                f"the data folder {self.path} is in use by what an earlier playground left ({', '.join(left)}): "
                f"end it with `{self.end_command}`"
            )

    def write(self, written: Written) -> None:
        """Replace `state.json` whole; only this user may read it, as it holds the token."""
        fresh = self._state.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(written), indent=2) + "\n", encoding="utf-8")
        fresh.replace(self._state)

    def read(self) -> Written | None:
        """What `state.json` says; None without one. Raises PlaygroundError when it is not one of ours."""
        try:
            fields = json.loads(self._state.read_bytes())
            return Written(
                up=Recorded(**fields["up"]),
                control_port=int(fields["control_port"]),
                token=str(fields["token"]),
                processes=tuple(Recorded(**one) for one in fields["processes"]),
            )
        except FileNotFoundError:
            return None
        except NotADirectoryError as error:
            raise PlaygroundError(f"{self.path} is not a folder") from error
        except (ValueError, KeyError, TypeError) as error:
            raise PlaygroundError(f"{self._state} cannot be read: remove it once nothing of it runs") from error

    def forget(self) -> None:
        """Remove `state.json`: nothing runs any more."""
        self._state.unlink(missing_ok=True)
