"""Many candidates in one process, for `benchmarks/candidates.py`: `python -m benchmarks.crowd HOSTS NAME COUNT`.

Each has a session, an entry and threads of its own, as it would alone. Says `joined` once all are in line, and stays.
"""

import collections
import sys
import threading
import time

from succession import LeaderElection, ServiceRegistry, ZooKeeperSession

TIMEOUT_S = 30.0  # so that their touches leave the machine to what is measured
_SWITCH_S = 0.1  # who waits for Python's lock wakes that often: by its 5 ms, a thousand threads do nothing else
_AT_ONCE = 20  # who join; the rest of the line should not feel it


def main() -> None:
    hosts, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.setswitchinterval(_SWITCH_S)
    joining: collections.deque[LeaderElection] = collections.deque()
    for number in range(count):
        joining.append(_joined(hosts, f"{name}-{number}"))
        if len(joining) == _AT_ONCE:
            _await_place(joining.popleft())
    for election in joining:
        _await_place(election)
    sys.stdout.write(f"joined {time.time()}\n")
    sys.stdout.flush()
    threading.Event().wait()


def _joined(hosts: str, name: str) -> LeaderElection:
    session = ZooKeeperSession(hosts, TIMEOUT_S)
    data = {"address": "http://127.0.0.1:1"}  # nobody asks it anything
    election = LeaderElection(session, name=name, data=data, registry=ServiceRegistry(session))
    election.join()
    return election


def _await_place(election: LeaderElection) -> None:
    while election.state.role != "worker":
        time.sleep(0.005)


if __name__ == "__main__":
    main()
