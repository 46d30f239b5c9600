"""Logs: one readable line an event on standard error, with its time, its level and plain words.

Set up once in the main thread; lines may then come from any thread.
"""

import logging
import sys

OURS = ("succession", "serving", "cluster_node", "dashboard", "playground", "__main__")


class _OneLine(logging.Formatter):
    """A line an event, whatever a name or an address from the cluster holds. A traceback, if any, follows it."""

    default_time_format = "%Y-%m-%d %H:%M:%S"
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        line = super().formatMessage(record)
        return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in line)


def set_up_logs(level: str) -> None:
    """Log what our own packages say from `level` on, and of others' only errors.

    kazoo at DEBUG logs data, tokens and passwords, and gunicorn and kazoo say a line at each try; what matters of
    it our own packages say in their words.
    """
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(_OneLine())
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(logging.ERROR)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
