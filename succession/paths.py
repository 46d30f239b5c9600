"""Where an election keeps its znodes: all follow from its path.

Pure. A path made by others may be long; `shown` is how any is told.
"""

from dataclasses import dataclass

MOST_SHOWN = 80


@dataclass(frozen=True)
class ElectionPaths:
    """The znodes of the election at `election`, an absolute path without a slash at its end."""

    election: str

    @property
    def claim(self) -> str:
        """The leader's claim."""
        return self.election + "_leader"

    @property
    def term(self) -> str:
        """The znode whose version counts promotions."""
        return self.election + "_term"

    def candidate(self, name: str) -> str:
        """A candidate's path."""
        return f"{self.election}/{name}"


def shown(path: str) -> str:
    """The path as it is told: its first 80 characters, and … where there are more."""
    return path if len(path) <= MOST_SHOWN else path[:MOST_SHOWN] + "…"
