"""The picture of the line before a real cluster: what a person would see of each change, and do by keyboard."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.seeing import (
    RECORD_STORY,
    arrows,
    assert_axe_finds_nothing,
    assert_picture_is_the_table,
    places,
    seats,
    story,
    wait_for_rest,
    within,
)
from tests.support.playgrounds import Playground, running_playground


def look_at(page: Page, cluster: Playground) -> list[str]:
    """Open the page, and wait for four seats. Their names in order of succession."""
    page.goto(cluster.dashboard)
    expect(page.locator('#rows tr[data-standing="in_line"]')).to_have_count(4, timeout=within(10))
    expect(page.locator("html")).to_have_attribute("data-state", "live", timeout=within(10))
    wait_for_rest(page)
    assert_picture_is_the_table(page)
    return [seat.name for seat in seats(page) if seat.look != "down"]


def sub(page: Page, name: str) -> Any:
    """The words under the seat of this name."""
    return page.locator("#seats > li").filter(has=page.locator(".called", has_text=name)).locator(".sub")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_killed_leader_s_story_is_told_while_table_and_header_are_already_true(
    new_page: Callable[..., Page], cluster: Playground, theme: str
) -> None:
    page = new_page(color_scheme=theme)
    leader, successor, third, last = look_at(page, cluster)
    before = places(page)
    page.evaluate(RECORD_STORY)
    page.get_by_label(f"Kill instance {leader}").click()
    expect(page.locator("#line")).to_contain_text(f"{successor} leads.", timeout=within(8))
    wait_for_rest(page)
    told = [step for step in story(page) if step["isPlaying"]]
    assert [
        f"{leader} is gone: ZooKeeper has deleted its znode.",
        f"{successor} alone is woken: no one else watched that znode.",
        f"{successor} looks again: who is ahead of it now? Nobody. So it may lead.",
    ] == [step["caption"] for step in told[:3]]
    assert told[3]["caption"].startswith(f"{successor} leads. Nobody led for ")
    assert [
        {leader: "broken"},
        {leader: "empty", successor: "woken"},
        {leader: "empty", successor: "looking"},
        {successor: "crowned"},
    ] == [step["stages"] for step in told]
    assert {(f"{successor} leads", successor)} == {(step["badge"], step["first"]) for step in told}
    after = places(page)
    assert {name: before[name] for name in (leader, successor, third, last)} == after  # all stayed where they were
    assert ["down", "leader", "worker", "worker"] == [seat.look for seat in seats(page)]
    assert 2 == arrows(page)
    assert_picture_is_the_table(page)
    expect(page.locator("#tried li").first).to_have_attribute("data-seen", "true")
    assert_axe_finds_nothing(page)


def test_a_killed_worker_wakes_the_one_behind_it_and_the_gap_closes(page: Page, cluster: Playground) -> None:
    leader, second, killed, behind = look_at(page, cluster)
    before = places(page)
    page.evaluate(RECORD_STORY)
    page.get_by_label(f"Kill instance {killed}").click()
    expect(page.locator("#line")).to_contain_text(f"{behind} looks again", timeout=within(8))
    wait_for_rest(page)
    stages = [step["stages"] for step in story(page) if step["isPlaying"]]
    assert [{killed: "broken"}, {killed: "empty", behind: "woken"}, {killed: "empty", behind: "looking"}] == stages
    after = places(page)
    assert (before[leader], before[second]) == (after[leader], after[second])
    assert before[killed] == after[behind]
    assert before[behind] == after[killed]  # out of the line, beside its end
    assert_picture_is_the_table(page)
    assert f"watches {second}" in next(seat.label for seat in seats(page) if seat.name == behind)
    assert_axe_finds_nothing(page)


def test_a_newcomer_walks_in_at_the_end(page: Page, cluster: Playground) -> None:
    *_, killed = look_at(page, cluster)
    page.get_by_label(f"Kill instance {killed}").click()
    expect(sub(page, killed)).to_contain_text("down", timeout=within(8))
    wait_for_rest(page)
    page.evaluate(RECORD_STORY)
    cluster.do("start", killed)
    expect(page.locator("#line")).to_contain_text(f"{killed} joins at the end of the line.", timeout=within(10))
    wait_for_rest(page)
    assert {killed: "arriving"} in [step["stages"] for step in story(page)]
    assert killed == seats(page)[-1].name
    assert 3 == arrows(page)
    assert_picture_is_the_table(page)


def test_a_frozen_leader_is_seen_as_not_answering_and_is_last_once_it_thaws(
    tmp_path: Path, new_page: Callable[..., Page]
) -> None:
    with running_playground(tmp_path / "patient", SESSION_TIMEOUT_S="5") as cluster:
        cluster.wait_until_at_rest()
        page = new_page()
        leader, successor, *_ = look_at(page, cluster)
        cluster.do("freeze", leader)
        expect(sub(page, leader)).to_have_text("not answering", timeout=within(4))
        assert_picture_is_the_table(page)
        assert_axe_finds_nothing(page)
        expect(page.locator("#header")).to_contain_text(f"{successor} leads", timeout=within(10))
        wait_for_rest(page)
        expect(sub(page, leader)).to_contain_text("down", timeout=within(6))
        assert_picture_is_the_table(page)
        cluster.do("thaw", leader)
        expect(page.locator("#seats > li").last.locator(".called")).to_have_text(leader, timeout=within(15))
        expect(sub(page, leader)).to_have_text("worker", timeout=within(10))
        wait_for_rest(page)
        assert_picture_is_the_table(page)


def test_while_zookeeper_is_away_the_line_stays_as_last_known_and_nobody_is_crowned(
    page: Page, cluster: Playground
) -> None:
    names = look_at(page, cluster)
    cluster.do("stop", "zookeeper1")
    expect(sub(page, names[0])).to_have_text("was leader", timeout=within(8))
    expect(sub(page, names[1])).to_have_text("not known now")
    assert names == [seat.name for seat in seats(page)]
    assert [] == [seat for seat in seats(page) if seat.look == "leader"]
    assert_picture_is_the_table(page)
    assert_axe_finds_nothing(page)
    expect(page.locator('[data-part="try-command"]')).to_have_text(re.compile("start.*zookeeper1"))
    cluster.do("start", "zookeeper1")
    expect(page.locator('#seats > li[data-look="leader"]')).to_have_count(1, timeout=within(25))
    wait_for_rest(page)
    expect(page.locator('#tried li[data-seen="true"]')).to_contain_text(["Stop ZooKeeper"])


def test_by_keyboard_alone_one_walks_the_line_opens_a_node_and_kills_it_after_a_question(
    page: Page, cluster: Playground
) -> None:
    leader, successor, third, _ = look_at(page, cluster)
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.closest('#seats') === null"):
        page.keyboard.press("Tab")
    focused = "document.activeElement.querySelector('.called').textContent"
    assert leader == page.evaluate(focused)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert third == page.evaluate(focused)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_be_visible()
    expect(page.locator("#detail h2")).to_have_text(leader)
    expect(page.locator("#detail")).to_contain_text("/election/c_")
    assert "#node=c_" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    assert leader == page.evaluate(focused)
    page.keyboard.press("k")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text(f"Kill {leader}, the leader?")
    expect(question).to_contain_text(f"{successor}, which alone watches it, takes over in milliseconds")
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(page.locator("#header")).to_contain_text(f"{leader} leads")  # not sure: nothing was done
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#header")).to_contain_text(f"{successor} leads", timeout=within(8))


def test_who_wants_no_motion_gets_the_result_at_once(new_page: Callable[..., Page], cluster: Playground) -> None:
    page = new_page(reduced_motion="reduce")
    leader, successor, *_ = look_at(page, cluster)
    page.evaluate(RECORD_STORY)
    page.get_by_label(f"Kill instance {leader}").click()
    expect(page.locator("#header")).to_contain_text(f"{successor} leads", timeout=within(8))
    expect(page.locator('#seats > li[data-look="leader"] .called')).to_have_text(successor)
    assert_picture_is_the_table(page)
    page.wait_for_timeout(500)
    assert [] == [step for step in story(page) if step["isPlaying"] or step["stages"]]
