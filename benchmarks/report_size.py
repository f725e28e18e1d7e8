"""How large a page of a comparison is, how long it takes to write, and how soon it can be read.

    python benchmarks/report_size.py [--cases 10000] [--chars 500] [--rounds 3]

Compared with the same comparison without a page: what is beyond it is the page's. The first view
is what Chromium reports as the first contentful paint, median of the rounds; `-` without Chromium.
Prints JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from data import write_pair

from cli.commands.compare import compare

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
PAINT = """new Promise((seen) => new PerformanceObserver((list) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (paint) seen(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


def main() -> None:
    """Measure one size and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--chars", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = write_pair(Path(folder), n_cases=options.cases, n_chars=options.chars)
        page = Path(folder) / "page.html"
        pairs = [(seconds(files, None), seconds(files, page)) for _ in range(options.rounds + 1)][
            1:
        ]
        found = {
            "bytes": page.stat().st_size,
            "without_s": statistics.median(without for without, _ in pairs),
            "with_s": statistics.median(both for _, both in pairs),
            "beyond_s": statistics.median(both - without for without, both in pairs),
            "ratio": statistics.median(both / without for without, both in pairs),
            "first_view_ms": first_view_ms(page, options.rounds),
        }
    print(json.dumps(found, indent=2))


def seconds(files: tuple[Path, Path], page: Path | None) -> float:
    """Return how long a comparison takes, with its page where one is wanted."""
    started = time.perf_counter()
    silent = io.StringIO()
    with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
        compare([str(file) for file in files], output=[page] if page else None)
    return time.perf_counter() - started


def first_view_ms(page: Path, rounds: int) -> float | None:
    """Return when the first contents of a page are painted, in ms after it is asked for."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - measured where it is there

    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for _ in range(rounds):
            tab = browser.new_page()
            tab.goto(page.as_uri())
            taken.append(tab.evaluate(PAINT))
            tab.close()
        browser.close()
    return statistics.median(taken)


if __name__ == "__main__":
    main()
