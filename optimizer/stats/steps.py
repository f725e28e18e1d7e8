"""Steps in a series of numbers of any scale and shape, held against a stretch of itself."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from optimizer.models.dataclass import dataclass
from optimizer.stats.arrays import finite_values
from optimizer.stats.changes import adwin
from optimizer.stats.quantiles import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Detector = Literal["adwin", "page_hinkley", "cusum"]
DETECTORS = ("adwin", "page_hinkley", "cusum")
FEWEST = 10
"""Shortest reference that scores can be taken from."""

OVERSHOOT = 1.166
"""By how much the sum jumps over its threshold, in standard deviations of normal values."""

MOST_DEPENDENCE = 0.95
FEWEST_AROUND = 3
"""Values on either side of a step that shuffles are searched for."""

BLOCK = 200
"""Rows that are shuffled at a time, to bound the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A place where the level of a series changed.

    Attributes:
        index: Place of the value that gave the alarm.
        began: Place of the first value thought to be of the new level.
        start: Place where the stretch began that it was held against.
        statistic: How far the sum went, in robust standard deviations; for `adwin` the
            difference between the levels.
        threshold: What was an alarm; None for `adwin`, whose bound changes with the window.
        p_value: Share of shuffles that have as great a step, 0 to 1; None for `adwin`.
    """

    index: int
    began: int
    start: int
    statistic: float
    threshold: float | None
    p_value: float | None


def steps(
    values: ArrayLike,
    *,
    method: Detector = "cusum",
    reference: int = 50,
    slack: float = 0.5,
    alpha: float = 0.01,
    horizon: int = 1000,
    delta: float = 0.002,
    seed: int = 0,
) -> tuple[Step, ...]:
    """Return where the level of a series changed, whatever its unit.

    Args:
        values: Values in order of time.
        method: `cusum` and `page_hinkley`, both two-sided, or `adwin`.
        reference: Values at the beginning, and after each step, that the others are held
            against; 10 or more.
        slack: Deviation that is tolerated, in robust standard deviations; half the step worth
            finding.
        alpha: Chance of a false alarm in `horizon` values.
        horizon: Longest stretch that is held against one reference.
        delta: Chance of a false alarm at any one look of `adwin`.
        seed: Decides the shuffles.

    Raises:
        ValueError: The values are empty or not finite, or an option is outside its range.

    Assumes:
        While nothing changes, values that could as well have come in any order. Of values that
        follow from the one before, scores are shrunk by the dependence in the reference;
        seasons are steps to it.

    Formula:
        Normal scores: Φ⁻¹((rank in the reference + ½)/(m + 1)) over their sd, over
        √((1 + φ)/(1 - φ)) where the lag-1 correlation φ in the reference is above 2/√m. Alarm
        beyond h = ln(4k² horizon/alpha)/2k - 1.166 (Siegmund), kept where none of 1/alpha
        shuffles of the same stretch has as great a step anywhere, by the difference of the mean
        ranks around it for its standard error; a step begins where that is greatest. `adwin`
        runs on the scores.

    Not for:
        Slow trends, and series shorter than two references.

    References:
        Siegmund (1985), Sequential Analysis, II.6; Page (1954), Biometrika 41, 100-115; Bifet
        and Gavaldà (2007), SIAM Data Mining, 443-448; van der Waerden (1952), Indag Math 14.
    """
    series = finite_values(values, name="values")
    if method not in DETECTORS:
        raise ValueError(f"method must be one of {', '.join(DETECTORS)}, got {method!r}")
    if reference < FEWEST or not (slack > 0 and 0 < alpha < 1 and horizon > reference):
        raise ValueError(
            f"need reference >= {FEWEST}, slack > 0, 0 < alpha < 1 and horizon > reference, "
            f"got {reference}, {slack}, {alpha}, {horizon}"
        )
    found: list[Step] = []
    start = 0
    while len(series) - start > reference:
        stretch = series[start : start + horizon]
        if method == "adwin":
            step = _adwin_step(stretch, reference, delta)
        else:
            step = _summed_step(stretch, method, reference, slack, alpha, horizon, seed)
        if step is None:
            start += horizon - reference
            continue
        found.append(replace(step, index=step.index + start, began=step.began + start, start=start))
        start += step.index + 1
    return tuple(found)


def standard_scores(values: ArrayLike, *, reference: int) -> NDArray[np.float64]:
    """Return the values as normal scores of their ranks among the first of them.

    Args:
        values: Values in order of time.
        reference: How many of the first the ranks are taken among, 10 or more.

    Raises:
        ValueError: There are not more values than that, or one is not finite.

    Assumes:
        That order is all that matters: the scores of a series, of its logarithm and of any
        multiple of it are the same.

    Formula:
        Φ⁻¹((values of the reference below + half of those equal + ½)/(m + 1)), less their mean
        and over their sd in the reference, where that is not 0

    Not for:
        Telling how far out a value is: beyond the reference all are alike (`modified_z`).

    References:
        van der Waerden (1952), Indagationes Mathematicae 14, 453-458.
    """
    series = finite_values(values, name="values")
    if reference < FEWEST or series.size <= reference:
        raise ValueError(
            f"need reference >= {FEWEST} and more values than that, got {reference}, {series.size}"
        )
    return _scores(series, reference)


def _scores(series: NDArray[np.float64], m: int) -> NDArray[np.float64]:
    known = np.sort(series[:m])
    places = np.searchsorted(known, series, "left") + np.searchsorted(known, series, "right")
    scores = _table(m)[places]
    own = scores[:m]
    sd = float(own.std())
    return np.asarray((scores - own.mean()) / (sd if sd > 0 else 1.0))


@cache
def _table(m: int) -> NDArray[np.float64]:
    """Return the score by twice the number of values of the reference that are below."""
    return np.array([normal_quantile((k / 2 + 0.5) / (m + 1)) for k in range(2 * m + 1)])


def _dependence(own: NDArray[np.float64]) -> float:
    """Return by how much sums of the values spread more than if they were independent."""
    variance = float((own**2).mean())
    if variance == 0:
        return 1.0
    phi = float((own[1:] * own[:-1]).mean()) / variance
    if phi <= 2 / math.sqrt(own.size):
        return 1.0
    phi = min(phi, MOST_DEPENDENCE)
    return math.sqrt((1 + phi) / (1 - phi))


def _summed_step(  # noqa: PLR0917 - the settings of a detector
    stretch: NDArray[np.float64],
    method: Detector,
    m: int,
    slack: float,
    alpha: float,
    horizon: int,
    seed: int,
) -> Step | None:
    scores = _scores(stretch, m)
    dependence = _dependence(scores[:m])
    scores = scores / dependence
    threshold = math.log(4 * slack**2 * horizon / alpha) / (2 * slack) - OVERSHOOT
    sums = _sums(scores[None], method, m, slack)[0]
    beyond = np.flatnonzero(sums > threshold)
    if not beyond.size:
        return None
    p = _share_as_far(stretch, dependence, alpha, seed)
    if p > alpha:
        return None
    index = m + int(beyond[0])
    return Step(
        index=index,
        began=_began(scores[: index + 1]),
        start=0,
        statistic=float(sums[beyond[0]]),
        threshold=threshold,
        p_value=p,
    )


def _sums(
    scores: NDArray[np.float64], method: Detector, m: int, slack: float
) -> NDArray[np.float64]:
    """Return for each row how far either sum has gone, from place m on."""
    if method == "cusum":
        rises, falls = scores[:, m:] - slack, -scores[:, m:] - slack
        return np.maximum(_above_least(rises), _above_least(falls))
    means = np.cumsum(scores, axis=1) / np.arange(1, scores.shape[1] + 1)
    rises, falls = scores - means - slack, means - scores - slack
    return np.maximum(_above_least(rises), _above_least(falls))[:, m:]


def _above_least(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = np.cumsum(amounts, axis=1)
    least = np.minimum(np.minimum.accumulate(sums, axis=1), 0.0)
    return np.asarray(sums - least)


def _share_as_far(
    stretch: NDArray[np.float64], dependence: float, alpha: float, seed: int
) -> float:
    """Return the share of shuffles with as great a step; done with the first that is too many."""
    rng = np.random.default_rng(seed)
    n, done = math.ceil(1 / alpha) - 1, 0
    pooled = _scores(np.r_[stretch, stretch], stretch.size)[: stretch.size]
    reached = _greatest_step(pooled[None])[0] / dependence
    while done < n:
        rows = np.tile(pooled, (min(BLOCK, n - done), 1))
        greatest = _greatest_step(rng.permuted(rows, axis=1))
        done += len(rows)
        if as_far := int((greatest >= reached).sum()):
            return (1 + as_far) / (1 + done)
    return 1 / (1 + n)


def _greatest_step(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the greatest difference of the means around any place, for its standard error."""
    n = rows.shape[1]
    before = np.arange(1, n)
    centred = rows - rows.mean(axis=1, keepdims=True)
    gaps = np.abs(np.cumsum(centred, axis=1)[:, :-1]) / np.sqrt(before * (n - before))
    return np.asarray(gaps[:, FEWEST_AROUND - 1 : n - FEWEST_AROUND].max(axis=1))


def _adwin_step(stretch: NDArray[np.float64], m: int, delta: float) -> Step | None:
    scores = _scores(stretch, m)
    scores = scores / _dependence(scores[:m])
    alarms = adwin(scores, delta=delta)
    if not alarms:
        return None
    index = alarms[0]
    began = _began(scores[: index + 1])
    gap = float(scores[began : index + 1].mean() - scores[:began].mean())
    return Step(index=index, began=began, start=0, statistic=abs(gap), threshold=None, p_value=None)


def _began(scores: NDArray[np.float64]) -> int:
    """Return the place around which the means differ most, for their standard error."""
    n = scores.size
    before = np.arange(1, n)
    gaps = np.abs(np.cumsum(scores)[:-1] - before * scores.mean())
    return 1 + int(np.argmax(gaps / np.sqrt(before * (n - before))))
