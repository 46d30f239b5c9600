"""A line of so many nodes that changes by one row at a time: views of it, and how each change is seen in the table.

Pure but for the time of day.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from succession.wire import Belief, DashboardView, DepartedMember, Event, EventKind, LineMember
from tests.browser.views import Script, belief, departed, event, many, member, znode

_ASKED = 40  # of whose beliefs a dashboard tells
_TOLD = 200  # events, of those there were
_DEPARTED = 20


@dataclass(frozen=True)
class Change:
    """The view after it, and the text that the row of `znode` holds then; None: it is in line no more."""

    view: DashboardView
    znode: str
    text: str | None


class Line:
    """A line as a dashboard tells it that has seen it for a while: with beliefs, and as many events as it tells of."""

    def __init__(self, count: int) -> None:
        self._script = Script()
        self._members: list[LineMember] = list(many(count, at=time.time()))
        self._departed: list[DepartedMember] = []
        self._events: list[Event] = []
        self._ids = itertools.count(1)
        for number in range(max(1, count - _TOLD + 1), count + 1):
            self._tell("joined", number, f"node{number} joined at the end of the line.")

    def view(self) -> DashboardView:
        """What there is now, with a revision of its own."""
        asked: dict[str, Belief | None] = {
            one.znode: belief(int(one.znode[2:]), leads=one.role == "leader", watching=one.watching, at=time.time())
            for one in self._members[:_ASKED]
        }
        return self._script.view(
            *self._members,
            at=time.time(),
            departed=tuple(self._departed[-_DEPARTED:]),
            events=tuple(self._events[-_TOLD:]),
            beliefs=asked,
        )

    def changes(self) -> Iterator[Change]:
        """Without end, in turn: one in the middle leaves, one joins, one falls behind, it catches up."""
        while True:
            for change in (self.leave, self.join, self.fall_behind, self.catch_up):
                about, text = change()
                yield Change(self.view(), about, text)

    def leave(self) -> tuple[str, str | None]:
        """The one in the middle; the one behind it watches the one before it."""
        place = len(self._members) // 2
        gone = self._members.pop(place)
        self._departed.append(departed(int(gone.znode[2:]), at=time.time()))
        self._tell("gone", int(gone.znode[2:]), f"{gone.name} is gone.")
        ahead = self._members[place - 1].znode
        self._put(place, watching=ahead, predecessor=ahead)
        return gone.znode, None

    def join(self) -> tuple[str, str | None]:
        """A new one at the end."""
        last = self._members[-1]
        number = int(last.znode[2:]) + 1
        self._members.append(member(number, at=time.time()))
        self._tell("joined", number, f"node{number} joined at the end of the line.")
        return znode(number), f"node{number}"

    def fall_behind(self) -> tuple[str, str | None]:
        """The one in the middle says that it watches one that is not there."""
        place = len(self._members) // 2
        self._put(place, watching=znode(0), in_sync=False)
        return self._members[place].znode, "In transition"

    def catch_up(self) -> tuple[str, str | None]:
        """It watches the one ahead of it again."""
        place = len(self._members) // 2
        ahead = self._members[place - 1].znode
        self._put(place, watching=ahead, in_sync=True)
        self._tell(
            "watch_moved", int(self._members[place].znode[2:]), f"{self._members[place].name} watches {ahead} now."
        )
        return self._members[place].znode, "Yes"

    def _put(self, place: int, **fields: object) -> None:
        self._members[place] = replace(self._members[place], **fields)

    def _tell(self, kind: EventKind, about: int, text: str) -> None:
        self._events.append(event(next(self._ids), kind, about, text, at=time.time()))
