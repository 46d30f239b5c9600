"""The dashboard as a program: `python -m dashboard`, with its settings from the environment.

The composition root: everything is built and every thread is started here, in gunicorn's worker.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from dashboard import ensemble, statuses
from dashboard.app import Rules, make_app
from dashboard.ensemble import EnsembleWatch
from dashboard.leader_link import LeaderLink
from dashboard.news import KillAccepted, NodesAsked
from dashboard.orders import Orders
from dashboard.painter import Painter
from dashboard.rounds import Rounds
from dashboard.settings import DashboardSettings, allowed_hosts
from dashboard.znodes import Znodes
from serving.gunicorn_app import Served, serve
from serving.logs import set_up_logs
from serving.settings import settings_or_exit
from serving.stream import Streams
from succession.registry import ServiceRegistry
from succession.session import ZooKeeperSession
from succession.tree import read_tree
from succession.wire import MOST_BELIEFS

log = logging.getLogger("dashboard")

_THREADS = 32  # for requests; a stream takes none
_CLOSE_S = 0.5


def main() -> None:
    """Serve until told to stop."""
    settings = settings_or_exit(DashboardSettings)
    set_up_logs(settings.log_level)

    def start(stop: threading.Event) -> Served:
        return _start(settings, stop)

    serve(
        start,
        host=settings.bind_host,
        port=settings.dashboard_port,
        threads=_THREADS,
        name="The dashboard",
    )


def _start(settings: DashboardSettings, stop: threading.Event) -> Served:
    if settings.warning is not None:
        log.warning("%s", settings.warning)
    session = ZooKeeperSession(
        settings.zookeeper_hosts, timeout_s=settings.session_timeout_s, auth=settings.zookeeper_auth
    )
    watch = ServiceRegistry(session).watch()
    painter = Painter()
    link = LeaderLink(watch.feed, painter.tell, ThreadPoolExecutor(max_workers=8, thread_name_prefix="leader-stream"))
    couriers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="order")
    orders = Orders(watch.feed, couriers, lambda znode: painter.tell(KillAccepted(znode)))
    znodes = Znodes(lambda: read_tree(session))
    nodes = Rounds(
        lambda: statuses.first_in_line(watch.feed.latest().value),
        statuses.ask,
        lambda answers: painter.tell(NodesAsked(tuple((asked.znode, answer) for asked, answer in answers.items()))),
        ThreadPoolExecutor(max_workers=MOST_BELIEFS, thread_name_prefix="status"),
        most=MOST_BELIEFS,
    )
    servers = EnsembleWatch(settings.zookeeper_hosts, painter.tell)
    ensemble_rounds = Rounds(
        lambda: servers.servers,
        ensemble.ask,
        servers.hear,
        ThreadPoolExecutor(max_workers=len(servers.servers), thread_name_prefix="srvr"),
        most=len(servers.servers),
    )
    streams = Streams(stop, max_viewers=settings.dashboard_max_viewers)
    app = make_app(painter, orders, znodes, streams, Rules(allowed_hosts(settings), settings.dashboard_start_hint))

    session.start()
    streams.start()
    threading.Thread(target=painter.paint, args=(stop,), name="painter", daemon=True).start()
    threading.Thread(target=link.discover, args=(stop,), name="discover", daemon=True).start()
    threading.Thread(target=znodes.read, args=(stop,), name="znodes", daemon=True).start()
    threading.Thread(target=nodes.run, args=(stop,), name="ask-nodes", daemon=True).start()
    threading.Thread(target=ensemble_rounds.run, args=(stop,), name="ask-servers", daemon=True).start()

    def close() -> None:
        streams.say_goodbye()
        watch.stop()
        session.close(timeout_s=_CLOSE_S)
        streams.join()

    return Served(app, close)


if __name__ == "__main__":
    main()
