"""LeaderElection: the one loop that owns a candidate's state and publishes it.

Its thread takes events off a queue, looks at everything again, decides by `rules.decide`, acts and publishes.
Everybody else only puts events or reads what was published.
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from succession import rules
from succession.campaign import Campaign
from succession.clock import boottime_s
from succession.errors import NotConnected, NotLeader, Refused, SuccessionError, Undecodable
from succession.feed import Feed
from succession.fenced import Fenced
from succession.leadership import ElectionState, Leadership
from succession.line import Candidate, Line
from succession.paths import ElectionPaths
from succession.registry import ServiceRegistry
from succession.session import SessionEvent, SessionState, ZooKeeperSession
from succession.sidelines import Listener, Watchdog
from succession.wire import CandidateNote, decode, encode

log = logging.getLogger(__name__)

RETRY_S = 0.02
MAX_RETRY_S = 0.5
MAX_STEPS = 50  # between two events; a line that never settles is looked at again after a pause


class _Wish(NamedTuple):
    kind: Literal["join", "resign", "leave"]


class LeaderElection:
    """One candidate in the election at `path`. Any thread may call; `on_change(state)` runs in a thread of its own.

    `data` is what others read of this candidate besides its name, as JSON; with a `registry`, whose entry the election
    then keeps, it must have an `address`. Raises ValueError for a name, path or data that cannot be.
    """

    def __init__(
        self,
        session: ZooKeeperSession,
        path: str = "/election",
        *,
        name: str,
        data: Mapping[str, Any] | None = None,
        registry: ServiceRegistry | None = None,
        on_change: Callable[[ElectionState], None] | None = None,
    ) -> None:
        note = _validated(path, name, data, needs_address=registry is not None)
        if registry is not None:
            registry.give_to_election()
        self.name = name
        self.feed: Feed[ElectionState] = Feed(ElectionState())
        self._session = session
        self._paths = ElectionPaths(path)
        self._line = Line(session, self._paths)
        self._campaign = Campaign(session, self._paths, note, registry)
        self._on_change = on_change
        self._events: queue.SimpleQueue[tuple[SessionEvent | _Wish, float]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None  # guarded by _starting
        # What follows is written by the election's thread alone; _state and _turned_s are read by any.
        self._state = ElectionState()
        self._turned_s = boottime_s()
        self._wants_in = False
        self._resigning: str | None = None
        self._lead: rules.Lead | None = None
        self._follows_leader = False
        self._is_stale = True
        self._look_at_s: float | None = None
        self._touch_at_s = 0.0
        self._cause_seen_at: float | None = None
        self._retry_s = 0.0
        self._trouble = ""

    # --- what any thread may ask ----------------------------------------------------------------------------------

    @property
    def state(self) -> ElectionState:
        """My place in the line as last published."""
        return self._state

    @property
    def leadership(self) -> Leadership | None:
        """My right to lead at this moment, or None. Computed at each read (rule 1): state, connection and lease."""
        leadership = self._state.leadership
        session = self._session.state
        if leadership is None or session.connection != "connected" or session.epoch != leadership.epoch:
            return None
        return leadership if boottime_s() < leadership.lease_until_s else None

    @property
    def is_leader(self) -> bool:
        """Whether I lead at this moment."""
        return self.leadership is not None

    def wait_for_leadership(self, timeout_s: float | None = None) -> bool:
        """Block until I lead, at most `timeout_s` seconds; whether I do."""
        end_s = None if timeout_s is None else time.monotonic() + timeout_s
        version = -1
        while not self.is_leader:
            left_s = 1.0 if end_s is None else min(end_s - time.monotonic(), 1.0)
            if left_s <= 0:
                return False
            news = self.feed.wait_newer(version, left_s)
            version = news.version if news else version
        return True

    def fenced(self) -> Fenced:
        """A transaction that commits only while I still lead. Raises NotLeader if I do not now."""
        leadership = self.leadership
        if leadership is None:
            raise NotLeader(f"{self.name} does not lead")
        return Fenced(self._session, self._paths, leadership)

    def leader(self, timeout_s: float | None = None) -> Candidate | None:
        """Who leads by its claim, read now; None if nobody does. Raises NotConnected or OutcomeUnknown."""
        return self._line.leader(timeout_s)

    def candidates(self) -> tuple[Candidate, ...]:
        """The line, first in line first, read now. Raises NotConnected or OutcomeUnknown."""
        return self._line.candidates()

    # --- what any thread may wish ---------------------------------------------------------------------------------

    def join(self) -> None:
        """Become a candidate, and stay one whatever happens, until `leave`. Returns at once."""
        self._session.start()
        with self._starting:
            self._put(_Wish("join"))
            if self._thread is None:
                self._turned_s = boottime_s()
                self._thread = threading.Thread(target=self._run, name=f"election-{self.name}", daemon=True)
                self._thread.start()

    def resign(self) -> None:
        """Step down if leading, and rejoin at the end of the line. Returns at once; it is done in the end."""
        self._put(_Wish("resign"))

    def leave(self, timeout_s: float = 2.0) -> bool:
        """Step down and leave the line. False if that took longer than `timeout_s`; it is still done then."""
        with self._starting:
            if self._thread is None:
                return True
            thread = self._thread
            self._put(_Wish("leave"))
        thread.join(timeout_s)
        return not thread.is_alive()

    def _put(self, event: SessionEvent | _Wish) -> None:
        self._events.put((event, time.time()))

    # --- the loop -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        over = threading.Event()
        Watchdog(self._session, lambda: self._turned_s, over).start()
        Listener(self.feed, self._on_change, self.resign, over).start()
        unsubscribe = self._session.subscribe(self._put)
        wait_s = 0.0
        while not self._await(wait_s):
            self._turned_s = boottime_s()
            try:
                wait_s = self._turn()
                self._retry_s, self._trouble = 0.0, ""
            except SuccessionError as error:
                wait_s = self._back_off(error)
        if self._session.is_closed:
            self._publish(self._place("out", None, None, "Its session was closed."))
        unsubscribe()
        over.set()

    def _await(self, wait_s: float) -> bool:
        """Wait for something to do, and take all events there are. True: I have left for good, and the thread ends."""
        try:
            while True:
                event, at = self._events.get(timeout=wait_s) if wait_s > 0 else self._events.get_nowait()
                wait_s = 0.0
                self._note(event, at)
        except queue.Empty:
            pass
        with self._starting:
            has_left = self._state.role == "out" and not self._wants_in and self._events.empty() and not self._is_stale
            is_over = has_left or self._session.is_closed
            if is_over:
                self._thread = None
            return is_over

    def _note(self, event: SessionEvent | _Wish, at: float) -> None:
        if isinstance(event, _Wish):
            self._is_stale = True
            self._wants_in = event.kind != "leave" and (self._wants_in or event.kind == "join")
            if event.kind == "resign":
                self._resigning = self._state.znode
        elif event.kind != "znode" or event.path in self._campaign.watched:
            self._is_stale = True
            if self._state.role == "worker" and self._cause_seen_at is None:
                self._cause_seen_at = at

    def _turn(self) -> float:
        """Do what there is to do; how long to wait for the next event."""
        session = self._session.state
        if session.connection != "connected":
            self._is_stale, self._lead = True, None
            self._publish(self._unproven(f"The connection to ZooKeeper is {session.connection}."))
            return MAX_RETRY_S
        if self._state.leadership is not None and self._state.leadership.epoch != session.epoch:
            self._is_stale, self._lead = True, None
            self._publish(self._unproven("The connection to ZooKeeper was lost for a moment."))
        now_s = boottime_s()
        if self._is_stale or (self._look_at_s is not None and now_s >= self._look_at_s):
            self._settle(session)
        if self._lead is not None and now_s >= self._touch_at_s:
            self._renew(self._lead, session)
        elif now_s >= self._touch_at_s:
            self._touch(session)
        dues_s = [due for due in (self._touch_at_s, self._look_at_s) if due is not None]
        return min(max(min(dues_s) - boottime_s(), 0.0), session.timeout_s / 6)

    def _settle(self, session: SessionState) -> None:
        """Look and act until there is nothing to do but wait."""
        self._is_stale, self._look_at_s = False, None
        try:
            for _ in range(MAX_STEPS):
                self._turned_s = boottime_s()
                if self._act(self._look(), session):
                    self._cause_seen_at = None
                    return
        except SuccessionError:
            self._is_stale = True
            raise
        self._is_stale = True
        raise Refused("the line does not settle")

    def _look(self) -> rules.Decision:
        self._campaign.begin_look()
        seen = self._campaign.look(self._wants_in, self._resigning)
        decision = rules.decide(seen)
        while isinstance(decision, rules.Read):
            seen = replace(seen, owners={**seen.owners, decision.name: self._campaign.read(decision)})
            decision = rules.decide(seen)
        return decision

    def _act(self, decision: rules.Decision, session: SessionState) -> bool:
        """Carry out a decision. True if nothing is left to do but wait."""
        campaign = self._campaign
        if not isinstance(decision, rules.Lead):
            self._stop_leading(self._why_not(decision))
        match decision:
            case rules.Lead():
                if self._lead != decision or self._state.leadership is None:
                    self._begin_to_lead(decision, None, session)
                return not campaign.announce(decision)
            case rules.Follow(own, ahead, is_next):
                was_written = campaign.announce(decision)
                self._follows_leader = is_next
                self._publish(self._place("worker", own, ahead, f"It watches {ahead}, which is just ahead of it."))
                return not was_written  # what was written is read once more, with a watch
            case rules.AwaitClaim(own, for_s):
                because = "Nobody is ahead of it, but a former leader's claim stands."
                self._publish(self._place("worker", own, None, because))
                self._look_at_s = None if for_s is None else boottime_s() + for_s
                return not campaign.await_claim()
            case rules.Promote():
                token, term, began_s = campaign.promote(decision, self._cause_seen_at)
                self._begin_to_lead(rules.Lead(decision.candidate, token, term), began_s, session)
            case rules.StepDown():
                campaign.step_down(decision)
                if self._resigning in decision.candidates:
                    self._resigning = None
            case rules.Join():
                self._publish(self._place("joining", None, None, "It joins at the end of the line."))
                campaign.join()
            case rules.MakeParents():
                campaign.make_parents()
            case rules.Out():
                self._publish(self._place("out", None, None, "It has left the line."))
                return True
        return False

    # --- leading --------------------------------------------------------------------------------------------------

    def _begin_to_lead(self, lead: rules.Lead, began_s: float | None, session: SessionState) -> None:
        self._lead = lead
        self._touch_at_s = 0.0
        if began_s is None or not self._extend(lead, began_s, session):
            self._publish(self._place("leader", lead.candidate, None, "Its claim stands; its lease is not proven yet."))

    def _renew(self, lead: rules.Lead, session: SessionState) -> None:
        """Rule 7. What is refused is not mine any more: not leader first, then look."""
        try:
            began_s = self._campaign.renew(lead)
        except Refused as error:
            self._stop_leading(f"ZooKeeper refused to renew its lease: {error}.")
            self._is_stale = True
            return
        self._touch_at_s = began_s + session.timeout_s / 6
        if not self._extend(lead, began_s, session):
            touches = self._session.touches(session)
            self._touch_at_s = (touches[0][1] if touches else began_s) + session.timeout_s / 4 + 0.001

    def _extend(self, lead: rules.Lead, began_s: float, session: SessionState) -> bool:
        """Lead for as long as a transaction that began then has proven. False: it has not, yet."""
        until_s = rules.lease_until_s(self._session.touches(session), began_s, session.timeout_s)
        if until_s is None:
            return False
        leadership = Leadership(lead.candidate, lead.fencing_token, lead.term, session.epoch, until_s)
        if self._state.leadership is not None:
            self._state = replace(self._state, leadership=leadership)  # a renewal is no change that anyone waits for
        else:
            because = f"Nobody is ahead of it; it leads with fencing token {lead.fencing_token} in term {lead.term}."
            self._publish(replace(self._place("leader", lead.candidate, None, because), leadership=leadership))
        return True

    def _stop_leading(self, because: str) -> None:
        self._lead = None
        if self._state.leadership is not None:
            self._publish(self._unproven(because))

    def _why_not(self, decision: rules.Decision) -> str:
        if not self._wants_in:
            return "It leaves the line."
        if isinstance(decision, rules.StepDown) and self._resigning in decision.candidates:
            return "It resigned, and rejoins at the end of the line."
        return "Its candidate or its claim is gone."

    def _touch(self, session: SessionState) -> None:
        """Who is next in line keeps a call on record that a lease can rest on at once (rule 7)."""
        self._touch_at_s = boottime_s() + session.timeout_s / 6
        if self._follows_leader and self._state.role == "worker" and not self._campaign.touch():
            self._is_stale = True

    # --- publishing -----------------------------------------------------------------------------------------------

    def _place(self, role: Any, znode: str | None, watching: str | None, because: str) -> ElectionState:
        return ElectionState(role, znode, watching, None, self._session.state.session_id, because)

    def _unproven(self, because: str) -> ElectionState:
        return replace(self._state, leadership=None, because=because)

    def _publish(self, state: ElectionState) -> None:
        if state != self._state:
            former, self._state = self._state, state
            self.feed.publish(state)
            news = _news(former, state)
            if news:
                log.info("%s %s. %s", self.name, news, state.because)

    def _back_off(self, error: SuccessionError) -> float:
        """Say once what is wrong, and try again soon: never give up, never spin (rule 9)."""
        self._is_stale = True
        if not isinstance(error, NotConnected) and str(error) != self._trouble:
            self._trouble = str(error)
            log.warning("%s tries again: %s", self.name, error)
        self._retry_s = min(max(self._retry_s * 2, RETRY_S), MAX_RETRY_S)
        return self._retry_s * random.uniform(0.5, 1)


def _news(former: ElectionState, state: ElectionState) -> str | None:
    """What a log says of a change of role; None for what is no such change."""
    if state.leadership is not None:
        return "leads"
    if former.leadership is not None:
        return "leads no more"
    if state.role == "worker" and (former.role, former.watching) != ("worker", state.watching):
        return f"stands in line as {state.znode}"
    if state.role == "out" and former.role != "out":
        return "is out of the line"
    return None


def _validated(path: str, name: str, data: Mapping[str, Any] | None, needs_address: bool) -> dict[str, Any]:
    if not path.startswith("/") or path.endswith("/"):
        raise ValueError(f"the election's path {path!r} must be absolute, without a slash at its end")
    note = {**(data or {}), "name": name}
    try:
        known = decode(encode(note), CandidateNote)
    except (Undecodable, TypeError) as error:
        raise ValueError(f"the candidate's name {name!r} or its data {error}") from error
    if needs_address and known.address is None:
        raise ValueError("with a registry the candidate's data needs an address")
    return note
