"""ListOwned: ZooKeeper's own list of what a session owns, asked in one call; kazoo does not know that call.

Pure: kazoo's connection thread writes the request and reads the reply. Source: ZooKeeper's `zookeeper.jute`, since 3.6.
"""

import struct
from dataclasses import dataclass
from typing import ClassVar

_LENGTH = struct.Struct(">i")


@dataclass(frozen=True)
class ListOwned:
    """`getEphemerals`: the paths of the calling session's ephemeral znodes that begin with `prefix`."""

    prefix: str

    type: ClassVar[int] = 103  # ZooKeeper's `ZooDefs.OpCode`

    def serialize(self) -> bytes:
        prefix = self.prefix.encode()
        return _LENGTH.pack(len(prefix)) + prefix

    @classmethod
    def deserialize(cls, reply: bytes, offset: int) -> list[str]:
        (count,) = _LENGTH.unpack_from(reply, offset)
        paths = []
        for _ in range(count):
            offset += _LENGTH.size
            (length,) = _LENGTH.unpack_from(reply, offset)
            paths.append(bytes(reply[offset + _LENGTH.size : offset + _LENGTH.size + length]).decode())
            offset += length
        return paths
