"""Shows that tests guard the rules: takes out one at a time in a copy, and sees that a test falls (`make prove`).

A line a proof: what was taken out and which tests fell, or that nothing noticed, which is a defect (exit status 1).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.proofs import PROOFS, Proof

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("succession", "serving", "cluster_node", "dashboard", "static", "playground", "tests", "pyproject.toml")


def main() -> None:
    """Try each proof that the command line names by a part of its rule, or all."""
    wanted = sys.argv[1:]
    proofs = [proof for proof in PROOFS if not wanted or any(word in proof.rule for word in wanted)]
    unnoticed = [proof.rule for proof in proofs if not is_noticed(proof)]
    say(f"{len(proofs) - len(unnoticed)} of {len(proofs)} removals made a test fall")
    sys.exit(1 if unnoticed or not proofs else 0)


def is_stale(proof: Proof) -> bool:
    """Whether what it takes out does not stand where it says, or not once."""
    return (ROOT / proof.path).read_text(encoding="utf-8").count(proof.old) != 1


def is_noticed(proof: Proof) -> bool:
    """Take it out in a copy and run its tests; whether one of them failed (and not merely could not be run)."""
    if is_stale(proof):
        say(f"STALE    {proof.rule}: {proof.path} has changed")
        return False
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        changed = Path(folder) / proof.path
        changed.write_text(changed.read_text(encoding="utf-8").replace(proof.old, proof.new), encoding="utf-8")
        command = f"exec {sys.executable} -m pytest -q -x -p no:cacheprovider {proof.tests}"
        done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    fell = [line.removeprefix("FAILED ").partition(" - ")[0] for line in done.stdout.splitlines() if "FAILED " in line]
    if done.returncode == 1 and fell:
        rows = f" (row {', '.join(map(str, proof.rows))})" if proof.rows else ""
        say(f"noticed  {proof.rule}{rows}: {fell[0]}")
        return True
    say(f"UNSEEN   {proof.rule}: pytest ended with {done.returncode}")
    return False


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
