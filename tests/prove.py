"""Shows that tests guard the rules: takes out one at a time in a copy, and sees that a test falls (`make prove`).

A line a proof: what was taken out and which tests fell, or that nothing noticed, which is a defect (exit status 1).
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("succession", "serving", "cluster_node", "dashboard", "static", "playground", "tests", "pyproject.toml")
ELECTION = "tests/integration/test_election.py"
LOST = "tests/integration/test_lost_replies.py"
RULES = "tests/unit/test_rules.py"


@dataclass(frozen=True)
class Proof:
    """What is taken out (`old` of `path` becomes `new`), and the tests of which one must fall."""

    rule: str
    path: str
    old: str
    new: str
    tests: str


PROOFS = [
    Proof(
        "rule 1: not connected is not leader",
        "succession/election.py",
        'session.connection != "connected" or ',
        "",
        "tests/unit/test_leadership.py",
    ),
    Proof(
        "rule 1: a new connection leads only after a fresh look",
        "succession/election.py",
        " or session.epoch != leadership.epoch",
        "",
        "tests/unit/test_leadership.py",
    ),
    Proof(
        "rule 1: a closed session does not lead",
        "succession/session.py",
        "        if self._is_closed:\n            return replace(state",
        "        if False:\n            return replace(state",
        LOST,
    ),
    Proof(
        "rule 2: mine is what my present session owns",
        "succession/rules.py",
        "if owner == Owner(seen.session_id))  # rule 2",
        "if owner is not None)  # rule 2",
        RULES,
    ),
    Proof(
        "rule 2: a create whose reply was lost is searched for",
        "succession/campaign.py",
        "        except OutcomeUnknown:\n            self._must_search = True",
        "        except OutcomeUnknown:\n            self._must_search = False",
        LOST,
    ),
    Proof("rule 2: two of mine are never left", "succession/rules.py", "if len(mine) > 1:", "if False:", RULES),
    Proof(
        "rule 3: any other name is no candidate",
        "succession/rules.py",
        '_CANDIDATE = re.compile(r"c_(\\d{10})", re.ASCII)',
        '_CANDIDATE = re.compile(r".*?(\\d{10})")',
        RULES,
    ),
    Proof(
        "rule 3: what is not ephemeral is stepped over",
        "succession/rules.py",
        " and seen.owners.get(name) != Owner(None)",
        "",
        ELECTION + " -k persistent",
    ),
    Proof(
        "rule 4: an evicted leader's lease is waited for",
        "succession/rules.py",
        "if seen.blocked_s < wait_s:",
        "if False:",
        LOST + " -k evicted",
    ),
    Proof(
        "rule 4: the wait begins when its candidate is gone",
        "succession/campaign.py",
        "if claim is None or self._blocked is None or self._blocked[0] != claim.czxid:\n            return 0.0",
        "if claim is None or self._blocked is None or self._blocked[0] != claim.czxid:\n            return 9.0",
        LOST + " -k evicted",
    ),
    Proof(
        "rule 4: a claim that cannot be read holds nobody up for good",
        "succession/rules.py",
        "return Promote(own, replaces=claim, evicts=claim.owner.session_id)",
        "return AwaitClaim(own, 1.0)",
        ELECTION + " -k claim_made_by_hand",
    ),
    Proof(
        "rule 5: the one ahead is watched",
        "succession/rules.py",
        "return Read(ahead[-1], watch=True)",
        "return Read(ahead[-1], watch=False)",
        ELECTION + " -k 'closed_session or worker_that_leaves'",
    ),
    Proof(
        "rule 5: gone already means to look again",
        "succession/rules.py",
        "            return LookAgain()\n".replace("            ", "        "),
        "            return Promote(own)\n".replace("            ", "        "),
        RULES,
    ),
    Proof(
        "rule 6: a leader without its candidate clears up first",
        "succession/rules.py",
        "return StepDown(claim_is_mine, (), coordinating) if claim_is_mine or coordinating else Join()",
        "return Join()",
        RULES,
    ),
    Proof(
        "rule 7: a lease runs out",
        "succession/election.py",
        "return leadership if boottime_s() < leadership.lease_until_s else None",
        "return leadership",
        "tests/unit/test_leadership.py",
    ),
    Proof(
        "rule 7: a lease rests on a call of a quarter of the timeout ago",
        "succession/rules.py",
        "if answered <= began_s - timeout_s / 4]",
        "if answered <= began_s]",
        RULES,
    ),
    Proof(
        "rule 7: every worker keeps a call on record",
        "succession/loop.py",
        'if self.state.role == "worker" and not self._campaign.touch():',
        "if False:",
        ELECTION + " -k keeps_a_call",
    ),
    Proof(
        "rule 8: a fenced write checks its candidate and the term",
        "succession/fenced.py",
        "            Check(paths.candidate(leadership.znode)),\n            Check(paths.term, leadership.term),\n",
        "",
        ELECTION + " -k 'deposed or came_back'",
    ),
    Proof(
        "rule 8: names that come back are told apart by the term",
        "succession/fenced.py",
        "Check(paths.term, leadership.term)",
        "Check(paths.term, -1)",
        ELECTION + " -k came_back",
    ),
    Proof(
        "rule 9: what is missing is made anew",
        "succession/rules.py",
        "if seen.names is None or seen.term is None or seen.parents_missing:  # rule 9\n        return MakeParents()",
        "if seen.names is None or seen.term is None or seen.parents_missing:  # rule 9\n        return Out()",
        ELECTION + " -k everything_is_deleted",
    ),
    Proof(
        "rule 9: a hung loop loses its session",
        "succession/sidelines.py",
        "                self._session.abandon()\n",
        "",
        ELECTION + " -k hung_loop",
    ),
    Proof(
        "rule 9: an emptied ZooKeeper is joined again",
        "succession/session.py",
        "                request = request._replace(last_zxid_seen=0)\n                self._client.last_zxid = 0\n",
        "                pass\n",
        ELECTION + " -k comes_back_empty",
    ),
    Proof(
        "rule 9: kazoo is started again",
        "succession/session.py",
        "                self._client.start_async()\n\n    def drop",
        "                pass\n\n    def drop",
        LOST + " -k no_server_should_say",
    ),
    Proof(
        "a leader whose handler throws steps down",
        "succession/sidelines.py",
        "                    self._resign()\n",
        "                    pass\n",
        ELECTION + " -k on_change_throws",
    ),
    Proof(
        "what was withdrawn does not come back",
        "succession/registry.py",
        "own.write([] if wanted is None else",
        "own.write([(own.paths[0], b'')] if wanted is None and own.paths else [] if wanted is None else",
        "tests/integration/test_registry.py",
    ),
]


def main() -> None:
    """Try each proof that the command line names by a part of its rule, or all."""
    wanted = sys.argv[1:]
    proofs = [proof for proof in PROOFS if not wanted or any(word in proof.rule for word in wanted)]
    unnoticed = [proof.rule for proof in proofs if not is_noticed(proof)]
    say(f"{len(proofs) - len(unnoticed)} of {len(proofs)} removals made a test fall")
    sys.exit(1 if unnoticed or not proofs else 0)


def is_noticed(proof: Proof) -> bool:
    """Take it out in a copy and run its tests; whether one of them failed (and not merely could not be run)."""
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        changed = Path(folder) / proof.path
        text = changed.read_text(encoding="utf-8")
        if text.count(proof.old) != 1:
            say(f"STALE    {proof.rule}: what it takes out stands {text.count(proof.old)} times in {proof.path}")
            return False
        changed.write_text(text.replace(proof.old, proof.new), encoding="utf-8")
        command = f"exec {sys.executable} -m pytest -q -x -p no:cacheprovider {proof.tests}"
        done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    fell = [line.removeprefix("FAILED ").partition(" - ")[0] for line in done.stdout.splitlines() if "FAILED " in line]
    if done.returncode == 1 and fell:
        say(f"noticed  {proof.rule}: {fell[0]}")
        return True
    say(f"UNSEEN   {proof.rule}: pytest ended with {done.returncode}")
    return False


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
