import struct
import threading

import pytest

from succession import OutcomeUnknown, SuccessionError, ZooKeeperSession
from succession.testing import Proxy
from succession.testing.waiting import eventually, scaled


def answers(session: ZooKeeperSession) -> bool:
    try:
        return session.get("/") is not None
    except SuccessionError:
        return False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # kazoo's loop ends by it
def test_a_call_whose_reply_was_skipped_has_an_unknown_outcome_and_the_session_goes_on(chroot: str) -> None:
    """Seen in chaos (seed 11): a server skipped one reply and answered the call after it."""
    with Proxy(chroot) as proxy:
        session = ZooKeeperSession(proxy.hosts, timeout_s=scaled(3))
        session.start()
        try:
            eventually(lambda: session.connection == "connected")
            proxy.drop()
            skip = threading.Timer(0.2, lambda: proxy.inject(struct.pack(">iqi", 99999, 1, 0)))
            skip.start()
            with pytest.raises(OutcomeUnknown):
                session.get("/")
            skip.join()
            proxy.heal()
            eventually(lambda: answers(session))
        finally:
            session.close()
