"""OneWorker: gunicorn's threaded worker, made to stop within a second, and never waiting for one client.

Its loop is the worker's main thread; `handle` runs in the request threads.
"""

import errno
import os
import signal
import socket
import time
from typing import Any

from gunicorn.workers import gthread

_LINGER_S = 0.5
_LINGER_BYTES = 64 * 1024
_STOPPING_LOOK_S = 0.05
_FILES_LOOK_S = 0.05
_UNFINISHED_S = 2.0


class OneWorker(gthread.ThreadWorker):
    """A worker whose application is told at once that it ends, and which ends with a goodbye and status 0."""

    def init_process(self) -> None:
        # gunicorn's: a connection that says nothing holds a thread for 5 s, and keeps a stopping worker for 2 s.
        gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.25
        gthread.STOP_KEEPALIVE_LINGER = 0.0
        # Less than the master's, so that what is to be closed is closed before the master loses patience.
        self.cfg.set("graceful_timeout", int(_UNFINISHED_S))
        super().init_process()

    def init_signals(self) -> None:
        super().init_signals()
        for ignored in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU):
            signal.signal(ignored, signal.SIG_IGN)

    def handle_exit(self, sig: int, frame: Any) -> None:
        super().handle_exit(sig, frame)
        self.app.stop.set()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """SIGINT and SIGQUIT end the worker as SIGTERM does: with its streams closed and its application too."""
        self.handle_exit(sig, frame)

    def is_parent_alive(self) -> bool:
        if super().is_parent_alive():
            return True
        self.alive = False
        self.app.stop.set()
        return False

    def run(self) -> None:
        try:
            super().run()
        finally:
            self.app.close()
        self.app.said_goodbye[0] = 1
        os._exit(0)  # a request that did not end in time would keep the interpreter for ever

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(timeout if self.alive else min(timeout, _STOPPING_LOOK_S))

    def accept(self, listener: Any) -> None:
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            time.sleep(_FILES_LOOK_S)  # whoever connects waits for a file that is closed

    def finish_request(self, conn: Any, fs: Any) -> None:
        if conn.sock.fileno() >= 0:
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1  # its socket was handed over; gunicorn would stumble over that, and count it twice

    def murder_pending(self) -> None:
        if not self.alive:
            for connection in self.pending_conns:
                connection.timeout = 0.0
        super().murder_pending()

    def handle(self, conn: Any) -> Any:
        keep = super().handle(conn)
        if keep is False:
            # Here, since gunicorn would wait up to 2 s for this one client in the thread that accepts all others.
            _linger(conn.sock)
        return keep


def _linger(sock: socket.socket) -> None:
    """Say that no more comes and wait, not long, for the other side to say the same, so that nothing sent is lost."""
    end = time.monotonic() + _LINGER_S
    read_bytes = 0
    try:
        sock.shutdown(socket.SHUT_WR)
        while read_bytes < _LINGER_BYTES and (left_s := end - time.monotonic()) > 0:
            sock.settimeout(left_s)
            data = sock.recv(4096)
            if not data:
                break
            read_bytes += len(data)
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is gone, which is as well
