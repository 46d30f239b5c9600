"""The faults of a chaos run: what each does, to whom, and how it ends.

Runs in the chaos's own thread. Everything random comes from one seeded generator, in one order.
"""

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from playground.chaos_cluster import ChaosCluster
from playground.history import Seen
from playground.processes import OwnedProcess
from succession import SuccessionError, ZooKeeperSession
from succession.clock import boottime_s
from succession.testing import delete_znode

_LONGEST_TIMEOUTS = 2.5
"""How many session timeouts a fault lasts at most: some end before anyone has noticed, some long after."""


@dataclass(frozen=True)
class Done:
    """A fault that was begun: what it is, whom nothing else may be done to meanwhile, and how and when it ends."""

    text: str
    target: str
    end: Callable[[], None] | None = None
    end_s: float = 0.0
    died_s: float | None = None  # since when the target is dead, where that is what the fault is


def _start_anew(process: OwnedProcess) -> None:
    process.kill()  # a supervisor that still tries to reach ZooKeeper
    process.start()


class Faults:
    """Begins faults at random; `under_way` are those that have not ended."""

    def __init__(self, cluster: ChaosCluster, session: ZooKeeperSession, seed: int, session_timeout_s: float) -> None:
        self._cluster = cluster
        self._session = session
        self._random = random.Random(seed)
        self._timeout_s = session_timeout_s
        self._may_evict_s = 0.0
        self.under_way: list[Done] = []

    def pause_s(self) -> float:
        """How long to wait for the next fault."""
        return self._random.uniform(0.1, 0.9) * self._timeout_s

    def begin(self, seen: Seen | None) -> Done | None:
        """Begin one fault of those that are possible now; None if the one that came up is not."""
        random_ = self._random
        node, server = self._some_node(seen), random_.choice(self._cluster.server_names)
        choices: list[tuple[float, Callable[[str], Done | None]]] = [
            (2, self._kill),
            (2, self._crash),
            (4, self._freeze),
            (3, self._cut),
            (2, self._swallow),
            (2, self._lose_connection),
            (2, self._lose_reply),
            (1, self._delay),
        ]
        kind = random_.choices(("node", "server", "znode"), (6, 2, 2))[0]
        weights, acts = zip(*choices, strict=True)
        act = random_.choices(acts, weights)[0]
        server_act = random_.choice((self._kill, self._freeze, self._isolate, self._isolate))
        if kind == "znode":
            return self._delete(seen)
        target = node if kind == "node" else server
        busy = {done.target for done in self.under_way}
        if target in busy or (kind == "server" and not self._cluster.are_serving()):
            return None  # three servers bear the loss of one: who is just coming back is not back yet
        done = act(node) if kind == "node" else server_act(server)
        if done is not None and done.end is not None:
            self.under_way.append(done)
        return done

    def end_due(self, *, every: bool = False) -> list[Done]:
        """End the faults whose time has come, or every one; those that ended."""
        due = [done for done in self.under_way if every or done.end_s <= boottime_s()]
        for done in due:
            if done.end is not None:
                done.end()
            self.under_way.remove(done)
        return due

    def _some_node(self, seen: Seen | None) -> str:
        """The leader as often as all others together: it is the one that matters."""
        leader = None
        if seen is not None and seen.claim is not None:
            owner = seen.claim.owner
            leader = next((one.name for one in seen.candidates if one.owner == owner), None)
        wants_leader, other = self._random.random() < 0.5, self._random.choice(self._cluster.nodes)
        return leader if wants_leader and leader is not None else other

    def _lasting(self, text: str, target: str, end: Callable[[], None]) -> Done:
        return Done(text, target, end, boottime_s() + self._random.uniform(0.1, _LONGEST_TIMEOUTS) * self._timeout_s)

    # --- processes ------------------------------------------------------------------------------------------------

    def _kill(self, name: str) -> Done:
        process = self._cluster.processes[name]
        process.kill()
        return self._lasting(f"{name} is killed", name, process.start)

    def _crash(self, name: str) -> Done:
        """Its session may be ended at any moment from here on, since its parent witnesses its death."""
        process = self._cluster.processes[name]
        died_s = boottime_s()
        process.kill_child()
        done = self._lasting(f"{name} crashes, and its supervisor is left", name, partial(_start_anew, process))
        return replace(done, died_s=died_s)

    def _freeze(self, name: str) -> Done:
        process = self._cluster.processes[name]
        process.freeze()
        return self._lasting(f"{name} is frozen", name, process.thaw)

    def _isolate(self, name: str) -> Done:
        number = self._cluster.server_names.index(name) + 1
        self._cluster.relays.isolate(number)
        return self._lasting(f"{name} is cut off from its ensemble", name, partial(self._cluster.relays.heal, number))

    # --- connections ----------------------------------------------------------------------------------------------

    def _some_proxies(self) -> list[int]:
        count = self._random.choice((1, 3, 3))
        return sorted(self._random.sample(range(3), count))

    def _heal(self, node: str) -> None:
        for proxy in self._cluster.proxies[node]:
            proxy.heal()

    def _cut(self, node: str) -> Done:
        numbers = self._some_proxies()
        for number in numbers:
            self._cluster.proxies[node][number].cut()
        text = f"{node} is cut off from servers {[number + 1 for number in numbers]}"
        return self._lasting(text, node, partial(self._heal, node))

    def _swallow(self, node: str) -> Done:
        numbers = self._some_proxies()
        for number in numbers:
            self._cluster.proxies[node][number].drop()
        text = f"what {node} and servers {[number + 1 for number in numbers]} say to each other is swallowed"
        return self._lasting(text, node, partial(self._heal, node))

    def _delay(self, node: str) -> Done:
        delay_s = self._random.uniform(0.02, 0.3) * self._timeout_s
        for proxy in self._cluster.proxies[node]:
            proxy.delay(delay_s)
        text = f"what {node} and ZooKeeper say to each other takes {delay_s * 1000:.0f} ms longer"
        return self._lasting(text, node, partial(self._heal, node))

    def _lose_connection(self, node: str) -> Done:
        for proxy in self._cluster.proxies[node]:
            proxy.cut_once()
        return Done(f"{node} loses its connection", node)

    def _lose_reply(self, node: str) -> Done:
        for proxy in self._cluster.proxies[node]:
            proxy.cut_reply_to("multi")
        return Done(f"{node} loses the reply to its next transaction, and the connection", node)

    # --- znodes ---------------------------------------------------------------------------------------------------

    def _delete(self, seen: Seen | None) -> Done | None:
        """Delete a candidate, the claim or an entry by hand.

        Not a candidate or a claim soon after another: one leader's both, within its session timeout, leave nothing
        that says that it may still lead (design, rule 4).
        """
        what = self._random.choice(("candidate", "claim", "entry"))
        number = self._random.random()
        if seen is None or (what != "entry" and boottime_s() < self._may_evict_s):
            return None
        if what == "claim":
            paths = ["/election_leader"] if seen.claim else []
        elif what == "candidate":
            line = sorted(f"/election/{one.znode}" for one in seen.candidates)
            paths = line[:1] if number < 0.5 else line
        else:
            paths = [entry.path for entry in seen.entries]
        if not paths:
            return None
        path = paths[int(number * len(paths))]
        if what != "entry":
            self._may_evict_s = boottime_s() + 3 * self._timeout_s  # a call that is not answered may run late
        with contextlib.suppress(SuccessionError):  # gone by itself, or ZooKeeper is away
            delete_znode(self._session, path)
        return Done(f"{path} is deleted by hand", path)
