"""Searching known surfaces by noisy trials: how far from the optimum it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from optimizer.learning.bayes_opt import Search
from optimizer.learning.designs import DESIGNS, values_at
from optimizer.learning.parameters import (
    Acquisition,
    Observation,
    Parameter,
    ParameterKind,
    SearchStrategy,
)
from optimizer.learning.setting_gains import gain
from optimizer.models.contrasts import CaseTable

CASES = 50
"""Tests behind a trial: its pass rate has a standard error of 4 to 7 points."""

BATCH = 5

TEMPERATURE = Parameter(name="temperature", low=0, high=2)
TOP_P = Parameter(name="top_p", low=0.7, high=1)
MAX_TOKENS = Parameter(name="max_tokens", kind=ParameterKind.INTEGER, low=256, high=8192, log=True)
STYLE = Parameter(name="style", kind=ParameterKind.CHOICE, choices=("plain", "steps", "json"))

Values = Mapping[str, Any]


def branin(v: Values) -> Any:
    """Branin (1972) as a pass rate: its minimum of 0.398 is 0.9, its maximum of 308 is 0.3."""
    x, y = 7.5 * v["temperature"] - 5, 50 * (v["top_p"] - 0.7)
    valley = y - 5.1 * x**2 / (4 * np.pi**2) + 5 * x / np.pi - 6
    height = valley**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10
    return 0.9 - 0.6 * (height - 0.397887) / 307.7


def bumps(v: Values) -> Any:
    """A quadratic with waves of 3 points on it."""
    t, p = v["temperature"] / 2, (v["top_p"] - 0.7) / 0.3
    hill = 0.85 - 0.5 * (t - 0.35) ** 2 - 0.3 * (p - 0.8) ** 2
    return hill + 0.03 * np.cos(9 * t) * np.cos(7 * p)


def lengths(v: Values) -> Any:
    """The same with a third parameter, on a log scale."""
    m = np.log(v["max_tokens"] / 256) / np.log(32)
    return bumps(v) - 0.4 * (m - 0.6) ** 2 + 0.02 * np.sin(12 * m) - 0.02


def styles(v: Values) -> Any:
    """The same with a choice that moves the best temperature."""
    best = np.select([np.asarray(v["style"]) == name for name in STYLE.choices], [0.2, 0.5, 0.8])
    worth = np.select([np.asarray(v["style"]) == name for name in STYLE.choices], [0.7, 0.85, 0.75])
    return worth - 0.6 * (v["temperature"] / 2 - best) ** 2


SURFACES: dict[str, tuple[Callable[[Values], Any], tuple[Parameter, ...]]] = {
    "branin": (branin, (TEMPERATURE, TOP_P)),
    "bumps": (bumps, (TEMPERATURE, TOP_P)),
    "lengths": (lengths, (TEMPERATURE, TOP_P, MAX_TOKENS)),
    "styles": (styles, (TEMPERATURE, STYLE)),
}


def optimum(name: str) -> float:
    surface, parameters = SURFACES[name]
    points = DESIGNS[SearchStrategy.SOBOL](4096, parameters, 0)
    return max(float(surface(values)) for values in values_at(parameters, points))


def regret(name: str, acquisition: Acquisition, seed: int, n_trials: int) -> float:
    """Share of the optimum that is missed by what is recommended after some trials."""
    surface, parameters = SURFACES[name]
    rng = np.random.default_rng((1, seed))
    search = Search(parameters=parameters, acquisition=acquisition, seed=seed)
    while len(search.observed) < n_trials:
        for one in search.ask(min(BATCH, n_trials - len(search.observed))):
            passed = rng.binomial(CASES, float(np.clip(surface(one.parameters), 0, 1)))
            rate = (passed + 1) / (CASES + 2)
            search = search.tell(
                Observation(
                    parameters=one.parameters,
                    value=passed / CASES,
                    variance=rate * (1 - rate) / CASES,
                    n=CASES,
                )
            )
    best = optimum(name)
    return (best - float(surface(search.recommended().parameters))) / best


@pytest.mark.parametrize("name", SURFACES)
def test_few_trials_come_near_the_optimum(name: str) -> None:
    found = [regret(name, Acquisition.UPPER_CONFIDENCE_BOUND, seed, 40) for seed in range(3)]
    assert np.median(found) <= 0.08


def test_the_best_of_ten_settings_that_are_alike_is_rarely_called_better(
    reps: int, bench: Any
) -> None:
    rng = np.random.default_rng(11)
    n, rivals = 100, 10
    level = 1 - 0.05 / rivals
    hits = []
    for _ in range(reps // 10):
        ease = rng.beta(4, 1, n)
        passed = (rng.random((rivals + 1, n)) < ease).astype(float)
        table = CaseTable(
            variants=tuple(map(str, range(rivals + 1))),
            variant=np.repeat(np.arange(rivals + 1), n),
            case=np.tile(np.arange(n), rivals + 1),
            n=np.ones(passed.size),
            passed=passed.ravel(),
            **dict.fromkeys(("score", "latency_ms", "cost_usd", "tokens"), passed.ravel()),
        )
        lows = (gain(table, "0", str(k), {"quality": 1.0}) for k in range(1, rivals + 1))
        hits.append(max(one.low(level) for one in lows if one) > 0)
    bench.hold([bench.between("BO", "best of 10 alike", hits, 0.0, 0.025)])


@pytest.mark.calibration
@pytest.mark.parametrize(
    "acquisition", [Acquisition.UPPER_CONFIDENCE_BOUND, Acquisition.EXPECTED_IMPROVEMENT]
)
@pytest.mark.parametrize("name", SURFACES)
def test_a_hundred_trials_end_within_five_percent(
    name: str, acquisition: Acquisition, record_property: Callable[[str, object], None]
) -> None:
    found = [regret(name, acquisition, seed, 100) for seed in range(20)]
    record_property("median regret", float(np.median(found)))
    record_property("largest regret", max(found))
    assert np.median(found) <= 0.05
