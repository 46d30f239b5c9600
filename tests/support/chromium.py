"""Chromium, and a page of its own for each test: fixtures for whoever looks at the page."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

DEFAULTS: dict[str, object] = {"viewport": {"width": 1440, "height": 960}, "timezone_id": "UTC"}


def chromium_path() -> str | None:
    """Where Chromium is: `CHROMIUM`, else the system's, else (None) the one that Playwright has installed."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Makes pages, each in a context of its own; a test fails when one of them reports an error of its own code."""
    errors: list[str] = []
    with ExitStack() as contexts:

        def make(**options: object) -> Page:
            context = browser.new_context(**{**DEFAULTS, **options})  # type: ignore[arg-type]
            contexts.callback(context.close)
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda message: note_violation(errors, message.text))
            return page

        yield make
    assert errors == []


def note_violation(errors: list[str], text: str) -> None:
    """A policy violation is said on the console alone."""
    if "Content Security Policy" in text:
        errors.append(text)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page 1440 pixels wide."""
    return new_page()
