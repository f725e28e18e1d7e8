"""Draw the pictures of docs/reports.md: run `python docs/pictures.py [NAME...]`; needs Chromium.

Every picture is a page that a command wrote. The history behind them is the sample suite, its tests
dealt out over nights: what was measured is real, only the dates are made.
"""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))

from transcripts import named_files, run  # noqa: E402 - beside this file

FOLDER = ROOT / "docs" / "reports"
PAGE = ROOT / "docs" / "reports.md"
NIGHTS = (("vague", 7), ("clear", 9), ("few_shot", 8))
"""Variants in the order in which they were in use, and for how many nights."""

FIRST_NIGHT = "2026-10-05T02:00:00+00:00"
SEED = 7
WIDTH, HEIGHT = 900, 820
JUDGED = frozenset({0, 1, 3})
"""Exit codes of a command that has done its work."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MARKDOWN = "comparison.md"
SHOWN = re.compile(r"\(reports/(\w+)\.png\)")
TIMES = ("started_at", "finished_at", "created_at", "timestamp")


def main(names: Sequence[str]) -> int:
    """Run the commands of the page and draw what they write; of all, or of those named."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        lay_out()
        for line in commands(PAGE.read_text(encoding="utf-8")):
            done = run(shlex.split(line)[1:])
            if done.code not in JUDGED:
                sys.stderr.write(f"$ {line}\n{done.text}")
                return 1
        shown = SHOWN.findall(PAGE.read_text(encoding="utf-8"))
        draw([name for name in shown if not names or name in names])
        shutil.copy(MARKDOWN, FOLDER / MARKDOWN)
    return 0


def lay_out() -> None:
    """Make the files that the commands name, in the folder of now."""
    shutil.copytree(ROOT / "sample_runs", "sample_runs")
    Path("nights").mkdir()
    for name, content in nights():
        Path("nights", name).write_text(json.dumps(content), encoding="utf-8")
    for name, body in named_files((ROOT / "docs" / "optimizing.md").read_text(encoding="utf-8")):
        Path(name).write_text(body, encoding="utf-8")


def commands(page: str) -> Iterator[str]:
    """Yield the commands of the page in their order."""
    for line in page.splitlines():
        if line.startswith("optimizer "):
            yield line


def nights() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the content of a run for each night."""
    day = datetime.fromisoformat(FIRST_NIGHT)
    for variant, n_nights in NIGHTS:
        path = ROOT / "sample_runs" / "native" / f"sentiment-{variant}.json"
        whole = json.loads(path.read_text(encoding="utf-8"))
        tasks = whole["task_results"]
        random.Random(SEED).shuffle(tasks)
        for night in range(n_nights):
            dealt = tasks[night::n_nights]
            name = f"night-{day:%m-%d}"
            yield f"{name}.json", _dated(whole, name, dealt, day)
            day += timedelta(days=1)


def _dated(
    whole: dict[str, Any], name: str, tasks: list[dict[str, Any]], start: datetime
) -> dict[str, Any]:
    """Return a run of some tasks of another, as if it had begun at another time."""
    shift = start - datetime.fromisoformat(whole["started_at"])
    moved = json.loads(json.dumps({**whole, "run_id": name, "task_results": tasks}))
    moved.pop("statistics")
    for record in (moved, *tasks_and_tests(moved["task_results"])):
        for field in TIMES:
            if field in record:
                record[field] = (datetime.fromisoformat(record[field]) + shift).isoformat()
    return moved


def tasks_and_tests(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield every record that carries times."""
    for task in tasks:
        yield task
        yield task["test_result"]


def draw(names: Sequence[str]) -> None:
    """Take a picture of each page in the folder of now."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - needs an extra

    FOLDER.mkdir(exist_ok=True)
    program = next(path for name in CHROMIUM if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name in names:
            page.goto(f"file://{os.getcwd()}/{name}.html")
            page.screenshot(path=str(FOLDER / f"{name}.png"))
            sys.stdout.write(f"drew {name}.png\n")
        browser.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
