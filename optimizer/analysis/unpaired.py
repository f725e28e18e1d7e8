"""Variants that share no case with the one in use, held against it by their figures alone.

The cases' own spread is not taken out here, so that these intervals are wider than those of
`analysis.contrasts`, and what differs may be the cases: run both on the same ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

from optimizer.models.contrasts import Contrast
from optimizer.models.proposals import Effect
from optimizer.models.summaries import WindowSummary
from optimizer.stats.intervals import newcombe, wilson
from optimizer.stats.ratios import log_delta_from_stats

FEWEST = 2
"""One observation has no spread."""

PRIOR = 0.5
"""Shape of the beta prior on a pass rate, Jeffreys's."""

AMOUNTS = {"latency_relative": ("latency", "ms"), "cost_relative": ("cost", "usd")}
"""Relative effects, and the figures each is worked out from; the spread of tokens is not kept."""


def unpaired_contrasts(
    current: WindowSummary, others: Sequence[WindowSummary], *, level: float
) -> tuple[Contrast, ...]:
    """Return each other variant against the current one as if they were independent samples.

    Args:
        current: The variant in use.
        others: Variants that share no case with it; those that completed too little are left out.
        level: Confidence level of the intervals, 0 to 1.
    """
    return tuple(
        Contrast(
            variant_id=other.variant_id,
            n_shared=0,
            effects=tuple(_effects(current, other, level)),
            p_better=_p_better(current, other),
            is_paired=False,
        )
        for other in others
        if min(current.n_completed, other.n_completed) >= FEWEST
    )


def _effects(current: WindowSummary, other: WindowSummary, level: float) -> Iterator[Effect]:
    """Yield the effects that both variants measured."""
    if not (current.n_unjudged or other.n_unjudged):
        yield _success(current, other, level)
    score = _score(current, other, level)
    if score is not None:
        yield score
    for metric, (name, unit) in AMOUNTS.items():
        effect = _relative(
            metric, _moments(current, name, unit), _moments(other, name, unit), level
        )
        if effect is not None:
            yield effect


def _success(current: WindowSummary, other: WindowSummary, level: float) -> Effect:
    before, after = (
        wilson(one.n_succeeded, one.n_completed, level=level, n_effective=one.n_effective)
        for one in (current, other)
    )
    found = newcombe(before, after)
    return Effect(
        metric="success_rate",
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        level=level,
        n=found.n_first + found.n_second,
        estimator="newcombe, unpaired",
    )


def _score(current: WindowSummary, other: WindowSummary, level: float) -> Effect | None:
    """Return the difference of the mean scores by Welch's interval, without its test."""
    from optimizer.stats.gains import weighted_gain_from_stats  # noqa: PLC0415 - loads numpy

    sides = [
        _independent(one, one.score_mean, one.score_sd, one.n_scored) for one in (current, other)
    ]
    if any(n < FEWEST for _, _, n in sides):
        return None
    first, second = ([[value] for value in side] for side in sides)
    found = weighted_gain_from_stats(*first, *second, weights=(1.0,), relative=(0,), level=level)
    return Effect(
        metric="score",
        estimate=found.estimate,
        low=max(found.low, -1.0),
        high=min(found.high, 1.0),
        level=level,
        n=current.n_scored + other.n_scored,
        estimator="t of the smaller sample, unpaired",
    )


def _relative(
    metric: str,
    first: tuple[float, float, int],
    second: tuple[float, float, int],
    level: float,
) -> Effect | None:
    """Return the ratio of the means less 1, or None where it is unknown."""
    if min(first[2], second[2]) < FEWEST or not min(first[0], second[0]) > 0:
        return None
    found = log_delta_from_stats(*first, *second, level=level)
    return Effect(
        metric=metric,
        estimate=found.estimate - 1,
        low=found.low - 1,
        high=found.high - 1,
        level=level,
        n=found.n,
        estimator="log-delta, unpaired",
    )


def _moments(window: WindowSummary, name: str, unit: str) -> tuple[float, float, int]:
    mean = getattr(window, f"{name}_mean_{unit}")
    sd = getattr(window, f"{name}_sd_{unit}")
    return _independent(window, mean, sd, getattr(window, f"n_{name}"))


def _independent(
    window: WindowSummary, mean: float | None, sd: float | None, n: int
) -> tuple[float, float, int]:
    """Return mean, spread and how many cases they rest on: repeats of a case count once."""
    if mean is None or sd is None:
        return 0.0, 0.0, 0
    return mean, sd, min(n, window.n_cases)


def _p_better(current: WindowSummary, other: WindowSummary) -> float | None:
    """Return the posterior probability of a higher pass rate, by normal tails of two betas."""
    if current.n_unjudged or other.n_unjudged:
        return None
    (before, var_before), (after, var_after) = map(_posterior, (current, other))
    return NormalDist().cdf((after - before) / math.sqrt(var_before + var_after))


def _posterior(window: WindowSummary) -> tuple[float, float]:
    """Return mean and variance of the posterior of a pass rate on its effective tests."""
    n = window.n_effective or float(window.n_completed)
    a = window.n_succeeded / window.n_completed * n + PRIOR
    b = n + 2 * PRIOR - a
    return a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1))
