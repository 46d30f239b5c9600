"""The running playground: starts everything in order, carries out words, and takes everything down again.

`run` is the main thread's; words are carried out in the control server's threads. Only `_start` begins a process, under
a lock, so that none is started once the end has begun.
"""

import json
import os
import signal
import threading
import time
import webbrowser
from collections.abc import Callable

from playground.commands import ROOT, make_command
from playground.control import Answer, ControlServer
from playground.data_folder import DataFolder, PlaygroundError, Recorded, Written
from playground.probes import get, is_listening, refuse_taken_ports
from playground.processes import OwnedProcess, created_at
from playground.programs import Options, ports_of, programs_of, servers_of
from playground.terminal import Terminal
from succession.testing import zookeeper

_SERVING_WAIT_S = 30.0
_IN_LINE_WAIT_S = 5.0
_LISTENING_WAIT_S = 20.0
_EVERY_S = 0.05
_STILL_WAITING_S = 10.0
_BAD_SETTING = 2  # with this a program ends that said which one, and what is allowed

# Within 3 s all is down: nodes and dashboard have this long, then ZooKeeper, whom the nodes need for their goodbye.
_GOODBYE_S = 1.6
_ZOOKEEPER_GOODBYE_S = 0.8
_LAST_LINES_S = 0.2


class Playground:
    """All processes of one `up`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._folder = DataFolder(options.data_dir)
        self._is_ending = False  # not an Event: a signal handler would wait for the lock that the main thread holds
        self._starting = threading.Lock()  # guards _recorded and the start of processes
        self._recorded: dict[str, Recorded] = {}
        self._processes: dict[str, OwnedProcess] = {}  # complete before the first starts
        self._control = ControlServer(self._carry_out)
        self._reported: dict[str, int | None] = {}  # by the main thread alone: whose end was told
        self._is_ready = False  # by the main thread alone

    def stop(self) -> None:
        """Have `run` take everything down and return; safe in a signal handler."""
        self._is_ending = True

    def run(self) -> None:
        """Bring everything up, keep it until `stop`, take it down. Raises PlaygroundError when it cannot."""
        self._folder.take()
        servers = servers_of(self._options, self._folder.path)
        refuse_taken_ports(ports_of(self._options, servers))
        programs = programs_of(self._options, servers, self._folder.logs, os.environ)
        for program in programs:
            program.log.unlink(missing_ok=True)
            self._processes[program.name] = OwnedProcess(program, ROOT)
        self._terminal = Terminal(
            {program.name: program.log for program in programs if not program.name.startswith("zookeeper")}, self.stop
        )
        self._control.start()
        self._terminal.start()
        try:
            self._bring_up(servers)
            while not self._is_ending:
                time.sleep(_EVERY_S)
                self._look_after()
        finally:
            self._take_down()

    # --- coming up ------------------------------------------------------------------------------------------------

    def _bring_up(self, servers: list[zookeeper.Server]) -> None:
        for server in servers:
            self._start(server.name)
        self._wait_until(lambda: all(zookeeper.is_serving(one.client_port) for one in servers), _SERVING_WAIT_S)
        if not self._is_ending and not all(zookeeper.is_serving(one.client_port) for one in servers):
            raise PlaygroundError(f"ZooKeeper does not answer after {_SERVING_WAIT_S:.0f} s: see {self._folder.logs}")
        self._start("dashboard")
        for name in self._options.node_names:  # one after the other, so that node1 leads and node2 is next
            self._start(name)
            url = f"http://127.0.0.1:{self._processes[name].program.port}/ready"
            self._wait_until(lambda url=url: get(url) is not None, _IN_LINE_WAIT_S)  # type: ignore[misc]
        told_s = time.monotonic()
        while not self._is_ending and not self._is_all_in_line():
            self._wait_until(self._is_all_in_line, _STILL_WAITING_S - (time.monotonic() - told_s))
            if time.monotonic() - told_s >= _STILL_WAITING_S:
                told_s = time.monotonic()
                self._terminal.say("still waiting until the page answers and all nodes are in line")
        if not self._is_ending:
            self._is_ready = True
            self._terminal.say(f"dashboard: {self._options.dashboard}")
            words = " and ".join(make_command(word, self._options.data_dir, "node1") for word in ("kill", "start"))
            self._terminal.say(f"Ctrl-C ends everything; try {words} in another terminal")
            self._terminal.say(f"not shown here: the ticks that the leader commits; they are in {self._folder.logs}")
            if self._options.open_page:
                webbrowser.open(self._options.dashboard)

    def _wait_until(self, is_so: Callable[[], bool], within_s: float) -> None:
        """Look after the processes until it is so, the time is over or the end has come."""
        deadline = time.monotonic() + within_s
        while not self._is_ending and not is_so() and time.monotonic() < deadline:
            time.sleep(_EVERY_S)
            self._look_after()

    def _is_all_in_line(self) -> bool:
        """Whether the page answers and shows every node that runs."""
        page, view = get(self._options.dashboard + "/"), get(self._options.dashboard + "/api/view")
        if page is None or view is None:
            return False
        shown = json.loads(view)
        members = shown["cluster"]["members"] if shown["cluster"] else []
        running = {name for name in self._options.node_names if self._processes[name].is_alive()}
        return shown["state"] == "live" and running <= {member["name"] for member in members}

    def _start(self, name: str) -> None:
        """Start a process and write it down before anything else starts."""
        with self._starting:
            if self._is_ending:
                raise PlaygroundError("the playground is going down")
            process = self._processes[name]
            if process.is_alive():
                return
            try:
                process.start()
            except OSError as error:
                raise PlaygroundError(f"{name} cannot be started: {error}") from error
            pid = process.pid
            begun_at = None if pid is None else created_at(pid)
            if pid is not None and begun_at is not None:
                self._recorded[name] = Recorded(name, process.program.port, pid, begun_at)
            self._write_state()

    def _write_state(self) -> None:
        pid = os.getpid()
        up = Recorded("up", self._control.port, pid, created_at(pid) or 0.0)
        self._folder.write(Written(up, self._control.port, self._control.token, tuple(self._recorded.values())))

    # --- while it is up -------------------------------------------------------------------------------------------

    def _look_after(self) -> None:
        """Reap what has ended and say so; before everything is up, an end that no one asked for ends it all."""
        for name, process in self._processes.items():
            if process.is_alive() or process.pid is None or self._reported.get(name) == process.pid:
                continue
            self._reported[name] = process.pid
            standing = process.standing()
            if not self._is_ready and standing.exit_status == _BAD_SETTING and not name.startswith("zookeeper"):
                self._terminal.drop_first_lines()  # of each program that reads this setting
                raise PlaygroundError(_last_words(process))
            self._terminal.say(f"{name} {'is stopped' if standing.state == 'stopped' else _end_of(process)}")
            if not self._is_ready and standing.state == "exited" and standing.exit_status != 128 + signal.SIGKILL:
                raise PlaygroundError(f"{name} {_end_of(process)}")

    def _carry_out(self, word: str, name: str) -> Answer:
        """One word, in a thread of the control server."""
        if word == "status":
            return Answer(True, "\n".join(str(process.standing()) for process in self._processes.values()))
        process = self._processes.get(name)
        if process is None:
            return Answer(False, f"there is no process {name}: there are {', '.join(self._processes)}")
        actions: dict[str, Callable[[OwnedProcess], None]] = {
            "start": self._do_start,
            "stop": OwnedProcess.stop,
            "restart": self._do_restart,
            "kill": OwnedProcess.kill,
            "freeze": self._do_freeze,
            "thaw": self._do_thaw,
        }
        act = actions.get(word)
        if act is None:
            return Answer(False, f"there is no word {word}")
        try:
            act(process)
        except PlaygroundError as error:
            return Answer(False, str(error))
        return Answer(True, str(process.standing()))

    def _do_start(self, process: OwnedProcess) -> None:
        if process.standing().state == "frozen":
            command = make_command("thaw", self._options.data_dir, process.program.name)
            raise PlaygroundError(f"{process.program.name} is frozen: thaw it with `{command}`")
        self._start(process.program.name)
        self._wait_until_listening(process)

    def _do_restart(self, process: OwnedProcess) -> None:
        process.stop()
        self._start(process.program.name)
        self._wait_until_listening(process)

    def _do_freeze(self, process: OwnedProcess) -> None:
        self._signal_living(process, process.freeze, "frozen")

    def _do_thaw(self, process: OwnedProcess) -> None:
        self._signal_living(process, process.thaw, "running")

    def _signal_living(self, process: OwnedProcess, send: Callable[[], None], wanted: str) -> None:
        if not process.is_alive():
            raise PlaygroundError(f"{process.program.name} is not running")
        send()
        deadline = time.monotonic() + _LISTENING_WAIT_S
        while process.standing().state != wanted and time.monotonic() < deadline and not self._is_ending:
            time.sleep(0.01)

    def _wait_until_listening(self, process: OwnedProcess) -> None:
        """Until it takes connections. Raises PlaygroundError when it ends or takes none in time."""
        program = process.program
        deadline = time.monotonic() + _LISTENING_WAIT_S
        while not is_listening(program.port):
            if not process.is_alive():
                raise PlaygroundError(f"{program.name} {_end_of(process)}")
            if time.monotonic() >= deadline or self._is_ending:
                raise PlaygroundError(f"{program.name} does not listen on port {program.port}: see {program.log}")
            time.sleep(_EVERY_S)

    # --- going down -----------------------------------------------------------------------------------------------

    def _take_down(self) -> None:
        with self._starting:
            self._is_ending = True  # from here on nothing starts
        servers = [one for name, one in self._processes.items() if name.startswith("zookeeper")]
        others = [one for one in self._processes.values() if one not in servers]
        for server in servers:
            server.thaw()
        for processes, grace_s in ((others, _GOODBYE_S), (servers, _ZOOKEEPER_GOODBYE_S)):
            deadline = time.monotonic() + grace_s
            for process in processes:
                process.ask_to_stop()
            for process in processes:
                process.finish(deadline - time.monotonic())
        self._folder.forget()
        self._control.close()
        self._terminal.close(_LAST_LINES_S)


def _end_of(process: OwnedProcess) -> str:
    """How it ended, with the last thing that it said when it failed."""
    status = process.standing().exit_status
    text = f"exited ({status})"
    if status in (0, 128 + signal.SIGKILL):
        return text
    said = _last_words(process)
    return f"{text}: {said}" if said else text


def _last_words(process: OwnedProcess) -> str:
    lines = process.program.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
