"""What is opened from the page, before a stand-in dashboard: a node, an event, the tree, help, and what is tried."""

import json
import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.seeing import (
    assert_axe_finds_nothing,
    wait_for_rest,
)
from tests.browser.showing import live, open_seat, shows
from tests.browser.stand_in import StandIn
from tests.browser.views import Script, after_failover, member, znode


def test_the_question_stays_true_while_it_is_open(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script=script))
    page.locator(f'#seats li[data-key="{znode(2)}"] button').focus()
    page.keyboard.press("k")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Kill node2, a worker?")
    stand_in.publish(after_failover(script, at=time.time()))
    expect(question).to_contain_text("Kill node2, the leader?")
    now = time.time()
    stand_in.publish(script.view(member(3, at=now, leads=True), at=now))
    expect(question).to_contain_text("It is gone already")
    expect(question.get_by_role("button", name="Kill it")).to_be_hidden()


def test_escape_closes_the_detail_wherever_the_focus_is(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    open_seat(page, 2)
    page.locator("h1").click()
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()


def test_every_node_of_a_long_line_is_reached_by_keyboard(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live(60))
    hidden = page.get_by_role("button", name=f"{znode(40)}: all of node40")
    hidden.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="node40")).to_be_visible()
    page.keyboard.press("Escape")
    expect(hidden).to_be_focused()


def test_a_link_to_a_node_says_nothing_untrue_before_data_comes(page: Page, stand_in: StandIn) -> None:
    page.goto(f"{stand_in.url}/#node={znode(2)}")
    expect(page.locator("#detail")).to_contain_text("Nothing is known of it yet.")


def test_a_node_s_detail_tells_all_of_it_and_copies_what_one_needs_elsewhere(
    new_page: Callable[..., Page], stand_in: StandIn
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    open_seat(page, 3)
    panel = page.get_by_role("region", name="node3")
    expect(panel).to_contain_text("Worker, next in line")
    expect(panel).to_contain_text("2 of 3 in line")
    expect(panel).to_contain_text("node2 (c_0000000002)")
    expect(panel).to_contain_text("node4 (c_0000000004)")
    expect(panel).to_contain_text("0x3")
    expect(panel).to_contain_text("2 s, as granted")
    expect(panel).to_contain_text("node3 watches c_0000000002 now.")
    panel.get_by_label("Copy znode").click()
    assert "/election/c_0000000003" == page.evaluate("navigator.clipboard.readText()")
    panel.get_by_label("Copy address").click()
    assert "http://127.0.0.1:8083" == page.evaluate("navigator.clipboard.readText()")
    assert_axe_finds_nothing(page)
    page.reload()
    expect(panel).to_be_visible()  # the URL carries what is open
    open_seat(page, 3)
    expect(panel).to_be_hidden()


def test_the_detail_of_a_node_that_has_left_says_so(page: Page, stand_in: StandIn) -> None:
    view = after_failover(Script(), at=time.time())
    shows(page, stand_in, view, f"#node={znode(1)}")
    panel = page.get_by_role("region", name="node1")
    expect(panel).to_contain_text("Down for")
    expect(panel).to_contain_text("make start NODE=node1")
    page.goto(f"{stand_in.url}/#node={znode(99)}")
    expect(page.locator("#detail")).to_contain_text("is not in line any more")


def test_a_row_opens_the_same_detail(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    page.locator(f'#rows tr[data-key="{znode(2)}"] .role').click()
    expect(page.get_by_role("region", name="node2")).to_be_visible()


def test_an_event_that_is_opened_says_why_by_which_rule_and_what_to_look_at(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    elected = page.locator('#events [data-kind="leader_elected"]')
    elected.get_by_role("button").click()
    expect(elected).to_contain_text("found nobody ahead of it")
    expect(elected).to_contain_text("Rule 4")
    expect(elected).to_contain_text("The fencing token")
    assert "#event=epoch-1.5" in page.url
    assert_axe_finds_nothing(page)
    page.locator('#events [data-kind="watch_moved"]').get_by_role("button").click()
    expect(elected.locator(".why")).to_have_count(0)  # one at a time
    for kind in ("joined", "gone", "leader_lost"):
        page.locator(f'#events [data-kind="{kind}"]').first.get_by_role("button").click()
        expect(page.locator("#events .why")).to_contain_text("Rule ")


def test_events_are_chosen_by_node_and_copied_as_text(new_page: Callable[..., Page], stand_in: StandIn) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    page.get_by_label("Which node").select_option("node3")
    expect(page.locator("#events li")).to_have_count(2)
    assert "about=node3" in page.url
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert 2 == len(lines)
    assert re.fullmatch(r"\S+Z node3 joined at the end of the line\.", lines[0])
    assert lines[1].endswith("node3 watches c_0000000002 now.")


def test_the_strip_of_things_to_try_ticks_off_what_was_seen_and_can_be_put_away(page: Page, stand_in: StandIn) -> None:
    script = Script()
    shows(page, stand_in, live(script=script))
    strip = page.get_by_role("region", name="Try it")
    expect(strip).to_contain_text("the one node that watched it wakes and is crowned")
    strip.get_by_role("button", name="Kill node1").click()
    assert [f"POST /api/nodes/{znode(1)}/kill"] == [asked for asked in stand_in.requests if asked.startswith("POST")]
    stand_in.publish(after_failover(script, at=time.time()))
    expect(strip.locator('li[data-seen="true"]')).to_have_text(re.compile("Kill the leader"))
    expect(strip).to_contain_text("Only the node behind the gap wakes")  # on to the next one
    strip.get_by_role("button", name="Bring one back").click()
    expect(strip).to_contain_text("make start NODE=node1")
    strip.get_by_role("button", name="Stop ZooKeeper").click()
    expect(strip).to_contain_text("make stop NODE=zookeeper1")
    strip.get_by_role("button", name="Hide").click()
    expect(strip).to_be_hidden()
    page.reload()
    expect(page.locator("#header")).to_contain_text("node2 leads")
    expect(strip).to_be_hidden()
    page.get_by_role("button", name="Try it").click()
    expect(strip.locator('li[data-seen="true"]')).to_have_text(re.compile("Kill the leader"))


def facts(path: str, czxid: int | None, *, mzxid: int | None = None, **fields: object) -> dict[str, object]:
    """A znode as /api/znodes tells it."""
    known = {
        "version": 0,
        "owner": None,
        "created_at": 1.0,
        "children": None,
        "left_out": 0,
        "data": None,
        "note": None,
    }
    return {"path": path, "czxid": czxid, "mzxid": czxid if mzxid is None else mzxid, **known, **fields}


def test_the_tree_shows_the_znodes_as_they_are_and_marks_what_changes(page: Page, stand_in: StandIn) -> None:
    script = Script()
    parent = facts("/election", 2, children=2)
    first = facts("/election/c_0000000001", 10, owner="0x1", data={"name": "node1"})
    second = facts("/election/c_0000000002", 11, owner="0x2", data={"name": "node2"})
    term = facts("/election_term", 3)
    missing = facts("/election_leader", None)
    stand_in.znodes = (200, {"read_at": 1.0, "zxid": 11, "znodes": [parent, first, second, missing, term]})
    shows(page, stand_in, live(script=script))
    assert "GET /api/znodes" not in stand_in.requests  # closed, it asks for nothing
    page.locator("#tree-toggle").click()
    rows = page.locator("#tree li")
    expect(rows).to_have_count(5)
    expect(rows.nth(1)).to_contain_text("c_0000000001")
    expect(rows.nth(1)).to_contain_text("0xa")
    expect(rows.nth(1)).to_contain_text('{ "name": "node1" }')
    expect(rows.nth(3)).to_contain_text("is not there")
    assert "znodes" in page.url
    assert_axe_finds_nothing(page)
    claim = facts("/election_leader", 20, owner="0x2", data={"name": "node2", "term": 4})
    stand_in.znodes = (
        200,
        {
            "read_at": 2.0,
            "zxid": 20,
            "znodes": [parent, second, claim, facts("/election_term", 3, mzxid=20, version=1)],
        },
    )
    stand_in.publish(live(script=script))
    expect(page.locator('#tree [data-mark="new"]')).to_contain_text("/election_leader")
    expect(page.locator('#tree [data-mark="changed"]')).to_contain_text("/election_term")
    expect(page.locator('#tree [data-mark="gone"]')).to_contain_text("c_0000000001")
    assert_axe_finds_nothing(page)
    stand_in.znodes = (503, {"error": "ZooKeeper is out of reach."})
    expect(page.locator("#tree")).to_contain_text("As last read. ZooKeeper is out of reach.", timeout=8000)
    expect(rows.filter(has_text="c_0000000002")).to_have_count(1)


def test_presenting_is_large_and_has_no_controls(new_page: Callable[..., Page], stand_in: StandIn) -> None:
    page = new_page(viewport={"width": 1920, "height": 1080})
    shows(page, stand_in, live())
    size = "document.querySelector('#seats .medal').getBoundingClientRect().width"
    usual = page.evaluate(size)
    page.keyboard.press("p")
    expect(page.locator("#cluster")).to_be_hidden()
    wait_for_rest(page)
    assert page.evaluate(size) > 1.4 * usual
    assert ["Present"] == [
        button.inner_text()
        for button in page.get_by_role("button").all()
        if button.inner_text() in {"Present", "Kill instance", "Try it", "Show", "Hide", "Copy as text"}
    ]
    assert page.evaluate("document.querySelector('#line').getBoundingClientRect().bottom") < 1080
    assert "present" in page.url
    assert_axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(page.locator("#cluster")).to_be_visible()


def test_help_names_the_keys_and_letters_are_left_alone_while_one_chooses(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, after_failover(Script(), at=time.time()))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("walk the line")
    assert_axe_finds_nothing(page)
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    page.get_by_label("Which node").focus()
    page.keyboard.press("p")
    assert "present" not in page.url


def test_what_a_browser_has_stored_for_this_site_cannot_break_the_page(page: Page, stand_in: StandIn) -> None:
    shows(page, stand_in, live())
    for text in ("{", json.dumps([1]), json.dumps({"seen": 7})):
        page.evaluate(
            "(text) => { for (const key of ['succession-tried', 'succession-theme']) localStorage[key] = text; }", text
        )
        page.reload()
        expect(page.locator("#header")).to_contain_text("node1 leads")
        expect(page.get_by_role("region", name="Try it")).to_be_visible()
