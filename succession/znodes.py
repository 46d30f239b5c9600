"""A znode as it was read, and the operations that a transaction is made of.

Pure values: they may be made and read in any thread.
"""

from dataclasses import dataclass
from typing import NamedTuple

CONTAINER_OWNER = -(2**63)  # ZooKeeper marks a container znode by this owner; it is no session


class Znode(NamedTuple):
    """One znode at the moment it was read. Times are Unix milliseconds, `owner` 0 for one that is persistent.

    One whose access list admits no reading has empty data, and `may_be_read` says so.
    """

    path: str
    data: bytes
    version: int
    czxid: int
    mzxid: int
    pzxid: int
    owner: int
    ctime_ms: int
    may_be_read: bool = True

    @property
    def is_ephemeral(self) -> bool:
        """Whether a session owns it, and its end will delete it."""
        return self.owner not in (0, CONTAINER_OWNER)


class Children(NamedTuple):
    """The names below one znode, unordered.

    `pzxid` is the transaction that last changed them, `cversion` how many changes there were until then.
    """

    path: str
    names: tuple[str, ...]
    pzxid: int
    cversion: int


@dataclass(frozen=True)
class Check:
    """The transaction commits only if the znode is there, and at this version unless it is -1."""

    path: str
    version: int = -1


@dataclass(frozen=True)
class Create:
    """Make a znode; a sequential one gets ten digits after `path`."""

    path: str
    data: bytes
    ephemeral: bool = False
    sequential: bool = False


@dataclass(frozen=True)
class SetData:
    """Replace the data of a znode that is at this version."""

    path: str
    data: bytes
    version: int


@dataclass(frozen=True)
class Delete:
    """Delete a znode that is at this version, or at any if it is -1."""

    path: str
    version: int = -1


Operation = Check | Create | SetData | Delete


class Written(NamedTuple):
    """What one operation of a committed transaction answered.

    `path` is the path made; `zxid` and `version` are known only of SetData.
    """

    path: str
    zxid: int | None = None
    version: int | None = None
