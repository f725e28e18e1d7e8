"""What a notebook does instead, with pandas and scipy.

    python benchmarks/notebook.py compare FILE FILE
    python benchmarks/notebook.py workflow FOLDER WORKFLOW

`compare` joins two runs case by case and tests success, latency and price; `workflow` reads every
file of a folder and tests each variant of a workflow against the one of the newest run.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

METRICS = ("passed", "latency_ms", "cost", "tokens")


def frame(path: Path) -> pd.DataFrame:
    """Return the tasks of a run as a table."""
    run = json.loads(path.read_text(encoding="utf-8"))
    tasks = pd.json_normalize(run["task_results"], max_level=1)
    return pd.DataFrame(
        {
            "case": tasks["task_id"],
            "workflow": tasks["workflow_id"],
            "variant": tasks["test_result.prompt_variant"],
            "created_at": pd.to_datetime(tasks["created_at"]),
            "passed": (tasks["task_status"] == "succeeded").astype(float),
            "latency_ms": 1000 * tasks["execution_time"],
            "cost": tasks["test_result.cost"],
            "tokens": tasks["test_result.tokens_used"],
        }
    )


def tested(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the difference of each metric on shared cases, with its interval and test."""
    metrics = list(METRICS)
    means = [table.groupby("case")[metrics].mean() for table in (first, second)]
    both = means[0].join(means[1], lsuffix="_1", rsuffix="_2", how="inner")
    rows = []
    for metric in METRICS:
        differences = (both[f"{metric}_2"] - both[f"{metric}_1"]).dropna().to_numpy()
        interval = stats.bootstrap(
            (differences,), np.mean, n_resamples=2_000, method="percentile", rng=1
        ).confidence_interval
        p_value = stats.ttest_1samp(differences, 0).pvalue
        rows.append((metric, differences.mean(), interval.low, interval.high, p_value))
    return pd.DataFrame(rows, columns=["metric", "difference", "low", "high", "p"])


def compare(first: str, second: str) -> None:
    """Print how two runs differ."""
    print(tested(frame(Path(first)), frame(Path(second))))


def workflow(folder: str, name: str) -> None:
    """Print how the variants of a workflow differ from that of the newest run."""
    tasks = pd.concat([frame(path) for path in sorted(Path(folder).glob("*.json"))])
    tasks = tasks[tasks["workflow"] == name]
    print(tasks.groupby("variant")[list(METRICS)].describe(percentiles=[0.5, 0.95]))
    newest = tasks.sort_values("created_at")["variant"].iloc[-1]
    variants = dict(tuple(tasks.groupby("variant")))
    for other in itertools.filterfalse(lambda one: one == newest, variants):
        print(other, tested(variants[newest], variants[other]), sep="\n")


if __name__ == "__main__":
    {"compare": compare, "workflow": workflow}[sys.argv[1]](*sys.argv[2:])
