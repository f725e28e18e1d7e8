from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from optimizer.models.cases import Arm, CaseColumns, LoadedArm
from optimizer.models.experiments import (
    Allocation,
    CandidateReport,
    Experiment,
    ExperimentArm,
    ExperimentDesign,
    Look,
    LookKey,
    Standing,
)
from optimizer.models.terms import AllocationPolicy, ExperimentStatus, Looks, Metric, VerdictKind

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAN = float("nan")

Build = Callable[..., LoadedArm]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else NAN


def _arm(
    label: str,
    outcomes: Mapping[str, str],
    *,
    scores: Mapping[str, list[float]] | None = None,
    latencies: Mapping[str, list[float]] | None = None,
    costs: Mapping[str, float] | None = None,
    families: Mapping[str, str] | None = None,
    cached: Mapping[str, int] | None = None,
    **facts: Any,
) -> LoadedArm:
    """Outcomes by case: + passed, - failed, e in error or timed out, . never finished."""
    cases = sorted(outcomes)
    done = {case: outcomes[case].replace(".", "") for case in cases}
    known = {case: (scores or {}).get(case, []) for case in cases}
    times = {case: (latencies or {}).get(case, []) for case in cases}

    def column(values: list[Any], kind: Any) -> Any:
        return np.array(values, dtype=kind)

    columns = CaseColumns(
        case_id=column(cases, object),
        n=column([len(done[c]) for c in cases], np.int64),
        n_passed=column([done[c].count("+") for c in cases], np.int64),
        n_errors=column([done[c].count("e") for c in cases], np.int64),
        n_cached=column([(cached or {}).get(c, 0) for c in cases], np.int64),
        n_unfinished=column([outcomes[c].count(".") for c in cases], np.int64),
        n_scored=column([len(known[c]) for c in cases], np.int64),
        score=column([_mean(known[c]) for c in cases], float),
        score_variance=column(
            [np.var(known[c], ddof=1) if len(known[c]) > 1 else NAN for c in cases], float
        ),
        n_latency=column([len(times[c]) for c in cases], np.int64),
        latency_ms=column([_mean(times[c]) for c in cases], float),
        n_cost=column([1 if c in (costs or {}) else 0 for c in cases], np.int64),
        cost_usd=column([(costs or {}).get(c, NAN) for c in cases], float),
        n_tokens=column([0 for _ in cases], np.int64),
        tokens=column([NAN for _ in cases], float),
        family=column([(families or {}).get(c, "") for c in cases], object),
        first_at=column([0 for _ in cases], np.int64),
    )
    said: dict[str, Any] = {
        "selector": label,
        "label": label,
        "workflow_id": "wf",
        "run_ids": (f"run-{label}",),
        "variant_id": f"id-{label}",
        "prompt_sha256": f"prompt-{label}",
        "provider": None,
        "model": "m",
        "parameters": None,
        "pairable": True,
        "content_sha256": f"content-{label}",
        "n_tasks": sum(map(len, outcomes.values())),
        "n_completed": int(columns.n.sum()),
        "n_succeeded": int(columns.n_passed.sum()),
        "n_errors": int(columns.n_errors.sum()),
        "started_at": WHEN,
        "ended_at": WHEN,
    }
    return LoadedArm(
        arm=Arm(**{**said, **facts}),
        cases=columns,
        latencies=column([t for c in cases for t in times[c]], float),
    )


@pytest.fixture
def arm() -> Build:
    return _arm


@pytest.fixture
def flips(arm: Build) -> Callable[..., tuple[LoadedArm, LoadedArm]]:
    """Two arms of cases run once, by the four counts of a paired table."""

    def make(*, both: int, broken: int, fixed: int, neither: int) -> tuple[LoadedArm, LoadedArm]:
        outcomes = "".join((both * "++", broken * "+-", fixed * "-+", neither * "--"))
        pairs = [outcomes[i : i + 2] for i in range(0, len(outcomes), 2)]
        return (
            arm("old", {f"c{i:05}": pair[0] for i, pair in enumerate(pairs)}),
            arm("new", {f"c{i:05}": pair[1] for i, pair in enumerate(pairs)}),
        )

    return make


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
