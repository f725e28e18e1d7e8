"""A progress bar on stderr for work that takes a while, where somebody watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.output import plain
from optimizer.models.ingest import FileOutcome

if TYPE_CHECKING:
    from optimizer.models.decisions import Made
    from optimizer.prompts.search.base import Progress

MANY_WORKFLOWS = 64
"""So many workflows are worth watching."""

MANY_REQUESTS = 5000
"""A replay is worth watching from so many requests on."""

LONG_BYTES = 20_000_000
"""A single file is worth watching from this size on."""


def following(outcomes: Iterable[FileOutcome], paths: Sequence[str]) -> Iterator[FileOutcome]:
    """Yield the outcomes of an ingest, showing how far it is and how long it has taken."""
    if not _is_watched() or not _takes_a_while(paths):
        yield from outcomes
        return
    with _bar("ingest", len(paths), "tasks") as advance:
        for outcome in outcomes:
            advance(1, outcome.n_tasks)
            yield outcome


def deciding(batches: Iterable[list[Made]], n_workflows: int) -> Iterator[list[Made]]:
    """Yield the batches of decisions, showing how many workflows are done."""
    if not _is_watched() or n_workflows < MANY_WORKFLOWS:
        yield from batches
        return
    from optimizer.models.decisions import proposals

    with _bar("decide", n_workflows, "proposals") as advance:
        for batch in batches:
            advance(len(batch), sum(len(proposals(one.decision)) for one in batch))
            yield batch


@contextmanager
def _bar(label: str, total: int, counted: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with a second count beside it; what is yielded moves both on."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counted]:,} " + counted),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(label, total=total, counted=0)
        n_counted = 0

        def advance(n: int, n_more: int) -> None:
            nonlocal n_counted
            n_counted += n_more
            progress.update(bar, advance=n, counted=n_counted)

        yield advance


@contextmanager
def counting(name: str, n_requests: int) -> Iterator[Callable[[int, int], None] | None]:
    """Give what shows how many steps of how many are done; None where nobody would see it."""
    if not _is_watched() or n_requests < MANY_REQUESTS:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(name, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


@contextmanager
def searching(budget: int) -> Iterator[Callable[[Progress], None] | None]:
    """Give what shows how much of the budget is spent and how good the best prompt is."""
    if not _is_watched():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("optimize"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("tests, best {task.fields[best]}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("optimize", total=budget, best="-")

        def told(progress: Progress) -> None:
            best = f"{progress.best_passed}/{progress.best_n}" if progress.best_n else "-"
            bars.update(bar, completed=progress.n_spent, best=best)
            bars.console.print(plain(progress.event), style="dim", markup=False, highlight=False)

        yield told


def _takes_a_while(paths: Sequence[str]) -> bool:
    return len(paths) > 1 or any(
        os.path.isfile(p) and os.path.getsize(p) > LONG_BYTES for p in paths
    )


def _is_watched() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
