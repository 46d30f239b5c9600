"""Members of an election in this process, and what is done to them from outside.

Runs in the test's own thread; everything that was made is closed at the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from kazoo.client import KazooClient

from succession import LeaderElection, ServiceRegistry, ZooKeeperSession
from succession.testing import eventually, expire_session


class Member:
    """One candidate with a session of its own."""

    def __init__(self, hosts: str, name: str, timeout_s: float, *, with_registry: bool) -> None:
        self.name = name
        self.session = ZooKeeperSession(hosts, timeout_s)
        registry = ServiceRegistry(self.session) if with_registry else None
        data = {"address": f"http://{name}:8081"}
        self.election = LeaderElection(self.session, name=name, data=data, registry=registry)

    @property
    def znode(self) -> str:
        znode = self.election.state.znode
        assert znode is not None, f"{self.name} is no candidate"
        return znode

    def expire(self) -> None:
        """End its session from outside: its znodes are gone, and it hears of it when it next speaks."""
        expire_session(self.session)


class Cluster:
    """Members of one election, and a plain client that looks at and meddles with their znodes."""

    def __init__(self, hosts: str, timeout_s: float, *, with_registry: bool) -> None:
        self.hosts = hosts
        self._timeout_s = timeout_s
        self._with_registry = with_registry
        self.members: list[Member] = []
        self.client = KazooClient(hosts)
        self.client.start(timeout=30)

    def add(self, *names: str) -> list[Member]:
        """Have these join, one after the other, so that they stand in line in this order."""
        added = []
        for name in names:
            member = Member(self.hosts, name, self._timeout_s, with_registry=self._with_registry)
            self.members.append(member)
            member.election.join()
            eventually(lambda member=member: self.settled(member))  # type: ignore[misc]
            added.append(member)
        return added

    @staticmethod
    def settled(member: Member) -> bool:
        """Whether it leads or stands in line."""
        state = member.election.state
        return member.election.is_leader or (state.role == "worker" and state.watching is not None)

    def leaders(self) -> list[str]:
        return [member.name for member in self.members if member.election.is_leader]

    def line(self) -> list[str]:
        """The candidates' znodes, first in line first."""
        return sorted(self.client.get_children("/election"))

    def close(self) -> None:
        for member in self.members:
            member.session.close()
        self.client.stop()
        self.client.close()


def overlap(former: Member, successor: Member) -> bool:
    """Wait until the successor leads; whether both did at any moment on the way."""
    both: list[bool] = []

    def successor_leads() -> bool:
        leads = successor.election.is_leader
        both.append(leads and former.election.is_leader)
        return leads

    eventually(successor_leads, within_s=20, every_s=0.001)
    return any(both)


@contextmanager
def running_cluster(hosts: str, timeout_s: float = 2.0, *, with_registry: bool = True) -> Iterator[Cluster]:
    """A cluster that is gone at the end."""
    cluster = Cluster(hosts, timeout_s, with_registry=with_registry)
    try:
        yield cluster
    finally:
        cluster.close()
