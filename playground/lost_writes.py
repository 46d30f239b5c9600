"""Whether ZooKeeper kept its own word during a chaos run: if not, nothing that follows can be judged.

Pure. Seen with three servers of 3.8.0: a follower whose synchronization with a new ensemble leader breaks off may count
as the newest afterwards, and truncate the others' logs (ZOOKEEPER-4643, -4646, -4685; newer ones do not).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from playground import history
from playground.history import Fault, Healed, Outcome


@dataclass(frozen=True)
class Lost:
    """ZooKeeper went back behind what it had acknowledged: nothing that happened after `at_s` proves anything."""

    at_s: float
    text: str


def lost_by_zookeeper(records: Sequence[history.Any]) -> Lost | None:
    """The first sign that the ensemble lost a write that it had acknowledged, whoever wrote it and however.

    A znode's version rises with every write. Of the job's, which nobody deletes, a later write (by zxid) with a
    version that is not higher means that writes in between are gone.
    """
    newest: tuple[int, int, float] | None = None  # zxid, version, at_s
    for record in records:
        if not isinstance(record, Outcome) or record.zxid is None or record.version is None:
            continue
        if newest is not None and record.zxid > newest[0] and record.version <= newest[1]:
            was, now = f"{newest[1]} of the job's znode at zxid {newest[0]:#x}", f"{record.version} at {record.zxid:#x}"
            return Lost(newest[2], f"version {was}, then {now}")
        if newest is None or record.zxid > newest[0]:
            newest = record.zxid, record.version, record.at_s
    return None


def before(records: Sequence[history.Any], lost: Lost) -> list[history.Any]:
    """What can be judged of a history that ZooKeeper spoiled; a time of quiet that it cut short is left out."""
    kept = [record for record in records if record.at_s <= lost.at_s]
    last = next((index for index in reversed(range(len(kept))) if isinstance(kept[index], Healed | Fault)), None)
    return kept[:last] if last is not None and isinstance(kept[last], Healed) else kept
