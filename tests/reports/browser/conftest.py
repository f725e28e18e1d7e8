from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-dev-shm-usage",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Visit:
    page: Page
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        return self.page.evaluate("violations")

    def sideways(self) -> int:
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    def column(self, n: int, *, table: str = "table") -> list[str]:
        cells = self.page.locator(f"{table} tbody tr:visible > :nth-child({n})")
        return [text.strip().replace("\u00a0", " ") for text in cells.all_text_contents()]


def watched(context: BrowserContext) -> Visit:
    visit = Visit(context.new_page())
    visit.page.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    visit.page.on("console", lambda message: visit.errors.append(message.text))

    def dismissed(dialog: Any) -> None:
        visit.dialogs.append(dialog.message)
        dialog.dismiss()

    visit.page.on("dialog", dismissed)
    return visit


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no Chromium on this {platform.system()}; Debian's is `apt install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def seats(chromium: Browser) -> dict[tuple[str, bool], Visit]:
    return {}


@pytest.fixture
def visit(
    chromium: Browser, seats: dict[tuple[str, bool], Visit], tmp_path: Path
) -> Callable[..., Visit]:
    def opened(
        text: str, *, width: int = 1280, scheme: str = "light", scripts: bool = True
    ) -> Visit:
        seat = (scheme, scripts)
        if seat not in seats:
            context = chromium.new_context(
                color_scheme=scheme,  # type: ignore[arg-type]
                java_script_enabled=scripts,
                permissions=["clipboard-read", "clipboard-write"],
            )
            context.add_init_script(WATCH)
            seats[seat] = watched(context)
        found = seats[seat]
        file = tmp_path / "page.html"
        file.write_text(text, encoding="utf-8")
        found.page.emulate_media(media="screen")
        found.page.set_viewport_size({"width": width, "height": 900})
        for heard in (found.requests, found.dialogs, found.errors):
            heard.clear()
        found.page.goto(file.as_uri())
        found.requests.remove(file.as_uri())
        return found

    return opened
