"""Cases of the reports on models and on the front, by the name of their golden files."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from optimizer.models.frontier import Frontier, LeftOut, Reading, Standing, WeightedGain
from optimizer.models.profiles import ModelFigures, ModelPerformanceProfile, ModelProfiles
from reports.gallery.frontier import frontier
from reports.gallery.models import models

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def standing(label: str, *readings: tuple[float, float, float], **more: Any) -> Standing:
    facts: dict[str, Any] = {
        "variant_id": f"id-{label}",
        "variant": label,
        "model": "m-large",
        "provider": "acme",
        "is_current": False,
        "n": 120,
        "readings": tuple(Reading(estimate=e, low=low, high=high) for e, low, high in readings),
        "is_on_front": True,
        "membership": 0.973,
        "dominated_by": (),
        "gain": None,
        "refusals": (),
    }
    return Standing(**(facts | more))


def gain(estimate: float, low: float, high: float, **more: Any) -> WeightedGain:
    facts: dict[str, Any] = {
        "estimate": estimate,
        "low": low,
        "high": high,
        "level": 0.9875,
        "p_better": 0.991,
        "n": 60,
        "is_paired": True,
    }
    return WeightedGain(**(facts | more))


def front(*standings: Standing, **more: Any) -> Frontier:
    facts: dict[str, Any] = {
        "workflow_id": "support",
        "objectives": ("success_rate", "cost_usd", "latency_ms"),
        "weights": (0.5, 0.3, 0.2),
        "standings": standings,
        "hypervolume": 0.713,
        "level": 0.95,
        "resamples": 1000,
        "left_out": (),
    }
    return Frontier(**(facts | more))


CHEAP = standing(
    "short_prompt",
    (0.883, 0.812, 0.930),
    (0.00071, 0.00068, 0.00075),
    (412.0, 401.2, 424.9),
    model="m-small",
    gain=gain(0.186, 0.092, 0.280),
    price_note="at 2.1e-06 USD per token, as other runs of m-small cost",
)
CURRENT = standing(
    "long_prompt",
    (0.900, 0.832, 0.942),
    (0.00213, 0.00204, 0.00222),
    (935.0, 900.1, 971.3),
    is_current=True,
    membership=0.648,
)
BEATEN = standing(
    "old | prompt",
    (0.642, 0.551, 0.723),
    (0.00298, 0.00291, 0.00305),
    (1204.0, 1204.0, 1204.0),
    is_on_front=False,
    membership=0.0,
    dominated_by=("id-short_prompt", "id-long_prompt"),
    gain=gain(-0.306, -0.391, -0.221, is_paired=False, n=240),
    refusals=("quality 0.642 on 120 tasks, at least 0.7 is due",),
)
LEFT_OUT = (LeftOut(variant_id="id-new", variant="new", why="not enough data: 4 of 30 tasks"),)


def profile(model: str | None, provider: str | None, **more: Any) -> ModelPerformanceProfile:
    refusals = more.pop("refusals", ())
    facts: dict[str, Any] = {
        "model": model,
        "provider": provider,
        "n_workflows": 2,
        "n_variants": 3,
        "n_runs": 5,
        "n_tasks": 600,
        "n_completed": 598,
        "n_judged": 598,
        "n_judged_cases": 120,
        "n_succeeded": 531,
        "success_rate": 531 / 598,
        "n_scored": 0,
        "score_mean": None,
        "n_latency": 598,
        "latency_mean_ms": 512.3,
        "latency_p50_ms": 488.0,
        "latency_p95_ms": 901.2,
        "n_cost": 598,
        "cost_mean_usd": 0.00213,
        "cost_total_usd": 1.27,
        "n_tokens": 598,
        "tokens_mean": 812.4,
        "tokens_in_mean": 700.2,
        "tokens_out_mean": 112.2,
        "last_started_at": NOON,
    }
    figures = ModelFigures(**(facts | more))
    judged = bool(figures.n_judged)
    return ModelPerformanceProfile(
        figures=figures,
        success_low=0.819 if judged else None,
        success_high=0.932 if judged else None,
        level=0.95,
        refusals=refusals,
    )


PROFILES = ModelProfiles(
    workflow_id="support",
    profiles=(
        profile("m-large", "acme"),
        profile(
            None,
            None,
            n_judged=0,
            n_judged_cases=0,
            n_succeeded=0,
            success_rate=None,
            n_cost=0,
            cost_mean_usd=None,
            cost_total_usd=None,
            tokens_in_mean=None,
            tokens_out_mean=None,
            refusals=("p95 of 9012 ms over 598 calls, at most 5000 is allowed",),
        ),
    ),
    untried=("m-new",),
)

CASES = {
    "frontier": (partial(frontier, limit=50), (front(CHEAP, CURRENT, BEATEN, left_out=LEFT_OUT),)),
    "frontier-best": (partial(frontier, limit=1), (front(CURRENT, BEATEN),)),
    "frontier-empty": (
        partial(frontier, limit=50),
        (front(hypervolume=None, left_out=LEFT_OUT),),
    ),
    "frontier-scores": (
        partial(frontier, limit=50),
        (
            front(
                standing("a", (0.71, 0.66, 0.76), is_current=True),
                standing("b", (0.74, 0.69, 0.79), gain=gain(0.03, -0.01, 0.07)),
                objectives=("score",),
                weights=(1.0,),
            ),
        ),
    ),
    "models": (partial(models, limit=50), (PROFILES,)),
    "models-empty": (
        partial(models, limit=50),
        (ModelProfiles(workflow_id=None, profiles=(), untried=()),),
    ),
    "models-limited": (partial(models, limit=1), (PROFILES,)),
}
