"""What an election publishes: who I am in the line, and by what right I lead.

Immutable values, swapped whole by the election's thread and read without a lock.
"""

from dataclasses import dataclass
from typing import Literal

from succession.clock import boottime_s


@dataclass(frozen=True)
class Leadership:
    """The right to act as leader, until `lease_until_s` (boottime seconds) and only over connection `epoch`.

    `fencing_token` is the zxid of the promotion: a later leader's is higher. `term` counts promotions.
    """

    znode: str
    fencing_token: int
    term: int
    epoch: int
    lease_until_s: float

    @property
    def lease_left_s(self) -> float:
        """How long this lasts without another renewal, in seconds; 0 when it is over."""
        return max(self.lease_until_s - boottime_s(), 0.0)


@dataclass(frozen=True)
class ElectionState:
    """My place: `out` of it, `joining` the line, a `worker` behind `watching`, or the `leader` by my claim.

    A leader without `leadership` has its claim and no proven lease yet: it does not lead. `because` is a sentence.
    """

    role: Literal["out", "joining", "worker", "leader"] = "out"
    znode: str | None = None
    watching: str | None = None
    leadership: Leadership | None = None
    session_id: int | None = None
    because: str = "It has not joined."


def news_of(former: ElectionState, state: ElectionState) -> str | None:
    """What a log says of a change of role; None for what is no such change."""
    if state.leadership is not None:
        return "leads"
    if former.leadership is not None:
        return "leads no more"
    if state.role == "worker" and (former.role, former.watching) != ("worker", state.watching):
        return f"stands in line as {state.znode}"
    if state.role == "out" and former.role != "out":
        return "is out of the line"
    return None
