"""What the page says, by its pure modules alone: imported into Chromium, given values, asked for values."""

import json
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page

from succession.wire import DashboardView, Takeover
from tests.browser.views import (
    AT,
    TOKEN,
    Script,
    after_failover,
    belief,
    departed,
    event,
    failover,
    four,
    member,
    unreadable,
    znode,
)

MODEL = """
async ({views, phase, refusal, orders, hint, atMs, agedMs, opened}) => {
  const { NOTHING_RECEIVED, receive } = await import("/static/received.js");
  const { readView } = await import("/static/view_json.js");
  const { restOfModel, viewModel } = await import("/static/view_model.js");
  const { readAddress } = await import("/static/address.js");
  let received = NOTHING_RECEIVED;
  for (const view of views) received = receive(received, readView(view), { wallMs: atMs, monotonicMs: 1000 });
  const isWaiting = phase === "waiting";
  const nextTryAtMs = isWaiting ? atMs + agedMs + 3000 : null;
  const connection = { phase, attempt: isWaiting ? 1 : 0, nextTryAtMs, refusal };
  const now = { wallMs: atMs + agedMs, monotonicMs: 1000 + agedMs };
  const model = viewModel({ received, connection, orders: new Map(orders), startHint: hint, now });
  return { ...model, ...restOfModel({ received, opened: { ...readAddress(""), ...opened } }, model) };
}
"""


def model(
    page: Page,
    *views: DashboardView | str,
    phase: str = "open",
    refusal: dict[str, object] | None = None,
    orders: dict[str, dict[str, str]] | None = None,
    hint: str = "make start NODE={name}",
    at: float = AT,
    aged_ms: float = 0,
    opened: dict[str, object] | None = None,
) -> Any:
    """The view model after these views arrived at `at`, `aged_ms` later, with what is open on the page."""
    facts = {
        "views": [view if isinstance(view, str) else msgspec.json.encode(view).decode() for view in views],
        "phase": phase,
        "refusal": refusal,
        "opened": opened or {},
        "orders": list((orders or {}).items()),
        "hint": hint,
        "atMs": at * 1000,
        "agedMs": aged_ms,
    }
    return page.evaluate(MODEL, facts)


def test_rows_are_in_order_of_succession_and_the_second_is_next(pure: Page) -> None:
    shown = model(pure, Script().view(*four()))
    assert ["node1", "node2", "node3", "node4"] == [row["nameText"] for row in shown["line"]]
    assert ["Leader", "Worker", "Worker", "Worker"] == [row["roleText"] for row in shown["line"]]
    assert [None, znode(1), znode(2), znode(3)] == [row["watchingText"] for row in shown["line"]]
    assert ["", "next in line", "", ""] == [row["roleNote"] for row in shown["line"]]
    assert ("node1 leads.", "node2 is next in line.") == (shown["banner"]["text"], shown["banner"]["note"])
    assert "4294967317" == shown["header"]["token"]
    assert "for 12 s" == shown["header"]["since"]


def test_an_older_view_never_replaces_a_newer_one(pure: Page) -> None:
    """Row 22; consul 9539, kafka-ui 4363, nacos 3571: the wrong node wore the leader's badge."""
    script = Script()
    old = script.view(*four())
    new = script.view(*four(first=2))
    assert "node2 leads" == model(pure, new, old)["header"]["badge"]["text"]


def test_a_view_of_a_dashboard_that_was_started_anew_counts_although_its_revision_is_lower(pure: Page) -> None:
    old = Script(epoch="old", revision=900).view(*four())
    new = Script(epoch="new").view(*four(first=2))
    assert "node2 leads" == model(pure, old, new)["header"]["badge"]["text"]
    assert "node2 leads" == model(pure, old, new, old)["header"]["badge"]["text"]


def test_a_leader_that_does_not_answer_is_waited_for_until_its_session_times_out(pure: Page) -> None:
    silent = event(1, "not_answering", 1, "node1, the leader, does not answer.", at=AT)
    view = Script().view(*four(), state="leader_unreachable", events=(silent,))
    shown = model(pure, view)
    assert (
        "node1, the leader, does not answer. ZooKeeper waits for it until about 08:00:02 (its session timeout is 2 s); "
        "then the next in line, node2, takes over." == shown["banner"]["text"]
    )
    assert "node1 does not answer" == shown["header"]["badge"]["text"]
    assert "does not answer" == shown["line"][0]["roleNote"]


def test_a_leader_that_only_the_dashboard_cannot_reach_is_said_to_be_alive(pure: Page) -> None:
    silent = event(1, "not_answering", 1, "node1, the leader, does not answer.", at=AT - 30)
    shown = model(pure, Script().view(*four(), state="leader_unreachable", events=(silent,)))
    assert "only this dashboard cannot reach it" in shown["banner"]["text"]


def test_a_wait_that_has_passed_its_end_is_said_to_end_any_moment(pure: Page) -> None:
    silent = event(1, "not_answering", 1, "node1, the leader, does not answer.", at=AT - 2.5)
    banner = model(pure, Script().view(*four(), state="leader_unreachable", events=(silent,)))["banner"]
    assert (
        "node1, the leader, does not answer. Its session timeout of 2 s has passed: ZooKeeper should end its session "
        "any moment; then the next in line, node2, takes over." == banner["text"]
    )
    assert "" == banner["note"]


def test_while_zookeeper_is_away_nobody_leads_and_nobody_is_next(pure: Page) -> None:
    view = Script().view(*four(), state="zookeeper_unreachable")
    shown = model(pure, view, orders={znode(3): {"phase": "accepted", "sentence": ""}})
    assert "No leader until ZooKeeper is back" == shown["header"]["badge"]["text"]
    assert "4 nodes in line, as of 08:00:00" == shown["header"]["inLine"]
    assert shown["banner"]["text"].startswith("ZooKeeper is out of reach: nobody leads until it is back. ")
    assert "as of 08:00:00" in shown["banner"]["text"]
    assert ["when last seen", "", "", ""] == [row["roleNote"] for row in shown["line"]]
    assert not any(row["isNext"] for row in shown["line"])
    assert "Killed from this page. It goes when ZooKeeper is back." == shown["line"][2]["note"]
    assert shown["line"][1]["kill"]["hint"].endswith("It goes from the line when ZooKeeper is back.")


@pytest.mark.parametrize(
    ("back_s_ago", "since"),
    [(5, "for 5 s since ZooKeeper is back"), (30, "for 12 s")],  # the leader took its role 12 s ago
)
def test_a_leader_is_not_said_to_have_led_while_zookeeper_was_away(pure: Page, back_s_ago: int, since: str) -> None:
    back = event(1, "zookeeper_back", None, "ZooKeeper answers again.", at=AT - back_s_ago)
    assert since == model(pure, Script().view(*four(), events=(back,)))["header"]["since"]


@pytest.mark.parametrize("state", ["electing", "zookeeper_unreachable"])
def test_nobody_wears_the_badge_while_nobody_is_known_to_lead(pure: Page, state: Any) -> None:
    shown = model(pure, Script().view(*four(), state=state))
    assert "leads" not in shown["header"]["badge"]["text"]
    assert "Was leader" == shown["line"][0]["roleText"]
    assert "" == shown["header"]["token"]


def test_nulls_read_unknown_and_such_a_row_cannot_be_killed(pure: Page) -> None:
    """Row 21; nomad 9658, zkui 31: one null field broke the whole page."""
    leader, second, _, fourth = four()
    row = model(pure, Script().view(leader, second, unreadable(3), fourth))["line"][2]
    assert ["unknown", "Unknown", "unknown", "unknown"] == [
        row["nameText"],
        row["roleText"],
        row["watchingText"],
        row["address"]["rest"],
    ]
    assert not row["kill"]["isEnabled"]
    assert "address is not known" in row["kill"]["hint"]


def test_a_former_znode_says_that_its_node_was_started_again(pure: Page) -> None:
    again = member(5, "node2", address="http://127.0.0.1:8082")
    line = model(pure, Script().view(*four(), again))["line"]
    assert [False, True, False, False, False] == [row["isFormer"] for row in line]
    assert "node2 was started again, and is in line as c_…\u2060005." in line[1]["note"]
    assert not line[1]["kill"]["isEnabled"]
    assert line[4]["kill"]["isEnabled"]


def test_a_node_that_has_not_caught_up_is_shown_in_transition(pure: Page) -> None:
    leader, second, third, _ = four()
    late = member(4, watching=znode(2), in_sync=False)
    row = model(pure, Script().view(leader, second, third, late))["line"][3]
    assert ["transition", "In transition"] == [row["agrees"], row["agreesText"]]


def test_a_leader_that_does_not_answer_is_not_called_live_without_a_word(pure: Page) -> None:
    """It froze a second ago: its stream still counts as alive, and it has not answered when it was asked."""
    views = Script().view(*four(), beliefs={znode(1): belief(1, is_answering=False)})
    shown = model(pure, views)
    assert ["live", "warn", "node1 leads."] == [shown["state"], shown["banner"]["tone"], shown["banner"]["text"]]
    assert "It has not answered when it was last asked what it believes." == shown["banner"]["note"]
    assert "silent" == shown["picture"]["seats"][0]["look"]


def test_killed_from_this_page_is_said_only_where_the_events_say_so(pure: Page) -> None:
    shown = model(pure, after_failover(Script(), at=AT))
    assert "6 s ago. Killed from this page." == shown["departed"][0]["note"]
    alone = model(pure, Script().view(*four(first=2), departed=(departed(1),)))
    assert "0 s ago." == alone["departed"][0]["note"]
    assert "Only frozen? make thaw NODE=node1" == alone["departed"][0]["commandNote"]
    assert "" == shown["departed"][0]["commandNote"]
    died = event(1, "leader_elected", 2, "node2 became the leader.", failover=failover(1))
    known = model(pure, Script().view(*four(first=2), departed=(departed(1),), events=(died,)))
    assert "" == known["departed"][0]["commandNote"]  # its process ended, so nothing is there to thaw
    assert "Down since 08:00:00" == alone["departed"][0]["agreesText"]


@pytest.mark.parametrize(
    ("name", "hint", "command"),
    [
        ("node1", "docker compose start {name}", "docker compose start node1"),
        ("node1", "", None),
        ("$(reboot)", "docker compose start {name}", None),
        ("node1; reboot", "make start NODE={name}", None),
        ("-rf", "docker compose start {name}", None),
    ],
)
def test_a_command_is_offered_only_for_a_name_that_a_shell_reads_as_a_word(
    pure: Page,
    name: str,
    hint: str,
    command: str | None,
) -> None:
    view = Script().view(*four(first=2), departed=(departed(1, name),))
    assert command == model(pure, view, hint=hint)["departed"][0]["command"]


@pytest.mark.parametrize(
    ("supervisor", "words"),
    [
        (True, "Session timeout 2 s, crash supervisor on: when only the leader's process dies,"),
        (False, "Session timeout 2 s, crash supervisor off: a leader that dies is waited for"),
        (None, ""),
    ],
)
def test_what_a_failover_takes_is_said_where_it_is_known(pure: Page, supervisor: bool | None, words: str) -> None:
    leader, *others = four()
    told = msgspec.structs.replace(leader, crash_supervisor=supervisor)
    recipe = model(pure, Script().view(told, *others))["past"]["recipe"]
    assert recipe.startswith(words)
    assert bool(recipe) is bool(words)


def test_the_last_failover_has_its_milliseconds_and_who_took_over(pure: Page) -> None:
    shown = model(pure, after_failover(Script(), at=AT))["past"]["failover"]
    assert ["1023 ms", "without a leader", "node1 → node2, at 07:59:55"] == [
        shown["figure"],
        shown["unit"],
        shown["title"],
    ]
    assert "" == shown["heard"]  # the page was not there: when it heard of it says nothing


@pytest.mark.parametrize(
    ("silent_s", "sentence", "took"),
    [
        (3.1, "node1 had been silent for 3.1 s before that.", "9 ms after 3.1 s of silence"),
        (0.1, "", "9 ms"),  # messages come up to a second apart
        (None, "", "9 ms"),  # ZooKeeper did not wait for it
    ],
)
def test_the_silence_before_a_frozen_leader_was_gone_is_told_beside_the_figure(
    pure: Page,
    silent_s: float | None,
    sentence: str,
    took: str,
) -> None:
    claimed_at = AT - 5
    sign_at = claimed_at - 0.009
    since_at = None if silent_s is None else sign_at - silent_s
    record = failover(1, at=claimed_at, sign="entry", sign_at=sign_at, end="silent", silent_since_at=since_at)
    elected = event(
        3,
        "leader_elected",
        2,
        "node2 became the leader.",
        at=AT - 4.9,
        fencing_token=TOKEN,
        without_leader_ms=9,
        failover=record,
    )
    leader = member(2, leads=True, takeover=Takeover(cause_seen_at=claimed_at - 0.005, claimed_at=claimed_at))
    shown = model(pure, Script().view(leader, member(3), departed=(departed(1),), events=(elected,)))
    assert ["9 ms", sentence] == [shown["past"]["failover"]["figure"], shown["past"]["failover"]["silent"]]
    assert {"token": TOKEN, "text": took} == shown["picture"]["took"]


def test_when_the_page_heard_of_a_failover_is_shown_only_where_it_followed_it(pure: Page) -> None:
    script = Script()
    before = script.view(*four(), at=AT)
    elected = event(1, "leader_elected", 2, "node2 became the leader.", without_leader_ms=23)
    leader = member(2, leads=True, takeover=Takeover(cause_seen_at=AT - 0.02, claimed_at=AT - 0.015))
    shown = model(pure, before, script.view(leader, member(3), member(4), events=(elected,)))["past"]["failover"]
    assert ["23 ms", "This page heard of it 15 ms later."] == [shown["figure"], shown["heard"]]


def test_time_without_a_leader_counts_while_it_lasts(pure: Page) -> None:
    lost = event(1, "leader_lost", 1, "node1, the leader, is gone.", at=AT - 1.2)
    shown = model(pure, Script().view(*four(), state="electing", events=(lost,)))["past"]["failover"]
    assert ["1.2 s", "without a leader so far", True] == [shown["figure"], shown["unit"], shown["isRunning"]]


def test_a_leader_that_went_silent_and_then_was_lost_is_counted_from_its_last_answer(pure: Page) -> None:
    """Whether it led until then is not known: no figure of the page claims it."""
    silent = event(1, "not_answering", 1, "node1 does not answer.", at=AT - 2.5)
    lost = event(2, "leader_lost", 1, "node1 no longer leads.", at=AT - 0.1)
    shown = model(pure, Script().view(*four(), state="electing", events=(silent, lost)))["past"]["failover"]
    assert ["2.5 s", "since its last answer"] == [shown["figure"], shown["unit"]]


def test_an_election_that_does_not_end_is_said_to_want_a_node(pure: Page) -> None:
    lost = event(1, "leader_lost", 1, "node1 no longer leads.", at=AT - 15)
    assert "Nobody leads" == model(pure, Script().view(*four(), state="electing", events=(lost,)))["banner"]["title"]
    followed = event(2, "leader_elected", 2, "node2 became the leader.", at=AT - 14)
    again = model(pure, Script().view(*four(), state="electing", events=(lost, followed)))
    assert "Election under way" == again["banner"]["title"]


def test_events_are_newest_first_and_bounded(pure: Page) -> None:
    many = tuple(event(number, "joined", 1, f"node1 joined, {number}.") for number in range(1, 201))
    shown = model(pure, Script().view(*four(), events=many))["events"]
    assert 60 == len(shown)
    assert "epoch-1.200" == shown[0]["key"]
    assert ["", "node1", " joined, 200."] == [shown[0][part] for part in ("before", "name", "after")]


def test_silence_of_more_than_two_seconds_is_said(pure: Page) -> None:
    """Row 24; hashi-ui 119, gardener/dashboard 105: the live page was stale and did not say so."""
    view = Script().view(*four())
    assert "live" == model(pure, view, aged_ms=1900)["state"]
    stale = model(pure, view, aged_ms=2100)
    assert ["stale", "data 2.1 s old"] == [stale["state"], stale["header"]["age"]]
    assert "leads" not in stale["header"]["badge"]["text"]


def test_a_lost_connection_says_when_the_page_was_last_true_and_takes_no_orders(pure: Page) -> None:
    shown = model(pure, Script().view(*four()), phase="waiting", aged_ms=500)
    assert "the cluster as it was at 08:00:00" in shown["banner"]["text"]
    assert "next try in 3 s" == shown["banner"]["note"]
    assert "node1 led at 08:00:00" == shown["header"]["badge"]["text"]
    leaderless = model(pure, Script().view(*four(), state="zookeeper_unreachable"), phase="waiting", aged_ms=500)
    assert "Leader unknown" == leaderless["header"]["badge"]["text"]
    assert not any(row["kill"]["isEnabled"] for row in shown["line"])


def test_before_the_first_message_the_page_says_what_it_waits_for(pure: Page) -> None:
    assert "Connecting" == model(pure, phase="connecting")["banner"]["title"]
    assert "The dashboard does not answer" == model(pure, phase="waiting")["banner"]["title"]
    full = model(pure, phase="waiting", refusal={"isTemporary": True, "sentence": "All 3 places are taken."})
    assert "The dashboard cannot serve this page now" == full["banner"]["title"]
    assert "All 3 places are taken. The page tries again by itself." == full["banner"]["text"]
    refused = model(pure, phase="waiting", refusal={"isTemporary": False, "sentence": "Not for you."})
    assert "Not for you." == refused["banner"]["text"]


def test_no_node_in_line_is_said(pure: Page) -> None:
    assert "No node is in line" == model(pure, Script().view(state="electing"))["banner"]["title"]
    assert "No leader yet" == model(pure, Script().view(state="electing", snapshot=False))["banner"]["title"]


def test_orders_show_beside_their_row_what_became_of_them(pure: Page) -> None:
    view = Script().view(*four())
    sent = model(pure, view, orders={znode(1): {"phase": "sent", "sentence": ""}})["line"][0]["kill"]
    assert ["Killing…", False] == [sent["verb"], sent["isEnabled"]]
    done = model(pure, view, orders={znode(1): {"phase": "accepted", "sentence": ""}})["line"][0]
    assert "Killed" == done["kill"]["verb"]
    assert "Killed from this page. Its session ends within 2 s." == done["note"]
    refused = model(pure, view, orders={znode(1): {"phase": "refused", "sentence": "It did not answer."}})["line"][0]
    assert ["Kill instance", True, "It did not answer."] == [
        refused["kill"]["verb"],
        refused["kill"]["isEnabled"],
        refused["kill"]["error"],
    ]


def test_the_words_do_not_change_while_the_state_does_not(pure: Page) -> None:
    """What a screen reader reads out stays as it is; what counts down is told apart from it."""
    silent = event(1, "not_answering", 1, "node1, the leader, does not answer.", at=AT)
    view = Script().view(*four(), state="leader_unreachable", events=(silent,))
    texts = {model(pure, view, aged_ms=aged_ms)["banner"]["text"] for aged_ms in (0, 700, 1400)}
    assert 1 == len(texts)


@pytest.mark.parametrize(
    "message",
    ["", "no JSON", "[]", "null", "{}", json.dumps({"epoch": 1, "revision": 1, "state": "live", "as_of_at": 1})],
)
def test_a_message_that_is_no_view_is_none(pure: Page, message: str) -> None:
    read = "async (text) => (await import('/static/view_json.js')).readView(text)"
    assert pure.evaluate(read, message) is None


def test_a_view_with_less_in_it_than_expected_is_still_shown(pure: Page) -> None:
    bare = json.dumps({"epoch": "e", "revision": 1, "state": "live", "as_of_at": AT, "cluster": {"members": [{}, 7]}})
    assert [] == model(pure, bare)["line"]


def test_backoff_doubles_with_jitter_up_to_a_limit(pure: Page) -> None:
    waits = "async (random) => { const { backoffMs } = await import('/static/stream.js');"
    waits += " return [0, 1, 2, 3, 4, 5, 60].map((attempt) => backoffMs(attempt, () => random)); }"
    assert [250, 500, 1000, 2000, 4000, 5000, 5000] == pure.evaluate(waits, 1)
    assert [125, 250, 500, 1000, 2000, 2500, 2500] == pure.evaluate(waits, 0)


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [(-5, "0 s"), (12_900, "12 s"), (200_000, "3 min 20 s"), (7_500_000, "2 h 5 min"), (273_600_000, "3 d 4 h")],
)
def test_durations_read_as_people_say_them(pure: Page, duration_ms: int, text: str) -> None:
    assert text == pure.evaluate("async (ms) => (await import('/static/words.js')).lasted(ms)", duration_ms)
