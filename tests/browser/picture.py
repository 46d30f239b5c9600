"""Makes the README's picture: `python -m tests.browser.picture`, the page of a real cluster whose leader was killed.

It takes the demo's usual ports and folder, so that the picture shows the addresses and commands that a reader will see.
"""

import signal
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.chromium import DEFAULTS, FLAGS, chromium_path
from tests.support.playgrounds import ROOT, Playground

PICTURE = Path(__file__).with_name("picture.png")


def main() -> None:
    """Start a cluster, kill its leader by the button, wait for the next one, and take the picture."""
    with sync_playwright() as playwright:
        cluster = Playground(ROOT / ".playground", first_node_port=8081, dashboard_port=8080, zookeeper_port=2181)
        cluster.start()
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            cluster.wait_until_ready()
            leader = cluster.wait_until_at_rest()
            page = chromium.new_page(**DEFAULTS)  # type: ignore[arg-type]
            page.goto(cluster.dashboard)
            page.wait_for_timeout(3000)  # a cluster at rest: its next in line has been there for a while
            page.get_by_role("button", name=f"Kill instance {leader}").click()
            page.get_by_text("without a leader").first.wait_for()
            page.mouse.move(0, 0)
            page.wait_for_timeout(2500)  # a little history: data that is alive, and a leader that has led a while
            page.screenshot(path=PICTURE, full_page=True)
        finally:
            chromium.close()
            cluster.stop(signal.SIGINT)
            cluster.output.unlink()


if __name__ == "__main__":
    main()
