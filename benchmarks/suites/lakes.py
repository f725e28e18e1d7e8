"""Lakes beside histories: getting runs in, and asking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lake import write_run
from measured import Goal, Line, Target
from timing import OPTIMIZER, Bench, commands, run, turns, wall_seconds

RUNS, TASKS = 200, 50
AT_ONCE = ("--set", "lake.grace_s=0")
"""Files that were merged go at once: nobody else reads."""


def rates(bench: Bench) -> Iterator[Line]:
    """Publishing runs, and a question on them before and after they are merged."""
    n_runs, files = RUNS // bench.share, bench.folder / "published"
    files.mkdir()
    for number in range(n_runs):
        write_run(files, number, TASKS)
    lakes = (bench.folder / f"lake-{n}" for n in range(bench.rounds + 1))
    store, lake = bench.fresh("beside.duckdb"), next(lakes)
    run(ingest(files, store))
    run(publish(files, lake))
    ours, reference = turns(
        lambda: wall_seconds(publish(files, next(lakes))),
        lambda: wall_seconds(ingest(files, bench.fresh("again.duckdb"))),
        bench.rounds,
    )
    yield Line(
        name="lake_publish",
        what=f"lake publish, {n_runs} files of {TASKS} tasks / ingest of them",
        ours=ours,
        reference=reference,
        n=n_runs,
        target=Target(goal=Goal.RATE, limit=0.2),
    )
    for name, what, limit in (
        ("lake_query", "runs of a lake as published / of a history", 2.5),
        ("lake_query_compacted", "the same of a lake that is compacted", 1.5),
    ):
        if name == "lake_query_compacted":
            run([*OPTIMIZER, "lake", "compact", "--lake", str(lake), *AT_ONCE])
        ours, reference = commands(
            [*OPTIMIZER, "runs", "--store", str(lake)],
            [*OPTIMIZER, "runs", "--store", store],
            bench.rounds,
        )
        yield Line(
            name=name,
            what=what,
            ours=ours,
            reference=reference,
            target=Target(goal=Goal.TIME, limit=limit),
        )


def publish(files: Path, lake: Path) -> list[str]:
    """Return the command that publishes a folder."""
    return [*OPTIMIZER, "lake", "publish", str(files), "--lake", str(lake)]


def ingest(files: Path, store: str) -> list[str]:
    """Return the command that stores a folder."""
    return [*OPTIMIZER, "ingest", str(files), "--store", store]
