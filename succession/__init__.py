"""Leader election and service registration on ZooKeeper that hold under every fault we know of."""

from succession.election import LeaderElection
from succession.errors import (
    BadVersion,
    NodeExists,
    NoNode,
    NotConnected,
    NotLeader,
    OutcomeUnknown,
    Refused,
    SuccessionError,
    Undecodable,
)
from succession.leadership import ElectionState, Leadership
from succession.line import Candidate
from succession.observer import Observer
from succession.registry import ServiceRegistry
from succession.session import ZooKeeperSession
from succession.session_record import SessionRecord
from succession.supervisor import supervise
from succession.work import LeaderWork, Tenure

__all__ = [
    "BadVersion",
    "Candidate",
    "ElectionState",
    "LeaderElection",
    "LeaderWork",
    "Leadership",
    "NoNode",
    "NodeExists",
    "NotConnected",
    "NotLeader",
    "Observer",
    "OutcomeUnknown",
    "Refused",
    "ServiceRegistry",
    "SessionRecord",
    "SuccessionError",
    "Tenure",
    "Undecodable",
    "ZooKeeperSession",
    "supervise",
]
