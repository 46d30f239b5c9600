"""EnsembleWatch: what ZooKeeper's own servers answered last, told whole after each round of questions.

`hear` is called by the thread that asks around; a server that gives no answer is down.
"""

import time
from collections.abc import Callable, Mapping

from dashboard.news import EnsembleAsked
from dashboard.rounds import DEADLINE_S
from succession import four_letters
from succession.wire import MOST_SERVERS, Ensemble, EnsembleServer


class EnsembleWatch:
    """The servers that a connection string names; those beyond the first 40 are not asked."""

    def __init__(self, hosts: str, tell: Callable[[EnsembleAsked], None]) -> None:
        self.servers = four_letters.servers_of(hosts)[:MOST_SERVERS]
        self._tell = tell
        self._seen: dict[str, EnsembleServer] = {}  # by the thread that asks around

    def hear(self, answers: Mapping[str, EnsembleServer | None]) -> None:
        """Tell what is known of the servers now that these have answered, or have not."""
        for server, answer in answers.items():
            self._seen[server] = four_letters.read_srvr(server, "", time.time()) if answer is None else answer
        seen = tuple(self._seen[server] for server in self.servers if server in self._seen)
        self._tell(EnsembleAsked(Ensemble(servers=seen)))


def ask(server: str) -> EnsembleServer:
    """What the server at `host:port` says of itself, within the time that a round has."""
    return four_letters.ask_srvr(server, DEADLINE_S)
