"""News for the dashboard's view, told as a story: members, snapshots, entries, and what the view makes of them."""

from typing import Any

from msgspec.structs import replace

from dashboard import view
from dashboard.departures import SeenEntry
from dashboard.news import Followed, LeaderSaid, Moment, News, RegistryRead
from dashboard.view import Known
from succession.wire import ClusterSnapshot, DashboardView, Event, LineMember, Member

T0 = 1_700_000_000.0


def znode(number: int) -> str:
    return f"c_{number:010d}"


def row(number: int, behind: int | None = None, **changed: Any) -> LineMember:
    """The row of node<number>, in line behind another, or first."""
    ahead = None if behind is None else znode(behind)
    values: dict[str, Any] = {
        "name": f"node{number}",
        "znode": znode(number),
        "role": "leader" if behind is None else "worker",
        "watching": ahead,
        "address": f"http://127.0.0.1:{8080 + number}",
        "session_id": f"0x{number}",
        "session_timeout_ms": 2000,
        "joined_at": T0,
        "role_since_at": T0,
        "takeover": None,
        "predecessor": ahead,
        "in_sync": True,
    }
    return LineMember(**(values | changed))


def line(*numbers: int) -> tuple[LineMember, ...]:
    return tuple(row(number, None if i == 0 else numbers[i - 1]) for i, number in enumerate(numbers))


def snapshot(
    *members: LineMember, token: int | None = 100, revision: int = 200, leader: str | None = "", **changed: Any
) -> ClusterSnapshot:
    said = ClusterSnapshot(
        revision=revision,
        leader=members[0].znode if leader == "" else leader,
        fencing_token=token,
        term=1,
        observed_at=T0,
        members=members,
        problems=(),
    )
    return replace(said, **changed)


def entry(number: int, czxid: int) -> Followed:
    return Followed(
        czxid,
        Member(
            name=f"node{number}",
            znode=znode(number),
            role="leader",
            watching=None,
            address=f"http://127.0.0.1:{8080 + number}",
            session_id=f"0x{number}",
            session_timeout_ms=2000,
            joined_at=T0,
            role_since_at=T0,
            takeover=None,
        ),
    )


def seen(*numbers: int) -> tuple[SeenEntry, ...]:
    """The entries of these nodes, all in one registry: which, is not what the view looks at."""
    return tuple(SeenEntry(f"/workers_service_registry/n_{n:010d}", znode(n), f"node{n}") for n in numbers)


def registry(followed: Followed | None, *more_czxids: int, connection: Any = "connected", **changed: Any) -> News:
    own = () if followed is None else (followed.czxid,)
    entries = () if followed is None else seen(int(followed.member.znode[2:]))
    said = RegistryRead(
        connection=connection, is_read=True, followed=followed, coordinators=(*own, *more_czxids), entries=entries
    )
    return replace(said, **changed)


class Story:
    """News told one after the other, at times counted from the start in seconds."""

    def __init__(self) -> None:
        self.known: Known = view.first("epoch", Moment(at=T0, monotonic_s=0.0))

    def tell(self, news: News, at_s: float = 0.0) -> DashboardView:
        self.known = view.update(self.known, news, Moment(at=T0 + at_s, monotonic_s=at_s))
        return self.view

    def live(self, *numbers: int, token: int = 100, at_s: float = 0.0) -> DashboardView:
        """A cluster that led before the dashboard started."""
        members = line(*numbers)
        followed = entry(numbers[0], token)
        self.tell(registry(followed, entries=seen(*numbers)), at_s)
        return self.tell(LeaderSaid(token, snapshot(*members, token=token)), at_s)

    @property
    def view(self) -> DashboardView:
        return self.known.view

    def events(self, *kinds: str) -> list[Event]:
        return [event for event in self.view.events if not kinds or event.kind in kinds]
