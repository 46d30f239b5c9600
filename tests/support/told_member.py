"""A member of an election as a process of its own, which does what its standard input says, a word a line.

`leads` answers whether it leads; `begin` opens a fenced transaction that writes `/work`; `commit` ends it and answers
what became of it. Run as `python -m tests.support.told_member HOSTS NAME TIMEOUT_S`.
"""

import sys

from succession import LeaderElection, SuccessionError, ZooKeeperSession
from succession.fenced import Fenced


def main() -> None:
    """Answer one line to each word."""
    hosts, name, timeout_s = sys.argv[1:]
    election = LeaderElection(ZooKeeperSession(hosts, float(timeout_s)), name=name)
    election.join()
    pending: Fenced | None = None
    for word in sys.stdin:
        match word.strip():
            case "leads":
                answer = str(election.is_leader)
            case "begin":
                pending = election.fenced()
                pending.set("/work", f"by {name}".encode())
                answer = "begun"
            case "commit" if pending is not None:
                try:
                    with pending:
                        pass
                    answer = "committed"
                except SuccessionError as error:
                    answer = type(error).__name__
            case other:
                answer = f"what is {other!r}?"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
