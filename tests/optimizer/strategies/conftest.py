from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from optimizer.analysis.unpaired import unpaired_contrasts
from optimizer.models.evidence import Evidence
from optimizer.models.reports import report_of
from optimizer.models.summaries import WindowSummary
from optimizer.scoring_rules import ScoringRules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_window(label: str, passed: int, n: int, **changes: Any) -> WindowSummary:
    """A window of `n` tests of different cases, 100 ms each, at no known price."""
    fields: dict[str, Any] = {
        "workflow_id": "wf",
        "variant_id": f"id-{label}",
        "variant": label,
        "model": f"model-{label}",
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
