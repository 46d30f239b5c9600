"""The conformance suite on members that pass it, and on some that must not."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from succession.testing import conformance
from succession.testing.waiting import scaled
from tests.support.conforming import MADE, FailsLater

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, hurry: float = 1.0, path: Path = ROOT) -> tuple[int, str]:
    """The suite's exit status and what pytest printed; in a `hurry` below 1, it waits for less long."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "succession.testing.plugin"]
    environ = {**os.environ, "TIME_SCALE": str(scaled(hurry)), "PYTHONPATH": str(path)}
    suite = [*command, "--pyargs", "succession.testing.conformance", *words]
    done = subprocess.run(
        suite, cwd=ROOT, capture_output=True, text=True, check=False, timeout=scaled(300), env=environ
    )
    return done.returncode, done.stdout + done.stderr


def failed(said: str) -> set[str]:
    return set(re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", said, re.MULTILINE))


def test_a_member_that_asks_the_library_conforms() -> None:
    status, said = run("--succession-member", "tests.support.conforming:Conforming")
    assert status == 0, said
    assert re.search(r"\d+ passed", said)


def test_the_readmes_member_conforms_as_it_is_printed(tmp_path: Path) -> None:
    (printed,) = re.findall(
        r"```python\n(# my_service/members\.py.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    (tmp_path / "my_service").mkdir()
    (tmp_path / "my_service" / "members.py").write_text(printed, encoding="utf-8")
    status, said = run("--succession-member", "my_service.members:make", "-k", "goes_on or resigns", path=tmp_path)
    assert status == 0, said


@pytest.mark.parametrize(
    ("member", "test"),
    [
        ("TrustsItsMemory", "test_who_resigns_stops_before_the_next_begins"),
        ("AsksWhoHoldsTheClaim", "test_a_leader_that_is_cut_off_and_not_told_stops_before_the_next_begins"),
        ("NeverCloses", "test_closed_members_leave_no_thread"),
    ],
)
def test_one_that_does_not_is_found_out(member: str, test: str) -> None:
    status, said = run("--succession-member", f"tests.support.conforming:{member}", "-k", test, hurry=0.2)
    assert (status, failed(said)) == (1, {test}), said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "say what makes a member: --succession-member my_service.members:make"),
        (["--succession-member", "nobody"], "say what makes a member"),
        (
            ["--succession-member", "nowhere.at_all:make"],
            "cannot be had: No module named 'nowhere'",
        ),
        (["--succession-member", "tests.support.conforming:Nobody"], "has no attribute 'Nobody'"),
    ],
)
def test_a_member_that_cannot_be_made_is_named(words: list[str], sentence: str) -> None:
    status, said = run("-k", "goes_on", *words)
    assert status == 1
    assert sentence in said, said
    assert "Traceback" not in said


def test_when_one_member_cannot_be_made_the_others_are_closed(chroot: str) -> None:
    with pytest.raises(RuntimeError, match="b cannot be made"), conformance._running(chroot, FailsLater):
        pytest.fail("it cannot run without b")
    (made,) = MADE
    assert made.session.is_closed
