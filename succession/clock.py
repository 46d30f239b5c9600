"""The clock of leases, and a bound on what has none of its own.

No thread of its own but those that `run_within` starts.
"""

import threading
import time
from collections.abc import Callable

# Linux stops CLOCK_MONOTONIC while a machine sleeps; macOS counts on, and has no CLOCK_BOOTTIME.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boottime_s() -> float:
    """Monotonic seconds that count while the process is stopped or the machine sleeps."""
    return time.clock_gettime(_CLOCK)


def run_within(timeout_s: float, name: str, work: Callable[[], None]) -> bool:
    """Run `work` in a daemon thread and wait at most `timeout_s` seconds: True if it ended in time."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return not thread.is_alive()
