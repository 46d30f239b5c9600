"""Statuses: `GET /status` of the nodes in line: whom to ask, and one question.

`ask` runs in threads of a pool, each for half a second; `first_in_line` reads the registry as it was last read.
"""

import functools
import re
import ssl
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from dashboard import beliefs
from dashboard.rounds import DEADLINE_S
from succession.errors import Undecodable
from succession.exchange import exchange
from succession.registry import RegistryContents
from succession.wire import MOST_BELIEFS, Belief, NodeStatus, decode

_LARGEST_ANSWER_BYTES = 64 * 1024
_OK = re.compile(rb"HTTP/1\.[01] 200\s")


class Candidate(NamedTuple):
    """Whom to ask, and where it says in the registry that it is."""

    znode: str
    address: str


def first_in_line(contents: RegistryContents) -> list[Candidate]:
    """The nodes in line whose entry can be read, the leader first, and no more than are asked."""
    # A node that moves between the registries may be in both for a moment: the newer entry counts.
    entries = sorted((*contents.coordinators, *contents.workers), key=lambda entry: entry.czxid)
    addresses = {entry.data.member.znode: entry.data.member.address for entry in entries if entry.data is not None}
    return [Candidate(znode, addresses[znode]) for znode in sorted(addresses)[:MOST_BELIEFS]]


def ask(candidate: Candidate) -> Belief | None:
    """What this candidate says of itself now; None if it does not say it in time, or another is there."""
    try:
        status = decode(_get(candidate.address, "/status"), NodeStatus)
    except (OSError, ValueError, Undecodable):
        return None
    return beliefs.believed(candidate.znode, status, time.time())


def _get(address: str, path: str) -> bytes:
    """The body of a page that answers 200. Follows no redirect and uses no proxy. Raises OSError or ValueError."""
    url = urlsplit(address)
    tls = _tls() if url.scheme == "https" else None
    request = f"GET {path} HTTP/1.0\r\nHost: {url.netloc}\r\n\r\n".encode("ascii")
    answer = exchange(
        url.hostname or "",
        url.port or (80 if tls is None else 443),
        request,
        within_s=DEADLINE_S,
        most_bytes=_LARGEST_ANSWER_BYTES,
        tls=tls,
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    if _OK.match(head) is None:
        raise ValueError("it does not answer with 200")
    return body


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
