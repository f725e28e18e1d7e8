"""`optimizer demo`: the product in a minute, on the sample runs that come with it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cli import typer
from cli.output import note
from cli.terminal.manners import manner, speak
from optimizer.models.dataclass import dataclass

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and what it is for."""

    what: str
    arguments: tuple[str, ...]


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the history and the report.")] = Path(
        "optimizer-demo"
    ),
) -> None:
    """Show the product on real sample runs: ingest, analyze, gate, compare, decide, report.

    Example: optimizer demo
    """
    steps = _steps(folder)
    _put_runs(folder)
    note("A small language model sorted 60 reviews twice, with three prompts: these are its tests.")
    for i, step in enumerate(steps, 1):
        note(f"\n{i} of {len(steps)}: {step.what}\n$ {shlex.join(['optimizer', *step.arguments])}")
        with _in_short():
            _take(step)
    note(
        f"\nOpen {folder / 'report.html'} in a browser. Every line behind a $ can be pasted, and "
        "shows more then.\nYour own results next: optimizer ingest YOUR_RUNS"
    )


def _steps(folder: Path) -> tuple[Step, ...]:
    store = ("--store", str(folder / "history.duckdb"))
    clear, few_shot = (str(folder / "runs" / f"sentiment-{name}.json") for name in SHOWN)
    pages = ("-o", str(folder / "report.html"), "-o", str(folder / "report.md"))
    return (
        Step("Store result files, of whatever tool.", ("ingest", str(folder / "runs"), *store)),
        Step("Look at one run: is it good enough, and what fails?", ("analyze", clear)),
        Step("Judge a run in CI: passed, failed, or too few tests to tell.", ("gate", few_shot)),
        Step("Compare two prompts: better, or only luck?", ("compare", clear, few_shot)),
        Step("Decide what to do next; nothing changes until you approve.", _decide(store)),
        Step("Write it down for others.", ("report", "--workflow", "sentiment", *store, *pages)),
    )


SHOWN = ("clear", "few_shot")


def _decide(store: tuple[str, ...]) -> tuple[str, ...]:
    return ("decide", "--workflow", "sentiment", "--variant", "clear", *store)


def _put_runs(folder: Path) -> None:
    """Copy the sample runs to where the commands name them."""
    import sample_runs

    runs = next(path for place in sample_runs.__path__ if (path := Path(place) / "native").is_dir())
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    for run in sorted(runs.glob("*.json")):
        shutil.copyfile(run, folder / "runs" / run.name)


@contextmanager
def _in_short() -> Iterator[None]:
    """Have a command say what it found, and leave out how."""
    before = manner()
    speak(replace(before, brief=True))
    try:
        yield
    finally:
        speak(before)


def _take(step: Step) -> None:
    from cli.app import run

    code = run(step.arguments)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        note(f"(exit code {code})")
