"""What `make prove` takes out, one at a time, and which tests must notice.

Rows are those of the list of how elections broke in others' systems, which tests name in their docstrings.
"""

from dataclasses import dataclass

ELECTION = "tests/integration/test_election.py"
LOST = "tests/integration/test_lost_replies.py"
RULES = "tests/unit/test_rules.py"


ROWS = range(1, 31)
FROZEN = "tests/integration/test_frozen_leader.py"
LEADERSHIP = "tests/unit/test_leadership.py"
LONG_WAITS = "tests/integration/test_long_waits.py"
REGISTRY = "tests/integration/test_registry.py"
VIEW = "tests/unit/test_view.py"
VIEW_MODEL = "tests/browser/test_view_model.py"
WORK = "tests/integration/test_work.py"


@dataclass(frozen=True)
class Proof:
    """What is taken out (`old` of `path` becomes `new`), the tests of which one must fall, and the rows it guards."""

    rule: str
    path: str
    old: str
    new: str
    tests: str
    rows: tuple[int, ...] = ()


PROOFS = [
    Proof(
        "rule 1: not connected is not leader",
        "succession/election.py",
        'session.connection != "connected" or ',
        "",
        LEADERSHIP,
        rows=(11,),
    ),
    Proof(
        "rule 1: a new connection leads only after a fresh look",
        "succession/election.py",
        " or session.epoch != leadership.epoch",
        "",
        LEADERSHIP,
    ),
    Proof(
        "rule 1: a closed session does not lead",
        "succession/session.py",
        "        if self._is_closed:\n            return replace(state",
        "        if False:\n            return replace(state",
        LOST,
    ),
    Proof(
        "rule 2: mine is what my present session owns",
        "succession/rules.py",
        "if owner == Owner(seen.session_id))  # rule 2",
        "if owner is not None)  # rule 2",
        RULES,
        rows=(3,),
    ),
    Proof(
        "rule 2: a create whose reply was lost is searched for",
        "succession/campaign.py",
        "        except OutcomeUnknown:\n            self._must_search = True",
        "        except OutcomeUnknown:\n            self._must_search = False",
        LOST,
        rows=(4,),
    ),
    Proof("rule 2: two of mine are never left", "succession/rules.py", "if len(mine) > 1:", "if False:", RULES),
    Proof(
        "rule 2: a former one of mine that is there again is found",
        "succession/campaign.py",
        "            owners |= self._returned(children)\n",
        "            pass\n",
        ELECTION + " -k there_again",
    ),
    Proof(
        "rule 3: any other name is no candidate",
        "succession/rules.py",
        '_CANDIDATE = re.compile(r"c_(\\d{10})", re.ASCII)',
        '_CANDIDATE = re.compile(r".*?(\\d{10})")',
        RULES,
    ),
    Proof(
        "rule 3: what is not ephemeral is stepped over",
        "succession/rules.py",
        " and seen.owners.get(name) != Owner(None)",
        "",
        ELECTION + " -k persistent",
        rows=(30,),
    ),
    Proof(
        "rule 4: an evicted leader's lease is waited for",
        "succession/rules.py",
        "if seen.blocked_s < wait_s:",
        "if False:",
        LOST + " -k evicted",
    ),
    Proof(
        "rule 4: the wait begins when its candidate is gone",
        "succession/campaign.py",
        "if claim is None or self._blocked is None or self._blocked[0] != claim.czxid:\n            return 0.0",
        "if claim is None or self._blocked is None or self._blocked[0] != claim.czxid:\n            return 9.0",
        LOST + " -k evicted",
    ),
    Proof(
        "rule 4: a claim that cannot be read holds nobody up for good",
        "succession/rules.py",
        "return Promote(own, replaces=claim, evicts=claim.owner.session_id)",
        "return AwaitClaim(own, 1.0)",
        ELECTION + " -k claim_made_by_hand",
        rows=(30,),
    ),
    Proof(
        "rule 5: the one ahead is watched",
        "succession/rules.py",
        "return Read(ahead[-1], watch=True)",
        "return Read(ahead[-1], watch=False)",
        ELECTION + " -k 'closed_session or worker_that_leaves'",
    ),
    Proof(
        "rule 5: gone already means to look again",
        "succession/rules.py",
        "            return LookAgain()\n".replace("            ", "        "),
        "            return Promote(own)\n".replace("            ", "        "),
        RULES,
        rows=(1,),
    ),
    Proof(
        "rule 6: a leader without its candidate clears up first",
        "succession/rules.py",
        "return StepDown(claim_is_mine, (), coordinating) if claim_is_mine or coordinating else Join()",
        "return Join()",
        RULES,
        rows=(2,),
    ),
    Proof(
        "rule 7: a lease runs out",
        "succession/election.py",
        "return leadership if boottime_s() < leadership.lease_until_s else None",
        "return leadership",
        LEADERSHIP,
        rows=(13,),
    ),
    Proof(
        "rule 7: a lease rests on a call of a quarter of the timeout ago",
        "succession/rules.py",
        "if answered <= began_s - timeout_s / 4]",
        "if answered <= began_s]",
        RULES,
    ),
    Proof(
        "rule 7: every worker keeps a call on record",
        "succession/loop.py",
        'if self.state.role == "worker" and not self._campaign.touch():',
        "if False:",
        ELECTION + " -k keeps_a_call",
    ),
    Proof(
        "rule 8: a fenced write checks its candidate and the term",
        "succession/fenced.py",
        "            Check(paths.candidate(leadership.znode)),\n            Check(paths.term, leadership.term),\n",
        "",
        ELECTION + " -k 'deposed or came_back'",
        rows=(13,),
    ),
    Proof(
        "rule 8: names that come back are told apart by the term",
        "succession/fenced.py",
        "Check(paths.term, leadership.term)",
        "Check(paths.term, -1)",
        ELECTION + " -k came_back",
        rows=(27,),
    ),
    Proof(
        "rule 9: what is missing is made anew",
        "succession/rules.py",
        "if seen.names is None or seen.term is None or seen.parents_missing:  # rule 9\n        return MakeParents()",
        "if seen.names is None or seen.term is None or seen.parents_missing:  # rule 9\n        return Out()",
        ELECTION + " -k everything_is_deleted",
        rows=(8,),
    ),
    Proof(
        "rule 9: a hung loop loses its session",
        "succession/sidelines.py",
        "                self._session.abandon()\n",
        "",
        ELECTION + " -k hung_loop",
    ),
    Proof(
        "rule 9: an emptied ZooKeeper is joined again",
        "succession/session.py",
        "                request = request._replace(last_zxid_seen=0)\n                self._client.last_zxid = 0\n",
        "                pass\n",
        ELECTION + " -k comes_back_empty",
        rows=(29,),
    ),
    Proof(
        "rule 9: kazoo is started again",
        "succession/session.py",
        "                self._client.start_async()\n\n    def drop",
        "                pass\n\n    def drop",
        LOST + " -k no_server_should_say",
    ),
    Proof(
        "a leader whose handler throws steps down",
        "succession/sidelines.py",
        "                    self._resign()\n",
        "                    pass\n",
        ELECTION + " -k on_change_throws",
        rows=(19,),
    ),
    Proof(
        "what was withdrawn does not come back",
        "succession/registry.py",
        "own.write([] if wanted is None else",
        "own.write([(own.paths[0], b'')] if wanted is None and own.paths else [] if wanted is None else",
        REGISTRY,
        rows=(20,),
    ),
    Proof(
        "rule 1: a suspension longer than the session timeout is a loss",
        "succession/session.py",
        'if state.connection == "suspended" and boottime_s()',
        "if False and boottime_s()",
        LEADERSHIP,
        rows=(12,),
    ),
    Proof(
        "rule 4: an intention outlives the call that was to carry it out",
        "succession/loop.py",
        "                campaign.step_down(decision)\n",
        "                self._resigning = None\n                campaign.step_down(decision)\n",
        LOST + " -k resignation",
        rows=(5,),
    ),
    Proof(
        "rule 6: a claim is deleted only in the term that was read",
        "succession/campaign.py",
        "operations += [Check(self._paths.term, self._term.version), Delete(self._paths.claim)]",
        "operations += [Check(self._paths.term), Delete(self._paths.claim)]",
        LOST + " -k goes_on_late",
        rows=(26,),
    ),
    Proof(
        "rule 7: a lease is renewed by a transaction, and not by a read",
        "succession/campaign.py",
        "self._session.commit([*checks, Check(self._paths.term, lead.term)])",
        "self._session.get(checks[0].path)",
        "tests/integration/test_cut_off_server.py",
        rows=(25,),
    ),
    Proof(
        "rule 9: after a call that failed it tries again",
        "succession/loop.py",
        "wait_s = self._back_off(str(error), is_worth_saying=not isinstance(error, NotConnected))",
        "wait_s = 3600.0",
        LONG_WAITS + " -k may_not_join",
        rows=(9,),
    ),
    Proof(
        "rule 9: who came before ZooKeeper goes on asking for it",
        "succession/session.py",
        '"max_delay": 0.5',
        '"max_delay": 3600',
        LONG_WAITS + " -k cannot_reach",
        rows=(10,),
    ),
    Proof(
        "what is wrong is said once and not once a try",
        "succession/loop.py",
        "if is_worth_saying and trouble != self._trouble:",
        "if is_worth_saying:",
        LONG_WAITS + " -k may_not_join",
    ),
    Proof(
        "an event means to look again, whatever it says",
        "succession/loop.py",
        '        elif event.kind != "znode" or event.path in self._campaign.watched:\n',
        "        elif self._campaign.watched:\n            self._resigning = self.state.znode\n",
        ELECTION + " -k 'reconnects or late_event'",
        rows=(6, 7),
    ),
    Proof(
        "what is published is so before anyone is told",
        "succession/loop.py",
        "            former, self.state = self.state, state\n            self.feed.publish(state)\n",
        "            former = self.state\n            self.feed.publish(state)\n            time.sleep(0.1)\n"
        "            self.state = state\n",
        ELECTION + " -k on_change_is_told",
        rows=(14,),
    ),
    Proof(
        "after a reconnect everything is looked at again, watches included",
        "succession/loop.py",
        "if self._is_stale or (",
        "if (self._is_stale and session.epoch == 1) or (",
        LOST + " -k dies_while",
        rows=(15,),
    ),
    Proof(
        "on_change runs in a thread of its own",
        "succession/loop.py",
        "unsubscribe = self._session.subscribe(self._put)",
        "tell = self._on_change or (lambda _: None)\n        unsubscribe = self._session.subscribe("
        "lambda event: (self._put(event), tell(self.state)) and None)",
        ELECTION + " -k may_ask_zookeeper",
        rows=(16,),
    ),
    Proof(
        "without a connection nothing is sent, and nothing queues",
        "succession/session.py",
        '        if state.connection != "connected":\n            raise NotConnected("there is no',
        '        if not state:\n            raise NotConnected("there is no',
        ELECTION + " -k none_is_queued",
        rows=(17,),
    ),
    Proof(
        "who vanishes between a listing and its reads is stepped over",
        "succession/line.py",
        "for znode in found.values() if znode is not None and znode.is_ephemeral)",
        "for znode in found.values() if znode.is_ephemeral)",
        ELECTION + " -k vanishes",
        rows=(18,),
    ),
    Proof(
        "a leader whose work throws steps down",
        "succession/work.py",
        "            self._election.resign()\n",
        "",
        WORK + " -k work_throws",
        rows=(19,),
    ),
    Proof(
        "work is told that its leadership is over",
        "succession/work.py",
        "if leadership is None or leadership.fencing_token != self.fencing_token or self._stop.is_set():",
        "if self._stop.is_set():",
        WORK + " -k 'told or stays_over'",
        rows=(13,),
    ),
    Proof(
        "what is announced after expiry is what is meant now",
        "succession/registry.py",
        "            with self._lock:\n                wanted = self._wanted\n",
        "            with self._lock:\n                wanted = self._first = getattr(self, '_first', self._wanted)\n",
        REGISTRY,
        rows=(20,),
    ),
    Proof(
        "rule 2: what a late call made in a new session is searched for",
        "succession/campaign.py",
        "        if self._must_search:\n            self._search()\n",
        "",
        LOST + " -k goes_out_late",
        rows=(28,),
    ),
    Proof(
        "one entry that cannot be read costs no other row anything",
        "succession/observer.py",
        "        if entry.data is not None:\n            candidate = candidates",
        "        if True:\n            candidate = candidates",
        "tests/integration/test_observer.py",
        rows=(21,),
    ),
    Proof(
        "the dashboard steps over an entry that it cannot read",
        "dashboard/leader_link.py",
        "readable = [entry for entry in coordinators if entry.data is not None]",
        "readable = list(coordinators)",
        "tests/integration/test_dashboard_link.py -k unreadable",
        rows=(21,),
    ),
    Proof(
        "the page shows a row with nulls in it",
        "static/row_model.js",
        "splitAddress(member.address ?? UNKNOWN)",
        "splitAddress(member.address)",
        VIEW_MODEL + " -k nulls",
        rows=(21,),
    ),
    Proof(
        "a late snapshot of an old leader is dropped",
        "dashboard/view.py",
        "    if order < known.newest:\n        return known\n",
        "",
        VIEW,
        rows=(22,),
    ),
    Proof(
        "the page never goes back to an older view",
        "static/received.js",
        'return view.revision > received.view.revision ? "newer" : "older";',
        'return "newer";',
        VIEW_MODEL + " -k older_view",
        rows=(22,),
    ),
    Proof(
        "a row keeps its element",
        "static/dom.js",
        "let element = kept.get(name);",
        "let element = undefined;",
        "tests/browser/test_page.py -k rows_keep",
        rows=(23,),
    ),
    Proof(
        "a page that hears nothing says so",
        "static/banner_model.js",
        '  if (ageMs > STALE_AFTER_MS) return "stale";\n',
        "",
        VIEW_MODEL + " -k silence",
        rows=(24,),
    ),
    Proof(
        "a leader that says nothing is not shown as live",
        "dashboard/view.py",
        " and now.monotonic_s - known.heard_s <= SILENT_AFTER_S:",
        ":",
        VIEW,
        rows=(24,),
    ),
]
