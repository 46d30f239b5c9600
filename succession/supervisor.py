"""Crash supervision for any program: a parent that outlives its child and ends the dead child's session at once.

`supervise` is the parent's main thread; what it is given runs in the child. Without it, or where both die together, a
successor waits for the session timeout. Programs under gunicorn have such a parent already: its master.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from succession.session_record import SessionRecord

log = logging.getLogger(__name__)

_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def supervise(main: Callable[[SessionRecord], None], hosts: str) -> NoReturn:
    """Fork, run `main` in the child, and when it has died end its session at `hosts`; exits with the child's status.

    `main` gives the record to its `ZooKeeperSession(…, record=record)`. SIGTERM, SIGINT and SIGHUP are passed on. To be
    called before any thread is started. A child that died of a signal is reported as a shell does: 128 and its number.
    """
    record = SessionRecord()
    child = os.fork()
    if child == 0:
        main(record)
        sys.exit(0)
    for passed_on in _PASSED_ON:
        signal.signal(passed_on, lambda number, _: os.kill(child, number))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if record.end(hosts):
        log.warning("the process died, and its session was ended for it")
    sys.exit(128 - code if code < 0 else code)
