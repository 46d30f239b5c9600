"""Members of services that stand on the library: one that uses it as it is meant, and some that do not."""

from succession import ElectionState, LeaderElection, SuccessionError, ZooKeeperSession


class Conforming:
    """Asks the library at the moment it acts."""

    def __init__(self, hosts: str, name: str) -> None:
        self.session = ZooKeeperSession(hosts, 2.0)
        self.election = LeaderElection(self.session, name=name, on_change=self.take_role)
        self.election.join()

    def acts(self) -> bool:
        return self.election.is_leader

    def take_role(self, state: ElectionState) -> None:
        """Nothing depends on when this is told."""

    def close(self) -> None:
        self.session.close()


class TrustsItsMemory(Conforming):
    """Begins when it is told that it leads, and ends when it is told that it has left."""

    is_on = False

    def take_role(self, state: ElectionState) -> None:
        self.is_on = state.role != "out" and (self.is_on or state.leadership is not None)

    def acts(self) -> bool:
        return self.is_on


class AsksWhoHoldsTheClaim(Conforming):
    """Goes by the claim instead of its own lease, and by what it heard last where ZooKeeper does not answer."""

    heard = False

    def acts(self) -> bool:
        try:
            leader = self.election.leader()
            self.heard = leader is not None and leader.name == self.election.name
        except SuccessionError:
            pass
        return self.heard


class NeverCloses(Conforming):
    """Forgets its session, whose threads and znodes stay."""

    def close(self) -> None:
        """Nothing."""


class FailsLater(Conforming):
    """Cannot make its second member."""

    def __init__(self, hosts: str, name: str) -> None:
        if name == "b":
            raise RuntimeError("b cannot be made")
        super().__init__(hosts, name)
        MADE.append(self)


MADE: list[FailsLater] = []
