"""One process of the playground and its group: start, stop, kill, freeze, thaw, and what it is doing.

Any thread may call; the owner sees to it that no two start the same process at once.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

State = Literal["running", "stopped", "exited", "frozen"]
STOP_GRACE_S = 2.0
"""How long a process that was told to stop may take before it is killed, as Docker gives a container."""

_KILLED_WAIT_S = 2.0  # SIGKILL is final, but the kernel needs a moment
_CREATED_TOLERANCE_S = 1.0  # the creation time is counted from boot by a clock that may have been set since


@dataclass(frozen=True)
class Program:
    """What to run: `port` is where it listens, `log` where its output goes."""

    name: str
    port: int
    command: tuple[str, ...]
    environ: Mapping[str, str]
    log: Path


@dataclass(frozen=True)
class Standing:
    """What a process is doing. `pid` is None without one; `exit_status` as a shell counts it, None if unknown."""

    name: str
    state: State
    port: int
    pid: int | None = None
    exit_status: int | None = None

    def __str__(self) -> str:
        """Its line of `status`."""
        status = "unknown" if self.exit_status is None else str(self.exit_status)
        state = f"exited ({status})" if self.state == "exited" else self.state
        return f"{self.name:<12}{state:<18}{'-' if self.pid is None else self.pid!s:<10}{self.port}"


class OwnedProcess:
    """A program and the process that runs it, if any. The process leads a session, and so a group, of its own."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._was_stopped = False  # by `stop`, as against by itself or by a signal
        self._is_group_ended = False

    @property
    def pid(self) -> int | None:
        """The process's id, also after it has ended."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it unless it runs. Raises OSError when the program is not there."""
        if self.is_alive():
            return
        self._was_stopped = self._is_group_ended = False
        with self.program.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.program.command,
                cwd=self._folder,
                env=self.program.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        """Whether it runs, frozen or not; reaps it when it has ended, and ends what is left of its group."""
        process = self._process
        if process is None:
            return False
        if process.poll() is None:
            return True
        if not self._is_group_ended:  # once: later the number may be another group's
            self._is_group_ended = True
            self._signal_group(signal.SIGKILL)  # as a container ends with its first process
        return False

    def standing(self) -> Standing:
        """What it is doing now."""
        program, process = self.program, self._process
        if process is not None and self.is_alive():
            return Standing(program.name, "frozen" if is_frozen(process.pid) else "running", program.port, process.pid)
        if process is None or self._was_stopped:
            return Standing(program.name, "stopped", program.port)
        status = process.returncode
        return Standing(program.name, "exited", program.port, exit_status=128 - status if status < 0 else status)

    def ask_to_stop(self) -> None:
        """SIGTERM, and SIGCONT so that a frozen process hears it; does not wait."""
        if self.is_alive() and self._process is not None:
            self._was_stopped = True
            self._process.send_signal(signal.SIGTERM)
            self.thaw()

    def stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """SIGTERM, and SIGKILL to the group after `grace_s` seconds; returns when it is gone."""
        self.ask_to_stop()
        self.finish(grace_s)

    def finish(self, grace_s: float) -> None:
        """Wait for its end, and kill its group if that takes more than `grace_s` seconds."""
        if self._process is None:
            return
        try:
            self._process.wait(max(grace_s, 0))
        except subprocess.TimeoutExpired:
            self.kill()
        self.is_alive()  # its group ends with it

    def kill(self) -> None:
        """SIGKILL to the group; returns when the process is gone."""
        if self._process is not None and self.is_alive():
            self._signal_group(signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_KILLED_WAIT_S)

    def kill_child(self) -> None:
        """SIGKILL to its child alone, for a process that outlives one; does not wait."""
        if self._process is not None and self.is_alive():
            for child in psutil.Process(self._process.pid).children():
                child.kill()

    def freeze(self) -> None:
        """SIGSTOP to the group."""
        if self.is_alive():
            self._signal_group(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT to the group."""
        if self.is_alive():
            self._signal_group(signal.SIGCONT)

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process is not None:
            signal_group(self._process.pid, number)


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the group that this process leads or led; one that is gone is left in peace."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
        os.killpg(pid, number)


def is_frozen(pid: int) -> bool:
    """Whether the process is stopped by a signal, ours or another's."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


def created_at(pid: int) -> float | None:
    """When the process began, in Unix seconds; None when there is none. With the pid it names one process for good."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def is_same_process(pid: int, begun_at: float) -> bool:
    """Whether the process that began then is still there; its pid may have gone to another."""
    now = created_at(pid)
    return now is not None and abs(now - begun_at) < _CREATED_TOLERANCE_S
