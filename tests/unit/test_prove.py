"""That each failure known from others' systems is a test and has its proof, and that no proof has become stale.

`make prove` carries the proofs out.
"""

import re
from pathlib import Path

import pytest

from tests.proofs import PROOFS, ROWS, Proof
from tests.prove import ROOT, is_stale

NAMED = {
    int(row)
    for module in (ROOT / "tests").rglob("test_*.py")
    for row in re.findall(r'"""Row (\d+)[;,:]', module.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_a_test_that_names_it_and_has_a_proof(row: int) -> None:
    assert row in NAMED
    assert any(row in proof.rows for proof in PROOFS)


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.rule)
def test_what_a_proof_takes_out_stands_there_once_and_its_tests_are_there(proof: Proof) -> None:
    assert not is_stale(proof)
    assert proof.new != proof.old
    assert Path(ROOT / proof.tests.partition(" ")[0]).is_file()
