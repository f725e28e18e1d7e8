"""Commands on a history: start-up, decisions, comparisons."""

from __future__ import annotations

import json
from collections.abc import Iterator

from histories import fill, ingested
from measured import Goal, Line, Target, Unit
from timing import (
    HERE,
    OPTIMIZER,
    PYTHON,
    Bench,
    commands,
    peak_megabytes,
    script,
    seconds_said,
    wall_seconds,
)

MORE_ROUNDS = 5
"""Commands of a fraction of a second are run so many times as often."""


def version(bench: Bench) -> Iterator[Line]:
    """Start-up, against the bare interpreter."""
    ours, reference = commands(
        [*OPTIMIZER, "--version"], [PYTHON, "-c", "pass"], 2 * MORE_ROUNDS * bench.rounds
    )
    yield Line(
        name="version",
        what="--version / bare Python",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=1.5),
    )


def decide(bench: Bench) -> Iterator[Line]:
    """A whole decision, against a script that runs one query on the same file."""
    n_tasks, store = 1_000_000 // bench.share, bench.folder / "million.duckdb"
    fill(store, n_tasks=n_tasks, n_workflows=1000)
    ours, reference = commands(
        [*OPTIMIZER, "decide", "--workflow", "wf_7", "--store", str(store)],
        [PYTHON, str(HERE / "reference.py"), "aggregate", str(store), "wf_7"],
        MORE_ROUNDS * bench.rounds,
    )
    yield Line(
        name="decide",
        what=f"decide --workflow, {n_tasks:,} tasks / bare DuckDB script",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=2.0, aim=1.35),
    )


def large(bench: Bench) -> Iterator[Line]:
    """Evidence and a whole decision on a large history."""
    n_tasks, store = 10_000_000 // bench.share, bench.folder / "large.duckdb"
    fill(store, n_tasks=n_tasks, n_workflows=1000)
    taken = [seconds_said("ours.py", "evidence", str(store), "wf_7") for _ in range(5)]
    yield Line(
        name="evidence_large",
        what=f"evidence of one workflow of 1,000, {n_tasks:,} tasks, in process",
        ours=tuple(taken),
        target=Target(goal=Goal.FIGURE, limit=0.1),
    )
    ours, reference = commands(
        [*OPTIMIZER, "decide", "--workflow", "wf_7", "--store", str(store)],
        [PYTHON, str(HERE / "reference.py"), "queries", str(store), "wf_8"],
        MORE_ROUNDS * bench.rounds,
    )
    yield Line(
        name="decide_large",
        what=f"decide --workflow, {n_tasks:,} tasks / its bare queries",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=2.0),
    )
    store.unlink()


def built(bench: Bench) -> Iterator[Line]:
    """Decisions in process, on evidence of 2,000 tasks that is built and studied."""
    store = ingested(bench, "built", n_workflows=1, n_tasks=2_000 // 3)
    found = json.loads(script("ours.py", "built", store, "wf_00000"))
    slowest = max(found["strategies"], key=lambda name: found["strategies"][name])
    for name, what, milliseconds, limit in (
        ("built", "a decision on built evidence, p99", found["p99"], 0.010),
        ("strategy", f"its slowest strategy, {slowest}, p99", found["strategies"][slowest], 0.005),
    ):
        yield Line(
            name=name,
            what=what,
            ours=(milliseconds / 1000,),
            target=Target(goal=Goal.FIGURE, limit=limit),
        )
    yield Line(
        name="built_rate",
        what="decisions on built evidence, one after the other on one core",
        ours=(found["mean"] / 1000,),
        n=1,
        target=Target(goal=Goal.PER_SECOND, limit=1_000),
    )


def cycle(bench: Bench) -> Iterator[Line]:
    """From files to a decision and its page, and the memory of a decision."""
    n_tasks, file = 100_000 // bench.share, bench.folder / "cycle.jsonl"
    script("workflow_data.py", str(file), "1", str(n_tasks // 3))
    taken, peaks = [], []
    for round_ in range(bench.rounds):
        store, page = bench.fresh(f"cycle{round_}.duckdb"), bench.folder / "cycle.html"
        decided = [*OPTIMIZER, "decide", "--workflow", "wf_00000", "--store", store]
        told = [*OPTIMIZER, "report", "-w", "wf_00000", "-o", str(page), "--store", store]
        steps = ([*OPTIMIZER, "ingest", str(file), "--store", store], decided, told)
        taken.append(sum(map(wall_seconds, steps)))
        peaks.append(peak_megabytes(decided))
    yield Line(
        name="cycle",
        what=f"ingest, decide and report, one workflow of {n_tasks:,} tasks",
        ours=tuple(taken),
        target=Target(goal=Goal.FIGURE, limit=300.0),
    )
    yield Line(
        name="decide_memory",
        what="peak memory of decide on it",
        ours=tuple(peaks),
        unit=Unit.MEGABYTES,
        target=Target(goal=Goal.FIGURE, limit=200.0),
    )


def decide_all(bench: Bench) -> Iterator[Line]:
    """Every workflow of a history, end to end, and the memory of it."""
    n = 2_000 // bench.share
    argv = {}
    for times in (1, 4):
        store = ingested(bench, f"every{times}", n_workflows=times * n, n_tasks=50)
        argv[times] = [*OPTIMIZER, "decide", "--all", "--store", store, "--json"]
    peaks = {times: peak_megabytes(command) for times, command in argv.items()}
    taken = []
    for round_ in range(bench.rounds):
        store = ingested(bench, f"every_{round_}", n_workflows=n, n_tasks=50)
        taken.append(wall_seconds([*OPTIMIZER, "decide", "--all", "--store", store, "--json"]))
    yield Line(
        name="decide_all",
        what=f"decide --all --json, {n:,} workflows of 3 variants and 150 tasks, undecided",
        ours=tuple(taken),
        n=n,
        target=Target(goal=Goal.PER_SECOND, limit=2_000, aim=10_000),
    )
    yield Line(
        name="decide_all_memory",
        what=f"its peak memory per workflow, from {n:,} to {4 * n:,} of them",
        ours=(max(1e6 * (peaks[4] - peaks[1]) / (3 * n), 0.0),),
        unit=Unit.BYTES,
        target=Target(goal=Goal.FIGURE, limit=1024),
    )


def compare(bench: Bench) -> Iterator[Line]:
    """A comparison of two variants with five repeats, against the bare GROUP BY it needs."""
    n_tasks, store = 1_000_000 // bench.share, bench.folder / "compared.duckdb"
    fill(store, n_tasks=n_tasks, n_workflows=1)
    argv = [*OPTIMIZER, "compare", "wf_0:a", "wf_0:b", "--pool", "5", "--store", str(store)]
    ours, reference = commands(
        argv,
        [PYTHON, str(HERE / "reference.py"), "cases", str(store), "wf_0"],
        3 * bench.rounds,
    )
    yield Line(
        name="compare",
        what=f"compare, {n_tasks:,} tasks, 5 repeats / script with numpy, scipy, its query",
        ours=ours,
        reference=reference,
        target=Target(goal=Goal.TIME, limit=1.5),
    )
    quantile = [*argv, "--metric", "success,latency_p95"]
    yield Line(
        name="compare_p95",
        what="the same with the 95th percentile of latency",
        ours=tuple(wall_seconds(quantile) for _ in range(bench.rounds)),
        target=Target(goal=Goal.FIGURE, limit=10.0),
    )


def verdict(bench: Bench) -> Iterator[Line]:
    """The computation of a verdict on all metrics, in process."""
    n_cases = 10_000 // bench.share
    yield Line(
        name="verdict",
        what=f"verdict on {n_cases:,} cases, all metrics, in process",
        ours=tuple(seconds_said("ours.py", "verdict", str(n_cases)) for _ in range(bench.rounds)),
        target=Target(goal=Goal.FIGURE, limit=1.0),
    )
