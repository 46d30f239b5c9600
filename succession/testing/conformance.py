"""Whether a service that stands on this library acts as leader only while it is: a suite for anyone's own members.

    python -m pytest --pyargs succession.testing.conformance --succession-member my_service.members:make

`make(hosts, name)` starts one member of the service, in this process, on the ZooKeeper at `hosts`: see `Member`. Each
test breaks something of three of them, and looks on: nobody may ever act beside another, and in the end one does.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import pytest

from succession.election import LeaderElection
from succession.testing.faults import delete_znode, expire_session, lose_connection
from succession.testing.proxy import Proxy
from succession.testing.servers import ZooKeeperServer
from succession.testing.waiting import eventually, scaled

NAMES = ("a", "b", "c")
SETTLED_WITHIN_S = 30.0
STAYS_S = 1.0
_EVERY_S = 0.001


class Member(Protocol):
    """One member of a service, as its own code makes it."""

    @property
    def election(self) -> LeaderElection:
        """Its candidate, which has been told to join."""

    def acts(self) -> bool:
        """Whether at this moment it does, or would do, what only the leader may. Asked a thousand times a second."""

    def close(self) -> None:
        """Leave: its session is closed, and its threads end. May be called again."""


class Witness:
    """Looks at all members all the time, in a thread of its own, and keeps who acted beside whom."""

    def __init__(self, members: dict[str, Member]) -> None:
        self._members = members
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self.acted_together: set[tuple[str, ...]] = set()
        self.trouble: Exception | None = None
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def acting(self) -> tuple[str, ...]:
        """Who acts. Asked twice: who did so both times did so at the moment between."""
        first = {name for name, member in self._members.items() if member.acts()}
        return tuple(name for name, member in self._members.items() if name in first and member.acts())

    def _run(self) -> None:
        while not self._over.wait(_EVERY_S):
            try:
                acting = self.acting()
            except Exception as error:  # noqa: BLE001 -- the user's code may raise anything, and the test tells it
                self.trouble = error
                return
            if len(acting) > 1:
                self.acted_together.add(acting)


class Service:
    """Three members, each behind a proxy of its own."""

    def __init__(self, proxies: dict[str, Proxy], members: dict[str, Member], witness: Witness) -> None:
        self.proxies = proxies
        self.members = members
        self.witness = witness

    @property
    def leader(self) -> str:
        """Who acts, and nobody else does."""
        acting = self.witness.acting()
        assert len(acting) == 1, f"{acting or 'nobody'} acts"
        return acting[0]

    def election_of(self, name: str) -> LeaderElection:
        return self.members[name].election

    def settle(self) -> str:
        """Wait until one acts, and all stand in one line, each once; who acts."""
        return eventually(self._settled, SETTLED_WITHIN_S)

    def replaced(self, former: str) -> str:
        """Wait until another than `former` acts; who."""
        return eventually(lambda: self.leader.replace(former, ""), SETTLED_WITHIN_S)

    def _settled(self) -> str:
        leader = self.leader
        line = [candidate.znode for candidate in self.election_of(leader).candidates()]
        own = [self.election_of(name).state.znode for name in NAMES]
        assert sorted(line) == sorted(str(znode) for znode in own), f"the line is {line}, the members' own are {own}"
        return leader


@contextmanager
def _running(hosts: str, make: Callable[[str, str], Member]) -> Iterator[Service]:
    with ExitStack() as undo:
        proxies = {name: undo.enter_context(Proxy(hosts)) for name in NAMES}
        members: dict[str, Member] = {}
        for name, proxy in proxies.items():
            members[name] = make(proxy.hosts, name)
            undo.callback(members[name].close)
            undo.callback(proxy.heal)  # before the member is closed
            eventually(lambda name=name: members[name].election.state.znode, SETTLED_WITHIN_S)  # type: ignore[misc]
        witness = Witness(members)
        undo.callback(witness.stop)
        yield Service(proxies, members, witness)
        witness.stop()
        if witness.trouble is not None:
            raise witness.trouble
        assert not witness.acted_together, f"acted at the same time: {witness.acted_together}"


@pytest.fixture
def service(succession_hosts: str, succession_member: Callable[[str, str], Member]) -> Iterator[Service]:
    """Three members of the service under test, settled; whoever acts beside another fails the test."""
    with _running(succession_hosts, succession_member) as service:
        service.settle()
        yield service


def test_one_acts_and_goes_on_acting(service: Service) -> None:
    leader = service.leader
    assert not threading.Event().wait(scaled(STAYS_S))
    assert leader == service.leader


def test_who_resigns_stops_before_the_next_begins(service: Service) -> None:
    leader = service.leader
    service.election_of(leader).resign()
    service.replaced(leader)
    service.settle()


def test_who_is_closed_stops_before_the_next_begins_and_leaves_nothing_in_the_line(service: Service) -> None:
    leader = service.leader
    gone = service.election_of(leader).state.znode
    service.members[leader].close()
    successor = service.replaced(leader)
    line = [candidate.znode for candidate in service.election_of(successor).candidates()]
    assert gone not in line
    assert len(line) == len(NAMES) - 1


def test_a_leader_whose_session_expired_stops_before_the_next_begins(service: Service) -> None:
    leader = service.leader
    expire_session(service.election_of(leader).session)
    service.replaced(leader)
    service.settle()


def test_a_leader_whose_candidate_is_deleted_stops_before_the_next_begins(service: Service) -> None:
    leader = service.leader
    election = service.election_of(leader)
    delete_znode(election.session, f"{election.path}/{election.state.znode}")
    service.replaced(leader)
    service.settle()


def test_a_leader_that_is_cut_off_and_not_told_stops_before_the_next_begins(service: Service) -> None:
    """Packets are swallowed: only its own lease tells it."""
    leader = service.leader
    service.proxies[leader].drop()
    service.replaced(leader)
    assert not service.members[leader].acts()
    service.proxies[leader].heal()
    service.settle()


def test_a_lost_connection_ends_in_one_that_acts(service: Service) -> None:
    for name in NAMES:
        lose_connection(service.election_of(name).session)
    service.settle()


def test_lost_replies_end_in_one_that_acts_and_no_ghost_in_the_line(service: Service) -> None:
    for _ in range(3):
        leader = service.leader
        is_lost = service.proxies[leader].cut_reply_to("multi")
        service.election_of(leader).resign()
        assert is_lost.wait(scaled(SETTLED_WITHIN_S))
        service.settle()


def test_while_zookeeper_is_silent_nobody_acts_and_then_one_does(
    service: Service, succession_server: ZooKeeperServer
) -> None:
    succession_server.freeze()
    try:
        eventually(lambda: not service.witness.acting(), SETTLED_WITHIN_S)
    finally:
        succession_server.thaw()
    service.settle()


def test_while_zookeeper_is_away_nobody_acts_and_then_one_does(
    service: Service, succession_server: ZooKeeperServer
) -> None:
    succession_server.kill()
    try:
        eventually(lambda: not service.witness.acting(), SETTLED_WITHIN_S)
    finally:
        succession_server.start()
    service.settle()


def test_closed_members_leave_no_thread(succession_hosts: str, succession_member: Callable[[str, str], Member]) -> None:
    before = set(threading.enumerate())
    with _running(succession_hosts, succession_member) as service:
        service.settle()

    def left() -> list[str]:
        return [thread.name for thread in set(threading.enumerate()) - before if not thread.name.startswith("proxy")]

    eventually(lambda: not left(), SETTLED_WITHIN_S)
