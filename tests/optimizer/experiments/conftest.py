from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from optimizer.models.experiments import (
    Allocation,
    AllocationPolicy,
    CandidateReport,
    Experiment,
    ExperimentArm,
    ExperimentDesign,
    ExperimentStatus,
    Look,
    LookKey,
    Looks,
    Standing,
)
from optimizer.models.verdicts import Metric, VerdictKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_design(**changes: Any) -> ExperimentDesign:
    fields: dict[str, Any] = {
        "experiment_id": "e1",
        "workflow_id": "wf",
        "baseline": ExperimentArm(label="v1", variant_id="id-v1"),
        "candidates": (ExperimentArm(label="v2", variant_id="id-v2"),),
        "primary": Metric.SUCCESS,
        "secondary": (),
        "guardrails": (),
        "alpha": 0.05,
        "power": 0.8,
        "min_effect": 0.05,
        "n_max": 500,
        "n_max_reason": "as stated",
        "min_cases": 50,
        "max_duration_days": 7.0,
        "early_stopping": True,
        "looks": Looks.OBF,
        "futility": 0.1,
        "allocation": Allocation(
            policy=AllocationPolicy.FIXED,
            weights=(1.0, 1.0),
            max_traffic=0.1,
            epsilon=0.1,
            exploration=1.4,
        ),
    }
    return ExperimentDesign(**(fields | changes))


def make_look(seq: int, n: int, **changes: Any) -> Look:
    fields: dict[str, Any] = {
        "experiment_id": "e1",
        "seq": seq,
        "key": LookKey(
            suite_sha256="s", metric=Metric.SUCCESS, baseline_id="id-v1", candidate_id="id-v2"
        ),
        "candidate": "v2",
        "looked_at": NOON,
        "n": n,
        "n_max": 500,
        "fraction": n / 500,
        "z_bound": 3.0,
        "alpha_k": 0.0027,
        "alpha_spent": 0.0027,
        "z": 1.0,
        "p_value": 0.3,
        "verdict": VerdictKind.INCONCLUSIVE,
        "estimate": 0.02,
        "low": -0.02,
        "high": 0.06,
        "broken": (),
        "data_sha256": f"data-{n}",
        "run_ids": ("r1", "r2"),
    }
    return Look(**(fields | changes))


@pytest.fixture
def design() -> Callable[..., ExperimentDesign]:
    return make_design


@pytest.fixture
def look() -> Callable[..., Look]:
    return make_look


@pytest.fixture
def experiment() -> Callable[..., Experiment]:
    def make(status: ExperimentStatus, **changes: Any) -> Experiment:
        return Experiment(design=make_design(), status=status, created_at=NOON, **changes)

    return make


@pytest.fixture
def candidate() -> Callable[..., CandidateReport]:
    def make(seen: Look | None, **changes: Any) -> CandidateReport:
        fields: dict[str, Any] = {
            "arm": ExperimentArm(label="v2", variant_id="id-v2"),
            "n": seen.n if seen else 0,
            "standing": Standing.NEW,
            "text": "look",
            "look": seen,
        }
        return CandidateReport(**(fields | changes))

    return make
