"""The logs of the processes that a test runs, for showing their tails when it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TAIL_BYTES = 4000


class LogTails:
    """The files that are followed at the moment."""

    def __init__(self) -> None:
        self._files: list[Path] = []

    @contextmanager
    def following(self, *files: Path) -> Iterator[None]:
        """Show these files' tails if a test fails inside."""
        self._files += files
        try:
            yield
        finally:
            self._files = [file for file in self._files if file not in files]

    def sections(self) -> list[tuple[str, str]]:
        """A heading and the tail of each file that says anything."""
        present = [file for file in self._files if file.exists() and file.stat().st_size > 0]
        return [(str(file), file.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace")) for file in present]


LOGS = LogTails()
"""Those of the running test: fixtures add to it, and pytest's report of a failure reads it."""
