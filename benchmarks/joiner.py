"""A member that joins and leaves at a word, candidate and entry at once: the change that a benchmark watches."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from kazoo.client import KazooClient

_WORKERS = "/workers_service_registry"
_FIRST = 9 * 10**8  # behind all that ZooKeeper numbers meanwhile


@contextmanager
def joining(hosts: str) -> Iterator["Joiner"]:
    """Whoever joins at a word, with a session of its own."""
    client = KazooClient(hosts)
    client.start(timeout=30)
    try:
        yield Joiner(client)
    finally:
        client.stop()
        client.close()


class Joiner:
    """Whoever joins through this client, one after the other."""

    def __init__(self, client: KazooClient) -> None:
        self._client = client
        self._number = _FIRST + client.get("/election")[1].cversion

    @property
    def znode(self) -> str:
        """Who is in line, or joins next."""
        return f"c_{self._number:010d}"

    def join(self) -> None:
        joining = self._client.transaction()
        joining.create(f"/election/{self.znode}", b"{}", ephemeral=True)
        joining.create(self._entry, self._said(), ephemeral=True)
        joining.commit()

    def leave(self) -> None:
        leaving = self._client.transaction()
        leaving.delete(f"/election/{self.znode}")
        leaving.delete(self._entry)
        leaving.commit()
        self._number += 1

    @property
    def _entry(self) -> str:
        return f"{_WORKERS}/n_{self._number:010d}"

    def _said(self) -> bytes:
        """What a member with this candidate would write: as one of the others did."""
        other = min(self._client.get_children(_WORKERS))
        entry = msgspec.json.decode(self._client.get(f"{_WORKERS}/{other}")[0])
        entry["member"] |= {"name": self.znode, "znode": self.znode}
        return msgspec.json.encode(entry)
