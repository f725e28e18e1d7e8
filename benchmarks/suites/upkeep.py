"""Upkeep of a history: writing it anew in the order in which it is read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from growing_data import Shape, fill
from measured import Goal, Line, Target
from timing import OPTIMIZER, Bench, seconds_said, turns, wall_seconds

ROWS = 1_000_000


def compaction(bench: Bench) -> Iterator[Line]:
    """Compacting a history, against DuckDB sorting its two largest tables into another file."""
    arrived, n_rows = bench.folder / "arrived.duckdb", ROWS // bench.share
    for _ in fill(arrived, Shape(n_rows=n_rows)):
        pass

    def ours() -> float:
        store = bench.fresh("compacted.duckdb")
        shutil.copy(arrived, store)
        return wall_seconds([*OPTIMIZER, "store", "compact", "--store", store])

    def reference() -> float:
        return seconds_said("reference.py", "sorted", str(arrived), bench.fresh("ordered.duckdb"))

    first, second = turns(ours, reference, bench.rounds)
    yield Line(
        name="compact",
        what=f"store compact, {n_rows:,} tasks with texts / CREATE TABLE AS ... ORDER BY of both",
        ours=first,
        reference=second,
        n=n_rows,
        target=Target(goal=Goal.RATE, limit=0.3),
    )
    arrived.unlink()
