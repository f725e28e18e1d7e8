"""Questions on one workflow, while the histories of all others become ten times as long."""

from __future__ import annotations

from collections.abc import Iterator

from growing_data import FIXED, Shape, fill
from measured import Goal, Line, Target
from timing import OPTIMIZER, Bench, commands

ROWS = 300_000
TIMES = 10
"""How many times as long the longer history is."""

ASKED = {
    "drift": ("drift", "-w", FIXED),
    "decide": ("decide", "-w", FIXED),
    "compare": ("compare", "v0", "v1", "-w", FIXED),
    "report": ("report", "-w", FIXED),
}


def others(bench: Bench) -> Iterator[Line]:
    """Commands on a compacted history, against the same where others have run a tenth."""
    n_rows = ROWS // bench.share
    stores = []
    for n in (TIMES * n_rows, n_rows):
        store = bench.folder / f"growing_{n}.duckdb"
        for _ in fill(store, Shape(n_rows=n, is_sorted=True)):
            pass
        stores.append(store)
    for name, words in ASKED.items():
        argv = [[*OPTIMIZER, *words, "--store", str(store)] for store in stores]
        ours, reference = commands(argv[0], argv[1], bench.rounds)
        yield Line(
            name=f"growth_{name}",
            what=f"{name} --workflow of 10,000 tasks among {TIMES * n_rows:,} / {n_rows:,}",
            ours=ours,
            reference=reference,
            target=Target(goal=Goal.TIME, limit=1.2),
        )
    for store in stores:
        store.unlink()
