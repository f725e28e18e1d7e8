from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from optimizer.models.requests import Requests
from optimizer.models.summaries import RunPoint

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def ran() -> Callable[..., Any]:
    """Runs of one variant, and their tasks as a trace."""
    return make_runs


def make_runs(
    sizes: Sequence[int],
    *,
    seed: int = 0,
    shared: bool = True,
    repeats: int = 1,
    pass_rate: float = 0.85,
    newest_pass_rate: float | None = None,
    slower: float = 1.0,
    scale: float = 1.0,
) -> tuple[list[RunPoint], Requests]:
    """Tasks whose latency, cost and tokens differ by case; the last run may differ from all."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    segment = np.repeat(np.arange(len(sizes)), sizes)
    case = np.concatenate(
        [np.arange(size) // repeats + (0 if shared else 10_000 * i) for i, size in enumerate(sizes)]
    )
    hard = dict(zip(np.unique(case).tolist(), rng.normal(size=n), strict=False))
    of_case = np.array([hard[one] for one in case.tolist()])
    is_last = segment == len(sizes) - 1
    rate = np.where(is_last, newest_pass_rate or pass_rate, pass_rate)
    ok = (rng.random(n) < rate).astype(float)
    latency = scale * np.exp(6 + 0.5 * of_case + rng.normal(0, 0.3, n))
    latency = latency * np.where(is_last, slower, 1.0)
    cost = scale * np.exp(-6 + 0.3 * of_case + rng.normal(0, 0.2, n))
    tokens = np.floor(np.exp(6 + 0.4 * of_case + rng.normal(0, 0.2, n)))
    none, no = np.full(n, -1), np.zeros(n, dtype=bool)
    trace = Requests(
        at_s=np.arange(n, dtype=float),
        segment=segment,
        key=case,
        answer=none,
        ok=ok,
        score=np.full(n, np.nan),
        latency_ms=latency,
        tokens_in=tokens,
        tokens_out=np.zeros(n),
        cost_usd=cost,
        failed=no,
        throttled=no,
        cached=no,
        repeat=np.zeros(n, dtype=int),
        case=case,
        variant=np.zeros(n, dtype=int),
        tenant=none,
        task_type=none,
        priority=np.full(n, 2),
        deadline_ms=np.full(n, np.nan),
        propensity=np.full(n, np.nan),
        variants=("v",),
        runs=tuple(f"r{i}" for i in range(len(sizes))),
        first_at=START,
    )
    return [make_point(i, trace) for i in range(len(sizes))], trace


def make_point(run: int, trace: Requests) -> RunPoint:
    rows = trace.segment == run
    at = trace.at_s[rows]
    return RunPoint(
        run_id=f"r{run}",
        workflow_id="wf",
        variant_id="v",
        started_at=START + timedelta(seconds=float(at[0])),
        finished_at=START + timedelta(seconds=float(at[-1]) + 1),
        n=int(rows.sum()),
        n_succeeded=int(trace.ok[rows].sum()),
        n_bad=0,
        score_mean=None,
        score_sd=None,
        latency_mean_ms=float(trace.latency_ms[rows].mean()),
        latency_sd_ms=float(trace.latency_ms[rows].std(ddof=1)),
        cost_mean_usd=float(trace.cost_usd[rows].mean()),
        cost_sd_usd=float(trace.cost_usd[rows].std(ddof=1)),
        tokens_mean=float(trace.tokens_in[rows].mean()),
    )
