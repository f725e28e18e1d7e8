"""A progress bar on stderr for work that takes a while, where somebody watches."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from cli.output import plain
from cli.terminal.stages import PATIENCE_S, instead, is_watched

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import Task, TaskID

    from optimizer.prompts.search.base import Progress

T = TypeVar("T")

BAR_CELLS = 20
"""Cells of a bar; the rest of 80 is for figures."""

MANY_ITEMS = 100
"""So many items are worth watching."""

MANY_WORKFLOWS = 64
"""So many workflows are worth watching."""

MANY_REQUESTS = 5000
"""A replay is worth watching from so many requests on."""

LONG_BYTES = 20_000_000
"""A single file is worth watching from this size on."""


@contextmanager
def ingesting(paths: Sequence[str]) -> Iterator[Callable[[int], None] | None]:
    """Give what shows that a file is ready, and its tasks; None where nobody would see it."""
    if not is_watched() or not _takes_a_while(paths):
        yield None
        return
    with _bar("ingest", len(paths), "tasks") as advance:
        yield lambda n_tasks: advance(1, n_tasks)


@contextmanager
def stepping(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give what shows how many steps of how many are done, once that takes a while."""
    if not is_watched():
        yield None
        return
    began, stack = time.monotonic(), ExitStack()
    shown: list[tuple[Bars, TaskID]] = []

    def told(done: int, total: int) -> None:
        if not shown and time.monotonic() - began >= PATIENCE_S and done < total:
            shown.append(stack.enter_context(_shown(label, total, "")))
        for bars, bar in shown:
            bars.update(bar, completed=done, total=total)

    with stack:
        yield told


@contextmanager
def deciding(n_workflows: int) -> Iterator[Callable[[int, int], None] | None]:
    """Give what shows how many workflows are done, and their proposals; None: nobody would see."""
    if not is_watched() or n_workflows < MANY_WORKFLOWS:
        yield None
        return
    with ExitStack() as stack:
        shown: list[Callable[[int, int], None]] = []

        def told(n: int, n_proposals: int) -> None:
            if not shown:  # not before other processes are there: it has a thread
                shown.append(stack.enter_context(_bar("decide", n_workflows, "proposals")))
            shown[0](n, n_proposals)

        yield told


def each(items: Sequence[T], label: str) -> Iterator[T]:
    """Yield items one by one, showing how many are done, where they are many."""
    if not is_watched() or len(items) < MANY_ITEMS:
        yield from items
        return
    with _bar(label, len(items), "") as advance:
        for item in items:
            yield item
            advance(1, 0)


@contextmanager
def counting(name: str, n_requests: int) -> Iterator[Callable[[int, int], None] | None]:
    """Give what shows how many steps of how many are done; None where nobody would see it."""
    if not is_watched() or n_requests < MANY_REQUESTS:
        yield None
        return
    with _shown(name, None, "") as (progress, bar):
        yield lambda done, total: progress.update(bar, completed=done, total=total)


@contextmanager
def searching(budget: int) -> Iterator[Callable[[Progress], None] | None]:
    """Give what shows how much of the budget is spent and how good the best prompt is."""
    if not is_watched():
        yield None
        return
    with _shown("optimize", budget, "tests, best -") as (bars, bar):

        def told(progress: Progress) -> None:
            best = f"{progress.best_passed}/{progress.best_n}" if progress.best_n else "-"
            bars.update(bar, completed=progress.n_spent, said=f"tests, best {best}")
            bars.console.print(plain(progress.event), style="dim", markup=False, highlight=False)

        yield told


@contextmanager
def _bar(label: str, total: int, counted: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with a second count beside it; what is yielded moves both on."""
    with _shown(label, total, "") as (progress, bar):
        n_counted = 0

        def advance(n: int, n_more: int) -> None:
            nonlocal n_counted
            n_counted += n_more
            said = f"{n_counted:,} {counted}" if counted else ""
            progress.update(bar, advance=n, said=said)

        yield advance


@contextmanager
def _shown(label: str, total: int | None, said: str) -> Iterator[tuple[Bars, TaskID]]:
    """Show a bar on stderr: how many of how many, the rate, the time gone and the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else _rate(speed))

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=BAR_CELLS),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
    )
    console = Console(stderr=True)
    with instead(), Bars(*columns, console=console, transient=True) as progress:
        yield progress, progress.add_task(label, total=total, said=said)


def _rate(per_second: float) -> str:
    """Return a rate in three figures."""
    if per_second >= 1:
        return f"{per_second:,.0f}/s"
    return f"{per_second * 60:.1f}/min"


def _takes_a_while(paths: Sequence[str]) -> bool:
    return len(paths) > 1 or any(
        os.path.isfile(p) and os.path.getsize(p) > LONG_BYTES for p in paths
    )
