"""Faults that need no proxy: what ends a session or a connection, deletes a znode, or stops a process for a while.

Run in the test's own thread.
"""

import os
import signal

from succession.errors import NotConnected
from succession.session import ZooKeeperSession, close_session
from succession.znodes import Delete


def expire_session(session: ZooKeeperSession, within_s: float = 5.0) -> None:
    """End the session from outside, as its timeout would: its znodes are gone; it hears of it when it next speaks.

    Raises NotConnected when there is no session, or ZooKeeper did not end it in time.
    """
    state = session.state
    if state.session_id is None or not close_session(session.hosts, state.session_id, state.password, within_s):
        raise NotConnected("ZooKeeper did not end the session")


def lose_connection(session: ZooKeeperSession) -> None:
    """Break the session's TCP connection; it connects again by itself."""
    session.drop_connection()


def delete_znode(session: ZooKeeperSession, path: str) -> None:
    """Delete a znode as somebody's hand would. Raises NoNode when there is none."""
    session.commit([Delete(path)])


def freeze(pid: int) -> None:
    """Stop a process where it is (SIGSTOP), as a long garbage collection or a suspended machine would."""
    os.kill(pid, signal.SIGSTOP)


def thaw(pid: int) -> None:
    """Let a frozen process go on (SIGCONT)."""
    os.kill(pid, signal.SIGCONT)
