"""Faults for tests of what stands on this library: a proxy that cuts, and what ends sessions, znodes and processes."""

from succession.testing.faults import delete_znode, expire_session, freeze, lose_connection, thaw
from succession.testing.proxy import Proxy

__all__ = ["Proxy", "delete_znode", "expire_session", "freeze", "lose_connection", "thaw"]
