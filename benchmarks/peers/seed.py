"""The example that this project started from, in its own terms: everyone watches the one ahead, and lists again.

`python benchmarks/peers/seed.py HOSTS NAME TIMEOUT_S`; says `joined` and `leads` with the Unix time; SIGTERM: leaves.
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
    hosts, _, timeout_s = sys.argv[1:]
    client = KazooClient(hosts, timeout=float(timeout_s))
    client.start()
    client.ensure_path("/seed")
    own = client.create("/seed/c_", ephemeral=True, sequence=True).rpartition("/")[2]
    over, changed = threading.Event(), threading.Event()

    def leave(*_: object) -> None:
        over.set()
        changed.set()

    signal.signal(signal.SIGTERM, leave)
    say("joined")
    while not over.is_set():
        changed.clear()
        ahead = [name for name in sorted(client.get_children("/seed")) if name < own]
        if not ahead:
            say("leads")
            over.wait()
        elif client.exists(f"/seed/{ahead[-1]}", watch=lambda _: changed.set()) is not None:
            changed.wait()
    client.stop()
    client.close()


main()
