from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from optimizer.analysis.unpaired import unpaired_contrasts
from optimizer.models.evidence import Evidence
from optimizer.models.reports import report_of
from optimizer.models.requests import Requests
from optimizer.models.summaries import WindowSummary
from optimizer.scoring_rules import ScoringRules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_window(label: str, passed: int, n: int, **changes: Any) -> WindowSummary:
    """A window of `n` tests of different cases, 100 ms each, at no known price."""
    fields: dict[str, Any] = {
        "workflow_id": "wf",
        "variant_id": f"id-{label}",
        "variant": label,
        "model": "m",
        "n_runs": 1,
        "n_unjudged": 0,
        "n_slow": 0,
        "first_started_at": NOON,
        "last_started_at": NOON,
        "n_tasks": n,
        "n_completed": n,
        "n_succeeded": passed,
        "n_failed": n - passed,
        "n_timeout": 0,
        "n_error": 0,
        "n_cancelled": 0,
        "n_cases": n,
        "success_rate": passed / n if n else None,
        "n_effective": float(n) if n else None,
        "success_low": None,
        "success_high": None,
        "n_latency": n,
        "latency_mean_ms": 100.0 if n else None,
        "latency_sd_ms": 10.0 if n else None,
        "latency_p50_ms": 100.0 if n else None,
        "latency_p95_ms": 120.0 if n else None,
        "latency_p99_ms": 130.0 if n else None,
        "n_cost": 0,
        "cost_mean_usd": None,
        "cost_sd_usd": None,
        "cost_total_usd": None,
        "n_tokens": n,
        "tokens_mean": 50.0 if n else None,
        "tokens_total": 50 * n if n else None,
        "n_scored": 0,
        "score_mean": None,
        "score_sd": None,
        "n_retries": 0,
        "n_timeout_failures": 0,
        "n_api_failures": 0,
        "n_validation_failures": 0,
        "n_llm_failures": 0,
        "n_unclassified_failures": n - passed,
        "parameters": '{"temperature":0.7}',
    }
    return WindowSummary(**(fields | changes))


def make_evidence(current: WindowSummary | None, *others: WindowSummary) -> Evidence:
    report = report_of(current) if current else None
    return Evidence(
        workflow_id="wf",
        as_of=None,
        seed=0,
        current=current,
        others=others,
        explanation=ScoringRules().explain_optimize(None, report) if report else None,
        slow_ms=5000.0,
        contrasts=unpaired_contrasts(current, others, level=0.95) if current else (),
    )


def make_requests(keys: Sequence[int], *, gap_s: float = 0.1, **changes: Any) -> Requests:
    """Requests of v1, one for each key, that are answered alike, in 50 ms and for 1 cent."""
    n = len(keys)
    nan, codes = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    fields: dict[str, Any] = {
        "at_s": np.arange(n) * gap_s,
        "segment": codes,
        "key": np.array(keys, dtype=np.int64),
        "answer": np.array(keys, dtype=np.int64),
        "ok": np.ones(n),
        "score": nan,
        "latency_ms": np.full(n, 50.0),
        "tokens_in": np.full(n, 10.0),
        "tokens_out": np.full(n, 5.0),
        "cost_usd": np.full(n, 0.01),
        "failed": np.zeros(n, dtype=np.bool_),
        "throttled": np.zeros(n, dtype=np.bool_),
        "cached": np.zeros(n, dtype=np.bool_),
        "repeat": codes,
        "case": np.array(keys, dtype=np.int64),
        "variant": codes,
        "tenant": codes - 1,
        "task_type": codes - 1,
        "priority": codes + 2,
        "deadline_ms": nan,
        "propensity": nan,
        "variants": ("id-v1",),
    }
    return Requests(**(fields | changes))


@pytest.fixture
def traffic() -> Callable[..., Requests]:
    return make_requests


def make_trace(at_s: Sequence[float], **columns: Any) -> Requests:
    """Requests of v1 in one run at given times, in order; tenants as names."""
    n = len(at_s)
    names = columns.pop("tenants", [None] * n)
    known = tuple(dict.fromkeys(name for name in names if name is not None))
    whole = ("segment", "repeat", "variant", "task_type", "key", "case")
    unknown = ("ok", "score", "cost_usd", "deadline_ms", "propensity", "tokens_in", "tokens_out")
    fields: dict[str, Any] = {name: np.full(n, 0) for name in whole}
    fields |= {name: np.full(n, np.nan) for name in (*unknown, "latency_ms")}
    fields |= {name: np.full(n, False) for name in ("failed", "throttled", "cached")}
    fields |= {"answer": np.full(n, -1), "priority": np.full(n, 2)}
    for name, value in columns.items():
        fields[name] = np.asarray(value, dtype=fields[name].dtype)
    return Requests(
        at_s=np.asarray(at_s, dtype=np.float64),
        tenant=np.array([known.index(name) if name else -1 for name in names], dtype=np.int64),
        tenants=known,
        variants=("id-v1",),
        **fields,
    )


def many_refused() -> Evidence:
    """Ten requests in a minute that went through, then 490 at once that did not."""
    at_s = [7.0 * i for i in range(10)] + [70 + i / 1000 for i in range(490)]
    trace = make_trace(
        at_s, throttled=[False] * 10 + [True] * 490, failed=[False] * 10 + [True] * 490
    )
    return replace(make_evidence(make_window("v1", 10, 500)), requests=trace)


def many_at_once() -> Evidence:
    """500 requests that came at 400 a second and took 2 s each."""
    trace = make_trace([i / 400 for i in range(500)], latency_ms=[2000.0] * 500)
    return replace(make_evidence(make_window("v1", 500, 500)), requests=trace)


OCCASIONS: dict[str, Callable[[], Evidence]] = {
    "rate_limiting": many_refused,
    "batching": many_at_once,
}
"""What a strategy proposes something on, where it is not a variant that fails."""


@pytest.fixture
def trace() -> Callable[..., Requests]:
    return make_trace


@pytest.fixture
def occasion() -> Callable[[str], Evidence | None]:
    def of_strategy(name: str) -> Evidence | None:
        return OCCASIONS[name]() if name in OCCASIONS else None

    return of_strategy


@pytest.fixture
def window() -> Callable[..., WindowSummary]:
    return make_window


@pytest.fixture
def evidence() -> Callable[..., Evidence]:
    return make_evidence


@pytest.fixture
def swapped() -> Callable[[Evidence], Evidence]:
    def swap(found: Evidence) -> Evidence:
        return replace(found, others=tuple(reversed(found.others)))

    return swap
