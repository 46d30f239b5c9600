from typing import Any

from playwright.sync_api import Page

class AxeResults:
    response: dict[str, Any]
    violations_count: int
    def generate_report(self, violation_id: str | None = ...) -> str: ...

class Axe:
    def run(self, page: Page, context: Any = ..., options: dict[str, Any] | None = ...) -> AxeResults: ...
