"""One test, since the cluster is started for it: tests of one file may run in several processes."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.tasks import UNJUDGED

ROOT = Path(__file__).parents[4]
WRITING = {"report_rows"}
"""Asked while a file is stored, of the tasks that are about to be."""

NAMES = sorted(
    {
        entry.name.removesuffix(".sql")
        for entry in resources.files(queries).iterdir()
        if entry.name.endswith(".sql")
    }
    - WRITING
)
DAYS = [datetime(2026, 3, day) for day in (1, 4, 8)]
PARAMS: dict[str, object] = {
    "workflow_id": "w1",
    "workflow_ids": ["w2", "w0"],
    "first_id": "w0",
    "last_id": "w2",
    "as_of": DAYS[2],
    "at": DAYS[2],
    "since": DAYS[0],
    "until": DAYS[2],
    "before_at": DAYS[0],
    "starts_at": DAYS[1],
    "ends_at": DAYS[2],
    "spent_since": DAYS[1],
    "max_runs": 3,
    "max_tasks": 60,
    "max_texts": 5,
    "max_points": 4,
    "max_decisions": 5,
    "earlier_runs": 2,
    "n_hours": 100,
    "limit": 4,
    "slow_ms": 100.0,
    "z2": 3.84,
    "unjudged": UNJUDGED,
    "run_id": "r03",
    "arms": ["v0\nr00", "v1\nr03", "v1\nr04", "v0\nr06"],
    "run_ids": ["r00", "r03", "r04", "r06", "r07"],
    "other_run_ids": ["r01", "r09"],
    "variant_id": "v1",
    "variant_ids": ["v0", "v1"],
    "variant": "label 1",
    "baseline_id": "v0",
    "candidate_id": "v1",
    "prompt_sha256": "p0",
    "prompt_sha256s": ["p0", "p1"],
    "prompt_id": "prompts/a.md",
    "decision_id": "d01",
    "decision_ids": ["d00", "d03"],
    "experiment_id": "e0",
    "feedback_ids": ["feedback_id 1", "feedback_id 2"],
    "source_sha256": "s1",
    "optimization_id": "o1",
    "executor_sha256": "x0",
    "request_sha256": "q0",
    "holdout_sha256": "h0",
    "case_sha256s": ["k0", "k1"],
    "replicate": 0,
    "occurrence": 0,
    "case_ids": ["c0", "c1", "c2", "ü 日本"],
    "failing": ["c1", "ü 日本"],
    "positions": [0, 3, 5],
    "scorer": "exact",
    "metric": "latency",
    "n_bins": 5,
    "size_us": 7 * 3600 * 10**6,
    "slide_us": 3 * 3600 * 10**6,
    "n_slides": 3,
    "gap_us": 3600 * 10**6,
    "key": "a/b~c",
    "path": "/a~1b~0c",
    "prefix": "",
    "branch": "branch 1",
    "subject": "e0",
    "actor": "ann",
    "has_repeats": True,
}
NULLABLE = {
    "as_of": None,
    "at": None,
    "since": None,
    "until": None,
    "workflow_id": None,
    "run_id": None,
    "variant": None,
    "branch": None,
    "subject": None,
    "actor": None,
    "baseline_id": None,
    "candidate_id": None,
    "decision_id": None,
    "experiment_id": None,
    "metric": None,
    "prompt_id": None,
    "source_sha256": None,
    "holdout_sha256": None,
    "slow_ms": None,
}
"""Where nothing is said: all there is."""

OTHERWISE: dict[str, dict[str, object]] = {
    "spread": {"metric": "score"},
    "session_series": {"metric": "success", "variant": None},
    "window_series": {"metric": "tokens", "variant": None},
    "case_families": {"key": "family"},
    "performance": {"workflow_id": "w0", "limit": 2},
    "windows": {"workflow_ids": ["w1"], "as_of": None},
    "requests": {
        "workflow_ids": ["w1"],
        "first_id": "w1",
        "last_id": "w1",
        "as_of": None,
        "max_texts": 0,
    },
    "task_names": {"positions": []},
    "known_variants": {"variant_ids": []},
}
"""Other values where NULL is none that is given."""

EMPTY = 0.15
"""At most so many of the questions may find nothing."""


def differences(left: History, right: History, *, every: bool) -> Iterator[str]:
    """Yield what two histories answer differently, and whether too little was asked."""
    n_asked = n_empty = 0
    for name in NAMES:
        for params in cases(name, every=every):
            ours, theirs = answer(left, name, params), answer(right, name, params)
            n_asked += 1
            n_empty += not ours[1]
            if not equal(ours, theirs):
                yield f"{name} {params}: {ours} != {theirs}"
    if n_empty > EMPTY * n_asked:
        yield f"{n_empty} of {n_asked} questions found nothing"


def cases(name: str, *, every: bool) -> Iterator[Mapping[str, object]]:
    wanted = set(re.findall(r"\$(\w+)", queries.text(name)))
    for changes in ({}, OTHERWISE.get(name, NULLABLE)) if every else ({},):
        if not changes or wanted & set(changes):
            yield {key: (PARAMS | changes)[key] for key in sorted(wanted)}


def answer(
    history: History, name: str, params: Mapping[str, object]
) -> tuple[list[str], list[Any]]:
    cursor = history.engine.ask(queries.text(name), params)
    return [column[0] for column in cursor.description], cursor.fetchall()


def equal(one: Any, other: Any) -> bool:
    """Tell whether two answers are the same, floats to 1e-9."""
    if isinstance(one, float):
        return (
            one == other
            or math.isclose(one, other, rel_tol=1e-9)
            or all(map(math.isnan, (one, other)))
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and bool(one == other)


def on_one_machine(folder: Path, *args: str, **env: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "cli", *args, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT), **env},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def decided(folder: Path, cluster: Any) -> tuple[list[Any], list[Any]]:
    """Return what one machine and the cluster decide on all workflows of one lake."""
    write = [sys.executable, str(ROOT / "benchmarks" / "workflow_data.py"), "runs.jsonl", "6", "40"]
    subprocess.run(write, cwd=folder, check=True)
    on_one_machine(folder, "ingest", "runs.jsonl", str(ROOT / "sample_runs/native"), "--store", "s")
    one = ids(on_one_machine(folder, "decide", "--all", "--store", "s"))
    on_one_machine(folder, "lake", "publish", "--from-store", "--store", "s", "--lake", "lake")
    conf = "".join(f"{name} {value}\n" for name, value in cluster.settings.items())
    (folder / "spark-defaults.conf").write_text(conf)
    spark = ("--engine", "spark", "--master", cluster.master, "--lake", "lake")
    again = on_one_machine(
        folder, "decide", "--all", "--store", "other", *spark, SPARK_CONF_DIR="."
    )
    return one, ids(again)


def ids(said: Any) -> list[tuple[str, str, str]]:
    """Return what was decided; the id is a hash of evidence and answers."""
    kept = ("workflow_id", "decision_id", "state")
    return sorted(tuple(one[name] for name in kept) for one in said["items"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.faults, id="with_other_params_too")]
)
def test_a_cluster_answers_and_decides_as_one_machine_does(
    made_up: History, cluster: Any, on_cluster: Callable[..., Any], tmp_path: Path, every: bool
) -> None:
    with on_cluster(made_up) as history:
        found = list(differences(made_up, history, every=every))
    assert not found, "\n".join(found)
    one, several = decided(tmp_path, cluster)
    assert len(one) > 1
    assert one == several
