"""A progress bar on stderr for work that takes a while, where somebody watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from optimizer.models.ingest import FileOutcome

MANY_REQUESTS = 5000
"""A replay is worth watching from so many requests on."""

LONG_BYTES = 20_000_000
"""A single file is worth watching from this size on."""


def following(outcomes: Iterable[FileOutcome], paths: Sequence[str]) -> Iterator[FileOutcome]:
    """Yield the outcomes of an ingest, showing how far it is and how long it has taken."""
    if not _is_watched() or not _takes_a_while(paths):
        yield from outcomes
        return
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
        TextColumn("ingest"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[tasks]:,} tasks"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("ingest", total=len(paths), tasks=0)
        n_tasks = 0
        for outcome in outcomes:
            n_tasks += outcome.n_tasks
            progress.update(bar, advance=1, tasks=n_tasks)
            yield outcome


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


def _takes_a_while(paths: Sequence[str]) -> bool:
    return len(paths) > 1 or any(
        os.path.isfile(p) and os.path.getsize(p) > LONG_BYTES for p in paths
    )


def _is_watched() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
