"""What a member under chaos records of itself: what it says at that moment, and not what it should say."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from playground import history
from playground.chaos_member import Recorder
from playground.history import Lease
from succession import Leadership
from succession.clock import boottime_s


@pytest.mark.parametrize("lease_left_s", [1.0, -1.0])
def test_who_says_that_it_leads_is_on_record_until_its_lease_ends_and_beyond_for_as_long_as_it_says_so(
    tmp_path: Path, lease_left_s: float
) -> None:
    file = tmp_path / "history.jsonl"
    recorder = Recorder(file, "a")
    until_s = boottime_s() + lease_left_s
    member: Any = SimpleNamespace(
        leadership=Leadership("c_0000000001", 7, 1, 1, until_s), state=SimpleNamespace(session_id=1)
    )
    recorder.election = recorder.session = member
    began_s = boottime_s()
    recorder.sample()
    with file.open("rb") as lines:
        (told,) = [record for record in history.from_lines(lines) if isinstance(record, Lease)]
    assert told.until_s >= max(until_s, began_s)
    assert told.at_s <= told.until_s
