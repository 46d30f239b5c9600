"""ElectionLoop: the one thread that owns a candidate's state and publishes it.

It takes events off a queue, looks at everything again, decides by `rules.decide`, acts and publishes. Everybody else
only puts events or reads what was published.
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from succession import rules
from succession.campaign import Campaign
from succession.clock import boottime_s
from succession.errors import NotConnected, Refused, SuccessionError
from succession.feed import Feed
from succession.leadership import ElectionState, Leadership, news_of
from succession.session import ZooKeeperSession
from succession.session_state import SessionEvent, SessionState
from succession.sidelines import Listener, Watchdog

log = logging.getLogger(__name__)

RETRY_S = 0.02
MAX_RETRY_S = 0.5
MAX_STEPS = 50  # between two events; a line that never settles is looked at again after a pause


class Wish(NamedTuple):
    """What the member's owner wants of it."""

    kind: Literal["join", "resign", "leave"]


class ElectionLoop:
    """Runs from the first `join` until it has left, or its session is closed; `join` starts it again."""

    def __init__(
        self,
        session: ZooKeeperSession,
        campaign: Campaign,
        path: str,
        name: str,
        on_change: Callable[[ElectionState], None] | None,
    ) -> None:
        self.name = name
        self.feed: Feed[ElectionState] = Feed(ElectionState())
        self.state = ElectionState()  # swapped by the thread alone, read by any; a renewal swaps it without news
        self._session = session
        self._campaign = campaign
        self._path = path
        self._on_change = on_change
        self._events: queue.SimpleQueue[tuple[SessionEvent | Wish, float]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None  # guarded by _starting
        # What follows is the thread's alone; the watchdog reads _turned_s.
        self._turned_s = boottime_s()
        self._wants_in = False
        self._resigning: str | None = None
        self._lead: rules.Lead | None = None
        self._follows_leader = False
        self._is_stale = True
        self._look_at_s: float | None = None
        self._touch_at_s = 0.0
        self._session_id: int | None = None
        self._rejoin_at_s = 0.0
        self._cause_seen_at: float | None = None
        self._retry_s = 0.0
        self._trouble = ""

    # --- what any thread may wish ---------------------------------------------------------------------------------

    def join(self) -> None:
        """Start the thread, or have it join again."""
        with self._starting:
            if self._thread is None:
                self._session.reserve(self._path)
            self._put(Wish("join"))
            if self._thread is None:
                self._turned_s = boottime_s()
                self._thread = threading.Thread(target=self._run, name=f"election-{self.name}", daemon=True)
                self._thread.start()

    def resign(self) -> None:
        """Have it step down and rejoin."""
        self._put(Wish("resign"))

    def leave(self, timeout_s: float) -> bool:
        """Have it leave; whether it has within `timeout_s` seconds."""
        with self._starting:
            if self._thread is None:
                return True
            thread = self._thread
            self._put(Wish("leave"))
        thread.join(timeout_s)
        return not thread.is_alive()

    def _put(self, event: SessionEvent | Wish) -> None:
        self._events.put((event, time.time()))

    # --- the loop -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        over = threading.Event()
        Watchdog(self._session, lambda: self._turned_s, over).start()
        Listener(self.feed, self._on_change, self.resign, over).start()
        unsubscribe = self._session.subscribe(self._put)
        forget = self._session.call_on_answers(self._turn_goes_on)
        wait_s = 0.0
        while not self._await(wait_s):
            self._turned_s = boottime_s()
            try:
                wait_s = self._turn()
                self._retry_s, self._trouble = 0.0, ""
            except SuccessionError as error:
                wait_s = self._back_off(str(error), is_worth_saying=not isinstance(error, NotConnected))
            except Exception:  # a fault of ours must not leave a candidate that nobody looks after
                log.exception("%s met a fault of this library and goes on", self.name)
                wait_s = self._back_off("a fault of this library", is_worth_saying=False)
        if self._session.is_closed:
            self._publish(self._place("out", None, None, "Its session was closed."))
        unsubscribe()
        forget()
        over.set()

    def _turn_goes_on(self) -> None:
        self._turned_s = boottime_s()

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
            has_left = self.state.role == "out" and not self._wants_in and self._events.empty() and not self._is_stale
            is_over = has_left or self._session.is_closed
            if is_over:
                self._thread = None
                self._session.release(self._path)
            return is_over

    def _note(self, event: SessionEvent | Wish, at: float) -> None:
        if isinstance(event, Wish):
            self._is_stale = True
            self._wants_in = event.kind != "leave" and (self._wants_in or event.kind == "join")
            if event.kind == "resign":
                self._resigning = self.state.znode
        elif event.kind != "znode" or event.path in self._campaign.watched:
            self._is_stale = True
            if self.state.role == "worker" and self._cause_seen_at is None:
                self._cause_seen_at = at

    def _turn(self) -> float:
        """Do what there is to do; how long to wait for the next event."""
        session = self._session.state
        if session.connection != "connected":
            self._is_stale, self._lead = True, None
            self._publish(self._unproven(f"The connection to ZooKeeper is {session.connection}."))
            return min(MAX_RETRY_S, max(session.timeout_s / 3, RETRY_S))
        if self.state.leadership is not None and self.state.leadership.epoch != session.epoch:
            self._is_stale, self._lead = True, None
            self._publish(self._unproven("The connection to ZooKeeper was lost for a moment."))
        now_s = boottime_s()
        if self._session_id not in (None, session.session_id):
            self._rejoin_at_s = now_s + random.uniform(0, rules.rejoin_within_s(self._campaign.line))
        self._session_id = session.session_id
        if now_s < self._rejoin_at_s:
            self._is_stale = True
            return min(self._rejoin_at_s - now_s, session.timeout_s / 6)
        try:
            if self._is_stale or (self._look_at_s is not None and now_s >= self._look_at_s):
                self._settle(session)
        finally:  # a leader that cannot, say, mend its entry leads on
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
        if not (isinstance(decision, rules.AwaitClaim) and decision.for_s is not None):
            campaign.await_nothing()
        match decision:
            case rules.Lead():
                if self._lead != decision or self.state.leadership is None:
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
                return not campaign.await_claim(decision)
            case rules.Promote():
                cause_seen_at = time.time() if self._cause_seen_at is None else self._cause_seen_at
                token, term, began_s = campaign.promote(decision, cause_seen_at)
                self._begin_to_lead(rules.Lead(decision.candidate, token, term), began_s, session)
            case rules.StepDown():
                campaign.step_down(decision)
                if self._resigning in decision.candidates:
                    self._resigning = None
            case rules.Join():
                self._publish(self._place("joining", None, None, "It joins at the end of the line."))
                self._resigning = None  # whom it was asked of is gone, and its name may come back
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
            self._touch_at_s = rules.provable_at_s(self._session.touches(session), began_s, session.timeout_s)

    def _extend(self, lead: rules.Lead, began_s: float, session: SessionState) -> bool:
        """Lead for as long as a transaction that began then has proven. False: it has not, yet."""
        until_s = rules.lease_until_s(self._session.touches(session), began_s, session.timeout_s)
        if until_s is None or until_s <= boottime_s():
            return False
        leadership = Leadership(lead.candidate, lead.fencing_token, lead.term, session.epoch, until_s)
        if self.state.leadership is not None:
            self.state = replace(self.state, leadership=leadership)  # a renewal is no change that anyone waits for
        else:
            because = f"Nobody is ahead of it; it leads with fencing token {lead.fencing_token} in term {lead.term}."
            self._publish(replace(self._place("leader", lead.candidate, None, because), leadership=leadership))
        return True

    def _stop_leading(self, because: str) -> None:
        self._lead = None
        if self.state.leadership is not None:
            self._publish(self._unproven(because))

    def _why_not(self, decision: rules.Decision) -> str:
        if not self._wants_in:
            return "It leaves the line."
        if isinstance(decision, rules.StepDown) and self._resigning in decision.candidates:
            return "It resigned, and rejoins at the end of the line."
        return "Its candidate or its claim is gone."

    def _touch(self, session: SessionState) -> None:
        """A worker keeps a call on record that a lease can rest on at once (rule 7).

        Who is next in line does so each sixth of the session timeout. The others become next without hearing of it:
        a call each third, instead of kazoo's pings, leaves a lease long enough to be renewed.
        """
        self._touch_at_s = boottime_s() + session.timeout_s / (6 if self._follows_leader else 3)
        if self.state.role == "worker" and not self._campaign.touch():
            self._is_stale = True

    # --- publishing -----------------------------------------------------------------------------------------------

    def _place(self, role: Any, znode: str | None, watching: str | None, because: str) -> ElectionState:
        return ElectionState(role, znode, watching, None, self._session.state.session_id, because)

    def _unproven(self, because: str) -> ElectionState:
        return replace(self.state, leadership=None, because=because)

    def _publish(self, state: ElectionState) -> None:
        if state != self.state:
            former, self.state = self.state, state
            self.feed.publish(state)
            news = news_of(former, state)
            if news:
                log.info("%s %s. %s", self.name, news, state.because)

    def _back_off(self, trouble: str, *, is_worth_saying: bool) -> float:
        """Say once what is wrong, and try again soon: never give up, never spin (rule 9)."""
        self._is_stale = True
        if is_worth_saying and trouble != self._trouble:
            self._trouble = trouble
            log.warning("%s tries again: %s", self.name, trouble)
        self._retry_s = min(max(self._retry_s * 2, RETRY_S), MAX_RETRY_S)
        return self._retry_s * random.uniform(0.5, 1)
