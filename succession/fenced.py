"""Fenced: writes that ZooKeeper carries out only while the candidate still leads (rule 8).

Runs in the caller's thread. Everything is written in one transaction, or nothing is.
"""

from types import TracebackType
from typing import Self

from succession.errors import NoNode, NotLeader, Refused
from succession.leadership import Leadership
from succession.paths import ElectionPaths
from succession.session import ZooKeeperSession
from succession.znodes import Check, Create, Delete, Operation, SetData, Written, Znode

GUARDS = 2  # operations before the caller's own


class Fenced:
    """A leader's transaction: read with `get`, collect `set`, `create` and `delete`, committed at the block's end.

    What is set or deleted is so at the version that was read, so that a late or repeated transaction is refused too.
    Leaving the block raises NotLeader (nothing was written), another Refused (something changed since it was read;
    nothing was written), or OutcomeUnknown (read again to learn whether it was). It holds while the term
    stands: deleted by hand together with the candidates, the names and versions that are checked begin anew.
    """

    def __init__(self, session: ZooKeeperSession, paths: ElectionPaths, leadership: Leadership) -> None:
        self._session = session
        self._read: dict[str, int] = {}  # path -> version
        self._operations: list[Operation] = [
            Check(paths.candidate(leadership.znode)),
            Check(paths.term, leadership.term),
        ]
        self.written: tuple[Written, ...] = ()
        """What each operation came to, in order, once the block has been left: zxid and version of what was set."""
        self.fencing_token = leadership.fencing_token
        self.term = leadership.term

    def get(self, path: str) -> Znode | None:
        """The znode, or None if there is none; what is set later counts from this version."""
        znode = self._session.get(path)
        if znode is not None:
            self._read[path] = znode.version
        return znode

    def set(self, path: str, data: bytes) -> None:
        """Replace a znode's data at the version last read here; it is read now if it was not. Raises NoNode."""
        version = self._version(path)
        self._operations.append(SetData(path, data, version))
        self._read[path] = version + 1

    def create(self, path: str, data: bytes = b"") -> None:
        """Make a persistent znode."""
        self._operations.append(Create(path, data))
        self._read[path] = 0

    def delete(self, path: str) -> None:
        """Delete a znode at the version last read here; it is read now if it was not. Raises NoNode."""
        self._operations.append(Delete(path, self._version(path)))
        del self._read[path]

    def _version(self, path: str) -> int:
        if path not in self._read and self.get(path) is None:
            raise NoNode(f"{path}: there is no such znode")
        return self._read[path]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self.written = tuple(self._session.commit(self._operations)[GUARDS:])
            except Refused as refusal:
                if refusal.operation is not None and refusal.operation < GUARDS:
                    raise NotLeader("another leads, or nobody: ZooKeeper refused the write") from refusal
                raise
