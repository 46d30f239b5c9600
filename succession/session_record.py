"""SessionRecord: a session's id and password in memory that a process shares with its parent, and with nobody else.

The child's connection thread writes; the parent reads once the child is dead and reaped, and ends its session. Made
before the fork. Never on disk or in a log: whoever knows both can end the session.
"""

import mmap
import struct

from succession.raw_session import PASSWORD_BYTES, close_session

_SLOT = struct.Struct(f"<qd{PASSWORD_BYTES}s?")  # id, granted timeout in seconds, password, whether there is one
_GENERATION = struct.Struct("<Q")
_SLOTS_AT = _GENERATION.size
_NO_SESSION = (0, 0.0, b"", False)


class SessionRecord:
    """Two slots and a generation that says which one counts: whoever dies in mid-write leaves the other whole."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SLOTS_AT + 2 * _SLOT.size)
        self._write(1, _NO_SESSION)

    def keep(self, session_id: int, password: bytes, timeout_s: float) -> None:
        """From now on this is the session. By the child, one thread at a time, before it makes any znode in it."""
        self._write(self._generation + 1, (session_id, timeout_s, password, True))

    def forget(self) -> None:
        """There is no session to end: it was closed in order."""
        self._write(self._generation + 1, _NO_SESSION)

    def end(self, hosts: str) -> bool:
        """Close the session at `hosts`; whether there was one and ZooKeeper has ended it, within its timeout.

        By the parent, and only once it has reaped the child: a session is ended by its owner's word, by its timeout or
        after its owner's death was witnessed, and election rule 7 rests on that.
        """
        session_id, timeout_s, password, is_kept = _SLOT.unpack_from(self._memory, self._place(self._generation))
        return is_kept and close_session(hosts, session_id, password, deadline_s=timeout_s)

    @property
    def _generation(self) -> int:
        (generation,) = _GENERATION.unpack_from(self._memory, 0)
        assert isinstance(generation, int)
        return generation

    def _write(self, generation: int, slot: tuple[int, float, bytes, bool]) -> None:
        _SLOT.pack_into(self._memory, self._place(generation), *slot)
        _GENERATION.pack_into(self._memory, 0, generation)  # eight aligned bytes: all of them or none

    @staticmethod
    def _place(generation: int) -> int:
        return _SLOTS_AT + generation % 2 * _SLOT.size
