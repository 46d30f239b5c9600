"""The playground's parts that start nothing: where ZooKeeper is, how it is configured, ports, folder, lines."""

import os
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from playground import set_up
from playground.commands import ROOT, make_command
from playground.data_folder import DataFolder, PlaygroundError, Recorded, Written
from playground.probes import refuse_taken_ports
from playground.processes import Standing, created_at
from playground.programs import Options, ports_of, servers_of
from playground.tails import Tails
from succession.testing import zookeeper
from succession.testing.ports import free_ports

OPTIONS = Options(
    nodes=2, servers=1, port=8080, node_port=8081, zookeeper_port=2181, data_dir=ROOT / ".playground", open_page=False
)


def release(folder: Path) -> Path:
    (folder / "lib").mkdir()
    (folder / "lib" / "zookeeper-3.9.3.jar").touch()
    (folder / "bin").mkdir()
    java = folder / "bin" / "java"
    java.touch(mode=0o755)
    return java


def test_zookeeper_home_and_java_home_are_what_counts_where_they_are_set(tmp_path: Path) -> None:
    java = release(tmp_path)
    found = zookeeper.find({"ZOOKEEPER_HOME": str(tmp_path), "JAVA_HOME": str(tmp_path), "PATH": ""})
    assert java == found.java
    assert (tmp_path / "conf", tmp_path / "lib" / "zookeeper-3.9.3.jar") == found.class_path


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(zookeeper.NoZooKeeper, match="ZOOKEEPER_HOME"):
        zookeeper.find({"ZOOKEEPER_HOME": str(tmp_path)})
    release(tmp_path)
    with pytest.raises(zookeeper.NoZooKeeper, match="Java"):
        zookeeper.find({"ZOOKEEPER_HOME": str(tmp_path), "PATH": ""})


def test_one_server_stands_alone_and_three_know_each_other(tmp_path: Path) -> None:
    (alone,) = servers_of(OPTIONS, tmp_path)
    zookeeper.configure(alone, [alone])
    written = (alone.folder / "zoo.cfg").read_text(encoding="utf-8").splitlines()
    assert {
        "tickTime=200",
        "maxSessionTimeout=60000",
        "maxClientCnxns=0",
        "clientPortAddress=127.0.0.1",
        "admin.enableServer=false",
        "clientPort=2181",
    } <= set(written)
    assert [] == [line for line in written if line.startswith("server.")]

    three = servers_of(replace(OPTIONS, servers=3), tmp_path)
    zookeeper.configure(three[1], three)
    written = (three[1].folder / "zoo.cfg").read_text(encoding="utf-8").splitlines()
    assert ["server.1=127.0.0.1:2888:3888", "server.2=127.0.0.1:2889:3889", "server.3=127.0.0.1:2890:3890"] == [
        line for line in written if line.startswith("server.")
    ]
    assert "2" == (three[1].folder / "myid").read_text(encoding="utf-8").strip()


def test_a_new_run_forgets_what_an_earlier_one_has_stored(tmp_path: Path) -> None:
    (server,) = servers_of(OPTIONS, tmp_path)
    (server.folder / "version-2").mkdir(parents=True)
    (server.folder / "version-2" / "log.1").touch()
    zookeeper.configure(server, [server])
    assert not (server.folder / "version-2").exists()


def test_ports_that_cannot_be_had_are_named(tmp_path: Path) -> None:
    twice = replace(OPTIONS, port=8082)
    with pytest.raises(PlaygroundError, match="dashboard and node2 would both need port 8082"):
        refuse_taken_ports([one for one in ports_of(twice, servers_of(twice, tmp_path)) if one[0] == 8082])
    with pytest.raises(PlaygroundError, match="65536"):
        refuse_taken_ports([(65536, "node2", "--node-port")])
    (port,) = free_ports(1)
    refuse_taken_ports([(port, "node1", "--node-port")])
    with socket.create_server(("127.0.0.1", port)), pytest.raises(PlaygroundError, match=f"port {port}.*--node-port"):
        refuse_taken_ports([(port, "node1", "--node-port")])


def test_the_command_for_a_node_names_a_data_folder_that_is_not_the_usual_one() -> None:
    assert "make start NODE={name}" == make_command("start", OPTIONS.data_dir, "{name}")
    assert "make down" == make_command("down", OPTIONS.data_dir)
    elsewhere = Path("/tmp/my data")  # noqa: S108 -- nothing is written there
    assert "make kill NODE=node1 DATA_DIR='/tmp/my data'" == make_command("kill", elsewhere, "node1")
    assert "make down DATA_DIR='/tmp/my data'" == make_command("down", elsewhere)


@pytest.mark.parametrize(
    ("standing", "fields"),
    [
        (Standing("node1", "running", 8081, pid=12), ["node1", "running", "12", "8081"]),
        (Standing("zookeeper1", "stopped", 2181), ["zookeeper1", "stopped", "-", "2181"]),
        (Standing("node1", "exited", 8081, exit_status=137), ["node1", "exited", "(137)", "-", "8081"]),
        (Standing("node1", "exited", 8081), ["node1", "exited", "(unknown)", "-", "8081"]),
    ],
)
def test_a_line_of_status_has_name_state_pid_and_port(standing: Standing, fields: list[str]) -> None:
    assert fields == str(standing).split()


def test_a_data_folder_is_taken_by_one_and_refused_while_something_of_it_runs(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    first.take()
    with pytest.raises(PlaygroundError, match=rf"{tmp_path} is in use .*`make down DATA_DIR={tmp_path}`"):
        second.take()

    left = DataFolder(tmp_path / "left")
    (tmp_path / "left").mkdir()
    us = Recorded("node1", 8081, os.getpid(), created_at(os.getpid()) or 0.0)
    left.write(Written(us, 1, "token", (us,)))
    assert us == (left.read() or pytest.fail("nothing was read")).up
    with pytest.raises(PlaygroundError, match=r"node1.*`make down DATA_DIR="):
        left.take()


class Logs:
    """The logs of node1 and node2, and what is shown of them."""

    def __init__(self, folder: Path) -> None:
        self._files = {name: folder / f"{name}.log" for name in ("node1", "node2")}
        self.tails = Tails(self._files)

    def log(self, name: str, *lines: str) -> None:
        with self._files[name].open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def shown(self, at_s: float) -> list[str]:
        """Twice, as a line may wait for the next look."""
        return [line.decode() for _ in range(2) for line in self.tails.lines(at_s)]


def stamped(millis: int, text: str) -> str:
    return f"2026-01-01 00:00:00.{millis:03d} INFO    {text}"


def test_lines_of_several_programs_are_shown_in_the_order_of_their_times(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    logs.log("node1", stamped(30, "second"), "that goes on", stamped(50, "fourth"))
    assert [] == list(logs.tails.lines(0.0)), "an earlier one may be on its way"
    logs.log("node2", stamped(10, "first"), stamped(40, "third"))
    assert [
        f"node2 | {stamped(10, 'first')}",
        f"node1 | {stamped(30, 'second')}",
        "node1 | that goes on",
        f"node2 | {stamped(40, 'third')}",
        f"node1 | {stamped(50, 'fourth')}",
    ] == logs.shown(0.1)


def test_ticks_are_not_shown(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    logs.log("node1", stamped(1, "node1 committed tick 7 with fencing token 9"), stamped(2, "node1 leads"))
    assert [f"node1 | {stamped(2, 'node1 leads')}"] == logs.shown(0.0)


def test_why_a_program_cannot_start_is_shown_late_or_dropped(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    logs.log("node1", "SESSION_TIMEOUT_S is set to 'soon'")
    assert [] == logs.shown(0.0)
    assert ["node1 | SESSION_TIMEOUT_S is set to 'soon'"] == logs.shown(1.0)
    logs.tails.drop_first_lines()
    logs.log("node2", "SESSION_TIMEOUT_S is set to 'soon'")
    assert [] == logs.shown(2.0)
    assert [] == [*logs.shown(9.0), *logs.tails.rest(9.0)]


def test_a_process_that_has_only_the_same_pid_is_another() -> None:
    us = Recorded("node1", 8081, os.getpid(), created_at(os.getpid()) or 0.0)
    assert us.is_there()
    assert not replace(us, created_at=us.created_at - 60).is_there()


@pytest.mark.parametrize("garbage", [b"", b"{}", b"[]", b"\xff", b'{"up": {}, "processes": 1}'])
def test_a_state_file_that_is_none_is_said_to_be_unreadable(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "state.json").write_bytes(garbage)
    with pytest.raises(PlaygroundError, match=r"state\.json cannot be read"):
        DataFolder(tmp_path).read()


def test_set_up_asks_for_nothing_on_a_machine_that_has_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setenv("ZOOKEEPER_HOME", "/opt/zookeeper")
    monkeypatch.setattr(set_up, "_has_module", lambda _: True)
    monkeypatch.setattr(set_up, "_has_library", lambda _: True)
    assert [] == set_up._missing_packages("test")


def test_set_up_asks_a_bare_machine_for_what_each_purpose_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(set_up, "JARS", tmp_path)
    monkeypatch.setattr(set_up, "_has_module", lambda _: False)
    monkeypatch.setattr(set_up, "_has_library", lambda _: False)
    monkeypatch.setattr(set_up, "_os_id", lambda: "debian")
    for variable in ("ZOOKEEPER_HOME", "JAVA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    to_run = ["python3-venv", "libzookeeper-java", "libslf4j-java", "default-jre-headless"]
    assert ["python3-venv"] == set_up._missing_packages("check")
    assert to_run == set_up._missing_packages("run")
    assert [*to_run, "chromium", "libatomic1", "libstdc++6"] == set_up._missing_packages("test")
