"""Where an election keeps its znodes: all follow from its path."""

from dataclasses import dataclass


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
