"""gunicorn with one threaded worker, as the server of a program that must have exactly one process of its own.

`serve` runs in the main thread of the master; what it is given to start runs in the worker, after the fork.
"""

import contextlib
import errno
import logging
import mmap
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from serving.worker import OneWorker

log = logging.getLogger(__name__)

_GIVE_UP_S = 3  # after this a worker that does not end is killed
_DYING_S = 1.0
_KEEP_ALIVE_S = 5
_MOST_FILES = 65536
_IDLE_CONNECTIONS = 256  # those that hold no thread: kept alive, or opened and silent


@dataclass(frozen=True)
class Served:
    """What runs in the worker: the application, and what to call last, when the worker ends."""

    wsgi: Flask
    close: Callable[[], None]


def _nothing() -> None:
    pass


# Builds and starts everything, in the worker. The event is set as soon as the worker is told to stop.
Start = Callable[[threading.Event], Served]


def serve(
    start: Start, *, host: str, port: int, threads: int, name: str, on_death: Callable[[], object] = _nothing
) -> NoReturn:
    """Serve until SIGTERM or SIGINT, then exit with 0; with the worker's status when it died without a goodbye.

    A worker that died of a signal counts as a shell counts it: 128 and the signal's number. `on_death` is called in
    the master at once after such a death, when the worker is reaped and surely gone. `threads` requests are served at
    a time. A port that cannot be had ends the program with status 1 and one line, before anything is started.
    """
    listener = _listen(host, port)
    logging.getLogger("gunicorn.error").addFilter(_is_news)
    master = os.getpid()
    status: object = 0
    try:
        _Arbiter(_Application(start, listener, threads, name, on_death)).run()
    except SystemExit as ended:
        if os.getpid() != master:
            raise  # the worker takes its time: it may have threads to wait for
        status = ended.code
    _end_at_once(status)


class _Application(BaseApplication):
    """gunicorn's settings, and what its worker starts."""

    def __init__(
        self, start: Start, listener: socket.socket, threads: int, name: str, on_death: Callable[[], object]
    ) -> None:
        self.stop = threading.Event()
        self.said_goodbye = mmap.mmap(-1, 1)  # shared with the worker: its last act is to write it
        self.served: Served | None = None  # in the worker
        self._start = start
        self._listener = listener
        self._threads = threads
        self._name = name
        self._on_death = on_death
        super().__init__()

    def load_config(self) -> None:
        files = _raise_file_limit()
        host, port = self._listener.getsockname()[:2]
        log.info("%s listens on http://%s:%d", self._name, f"[{host}]" if ":" in host else host, port)
        settings = {
            "bind": f"fd://{self._listener.detach()}",
            "workers": 1,
            "worker_class": OneWorker,
            "threads": self._threads,
            "worker_connections": self._threads + min(_IDLE_CONNECTIONS, files // 4),
            "keepalive": _KEEP_ALIVE_S,
            "timeout": 0,  # would kill a frozen worker
            "graceful_timeout": _GIVE_UP_S,
            "control_socket_disable": True,
            "worker_tmp_dir": _writable_folder(),
            "logger_class": _QuietLogger,
            "proc_name": self._name,
        }
        for setting, value in settings.items():
            self.cfg.set(setting, value)

    def load(self) -> Flask:
        """Start everything. In the worker, with its signals already in place."""
        self.served = self._start(self.stop)
        return self.served.wsgi

    def close(self) -> None:
        """Close what `load` started. In the worker, when it ends."""
        if self.served is not None:
            self.served.close()

    def worker_ended(self, code: int) -> int:
        """What the master is to end with, now that its worker has: a second one would be a second member."""
        if self.said_goodbye[0]:
            return 0
        self._on_death()
        status = 128 - code if code < 0 else code or 1
        how = f"of {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
        log.error("The serving process died %s, without a goodbye; ending with status %d.", how, status)
        return status


class _Arbiter(Arbiter):
    """gunicorn's master without what starts a second worker, or another master."""

    def reap_workers(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0] != 0:
                worker = self.WORKERS.pop(ended[0], None)
                if worker is None:
                    continue  # where this is process 1, it gets whatever lost its parent
                worker.tmp.close()
                status = self.app.worker_ended(os.waitstatus_to_exitcode(ended[1]))
                if self.LISTENERS:  # else it is stopping already, and this would end it with a traceback
                    raise HaltServer("the worker ended", status)

    def stop(self, graceful: bool = True) -> None:
        super().stop(graceful)
        # gunicorn looks once, right after it has killed whoever did not stop in time: too early to see the death.
        end_s = time.monotonic() + _DYING_S
        while self.WORKERS and time.monotonic() < end_s:
            time.sleep(0.01)
            self.reap_workers()

    def _ignore(self) -> None:
        pass

    handle_hup = handle_ttin = handle_ttou = handle_usr1 = handle_usr2 = handle_winch = _ignore


class _QuietLogger(Logger):
    """gunicorn's log without handlers of its own: errors go where ours go, and there is no access log."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.setLevel(logging.ERROR)
        self.error_log.propagate = True

    def access(self, *_arguments: object) -> None:
        pass

    def reopen_files(self) -> None:
        pass

    def close_on_exec(self) -> None:
        pass


def _end_at_once(status: object) -> NoReturn:
    """End this process without taking apart what it has loaded, which takes 70 ms that a successor could use."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether gunicorn says what we do not say ourselves, in better words ("Perhaps out of memory?")."""
    return not str(record.msg).startswith(("Worker (pid:%s)", "Shutting down: %s", "Reason: %s"))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        why = "another program has it." if error.errno == errno.EADDRINUSE else f"{error.strerror or error}."
        sys.stderr.write(f"Port {port} on {host} cannot be used: {why}\n")
        sys.exit(1)
    return listener


def _raise_file_limit() -> int:
    """Let this process open as many files as it may, and return how many: a viewer takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted


def _writable_folder() -> str:
    """Where gunicorn may keep its heartbeat file: containers have read-only file systems."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # noqa: S108 - not ours to name
