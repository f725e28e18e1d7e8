"""Switches between models that are alike, and how often the best of several is chosen."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.models.evidence import Evidence
from optimizer.pipeline.studies import with_studies
from optimizer.stats.fronts import front_membership, non_dominated
from optimizer.strategies import Strategy
from optimizer.strategies.model_selection import ModelSelection, ModelSelectionSettings
from optimizer.strategies.pareto_optimization import (
    ObjectiveWeights,
    ParetoOptimization,
    ParetoOptimizationSettings,
)

BUILDERS = Path(__file__).parents[1] / "optimizer" / "conftest.py"
N, SHARED, NOISE = 150, 0.6, 0.3
"""Cases, how many of which are as hard for every model, and the spread of prices and times."""

FEWER = 20
"""A repetition takes milliseconds: a twentieth of the usual number of them."""


@dataclass(frozen=True)
class Model:
    """The true pass rate of a model; its price and time as shares of those of the first."""

    rate: float = 0.85
    cost: float = 1.0
    time: float = 1.0


@pytest.fixture(scope="session")
def measured() -> Callable[..., Evidence]:
    build: Callable[..., Evidence] = runpy.run_path(str(BUILDERS))["measured_variants"]
    return build


def sample(rng: np.random.Generator, models: Sequence[Model]) -> dict[str, dict[str, Any]]:
    hard, price, time = rng.random(N), rng.lognormal(-6, 0.5, N), rng.lognormal(6.5, 0.4, N)

    def noise() -> np.ndarray:
        return rng.lognormal(-(NOISE**2) / 2, NOISE, N)

    return {
        f"v{i}": {
            "passed": (np.where(rng.random(N) < SHARED, hard, rng.random(N)) < one.rate) * 1.0,
            "cost_usd": price * one.cost * noise(),
            "latency_ms": time * one.time * noise(),
        }
        for i, one in enumerate(models)
    }


def chosen(strategy: Strategy, evidence: Evidence) -> str | None:
    answer = strategy.propose(with_studies([strategy], evidence, {})[0])
    return answer.proposals[0].changes[0].new if answer.proposals else None


STRATEGIES = (
    ModelSelection(ModelSelectionSettings()),
    ParetoOptimization(
        ParetoOptimizationSettings(
            weights=ObjectiveWeights(quality=0.4, cost=0.4, latency=0.2), resamples=200
        )
    ),
)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: one.name)
def test_models_that_are_alike_are_seldom_switched(bench, reps, measured, strategy) -> None:
    rng = np.random.default_rng(90)
    found = [chosen(strategy, measured(**sample(rng, [Model()] * 6))) for _ in range(reps // FEWER)]
    hits = [one is not None for one in found]
    bench.hold([bench.between("N12", f"{strategy.name}: switch for nothing", hits, 0.0, 0.025)])


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: one.name)
def test_the_best_of_several_models_is_chosen(bench, reps, measured, strategy) -> None:
    models = (Model(), Model(cost=0.6), Model(0.80, 0.8, 0.8), Model(0.9, 1.2), Model(time=0.7))
    gains = [
        0.4 * (one.rate - models[0].rate) - 0.4 * (one.cost - 1) - 0.2 * (one.time - 1)
        for one in models
    ]
    best = f"v{int(np.argmax(gains))}"
    rng = np.random.default_rng(91)
    found = [chosen(strategy, measured(**sample(rng, models))) for _ in range(reps // FEWER)]
    hits = [one == best for one in found]
    bench.hold([bench.between("N12", f"{strategy.name}: the best is chosen", hits, 0.95, 1.0)])


def test_a_probability_of_being_on_the_front_comes_true_as_often(bench, reps) -> None:
    rng = np.random.default_rng(92)
    said: list[float] = []
    true: list[bool] = []
    for seed in range(reps // FEWER):
        means = rng.normal(0, 0.15, (5, 2))
        cases = means[:, :, None] + rng.normal(0, 1, (2, 100)) + rng.normal(0, 0.7, (5, 2, 100))
        objectives = list(cases.transpose(1, 0, 2))
        said += front_membership(objectives, signs=(1, 1), resamples=300, seed=seed)
        true += non_dominated(means, signs=(1, 1))
    found, hits = np.array(said), np.array(true)
    sure, even, not_so = found >= 0.95, abs(found - 0.5) < 0.1, found < 0.05
    bench.hold(
        [
            bench.rate("N25", "on the front, said 95 % or more", hits[sure], 0.979, of=961),
            bench.rate("N25", "on the front, said 40 to 60 %", hits[even], 0.512, of=619),
            bench.rate("N25", "on the front, said below 5 %", hits[not_so], 0.025, of=1402),
        ]
    )
