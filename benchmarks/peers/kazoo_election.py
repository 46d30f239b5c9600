"""kazoo's Election as a contender: `python benchmarks/peers/kazoo_election.py HOSTS NAME TIMEOUT_S`.

Says `joined` when it stands in line and `leads` with the Unix time when it leads; SIGTERM makes it leave in order.
"""

import signal
import sys
import threading
import time

from kazoo.client import KazooClient


def say(what: str) -> None:
    sys.stdout.write(f"{what} {time.time()}\n")  # whole: two threads speak
    sys.stdout.flush()


def main() -> None:
    hosts, name, timeout_s = sys.argv[1:]
    client = KazooClient(hosts, timeout=float(timeout_s))
    client.start()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())

    def lead() -> None:
        say("leads")
        over.wait()

    election = client.Election("/kazoo", name)
    threading.Thread(target=election.run, args=(lead,), daemon=True).start()
    while name not in election.contenders():
        time.sleep(0.01)
    say("joined")
    over.wait()
    client.stop()
    client.close()


main()
