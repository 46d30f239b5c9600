"""Node: one member of the cluster: its session, its candidate and entry, and what it does while it leads.

`start` is called in the process that serves, after everything is built; HTTP threads only read.
"""

import logging
import time

from cluster_node.job import LeaderJob
from cluster_node.settings import NodeSettings
from succession import (
    Candidate,
    ElectionState,
    LeaderElection,
    Observer,
    ServiceRegistry,
    SessionRecord,
    SuccessionError,
    ZooKeeperSession,
)
from succession.feed import Feed
from succession.session import hex_id
from succession.wire import ClusterSnapshot, NodeStatus, encode

log = logging.getLogger(__name__)

ASK_S = 0.5  # how long who asks for the leader waits for ZooKeeper
LEADING_S = 1.0  # how long who stands first waits to know that it leads
CLOSE_S = 1.0


class Node:
    """A member of the cluster, identical to the others but for its name and address.

    `record` is where the process that outlives this one reads which session to end when this one has died.
    """

    def __init__(self, settings: NodeSettings, record: SessionRecord | None = None) -> None:
        self._settings = settings
        if settings.warning is not None:
            log.warning("%s", settings.warning)
        self.session = ZooKeeperSession(
            settings.zookeeper_hosts, settings.session_timeout_s, settings.zookeeper_auth, record
        )
        self.registry = ServiceRegistry(self.session)
        self.election = LeaderElection(
            self.session,
            name=settings.node_name,
            data={"address": settings.address},
            registry=self.registry,
            on_change=self._take_role,
        )
        self.job = LeaderJob(self.election, settings.job_interval_s)
        self.stream: Feed[bytes | None] = Feed(None)  # the cluster while this node leads, else None
        self._observer = Observer(self.session, tell=self._tell)
        self._is_observing = False  # by the election's listener

    def start(self) -> None:
        """Join the cluster, now or when ZooKeeper comes."""
        log.info("%s at %s looks for ZooKeeper at %s", self.name, self._settings.address, self.session.hosts)
        self.job.start()
        self.election.join()

    def close(self) -> None:
        """Leave at once: the session's end takes candidate, claim and entry along."""
        self.stream.publish(None)
        self.session.close(CLOSE_S)

    @property
    def name(self) -> str:
        """Who this is."""
        return self._settings.node_name

    @property
    def is_in_line(self) -> bool:
        """Whether this node has a place in the line."""
        return self.session.connection == "connected" and self.election.state.role in ("worker", "leader")

    def leader(self) -> Candidate | None:
        """Who leads by its claim, asked now; None if nobody does or ZooKeeper does not say in time."""
        try:
            return self.election.leader(ASK_S)
        except SuccessionError:
            return None

    def cluster(self) -> bytes | None:
        """The cluster's state as JSON if this node leads, else None; who stands first waits a moment to know."""
        if self.election.is_leader or self._stands_first():
            end_s = time.monotonic() + LEADING_S
            news = self.stream.latest()
            while (news.value is None or not self.election.is_leader) and (left_s := end_s - time.monotonic()) > 0:
                news = self.stream.wait_newer(news.version, min(left_s, 0.05)) or self.stream.latest()
            return news.value if self.election.is_leader else None
        return None

    def status(self) -> NodeStatus:
        """What this node believes of itself at this moment."""
        leadership, state, session = self.election.leadership, self.election.state, self.session.state
        return NodeStatus(
            name=self.name,
            znode=state.znode,
            role=state.role if state.role in ("leader", "worker") else None,
            watching=state.watching,
            is_leader=leadership is not None,
            connection=session.connection,
            session_id=None if session.session_id is None else hex_id(session.session_id),
            fencing_token=leadership.fencing_token if leadership else None,
            lease_left_ms=round(leadership.lease_left_s * 1000) if leadership else None,
            job=self.job.counts,
            at=time.time(),
        )

    def _stands_first(self) -> bool:
        znode = self.election.state.znode
        claimant = self.leader() if znode is not None else None
        return claimant is not None and claimant.znode == znode

    def _take_role(self, state: ElectionState) -> None:
        """In the election's listener thread: what only the leader does begins and ends here."""
        if state.leadership is not None and not self._is_observing:
            self._is_observing = True
            self._observer.start()
        elif state.leadership is None and self._is_observing:
            self._is_observing = False
            self.stream.publish(None)
            self._observer.stop()
            self.stream.publish(None)  # what the observer told before it stopped is not for anyone

    def _tell(self, snapshot: ClusterSnapshot) -> None:
        """In the observer's thread, which runs only while this node leads."""
        self.stream.publish(encode(snapshot))
