"""Orders: what a browser asks of a node, passed on to the address and with the token that its registry entry has.

Runs in request threads; each order is carried out in a thread of `couriers`, and given up after 2 s in all.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as TookTooLong
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from succession.feed import Feed
from succession.registry import RegistryContents
from succession.wire import RegistryEntry

log = logging.getLogger(__name__)

_DEADLINE_S = 1.9  # the contract is 2 s at the browser


class NoSuchNode(Exception):
    """No readable entry has this znode."""


class NotObeyed(Exception):
    """The node did not answer in time, or refused. The text is a sentence for the user, without the token."""


class Orders:
    """Orders to the nodes in the registry, as it was last read."""

    def __init__(
        self, registry: Feed[RegistryContents], couriers: Executor, tell_killed: Callable[[str], None]
    ) -> None:
        self._registry = registry
        self._couriers = couriers
        self._tell_killed = tell_killed

    def kill(self, znode: str) -> str:
        """Have the node of `znode` die, and return its name. Raises NoSuchNode or NotObeyed."""
        entry = self._entry(znode)
        name = entry.member.name
        courier = self._couriers.submit(self._carry, entry)
        try:
            status = courier.result(timeout=_DEADLINE_S)
        except TookTooLong:
            courier.cancel()
            log.warning("%s was to be killed and did not answer in time.", name)
            raise NotObeyed(f"{name} did not answer within 2 seconds.") from None
        except (OSError, HTTPException, ValueError) as error:
            log.warning("%s was to be killed and could not be reached: %s.", name, type(error).__name__)
            raise NotObeyed(f"{name} could not be reached.") from error
        if status != 202:
            log.warning("%s refused to be killed: it answered %d.", name, status)
            raise NotObeyed(f"{name} refused: it answered {status}.")
        log.info("%s (%s) was killed from the page.", name, znode)
        return name

    def _carry(self, entry: RegistryEntry) -> int:
        """Give the order, and tell at once that it was taken: from then on nobody leads."""
        status = _post(entry.member.address, "/kill", entry.control_token)
        if status == 202:
            self._tell_killed(entry.member.znode)
        return status

    def _entry(self, znode: str) -> RegistryEntry:
        contents = self._registry.latest().value
        entries = (*contents.coordinators, *contents.workers)
        # A node that moves between the registries may be in both for a moment: the newer entry counts.
        for entry in sorted(entries, key=lambda entry: -entry.czxid):
            if entry.data is not None and entry.data.member.znode == znode:
                return entry.data
        raise NoSuchNode(f"There is no node {znode} in the registry.")


def _post(address: str, path: str, token: str) -> int:
    """The status that `address` answers to an order. Follows no redirect and uses no proxy."""
    url = urlsplit(address)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=_DEADLINE_S)
    try:
        connection.request("POST", path, headers={"Authorization": f"Bearer {token}", "Content-Length": "0"})
        return connection.getresponse().status
    finally:
        connection.close()
