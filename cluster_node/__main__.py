"""One member of the cluster: `python -m cluster_node`, with its settings in the environment (design §5).

Composition root: the master process validates and binds, its one worker builds and runs the node.
"""

import logging
import threading

from cluster_node.api import make_app
from cluster_node.node import Node
from cluster_node.settings import NodeSettings
from serving.gunicorn_app import Served, serve
from serving.logs import set_up_logs
from serving.settings import settings_or_exit
from serving.stream import Streams
from succession import SessionRecord

log = logging.getLogger(__name__)

THREADS = 16  # for orders and questions; a stream takes none
MAX_STREAMS = 48


def main() -> None:
    """Serve until told to stop."""
    settings = settings_or_exit(NodeSettings)
    set_up_logs(settings.log_level)

    record = SessionRecord() if settings.crash_supervisor == "on" else None  # before the fork, so that both have it

    def end_session() -> None:
        """In the master, once its worker is reaped. Whoever is next in line need not wait for the session timeout."""
        if record is not None and record.end(settings.zookeeper_hosts):
            log.warning("%s's ZooKeeper session is ended: its process is gone", settings.node_name)

    def start(stop: threading.Event) -> Served:
        node = Node(settings, record)
        streams = Streams(stop, max_viewers=MAX_STREAMS)
        app = make_app(node, streams)
        streams.start()
        node.start()

        def close() -> None:
            streams.say_goodbye()
            node.close()
            streams.join()

        return Served(app, close)

    serve(
        start,
        host=settings.bind_host,
        port=settings.node_port,
        threads=THREADS,
        name=settings.node_name,
        on_death=end_session,
    )


if __name__ == "__main__":
    main()
