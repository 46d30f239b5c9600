"""Chronicle: what the dashboard's log says of each change of the view: a line a change, in the events' own words.

For the thread that paints. It remembers only what it has said; the session itself says what becomes of ZooKeeper.
"""

import logging

from dashboard.happenings import called
from dashboard.view import Known
from succession.wire import DashboardView, Event, ViewState

# Shorter than that, a state is the way to the next one; longer than a dead cluster's last rows take to depart.
_LASTS_S = 1.5
_NOT_TOLD = frozenset({"zookeeper_lost", "zookeeper_back", "watch_moved"})

Line = tuple[int, str]  # its level, as logging counts, and its text


class Chronicle:
    """Turns what was known and what is known into lines."""

    def __init__(self) -> None:
        self._state: ViewState | None = None
        self._since_s = 0.0
        self._is_said = False  # of this state, that it lasts
        self._following: int | None = None  # the czxid of the entry whose leader was said to be followed
        self._lost: str | None = None  # the leader whose end was said
        self._knew_zookeeper = False
        self._silent_since_s: dict[str, float] = {}  # candidates that do not answer when they are asked
        self._said_silent: frozenset[str] = frozenset()

    def lines(self, before: Known, after: Known, now_s: float) -> list[Line]:
        """What to log, in order. `now_s` is monotonic."""
        self._knew_zookeeper = self._knew_zookeeper or after.connection == "connected"
        if after.view.state != self._state:
            self._state, self._since_s, self._is_said = after.view.state, now_s, False
            if after.view.state == "zookeeper_unreachable":
                self._following = None
        new = [event for event in after.view.events if event.id >= before.next_event_id]
        lines = [line for event in new if (line := self._of_event(event, after)) is not None]
        if after.view.state == "live" and after.followed is not None and after.followed.czxid != self._following:
            self._following = after.followed.czxid
            lines.append((logging.INFO, f"{called(after.followed.member)} leads; its stream is followed."))
        elif not self._is_said and now_s - self._since_s >= _LASTS_S:
            text = self._of_lasting(after)
            self._is_said = text is not None
            lines += [] if text is None else [(logging.INFO, text)]
        return lines + self._of_beliefs(after.view, now_s)

    def _of_beliefs(self, view: DashboardView, now_s: float) -> list[Line]:
        """Who does not answer for longer than one question, and who of those does again."""
        left = {row.znode for row in view.departed}
        answers = {
            znode: belief is not None and belief.is_answering
            for znode, belief in view.beliefs.items()
            if znode not in left
        }
        since_s = self._silent_since_s
        self._silent_since_s = {znode: since_s.get(znode, now_s) for znode in answers if not answers[znode]}
        silent = {znode for znode, since in self._silent_since_s.items() if now_s - since >= _LASTS_S}
        new = sorted(silent - self._said_silent)
        again = sorted(znode for znode in self._said_silent if answers.get(znode))
        self._said_silent = frozenset(silent)
        return [
            *((logging.WARNING, f"{_name(view, znode)} does not answer GET /status.") for znode in new),
            *((logging.INFO, f"{_name(view, znode)} answers GET /status again.") for znode in again),
        ]

    def _of_event(self, event: Event, after: Known) -> Line | None:
        if event.kind in _NOT_TOLD or (event.kind == "gone" and event.znode == self._lost):
            return None
        if event.kind == "leader_elected" and after.followed is not None:
            self._following = after.followed.czxid
        elif event.kind in ("leader_lost", "not_answering"):
            self._following = None
            self._lost = event.znode if event.kind == "leader_lost" else self._lost
        return logging.WARNING if event.kind == "not_answering" else logging.INFO, event.text

    def _of_lasting(self, after: Known) -> str | None:
        cluster = after.view.cluster
        if after.view.state == "zookeeper_unreachable" and not self._knew_zookeeper:
            return "Waiting for ZooKeeper."
        if after.view.state != "electing":
            return None
        if cluster is None:
            return "No leader is known yet; waiting for one."
        return None if cluster.members else "No node is in line; the next that joins will lead."


def _name(view: DashboardView, znode: str) -> str:
    members = () if view.cluster is None else view.cluster.members
    return next((called(member) for member in members if member.znode == znode), znode)
