"""Packets: how many a server has had from each session and sent to it, by its own count (`cons`).

Runs in the caller's thread; `read_cons` is pure. Every request has one answer: what was sent beyond that are watches
that fired.
"""

import re
from typing import NamedTuple

from succession.testing.servers import ZooKeeperServer

_CONNECTION = re.compile(r"recved=(\d+),sent=(\d+),sid=0x([0-9a-f]+),")


class Packets(NamedTuple):
    """Of one session's present connection."""

    received: int
    sent: int

    @property
    def notified(self) -> int:
        """How many watches have fired; one less for each request that is not answered yet."""
        return self.sent - self.received


def packets(server: ZooKeeperServer) -> dict[int, Packets]:
    """By session id, of all that are connected to this server now."""
    return read_cons(server.four_letter_word("cons"))


def notified(server: ZooKeeperServer) -> dict[int, int]:
    """How many watches of each session have fired on its present connection: the most of two looks."""
    looks = [packets(server), packets(server)]
    return {session: max(look[session].notified for look in looks) for session in looks[0].keys() & looks[1].keys()}


def read_cons(answer: str) -> dict[int, Packets]:
    """An answer to `cons`."""
    found = _CONNECTION.findall(answer)
    return {int(session_id, 16): Packets(int(received), int(sent)) for received, sent, session_id in found}
