"""A member of an election under crash supervision: `python -m tests.support.supervised HOSTS NAME TIMEOUT_S [off]`.

Prints its child's pid, and `leads` when it comes to lead; `exit N` on its standard input ends the child with status N.
"""

import os
import sys

from succession import ElectionState, LeaderElection, ServiceRegistry, SessionRecord, ZooKeeperSession, supervise


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(record: SessionRecord | None) -> None:
    hosts, name, timeout_s = sys.argv[1:4]
    say(str(os.getpid()))

    def tell(state: ElectionState) -> None:
        if state.leadership is not None:
            say("leads")

    session = ZooKeeperSession(hosts, float(timeout_s), record=record)
    registry = ServiceRegistry(session)
    election = LeaderElection(session, name=name, data={"address": "http://x:1"}, registry=registry, on_change=tell)
    election.join()
    for line in sys.stdin:
        word, _, status = line.strip().partition(" ")
        if word == "leave":
            session.close()
        sys.exit(int(status or "0"))


if __name__ == "__main__":
    if sys.argv[4:] == ["off"]:
        main(None)
    else:
        supervise(main, sys.argv[1])
