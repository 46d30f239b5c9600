"""Faults for tests of what stands on this library: a proxy that cuts, real servers that are stopped, sessions that end.

`plugin` brings them to pytest as fixtures, and `conformance` is a suite to run on one's own use of the library.
"""

from succession.testing.faults import delete_znode, expire_session, freeze, lose_connection, thaw
from succession.testing.proxy import Proxy
from succession.testing.servers import ZooKeeperServer, running_ensemble, running_server
from succession.testing.waiting import eventually, scaled

__all__ = [
    "Proxy",
    "ZooKeeperServer",
    "delete_znode",
    "eventually",
    "expire_session",
    "freeze",
    "lose_connection",
    "running_ensemble",
    "running_server",
    "scaled",
    "thaw",
]
