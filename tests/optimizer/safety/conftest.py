from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Change, DecisionType, Effect, Proposal
from optimizer.models.summaries import WindowSummary

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_effect(metric: str, estimate: float, low: float, high: float, n: int = 200) -> Effect:
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=0.95, n=n, estimator="paired"
    )


def make_proposal(
    kind: DecisionType = DecisionType.MODEL_SWITCH,
    *effects: Effect,
    strategy: str = "model_selection",
    changes: tuple[tuple[str, Any, Any], ...] = (("variant", "a", "b"),),
    confidence: float | None = 0.95,
    **more: Any,
) -> Proposal:
    return Proposal(
        strategy=strategy,
        type=kind,
        changes=tuple(Change(setting=s, old=old, new=new) for s, old, new in changes),
        effects=effects,
        effects_note=more.get("effects_note"),
        confidence=confidence,
        rationale="200 of 200",
        unless="otherwise",
    )


def make_window(variant: str, **more: Any) -> WindowSummary:
    facts: dict[str, Any] = {
        "workflow_id": "wf",
        "variant_id": f"id-{variant}",
        "variant": variant,
        "model": "m",
        "n_runs": 1,
        "n_unjudged": 0,
        "n_slow": 0,
        "first_started_at": NOON,
        "last_started_at": NOON,
        "n_tasks": 100,
        "n_completed": 100,
        "n_succeeded": 90,
        "n_failed": 10,
        "n_timeout": 0,
        "n_error": 0,
        "n_cancelled": 0,
        "n_cases": 100,
        "success_rate": 0.9,
        "n_effective": 100.0,
        "success_low": 0.83,
        "success_high": 0.95,
        "n_latency": 100,
        "latency_mean_ms": 100.0,
        "latency_sd_ms": 10.0,
        "latency_p50_ms": 100.0,
        "latency_p95_ms": 150.0,
        "latency_p99_ms": 160.0,
        "n_cost": 100,
        "cost_mean_usd": 0.1,
        "cost_sd_usd": 0.01,
        "cost_total_usd": 10.0,
        "n_tokens": 100,
        "tokens_mean": 50.0,
        "tokens_total": 5000,
        "n_scored": 0,
        "score_mean": None,
        "score_sd": None,
        "n_retries": 0,
        "n_timeout_failures": 0,
        "n_api_failures": 0,
        "n_validation_failures": 0,
        "n_llm_failures": 0,
        "n_unclassified_failures": 10,
    }
    return WindowSummary(**(facts | more))


@pytest.fixture
def effect() -> Callable[..., Effect]:
    return make_effect


@pytest.fixture
def proposal() -> Callable[..., Proposal]:
    return make_proposal


@pytest.fixture
def window() -> Callable[..., WindowSummary]:
    return make_window


@pytest.fixture
def evidence() -> Callable[..., Evidence]:
    def made(**more: Any) -> Evidence:
        facts: dict[str, Any] = {
            "workflow_id": "wf",
            "as_of": None,
            "seed": 0,
            "current": make_window("a"),
            "others": (make_window("b"),),
        }
        return Evidence(**(facts | more))

    return made
