"""The playground's words (design §6): what they do, say, and answer."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from succession.testing.waiting import eventually, scaled
from tests.support.live_cluster import ask
from tests.support.playgrounds import ROOT, Playground, is_there, new_playground, running_playground


def group_of(pid: int) -> list[psutil.Process]:
    def is_in_group(process: psutil.Process) -> bool:
        try:
            return os.getpgid(process.pid) == pid
        except ProcessLookupError:
            return False

    return [process for process in psutil.process_iter() if is_in_group(process) and is_there(process)]


def pid_of(playground: Playground, name: str) -> int:
    lines = [line.split() for line in playground.word("status").stdout.splitlines()]
    return next(int(fields[-2]) for fields in lines if fields[0] == name)


def test_status_is_a_line_a_process_with_pid_and_port(module_playground: Playground) -> None:
    lines = [line.split() for line in module_playground.word("status").stdout.splitlines()]
    ports = {fields[0]: int(fields[3]) for fields in lines}

    assert ["zookeeper1", "dashboard", "node1", "node2", "node3", "node4"] == [fields[0] for fields in lines]
    assert {"running"} == {fields[1] for fields in lines}
    assert all(psutil.pid_exists(int(fields[2])) for fields in lines)
    assert module_playground.dashboard_port == ports["dashboard"]
    assert module_playground.first_node_port + 3 == ports["node4"]


def test_state_file_names_every_process_by_pid_and_creation_time(module_playground: Playground) -> None:
    state = json.loads((module_playground.folder / "state.json").read_text(encoding="utf-8"))

    assert {"zookeeper1", "dashboard", *module_playground.names} == {one["name"] for one in state["processes"]}
    for one in state["processes"]:
        assert abs(psutil.Process(one["pid"]).create_time() - one["created_at"]) < 1


def test_every_process_leads_a_group_of_its_own(module_playground: Playground) -> None:
    lines = [line.split() for line in module_playground.word("status").stdout.splitlines()]
    assert {int(fields[2]) for fields in lines} == {os.getpgid(int(fields[2])) for fields in lines}


def test_stopped_node_leaves_the_line_and_started_one_joins_at_its_end(module_playground: Playground) -> None:
    module_playground.wait_until_at_rest()
    module_playground.do("stop", "node2")
    assert module_playground.states()["node2"] == "stopped"
    eventually(lambda: "node2" not in module_playground.line())

    module_playground.do("stop", "node2")  # it is so already
    module_playground.do("start", "node2")
    assert module_playground.states()["node2"] == "running"
    eventually(lambda: module_playground.line()[-1] == "node2")
    module_playground.wait_until_at_rest()


def test_killed_node_has_exited_with_137_and_nothing_of_its_group_is_left(module_playground: Playground) -> None:
    module_playground.wait_until_at_rest()
    pid = pid_of(module_playground, "node3")
    module_playground.do("kill", "node3")

    assert "exited (137)" in module_playground.word("status").stdout
    assert group_of(pid) == []
    module_playground.do("start", "node3")
    module_playground.wait_until_at_rest()


def test_freeze_stops_the_whole_group_and_thaw_lets_it_go_on(module_playground: Playground) -> None:
    group = group_of(pid_of(module_playground, "node4"))
    module_playground.do("freeze", "node4")
    assert module_playground.states()["node4"] == "frozen"
    started = module_playground.word("start", "node4")
    thaw = f"`make thaw NODE=node4 DATA_DIR={module_playground.folder}`"
    assert (1, f"node4 is frozen: thaw it with {thaw}\n") == (started.returncode, started.stderr)
    assert {psutil.STATUS_STOPPED} == {process.status() for process in group}
    assert 1 < len(group)

    module_playground.do("thaw", "node4")
    assert module_playground.states()["node4"] == "running"
    assert psutil.STATUS_STOPPED not in {process.status() for process in group}
    module_playground.wait_until_at_rest()


def test_restart_is_another_process_on_the_same_port(module_playground: Playground) -> None:
    before = pid_of(module_playground, "node2")
    module_playground.do("restart", "node2")

    assert before != pid_of(module_playground, "node2")
    assert ask(f"{module_playground.address('node2')}/health").status == 200
    module_playground.wait_until_at_rest()


def test_a_process_that_is_not_there_is_told_in_one_sentence(module_playground: Playground) -> None:
    for word in ("start", "stop", "restart", "kill", "freeze", "thaw"):
        done = module_playground.word(word, "node9")
        assert (1, "") == (done.returncode, done.stdout)
        assert "node9" in done.stderr
        assert 1 == len(done.stderr.splitlines())


def test_wrong_words_are_answered_with_2(tmp_path: Path) -> None:
    for words in (["kill"], ["dance"], ["up", "--servers", "2"], ["up", "--nodes", "none"], ["status", "node1"]):
        done = subprocess.run(
            [sys.executable, "-m", "playground", *words], cwd=ROOT, capture_output=True, timeout=scaled(20), check=False
        )
        assert 2 == done.returncode, words


def test_without_a_playground_every_word_says_so(tmp_path: Path) -> None:
    nowhere = new_playground(tmp_path / "nowhere")
    for word, name in (("status", None), ("down", None), ("kill", "node1"), ("start", "node1")):
        done = nowhere.word(word, name)
        assert 1 == done.returncode
        assert str(nowhere.folder) in done.stderr


def test_a_data_folder_in_use_is_named(module_playground: Playground) -> None:
    second = new_playground(module_playground.folder, nodes=1)
    done = run_up(second)
    assert 1 == done.returncode
    assert f"`make down DATA_DIR={module_playground.folder}`" in done.stderr
    assert {"running"} == set(module_playground.states().values())


@pytest.mark.parametrize("taken", ["zookeeper_port", "dashboard_port", "first_node_port"])
def test_a_port_taken_is_named_and_nothing_is_started(
    module_playground: Playground, tmp_path: Path, taken: str
) -> None:
    second = new_playground(tmp_path / "second", nodes=1)
    setattr(second, taken, getattr(module_playground, taken))
    done = run_up(second)

    assert 1 == done.returncode
    assert str(getattr(module_playground, taken)) in done.stderr
    assert 1 == len(done.stderr.splitlines())
    assert not (second.folder / "state.json").exists()


def test_a_setting_that_is_not_valid_ends_up_with_the_programs_own_line(tmp_path: Path) -> None:
    done = run_up(new_playground(tmp_path / "bad", nodes=1, SESSION_TIMEOUT_S="soon"))
    allowed = "a number of seconds from 0.1 to 3600"
    assert (1, f"SESSION_TIMEOUT_S is set to 'soon'; allowed is {allowed}.\n") == (done.returncode, done.stderr)
    assert "SESSION_TIMEOUT_S" not in done.stdout, "once is enough"


def test_without_zookeeper_up_says_how_to_get_it(tmp_path: Path) -> None:
    done = run_up(new_playground(tmp_path / "none", nodes=1, ZOOKEEPER_HOME=str(tmp_path)))
    assert 1 == done.returncode
    assert "ZOOKEEPER_HOME" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_takes_everything_down_within_3_s(tmp_path: Path, number: signal.Signals) -> None:
    with running_playground(tmp_path / "playground", nodes=2) as playground:
        processes = [psutil.Process(pid_of(playground, name)) for name in ("zookeeper1", "dashboard", "node1", "node2")]
        if number == signal.SIGTERM:
            playground.do("freeze", "node2")  # one that cannot hear it at once
        told = time.monotonic()
        playground.stop(number)

        assert time.monotonic() - told < scaled(3)
        assert 0 == playground.exit_status()
        assert [] == [process for process in processes if is_there(process)]


def test_up_ends_when_its_terminal_is_gone_and_nobody_says_so(tmp_path: Path) -> None:
    """SIGHUP goes to the leader of the terminal's session alone; `make` keeps it to itself while it waits."""
    program = (
        "import sys, threading; from pathlib import Path; from playground.terminal import Terminal;"
        "gone = threading.Event(); terminal = Terminal({'node1': Path(sys.argv[1])}, gone.set); terminal.start();"
        "sys.exit(0 if gone.wait(20) else 1)"
    )
    log = tmp_path / "node1.log"
    log.write_text("before\n", encoding="utf-8")
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", program, log], cwd=ROOT, stdout=theirs) as up:
        os.close(theirs)
        shown = b""
        while b"node1 | before" not in shown:
            shown += os.read(ours, 1000)
        os.close(ours)
        log.write_text("before\nafter\n", encoding="utf-8")
        assert 0 == up.wait(scaled(10))


def test_down_ends_a_playground_and_what_a_crashed_one_left(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=1) as playground:
        assert playground.process is not None
        processes = [psutil.Process(pid_of(playground, name)) for name in ("zookeeper1", "dashboard", "node1")]
        playground.process.kill()
        playground.process.wait()
        assert all(is_there(process) for process in processes)
        assert {"running"} == set(playground.states().values())
        assert playground.word("kill", "node1").returncode == 1

        refused = run_up(new_playground(playground.folder, nodes=1))
        assert 1 == refused.returncode
        assert f"`make down DATA_DIR={playground.folder}`" in refused.stderr
        ended = playground.word("down")
        assert (0, "ended zookeeper1, dashboard, node1\n") == (ended.returncode, ended.stdout)
        assert [] == [process for process in processes if is_there(process)]

        playground.start()
        playground.wait_until_ready()
        assert playground.word("down").returncode == 0
        assert 0 == playground.exit_status()


def test_three_servers_form_an_ensemble_that_outlives_the_loss_of_one(tmp_path: Path) -> None:
    with running_playground(tmp_path / "playground", nodes=2, servers=3, SESSION_TIMEOUT_S="2") as playground:
        assert {"zookeeper1", "zookeeper2", "zookeeper3"} <= set(playground.states())
        playground.do("kill", "zookeeper2")
        playground.wait_until_at_rest()


def run_up(playground: Playground) -> "subprocess.CompletedProcess[str]":
    """`up` that is to end by itself."""
    options = {
        "--nodes": playground.nodes,
        "--port": playground.dashboard_port,
        "--node-port": playground.first_node_port,
        "--zookeeper-port": playground.zookeeper_port,
        "--data-dir": playground.folder,
    }
    arguments = [str(part) for option in options.items() for part in option]
    return subprocess.run(
        [sys.executable, "-m", "playground", "up", *arguments],
        cwd=ROOT,
        env={**os.environ, **playground.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=False,
    )
