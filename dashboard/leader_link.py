"""LeaderLink: which coordinator entry to follow, and the stream of the node that it names.

`discover` is one thread's loop, over the registry. Each followed entry gets a thread of `followers`, so that one
that hangs on a dead address delays no successor; only what comes from the entry followed now is believed.
"""

import contextlib
import logging
import random
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import NamedTuple
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect

from dashboard.departures import SeenEntry, last_change
from dashboard.news import Followed, LeaderSaid, LinkBroke, News, RegistryRead
from serving.fanout import GOING_AWAY, GOING_DOWN
from succession.errors import Undecodable
from succession.feed import Feed
from succession.registry import Entry, RegistryContents
from succession.wire import ClusterSnapshot, Connection, decode

log = logging.getLogger(__name__)

# A node that does not know yet that it leads takes up to 1 s to answer.
_OPEN_TIMEOUT_S = 1.5
# Its stream says something each second; after 2 s without, the view says so, and then another connection is tried.
_RECV_TIMEOUT_S = 2.2
_FIRST_RETRY_S = 0.02
_LAST_RETRY_S = 0.5
_LARGEST_SNAPSHOT_BYTES = 16 * 1024 * 1024
_LOOK_AGAIN_S = 0.5


class LeaderLink:
    """Follows the newest coordinator entry, and tells what it finds as news."""

    def __init__(self, registry: Feed[RegistryContents], tell: Callable[[News], None], followers: Executor) -> None:
        self._registry = registry
        self._tell = tell
        self._followers = followers
        self._stream: _LeaderStream | None = None  # by the thread that runs `discover`
        self._connection: Connection = "lost"  # by the same
        self._problems: tuple[str, ...] = ()  # by the same

    def discover(self, stop: threading.Event) -> None:
        """Tell each change of the registry and follow its leader, until `stop`."""
        version = -1
        while not stop.is_set():
            newer = self._registry.wait_newer(version, _LOOK_AGAIN_S)
            if newer is not None:
                version, contents = newer
                self._look(contents)
        self._switch(None)

    def _look(self, contents: RegistryContents) -> None:
        leading = newest(contents.coordinators)
        entries = (*contents.coordinators, *contents.workers)
        followed = None if leading is None or leading.data is None else Followed(leading.czxid, leading.data.member)
        # Told before the stream is switched, so that no snapshot arrives before its entry.
        self._tell(
            RegistryRead(
                connection=contents.connection,
                is_read=contents.is_read,
                followed=followed,
                coordinators=tuple(entry.czxid for entry in contents.coordinators),
                entries=tuple(_seen(entry) for entry in entries),
                coordinators_changed=last_change(contents.coordinators_zxid, contents.coordinators_changes),
            )
        )
        if self._stream is not None and self._connection != "connected" == contents.connection:
            self._stream.try_now()  # while ZooKeeper was away its node did not lead, and said so
        self._connection = contents.connection
        if contents.is_read:
            self._switch(followed)
        for problem in contents.problems:
            if problem not in self._problems:
                log.warning("%s", problem)
        self._problems = contents.problems

    def _switch(self, followed: Followed | None) -> None:
        """Follow another entry at once; the former stream says nothing more from now on."""
        target = None if followed is None else _Target(followed.czxid, followed.member.address)
        if target == (None if self._stream is None else self._stream.target):
            return
        if self._stream is not None:
            self._stream.leave()
        self._stream = None if target is None else _LeaderStream(target, self._tell)
        if self._stream is not None:
            self._followers.submit(self._stream.follow)


def newest(coordinators: tuple[Entry, ...]) -> Entry | None:
    """The readable entry with the highest czxid; None when there is none."""
    readable = [entry for entry in coordinators if entry.data is not None]
    return max(readable, key=lambda entry: entry.czxid, default=None)


def _seen(entry: Entry) -> SeenEntry:
    if entry.data is None:
        return SeenEntry(entry.path, None, None)
    return SeenEntry(entry.path, entry.data.member.znode, entry.data.member.name)


class _Target(NamedTuple):
    czxid: int
    address: str


class _End(NamedTuple):
    """How a try ended: whether a snapshot came, why no more does (None: it fell silent), and what was said of that."""

    heard: bool
    problem: str | None
    is_goodbye: bool = False
    is_closed: bool = False


class _LeaderStream:
    """The stream of one coordinator entry: connected, read, and connected again, until it is left."""

    def __init__(self, target: _Target, tell: Callable[[News], None]) -> None:
        self.target = target
        self._tell = tell
        self._is_left = threading.Event()
        self._is_to_try = threading.Event()
        self._socket: socket.socket | None = None  # swapped by the thread that runs `follow`

    def leave(self) -> None:
        """Say nothing more, and wake the thread that reads. From any thread."""
        self._is_left.set()
        self._is_to_try.set()
        connected = self._socket
        if connected is not None:
            with contextlib.suppress(OSError):  # gone already
                connected.shutdown(socket.SHUT_RDWR)

    def try_now(self) -> None:
        """Do not wait for the next try, if one is waited for. From any thread."""
        self._is_to_try.set()

    def follow(self) -> None:
        """Tell each snapshot that comes, and each break, until the entry is left."""
        retry_s = _FIRST_RETRY_S
        while not self._is_left.is_set():
            end = self._read()
            if self._is_left.is_set():
                return
            log.debug("The stream of %s: %s.", self.target.address, end.problem)
            if end.problem is not None:
                self._tell(LinkBroke(self.target.czxid, end.problem, end.is_goodbye, end.is_closed))
            retry_s = _FIRST_RETRY_S if end.heard else retry_s
            if self._is_to_try.wait(retry_s * random.uniform(0.5, 1.0)):
                self._is_to_try.clear()
                retry_s = _FIRST_RETRY_S
            else:
                retry_s = min(retry_s * 2, _LAST_RETRY_S)

    def _read(self) -> _End:
        """Connect and read until it ends."""
        heard = False
        address = urlsplit(self.target.address)
        secure = address.scheme == "https"
        try:
            port = address.port or (443 if secure else 80)
            with socket.create_connection((address.hostname or "", port), timeout=_OPEN_TIMEOUT_S) as connected:
                self._socket = connected
                connected.settimeout(None)
                with connect(
                    f"{'wss' if secure else 'ws'}://{address.netloc}/cluster/stream",
                    sock=connected,  # and so no redirect is followed
                    proxy=None,
                    compression=None,
                    open_timeout=_OPEN_TIMEOUT_S,
                    close_timeout=0.1,
                    ping_interval=None,
                    max_size=_LARGEST_SNAPSHOT_BYTES,
                ) as stream:
                    while not self._is_left.is_set():
                        snapshot = decode(stream.recv(timeout=_RECV_TIMEOUT_S), ClusterSnapshot)
                        self._tell(LeaderSaid(self.target.czxid, snapshot))
                        heard = True
            return _End(heard, None)
        except Undecodable as error:
            return _End(heard, f"what it sends {error}")
        except ConnectionClosed as error:
            said = error.rcvd
            is_goodbye = said is not None and (said.code, said.reason) == (GOING_AWAY, GOING_DOWN)
            return _End(heard, "its stream broke", is_goodbye, is_closed=said is not None)
        except InvalidStatus as error:
            status = error.response.status_code
            says = (
                "it says that it does not lead" if status == 421 else f"it answered its stream's request with {status}"
            )
            return _End(heard, says)
        except TimeoutError:
            return _End(heard, None)
        except (WebSocketException, EOFError, ValueError):
            return _End(heard, "what it answers is not a WebSocket")
        except OSError as error:
            return _End(heard, f"it cannot be connected to ({(error.strerror or 'no reason given').lower()})")
        finally:
            self._socket = None
