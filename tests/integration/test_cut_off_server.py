"""A ZooKeeper server that is cut off from its ensemble while a leader hangs on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from succession.testing import ZooKeeperServer, eventually, running_ensemble
from tests.support.members import Member, overlap

TIMEOUT_S = 1.0
CUTS = 3


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[ZooKeeperServer]]:
    with running_ensemble(tmp_path, 3) as servers:
        yield servers


@pytest.mark.parametrize("mode", ["follower", "leader"])
def test_a_leader_behind_a_server_that_is_cut_off_does_not_lead_beside_its_successor(
    servers: list[ZooKeeperServer], mode: str
) -> None:
    """Row 25, rule 7, measured with three servers: the server went on answering reads, and both led for 1.25 s."""
    for _ in range(CUTS):
        (cut_off, *_) = eventually(lambda: [one for one in servers if one.mode == mode])
        others = ",".join(one.hosts for one in servers if one is not cut_off)
        former = Member(cut_off.hosts, "former", TIMEOUT_S, with_registry=True)
        successor = Member(others, "successor", TIMEOUT_S, with_registry=True)
        former.election.join()
        eventually(lambda one=former: one.election.is_leader)  # type: ignore[misc]
        successor.election.join()
        eventually(lambda one=successor: one.election.state.watching)  # type: ignore[misc]
        cut_off.isolate()
        assert not overlap(former, successor)
        cut_off.rejoin()
        former.session.close()
        successor.session.close()
        eventually(lambda: all(one.mode for one in servers), within_s=30)
