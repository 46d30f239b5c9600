"""What a person would see of the line: its seats, whom their arrows point to, and what the picture says.

Reads a page; changes nothing on it.
"""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from succession.testing.waiting import eventually, scaled

_SEATS = """() => [...document.querySelectorAll("#seats > li")].map((seat) => ({
  key: seat.dataset.key, look: seat.dataset.look, stage: seat.dataset.stage ?? null,
  name: seat.querySelector(".called").textContent, sub: seat.querySelector(".sub").textContent,
  label: seat.firstElementChild.getAttribute("aria-label") ?? "",
}))"""

# Each text of the caption, and each stage of a seat, in the order in which they came; with what was true meanwhile.
RECORD_STORY = """() => {
  window.story = [];
  const caption = document.querySelector('#line [data-part="caption"]');
  const note = () => {
    const stages = Object.fromEntries([...document.querySelectorAll("#seats > li[data-stage]")]
      .map((seat) => [seat.querySelector(".called").textContent, seat.dataset.stage]));
    window.story.push({
      caption: caption.textContent, stages,
      badge: document.querySelector('[data-part="badge-text"]').textContent,
      first: document.querySelector("#rows tr .name")?.textContent ?? null,
      isPlaying: document.querySelector(".stage").hasAttribute("data-playing"),
    });
  };
  new MutationObserver(() => setTimeout(note))
    .observe(caption, { childList: true, characterData: true, subtree: true });
}"""


_IS_AT_REST = """() => !document.querySelector(".stage").hasAttribute("data-playing")
  && document.getAnimations().every((one) => one.playState !== "running")"""


@dataclass(frozen=True)
class Seat:
    """One seat, as it is drawn: `look` is its shape and colour, `sub` the words under its name."""

    key: str
    look: str
    stage: str | None
    name: str
    sub: str
    label: str  # what a screen reader hears; empty for those that a long line leaves out


def within(seconds: float) -> float:
    """A deadline as Playwright wants it, stretched as all deadlines are."""
    return scaled(seconds) * 1000


def seats(page: Page) -> list[Seat]:
    """The seats from left to right, row by row."""
    return [Seat(**seat) for seat in page.evaluate(_SEATS)]


def arrows(page: Page) -> int:
    """How many arrows are drawn."""
    return page.locator(".arrows .arrow").count()


def in_table(page: Page) -> list[tuple[str, str]]:
    """(znode, role) of each row that is in line, as the table has it."""
    rows = page.locator('#rows tr[data-standing="in_line"]')
    found: list[tuple[str, str]] = rows.evaluate_all("rows => rows.map((row) => [row.dataset.key, row.dataset.role])")
    return [(znode, role) for znode, role in found]


def wait_for_rest(page: Page) -> None:
    """Until the picture tells no story and nothing moves."""

    def is_at_rest() -> bool:
        page.wait_for_timeout(50)  # lets the browser's own events through
        return bool(page.evaluate(_IS_AT_REST))

    eventually(is_at_rest, within_s=15)


def assert_picture_is_the_table(page: Page) -> None:
    """Picture and table tell the same line, the same leader, and the same that have left."""
    told = in_table(page)
    drawn = [(seat.key, seat.look) for seat in seats(page) if seat.look not in {"down", "more"}]
    assert [znode for znode, _ in told] == [key for key, _ in drawn]
    assert [znode for znode, role in told if role == "leader"] == [
        key for key, look in drawn if look == "leader" or (look == "silent" and (key, "leader") in told)
    ]
    left = page.locator('#rows tr[data-standing="departed"]')
    assert sorted(left.evaluate_all("rows => rows.map((row) => row.dataset.key)")) == sorted(
        seat.key for seat in seats(page) if seat.look == "down"
    )


def story(page: Page) -> list[dict[str, Any]]:
    """What RECORD_STORY has recorded."""
    noted: list[dict[str, Any]] = page.evaluate("window.story")
    return noted


def places(page: Page) -> dict[str, tuple[float, float]]:
    """Where the middle of each seat is, by its name."""
    found: dict[str, list[float]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#seats > li")].map((seat) => {
          const box = seat.querySelector(".ground").parentElement.getBoundingClientRect();
          return [seat.querySelector(".called").textContent,
            [Math.round(box.x + box.width / 2), Math.round(seat.getBoundingClientRect().y)]];
        }))"""
    )
    return {name: (x, y) for name, (x, y) in found.items()}


def assert_axe_finds_nothing(page: Page) -> None:
    """No fault of accessibility that axe knows."""
    found = Axe().run(page)
    assert 0 == found.violations_count, found.generate_report()
