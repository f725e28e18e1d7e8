"""Two arms that ran different cases: a weaker comparison, for want of a better one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.experiments.amounts import QUANTILES, is_a_point, quantile_of, times_of
from optimizer.experiments.pairing import values
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.cases import LoadedArm
from optimizer.models.terms import RATES, Metric, VerdictKind
from optimizer.models.verdicts import Companion, MetricVerdict
from optimizer.stats.bayes import beta_binomial
from optimizer.stats.effect_sizes import cohens_h
from optimizer.stats.intervals import newcombe, wilson
from optimizer.stats.means import welch
from optimizer.stats.ratios import log_delta
from optimizer.stats.two_rates import boschloo, fisher, pooled_z

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHY = "the arms ran different cases"

MOST_FOR_BOSCHLOO = 10_000
"""Largest product of both numbers of cases for a test whose time grows with it."""

COUNTING = ("z", "beta-binomial")
"""Methods that let every test of a case count alone."""

Passes = tuple[int, int]
"""How many passed, of how many."""


def unpaired(
    metric: Metric,
    arms: tuple[LoadedArm, LoadedArm],
    *,
    settings: ComparisonSettings,
    alpha: float,
    method: str | None = None,
) -> MetricVerdict:
    """Measure one metric over all cases of either arm; no verdict yet."""
    if metric in QUANTILES:
        return _quantile(metric, arms, settings=settings, alpha=alpha)
    first, second = (_known(values(arm.cases, metric)) for arm in arms)
    plain = _described(metric, first, second, alpha)
    if min(len(first), len(second)) < 2:  # noqa: PLR2004 - one case has no spread
        few = f"{len(first)} and {len(second)} cases of the arms have a value"
        return replace(plain, reason=f"{few}, at least 2 of each are needed")
    if metric not in RATES:
        return _amounts(plain, first, second, settings, alpha)
    counted = method in COUNTING or (method != "welch" and _always_agree(first, second))
    if metric is Metric.SUCCESS and counted:
        if method == "beta-binomial":
            return _posterior(plain, _tests(arms), alpha)
        passes = _tests(arms) if method == "z" else (_passes(first), _passes(second))
        return _rates(plain, passes, settings, alpha, method)
    return _means(plain, first, second, alpha)


def _means(
    plain: MetricVerdict, first: NDArray[np.float64], second: NDArray[np.float64], alpha: float
) -> MetricVerdict:
    """Measure two means of case means."""
    if not float(np.ptp(first)) and not float(np.ptp(second)):
        return replace(plain, reason="no case differs from another within an arm, nothing to test")
    bounds = [welch(first, second, level=level) for level in (1 - alpha, 1 - 2 * alpha)]
    return replace(
        plain,
        low=max(bounds[0].low, -1.0),
        high=min(bounds[0].high, 1.0),
        low_one_sided=max(bounds[1].low, -1.0),
        high_one_sided=min(bounds[1].high, 1.0),
        p_value=bounds[0].p_value,
        method="Welch's t on case means",
        why=f"{WHY}; repeats and scores are averaged within each case",
    )


def _rates(
    plain: MetricVerdict,
    counts: tuple[Passes, Passes],
    settings: ComparisonSettings,
    alpha: float,
    method: str | None,
) -> MetricVerdict:
    """Measure two rates of cases that passed or failed."""
    (x, n), (y, m) = counts
    p, test = _p_of(counts, exact=min(n, m) < settings.min_cases_for_z and method != "z")
    wide, narrow = (
        newcombe(wilson(x, n, level=level), wilson(y, m, level=level))
        for level in (1 - alpha, 1 - 2 * alpha)
    )
    posterior = beta_binomial(x, n, y, m)
    return replace(
        plain,
        low=wide.low,
        high=wide.high,
        low_one_sided=narrow.low,
        high_one_sided=narrow.high,
        p_value=p,
        method=f"{test}, Newcombe interval",
        why=WHY,
        companions=(
            Companion(
                name="p_better",
                value=posterior.p_better,
                text="posterior probability that the candidate is better (not safe to peek at)",
            ),
            Companion(name="cohens_h", value=cohens_h(x / n, y / m), text="effect size"),
        ),
    )


def _p_of(counts: tuple[Passes, Passes], *, exact: bool) -> tuple[float, str]:
    """Return the p-value of two rates, and the name of the test."""
    (x, n), (y, m) = counts
    if not exact:
        return pooled_z(x, n, y, m).p_value, "pooled z"
    table = [[x, n - x], [y, m - y]]
    if n * m > MOST_FOR_BOSCHLOO:
        return fisher(table).p_value, "Fisher exact"
    return boschloo(table).p_value, "Boschloo exact"


def _posterior(plain: MetricVerdict, counts: tuple[Passes, Passes], alpha: float) -> MetricVerdict:
    """Measure two rates by what is believed of them after the tests; every test counts alone."""
    (x, n), (y, m) = counts
    wide, narrow = (beta_binomial(x, n, y, m, level=level) for level in (1 - alpha, 1 - 2 * alpha))
    return replace(
        plain,
        low=wide.low,
        high=wide.high,
        low_one_sided=narrow.low,
        high_one_sided=narrow.high,
        method="beta-binomial posterior, equal-tailed credible interval",
        why="asked for; no false-alarm rate holds, and it is not safe to peek at",
        companions=(
            Companion(name="p_better", value=wide.p_better, text="posterior probability"),
            Companion(
                name="expected_loss", value=wide.loss_second, text="of choosing the candidate"
            ),
        ),
    )


def _amounts(
    plain: MetricVerdict,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    settings: ComparisonSettings,
    alpha: float,
) -> MetricVerdict:
    if first.mean() <= 0 or second.mean() <= 0:
        return replace(plain, reason="a mean of 0 has no ratio")
    wide, narrow = (
        log_delta(first, second, level=level, paired=False) for level in (1 - alpha, 1 - 2 * alpha)
    )
    if is_a_point(wide) and min(len(first), len(second)) < settings.min_cases_for_t:
        return replace(plain, reason="so few cases without any spread tell nothing of others")
    return replace(
        plain,
        estimate=wide.estimate - 1,
        low=wide.low - 1,
        high=wide.high - 1,
        low_one_sided=narrow.low - 1,
        high_one_sided=narrow.high - 1,
        p_value=wide.p_value,
        method="delta method on the log ratio of means",
        why=WHY,
    )


def _quantile(
    metric: Metric,
    arms: tuple[LoadedArm, LoadedArm],
    *,
    settings: ComparisonSettings,
    alpha: float,
) -> MetricVerdict:
    first, second = (_numbered(arm) for arm in arms)
    n_first = int(first[1].max()) + 1 if len(first[1]) else 0
    n_second = int(second[1].max()) + 1 if len(second[1]) else 0
    plain = MetricVerdict(
        metric=metric,
        kind=VerdictKind.INCONCLUSIVE,
        level=1 - alpha,
        alpha=alpha,
        n=min(n_first, n_second),
        n_candidate=n_second,
        method="bootstrap of the cases, percentile interval of the log ratio",
        why=WHY,
    )
    apart = [first, (second[0], second[1] + n_first)]
    measured = quantile_of(plain, apart, q=QUANTILES[metric], settings=settings, alpha=alpha)
    return replace(measured, n=n_first)


def _described(
    metric: Metric, first: NDArray[np.float64], second: NDArray[np.float64], alpha: float
) -> MetricVerdict:
    before = float(first.mean()) if len(first) else None
    now = float(second.mean()) if len(second) else None
    effect = None
    if before is not None and now is not None:
        effect = now - before if metric in RATES else (now / before - 1 if before else None)
    return MetricVerdict(
        metric=metric,
        kind=VerdictKind.INCONCLUSIVE,
        baseline=before,
        candidate=now,
        estimate=effect,
        level=1 - alpha,
        alpha=alpha,
        n=len(first),
        n_candidate=len(second),
    )


def _known(found: NDArray[np.float64]) -> NDArray[np.float64]:
    return found[np.isfinite(found)]


def _tests(arms: tuple[LoadedArm, LoadedArm]) -> tuple[Passes, Passes]:
    """Return passes and tests of both arms, every test counting alone."""
    first, second = ((int(a.cases.n_passed.sum()), int(a.cases.n.sum())) for a in arms)
    return first, second


def _passes(rates: NDArray[np.float64]) -> Passes:
    return int(rates.sum()), len(rates)


def _always_agree(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Say whether every case passed or failed in all its runs: each then counts once."""
    return all(bool(((rates == 0) | (rates == 1)).all()) for rates in (first, second))


def _numbered(arm: LoadedArm) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the times of an arm with the number of the case of each, without gaps."""
    times, row = times_of(arm)
    _, number = np.unique(row, return_inverse=True)
    return times, number.astype(np.int64)
