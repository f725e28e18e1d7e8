"""A progress bar on stderr for work that takes a while, where somebody watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from optimizer.models.ingest import FileOutcome


def following(outcomes: Iterable[FileOutcome], paths: Sequence[str]) -> Iterator[FileOutcome]:
    """Yield the outcomes of an ingest, showing how far it is."""
    if len(paths) < 2 or not _is_watched():  # noqa: PLR2004 - one file has no progress to show
        yield from outcomes
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("ingest"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[tasks]:,} tasks"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("ingest", total=len(paths), tasks=0)
        n_tasks = 0
        for outcome in outcomes:
            n_tasks += outcome.n_tasks
            progress.update(bar, advance=1, tasks=n_tasks)
            yield outcome


def _is_watched() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
