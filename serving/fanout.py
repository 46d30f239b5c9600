"""Fanout: one loop that sends each feed's latest value to all its viewers, encoded once, and reads what they say.

`run` is one thread's loop and owns every viewer. `adopt` and a feed's news come from any thread, and only wake it.
"""

import contextlib
import logging
import queue
import selectors
import socket
import threading
import time
from collections.abc import Iterator

from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.events import Event as WebSocketEvent
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from serving.viewer import SEND_DEADLINE_S, Channel, Stream, Viewer

log = logging.getLogger(__name__)

GOING_AWAY = 1001
GOING_DOWN = "This program is going down."
_ENDED = "This stream has ended."
_SAY_EVERY_S = 0.9  # the contract is once a second
_LOOK_AGAIN_S = 0.1  # how late a deadline is noticed
_LINGER_S = 0.5  # for what is on its way when a stream ends, so that nothing sent is lost
_LONGEST_MESSAGE_BYTES = 4096  # of what a viewer may say
_READ_BYTES = 4096


class Fanout:
    """The viewers of any number of feeds, in one thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._adopted: queue.SimpleQueue[tuple[Stream, Viewer]] = queue.SimpleQueue()
        self._channels: dict[Stream, Channel] = {}
        self._late: set[Viewer] = set()  # those with a deadline
        self.has_said_goodbye = threading.Event()

    def adopt(self, feed: Stream, viewer: Viewer) -> None:
        """Show `feed` to this viewer, whose handshake is done, until either ends."""
        self._adopted.put((feed, viewer))
        self.wake()

    def wake(self) -> None:
        """Have the loop look at everything again; from any thread, and without waiting."""
        with contextlib.suppress(OSError):  # full: it is awake already
            self._waker.send(b"!")

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop`; then say goodbye to all, and give them a moment to answer."""
        while not stop.is_set():
            try:
                self._turn()
            except Exception:  # a loop that ended would leave every viewer with what it has
                log.exception("The streams stumbled, and go on.")
                stop.wait(_LOOK_AGAIN_S)
        self._welcome_all()
        for channel in list(self._channels.values()):
            self._end(channel, GOING_DOWN)
        self.has_said_goodbye.set()
        while self._late:
            self._turn()
        for closed in (self._selector, self._woken, self._waker):
            closed.close()

    def _turn(self) -> None:
        now_s = time.monotonic()
        due_s = min((channel.due_s for channel in self._channels.values()), default=now_s + 1)
        for key, events in self._selector.select(max(min(due_s - now_s, _LOOK_AGAIN_S), 0)):
            if key.data is None:
                self._woken.recv(_READ_BYTES)
                continue
            channel, viewer = key.data
            with self._dropping(channel, viewer):
                if events & selectors.EVENT_WRITE:
                    viewer.send_rest(now_s)
                if events & selectors.EVENT_READ:
                    self._hear(viewer)
                self._await(channel, viewer)
        self._welcome_all()
        for channel in list(self._channels.values()):
            self._say(channel)
        self._drop_the_late()

    def _welcome_all(self) -> None:
        while not self._adopted.empty():
            feed, viewer = self._adopted.get()
            channel = self._channels.get(feed)
            if channel is None:
                channel = self._channels[feed] = Channel(feed)
                feed.listen(self.wake)
            channel.viewers.add(viewer)
            self._selector.register(viewer.socket, selectors.EVENT_READ, (channel, viewer))

    def _say(self, channel: Channel) -> None:
        """Send the latest value to whom it is new, or to all when nothing was said for a while."""
        now_s = time.monotonic()
        version, value = channel.feed.latest()
        if value is None:
            self._end(channel, _ENDED)
            return
        is_for_all = version != channel.version or now_s >= channel.due_s
        if is_for_all:
            channel.version, channel.due_s = version, now_s + _SAY_EVERY_S
        for viewer in [one for one in channel.viewers if is_for_all or one.version != version]:
            if viewer.unsent or viewer.is_leaving:
                continue  # it gets what is the latest when it has taken what it is being sent
            with self._dropping(channel, viewer):
                viewer.send(channel.frame(value, version, is_deflated=viewer.is_deflating), now_s)
                viewer.version = version
                self._await(channel, viewer)

    def _hear(self, viewer: Viewer) -> None:
        """What a viewer says is dropped; it may ask whether we live, and leave."""
        data = viewer.socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionAbortedError("the viewer has gone")
        if viewer.is_leaving:
            return
        try:
            viewer.protocol.receive_data(data)
            goodbye = self._answer(viewer)
        except RemoteProtocolError as error:
            goodbye = error.event_hint or CloseConnection(CloseReason.PROTOCOL_ERROR)
        if goodbye is not None:
            try:
                self._leave(viewer, viewer.protocol.send(goodbye))
            except LocalProtocolError as error:
                raise ConnectionAbortedError("the viewer speaks no WebSocket") from error

    def _answer(self, viewer: Viewer) -> WebSocketEvent | None:
        """Answer its pings; the goodbye where it has to go, or wants to."""
        for event in viewer.protocol.events():
            if isinstance(event, Ping):
                viewer.send(viewer.protocol.send(event.response()), time.monotonic())
            elif isinstance(event, CloseConnection):
                return event.response()
            elif isinstance(event, TextMessage | BytesMessage):
                viewer.said_bytes += len(event.data)
                if viewer.said_bytes > _LONGEST_MESSAGE_BYTES:
                    return CloseConnection(CloseReason.MESSAGE_TOO_BIG, "Message is too big")
                viewer.said_bytes = 0 if event.message_finished else viewer.said_bytes
        return None

    def _end(self, channel: Channel, why: str) -> None:
        for viewer in list(channel.viewers):
            with self._dropping(channel, viewer):
                if not viewer.is_leaving:
                    self._leave(viewer, viewer.protocol.send(CloseConnection(GOING_AWAY, why)))
                self._await(channel, viewer)
        channel.viewers = set()
        self._forget(channel)

    def _leave(self, viewer: Viewer, goodbye: bytes) -> None:
        """Say goodbye, and wait, not long, for the other side to hang up."""
        now_s = time.monotonic()
        viewer.send(goodbye, now_s)
        viewer.is_leaving = True
        viewer.deadline_s = now_s + _LINGER_S

    def _await(self, channel: Channel, viewer: Viewer) -> None:
        """Have the loop told when it takes more, where something is left. Raises OSError when it has gone."""
        if viewer.is_leaving and not viewer.unsent:
            viewer.socket.shutdown(socket.SHUT_WR)
        # Who does not take what it is sent is not listened to: its answers would pile up.
        events = selectors.EVENT_WRITE if viewer.unsent else selectors.EVENT_READ
        if self._selector.get_key(viewer.socket).events != events:
            self._selector.modify(viewer.socket, events, (channel, viewer))
        if viewer.unsent or viewer.is_leaving:
            self._late.add(viewer)
        else:
            self._late.discard(viewer)

    def _drop_the_late(self) -> None:
        now_s = time.monotonic()
        for viewer in [one for one in self._late if one.deadline_s <= now_s]:
            channel = self._selector.get_key(viewer.socket).data[0]
            if not viewer.is_leaving:
                log.info("A viewer did not read for %.0f s and was dropped.", SEND_DEADLINE_S)
            self._drop(channel, viewer)

    @contextlib.contextmanager
    def _dropping(self, channel: Channel, viewer: Viewer) -> Iterator[None]:
        """Drop the viewer where what is done with it fails: mostly, it has gone."""
        try:
            yield
        except OSError:
            self._drop(channel, viewer)
        except Exception:  # whatever one viewer sent must not end the others' streams
            log.exception("A viewer is dropped, since it cannot be served.")
            self._drop(channel, viewer)

    def _drop(self, channel: Channel, viewer: Viewer) -> None:
        self._selector.unregister(viewer.socket)
        viewer.socket.close()
        self._late.discard(viewer)
        channel.viewers.discard(viewer)
        viewer.on_end()
        if not channel.viewers:
            self._forget(channel)

    def _forget(self, channel: Channel) -> None:
        if self._channels.get(channel.feed) is channel:  # and not a later one of the same feed
            del self._channels[channel.feed]
            channel.feed.unlisten(self.wake)
