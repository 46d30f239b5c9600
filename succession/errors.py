"""The library's own exceptions: every failure that reaches a caller is one of these.

Nothing of kazoo's or msgspec's leaks out; the cause is kept as `__cause__`.
"""


class SuccessionError(Exception):
    """Base of everything this library raises."""


class Undecodable(SuccessionError):
    """Data that is not what it should be. The text says where, and never quotes the data."""


class NotConnected(SuccessionError):
    """ZooKeeper is out of reach; nothing was sent."""


class OutcomeUnknown(SuccessionError):
    """A call got no answer in time: it may have been carried out, and it may still be."""


class NotLeader(SuccessionError):
    """This candidate does not lead, or no longer does; nothing was written."""


class Refused(SuccessionError):
    """ZooKeeper answered that it will not: nothing was written. `operation` is the one of a transaction that failed."""

    def __init__(self, text: str, operation: int | None = None) -> None:
        super().__init__(text)
        self.operation = operation


class NoNode(Refused):
    """A znode that was expected is not there."""


class NodeExists(Refused):
    """A znode that was to be made is there already."""


class NoAuth(Refused):
    """A znode's access list does not admit this session's identity."""


class BadVersion(Refused):
    """A znode changed since it was read."""
