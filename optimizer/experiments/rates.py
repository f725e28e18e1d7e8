"""The difference of a rate between two arms that ran the same cases."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.experiments.pairing import (
    PairedValues,
    Pairs,
    is_once,
    paired_values,
    too_few,
    too_few_families,
)
from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.dataclass import dataclass
from optimizer.models.terms import Metric, VerdictKind
from optimizer.models.verdicts import Companion, MetricVerdict
from optimizer.stats.bayes import paired_dirichlet
from optimizer.stats.clusters import cv3
from optimizer.stats.effect_sizes import cohens_h, d_z
from optimizer.stats.means import fixed_suite_z, paired_t, pseudo_case
from optimizer.stats.paired_rates import (
    discordant_odds_ratio,
    mcnemar_asymptotic,
    mcnemar_exact,
    mcnemar_midp,
    tango,
)
from optimizer.stats.ranks import sign_flip, wilcoxon
from optimizer.stats.results import Difference
from optimizer.stats.student import t_cdf

if TYPE_CHECKING:
    from numpy.typing import NDArray

OF_FLIPS = ("exact", "mid-p", "asymptotic")
"""Methods for cases that pass or fail, without repeats that differ."""

MEASURED = {Metric.SUCCESS: "an outcome", Metric.SCORE: "a score"}

FLOAT_NOISE = 1e-12
"""Differences of case means smaller than this are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Cases run once by both arms, by outcome.

    Attributes:
        both: Passed under both.
        broken: Passed under the baseline alone.
        fixed: Passed under the candidate alone.
        neither: Passed under neither.
    """

    both: int
    broken: int
    fixed: int
    neither: int

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.both + self.broken + self.fixed + self.neither


def paired_rate(
    pairs: Pairs,
    metric: Metric,
    *,
    settings: ComparisonSettings,
    alpha: float,
    families: bool,
    method: str | None = None,
) -> MetricVerdict:
    """Measure the difference of a rate over the shared cases; no verdict yet."""
    found = paired_values(pairs, metric, families=families)
    plain = _described(found, metric, alpha)
    if len(found.baseline) < 2:  # noqa: PLR2004 - one case has no spread
        return replace(plain, reason=too_few(len(found.baseline), MEASURED[metric]))
    if found.family is not None:
        return _by_family(plain, found, settings, alpha)
    flips = _flips(found) if metric is Metric.SUCCESS else None
    if flips is not None and method in (None, *OF_FLIPS):
        return _by_flips(plain, flips, alpha, method, once=is_once(pairs))
    return _by_difference(plain, found, settings=settings, alpha=alpha, method=method)


def suite_rate(pairs: Pairs, metric: Metric, *, alpha: float) -> MetricVerdict:
    """Measure the difference of a rate on these very cases: only noise between runs is random."""
    found = paired_values(pairs, metric, families=False)
    plain = _described(found, metric, alpha)
    first, second = _variances(pairs, metric, found.kept)
    repeats = pairs.of("n" if metric is Metric.SUCCESS else "n_scored")
    repeats = (repeats[0][found.kept], repeats[1][found.kept])
    once = int(((repeats[0] < 2) | (repeats[1] < 2)).sum())  # noqa: PLR2004 - no spread
    cached = sum(int(n.sum()) for n in pairs.of("n_cached"))
    if len(found.baseline) == 0:
        return replace(plain, reason=too_few(0, MEASURED[metric]))
    if once or cached:
        why = (
            f"{once} of {len(found.baseline)} cases were run once by an arm"
            if once
            else f"{cached} answers came from a cache"
        )
        return replace(plain, reason=f"scope suite needs repeats of every case; {why}")
    if not bool(np.any(first + second > 0)):
        reason = "repeats of a case always agree, which tells nothing of the noise between runs"
        return replace(plain, reason=reason)
    bounds = [
        fixed_suite_z(found.differences, first, repeats[0], second, repeats[1], level=level)
        for level in (1 - alpha, 1 - 2 * alpha)
    ]
    return replace(
        _with_bounds(plain, *bounds),
        method="z on the noise between runs",
        why="on this suite: the cases stand for themselves",
    )


def _by_flips(
    plain: MetricVerdict, flips: Flips, alpha: float, method: str | None, *, once: bool
) -> MetricVerdict:
    """Measure cases that either passed or failed: run once, or always alike."""
    b, c = flips.broken, flips.fixed
    test, name = {
        "exact": (mcnemar_exact, "McNemar exact"),
        "asymptotic": (mcnemar_asymptotic, "McNemar chi-square"),
    }.get(method or "", (mcnemar_midp, "McNemar mid-p"))
    wide, narrow = (tango(b, c, flips.n, level=level) for level in (1 - alpha, 1 - 2 * alpha))
    return replace(
        plain,
        low=wide.low,
        high=wide.high,
        low_one_sided=narrow.low,
        high_one_sided=narrow.high,
        p_value=test(b, c).p_value,
        method=f"{name}, Tango score interval",
        why=f"{'both arms ran each case once' if once else 'repeats of a case always agree'}, so "
        "only the cases that flipped tell",
        companions=_flip_companions(flips, 1 - alpha),
    )


def _by_difference(
    plain: MetricVerdict,
    found: PairedValues,
    *,
    settings: ComparisonSettings,
    alpha: float,
    method: str | None,
) -> MetricVerdict:
    """Measure differences of case means: repeats, or scores."""
    d = _without_noise(found.differences)
    m, n = int(np.count_nonzero(d)), len(d)
    few = m < settings.min_changed_for_t or n < settings.min_cases_for_t
    binary = plain.metric is Metric.SUCCESS
    sparse = few and (binary or m < settings.min_changed or _has_no_spread(d))
    interval = pseudo_case if sparse else paired_t
    wide, narrow = (interval(d, level=level) for level in (1 - alpha, 1 - 2 * alpha))
    p, name = _p_of(d, few=few, method=method, settings=settings, wide=paired_t(d))
    shape = "scores" if plain.metric is Metric.SCORE else "repeats"
    unfit = f"{method} takes cases that pass or fail, " if method in OF_FLIPS else ""
    return replace(
        _with_bounds(plain, wide, narrow),
        p_value=p,
        method=_method(name, "pseudo-case" if sparse else "paired t"),
        why=(
            f"{unfit}{shape} averaged within each case; {m} of {n} cases changed, "
            + ("too few for Student's t alone" if few else "enough for Student's t")
        ),
        companions=_mean_companions(d, paired_t(d)),
    )


def _method(test: str, interval: str) -> str:
    return test if test == interval else f"{test}, {interval} interval"


def _by_family(
    plain: MetricVerdict, found: PairedValues, settings: ComparisonSettings, alpha: float
) -> MetricVerdict:
    """Measure cases that come in families: the family is the unit."""
    if found.family is None:
        raise ValueError("no family is recorded, expected one for each case")
    n_families = int(found.family.max()) + 1
    plain = replace(plain, unit="family", n=n_families, method="t, delete-one-family jackknife")
    if n_families < settings.min_families:
        return replace(
            plain,
            reason=too_few_families(n_families, settings.min_families),
        )
    d = _without_noise(found.differences)
    levels = (1 - alpha, 1 - 2 * alpha)
    wide, narrow = (cv3(d, found.family, level=level) for level in levels)
    why = f"the {len(found.baseline)} cases come from {n_families} families"
    means = _without_noise(found.family_means(d))
    if _has_no_spread(means):
        wide, narrow = (pseudo_case(means, level=level) for level in levels)
        return replace(
            _with_bounds(plain, wide, narrow),
            p_value=sign_flip(means, seed=settings.seed).p_value,
            method="sign-flip permutation, pseudo-case interval",
            why=f"{why}, all with the same difference",
        )
    return replace(
        _with_bounds(plain, wide, narrow),
        why=why,
        companions=_mean_companions(found.differences, wide),
    )


def _p_of(
    d: NDArray[np.float64],
    *,
    few: bool,
    method: str | None,
    settings: ComparisonSettings,
    wide: Difference,
) -> tuple[float, str]:
    """Return the p-value of the method asked for, or of the one that fits, and its name."""
    if method == "wilcoxon":
        return wilcoxon(d).p_value, "Wilcoxon signed-rank"
    if method == "sign-flip" or (few and method != "paired-t"):
        return sign_flip(d, seed=settings.seed).p_value, "sign-flip permutation"
    return wide.p_value, "paired t"


def _described(found: PairedValues, metric: Metric, alpha: float) -> MetricVerdict:
    """Return what needs no method: means, effect and counts."""
    d = _without_noise(found.differences)
    n = len(d)
    return MetricVerdict(
        metric=metric,
        kind=VerdictKind.INCONCLUSIVE,
        baseline=float(found.baseline.mean()) if n else None,
        candidate=float(found.candidate.mean()) if n else None,
        estimate=float(d.mean()) if n else None,
        level=1 - alpha,
        alpha=alpha,
        n=n,
        n_changed=int(np.count_nonzero(d)),
        n_fixed=int((d > 0).sum()),
        n_broken=int((d < 0).sum()),
        n_dropped=found.n_dropped,
    )


def _with_bounds(plain: MetricVerdict, wide: Difference, narrow: Difference) -> MetricVerdict:
    return replace(
        plain,
        low=max(wide.low, -1.0),
        high=min(wide.high, 1.0),
        low_one_sided=max(narrow.low, -1.0),
        high_one_sided=min(narrow.high, 1.0),
        p_value=wide.p_value,
    )


def _flips(found: PairedValues) -> Flips | None:
    """Return the four counts where every case passed or failed in all its runs, else None."""
    before, now = found.baseline > 0, found.candidate > 0
    if bool((found.baseline[before] < 1).any()) or bool((found.candidate[now] < 1).any()):
        return None
    return Flips(
        both=int((before & now).sum()),
        broken=int((before & ~now).sum()),
        fixed=int((~before & now).sum()),
        neither=int((~before & ~now).sum()),
    )


def _variances(
    pairs: Pairs, metric: Metric, kept: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sample variance over the repeats of each case, baseline and candidate."""
    if metric is Metric.SCORE:
        first, second = pairs.of("score_variance")
        return first[kept], second[kept]
    sides = zip(pairs.of("n"), pairs.of("n_passed"), strict=True)
    first, second = (_binary_variance(n[kept], passed[kept]) for n, passed in sides)
    return first, second


def _binary_variance(n: NDArray[np.float64], passed: NDArray[np.float64]) -> NDArray[np.float64]:
    rate = passed / n
    return np.where(n > 1, rate * (1 - rate) * n / np.maximum(n - 1, 1), np.nan)


def _has_no_spread(d: NDArray[np.float64]) -> bool:
    return float(np.ptp(d)) < FLOAT_NOISE


def _without_noise(d: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(d) < FLOAT_NOISE, 0.0, d)


def _flip_companions(flips: Flips, level: float) -> tuple[Companion, ...]:
    b, c, n = flips.broken, flips.fixed, flips.n
    before, now = (flips.both + b) / n, (flips.both + c) / n
    odds = discordant_odds_ratio(b, c, level=level)
    posterior = paired_dirichlet(b, c, n)
    found = (
        Companion(
            name="p_better",
            value=posterior.p_better,
            text="posterior probability that the candidate is better (not safe to peek at)",
        ),
        Companion(
            name="expected_loss",
            value=posterior.loss_second,
            text="pass rate that shipping the candidate loses on average if it is worse",
        ),
        Companion(name="p_exact", value=mcnemar_exact(b, c).p_value, text="McNemar exact p-value"),
        Companion(
            name="odds_ratio",
            value=odds.estimate,
            low=odds.low,
            high=odds.high,
            text="fixed over broken",
        ),
        Companion(name="cohens_h", value=cohens_h(before, now), text="effect size of two rates"),
    )
    return tuple(one for one in found if not math.isnan(one.value))


def _mean_companions(d: NDArray[np.float64], t: Difference) -> tuple[Companion, ...]:
    if t.df is None or not math.isfinite(t.statistic):
        return ()
    better = t_cdf(t.statistic, t.df)
    return (
        Companion(
            name="p_better",
            value=better,
            text="posterior probability that the candidate is better, under a flat prior",
        ),
        Companion(name="d_z", value=d_z(d), text="mean difference over its spread"),
    )
