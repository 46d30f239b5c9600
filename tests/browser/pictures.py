"""Makes the pictures of the page: `python -m tests.browser.pictures`; of a real cluster, and of 40 and 1,000 stand-ins.

The README's own (picture.png, failover.gif) go beside this file, the others to test-results/pictures, to be looked at.
It takes the demo's usual ports and folder, so that the README shows the addresses and commands that a reader will see.
"""

import io
import signal
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.seeing import wait_for_rest
from tests.browser.stand_in import StandIn
from tests.browser.views import Script, many
from tests.support.chromium import DEFAULTS, FLAGS, chromium_path
from tests.support.playgrounds import ROOT, Playground

HERE = Path(__file__).parent
TO_BE_LOOKED_AT = ROOT / "test-results" / "pictures"
_FRAME_MS = 160
_STORY_MS = 7000


def main() -> None:
    """Start a cluster, do to it what the README's table says, and take a picture of each."""
    TO_BE_LOOKED_AT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        cluster = Playground(
            ROOT / ".playground",
            first_node_port=8081,
            dashboard_port=8080,
            zookeeper_port=2181,
            environ={"SESSION_TIMEOUT_S": "2"},
        )
        cluster.start()
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            cluster.wait_until_ready()
            cluster.wait_until_at_rest()
            time.sleep(3)  # a cluster at rest: its next in line has been there for a while
            _of_a_cluster(cluster, chromium)
            _of_many(chromium)
        finally:
            chromium.close()
            cluster.stop(signal.SIGINT)
            cluster.output.unlink()


def _of_a_cluster(cluster: Playground, chromium: Browser) -> None:
    page = _page(chromium, cluster.dashboard)
    leader, _, _, last = _names(page)
    _take(page, "at_rest")
    _animate(page, lambda: page.get_by_label(f"Kill instance {leader}").click(), HERE / "failover.gif")
    page.mouse.move(0, 0)
    page.wait_for_timeout(2000)
    page.screenshot(path=HERE / "picture.png", full_page=True)
    dark = _page(chromium, cluster.dashboard, color_scheme="dark")
    _take(dark, "after_failover_dark")
    dark.close()
    page.locator('#events [data-kind="leader_elected"]').first.get_by_role("button").click()
    _take(page, "why")
    page.get_by_label(f"Kill instance {last}").click()
    page.wait_for_timeout(2200)
    _take(page, "worker_killed_midway")
    wait_for_rest(page)
    for name in (leader, last):
        cluster.do("start", name)
    expect(page.locator('#rows tr[data-standing="in_line"]')).to_have_count(4, timeout=15_000)
    wait_for_rest(page)
    page.locator("#tree-toggle").click()
    page.locator("#tree li").nth(5).wait_for()
    _take(page, "znodes")
    page.locator("#tree-toggle").click()
    page.locator("#seats button").nth(1).click()
    _take(page, "detail")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    _take(page, "question")
    page.keyboard.press("Escape")
    phone = _page(chromium, cluster.dashboard, viewport={"width": 360, "height": 780})
    _take(phone, "phone")
    phone.close()
    page.keyboard.press("p")
    _take(page, "presenting")
    page.keyboard.press("p")
    frozen = _names(page)[0]
    cluster.do("freeze", frozen)
    page.wait_for_timeout(1800)
    page.screenshot(path=TO_BE_LOOKED_AT / "frozen.png")
    page.wait_for_timeout(6000)
    _take(page, "frozen_and_replaced")
    cluster.do("thaw", frozen)
    page.wait_for_timeout(3000)
    _take(page, "thawed")
    cluster.do("stop", "zookeeper1")
    page.wait_for_timeout(3000)
    _take(page, "zookeeper_away")
    page.close()


def _of_many(chromium: Browser) -> None:
    stand_in = StandIn()
    stand_in.start()
    for count in (40, 1000):
        now = time.time()
        stand_in.publish(Script().view(*many(count, at=now, behind=(7, 25)), at=now))
        page = _page(chromium, stand_in.url)
        _take(page, f"{count}_nodes")
        page.close()
    stand_in.stop()


def _page(chromium: Browser, url: str, **options: object) -> Page:
    page = chromium.new_page(**{**DEFAULTS, **options})  # type: ignore[arg-type]
    page.goto(url)
    page.locator('#seats > li[data-look="leader"]').wait_for()
    wait_for_rest(page)
    return page


def _names(page: Page) -> list[str]:
    return page.locator('#rows tr[data-standing="in_line"] .name').all_inner_texts()


def _take(page: Page, name: str) -> None:
    wait_for_rest(page)
    page.screenshot(path=TO_BE_LOOKED_AT / f"{name}.png", full_page=page.viewport_size == {"width": 360, "height": 780})


def _animate(page: Page, begin: Callable[[], None], path: Path) -> None:
    """What the line does from a second before `begin` until its story is over, as it is seen: in real time."""
    box = page.locator("#line").bounding_box()
    assert box is not None
    frames: list[tuple[float, Image.Image]] = []

    def record(for_ms: float) -> None:
        until = time.monotonic() + for_ms / 1000
        while time.monotonic() < until:
            shot = page.screenshot(clip={**box}, scale="css")
            frames.append((time.monotonic(), Image.open(io.BytesIO(shot)).convert("RGB")))
            page.wait_for_timeout(_FRAME_MS / 2)

    record(1000)
    begin()
    record(_STORY_MS)
    at = [taken for taken, _ in frames]
    lasted_ms = [round((after - before) * 1000) for before, after in zip(at, [*at[1:], at[-1] + 2.0], strict=True)]
    palette = _palette([frame for _, frame in frames])
    drawn = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for _, frame in frames]
    drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=lasted_ms, loop=0, optimize=True)


def _palette(frames: list[Image.Image]) -> Image.Image:
    """Colours for all frames alike: each stage of the story has one of its own."""
    some = frames[::4]
    sheet = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for index, frame in enumerate(some):
        sheet.paste(frame, (0, index * frame.height))
    return sheet.quantize(160)


if __name__ == "__main__":
    main()
