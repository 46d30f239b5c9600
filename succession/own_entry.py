"""OwnEntry: the registry entries that belong to my session, found and written.

Belongs to one thread, the election's or the registry's own. An entry is mine only if my present session owns it.
"""

from collections.abc import Sequence

from succession.errors import NoNode, OutcomeUnknown
from succession.session import ZooKeeperSession
from succession.znodes import Create, Delete, Operation, SetData, Znode


class OwnEntry:
    """My entries as last looked at. Normally that is one; after a lost reply it may be more, until written again."""

    def __init__(self, session: ZooKeeperSession, coordinators: str, workers: str) -> None:
        self._session = session
        self._parents = (coordinators, workers)
        self._session_id: int | None = None
        self._must_search = True  # a create's reply was lost: only a search finds what it made
        self.paths: tuple[str, ...] = ()  # what I know of, whether or not it is still there
        self.found: tuple[Znode, ...] = ()

    def search_next(self) -> None:
        """Have the next look search both registries, since a write's outcome is unknown."""
        self._must_search = True

    def look(self) -> None:
        """Read my entries, with a watch on each."""
        session_id = self._session.state.session_id
        if session_id != self._session_id:
            # Nothing of an earlier session is mine; what a late call of it makes is found by the search.
            self._session_id, self.paths, self._must_search = session_id, (), True
        paths = self.paths
        if self._must_search:
            paths = tuple(path for path in self._session.owned() if path.rpartition("/")[0] in self._parents)
        read = self._session.get_all(paths, watch=True)
        self.found = tuple(znode for znode in read.values() if znode is not None and znode.owner == session_id)
        self.paths = tuple(znode.path for znode in self.found)
        self._must_search = False

    def changes(self, wanted: Sequence[tuple[str, bytes]]) -> list[Operation]:
        """What makes of the entries found the ones wanted, each a (path before the ten digits, data)."""
        operations: list[Operation] = []
        left = list(self.found)
        for prefix, data in wanted:
            kept = next((znode for znode in left if znode.path.startswith(prefix)), None)
            if kept is None:
                operations.append(Create(prefix, data, ephemeral=True, sequential=True))
                continue
            left.remove(kept)
            if kept.data != data:
                operations.append(SetData(kept.path, data, kept.version))
        return [*(Delete(znode.path) for znode in left), *operations]

    def write(self, wanted: Sequence[tuple[str, bytes]], guards: Sequence[Operation] = ()) -> bool:
        """Carry out `changes` in one transaction behind `guards`. False if there was nothing to change.

        Raises NoNode when a parent, a guard or an entry is gone; after OutcomeUnknown the next look searches.
        """
        operations = self.changes(wanted)
        if not operations:
            return False
        try:
            written = self._session.commit([*guards, *operations])[len(guards) :]
        except (NoNode, OutcomeUnknown):
            self._must_search = True
            raise
        deleted = {operation.path for operation in operations if isinstance(operation, Delete)}
        made = {done.path for done in written}
        self.paths = tuple(sorted((set(self.paths) | made) - deleted))
        return True
