"""Where the mean of a series of numbers changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from optimizer.stats.arrays import finite_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Direction = Literal["both", "up", "down"]
DIRECTIONS = ("both", "up", "down")
GRACE = 10  # values before the first look


def adwin(
    stream: ArrayLike,
    *,
    delta: float = 0.002,
    clock: int = 32,
    max_buckets: int = 5,
    min_window: int = 5,
    grace: int = GRACE,
) -> tuple[int, ...]:
    """Return where an adaptive window noticed that the mean had changed.

    Args:
        stream: Values in order of time.
        delta: Chance of a false alarm at any one look, 0 to 1.
        clock: Look after every so many values.
        max_buckets: Buckets of one size before the two oldest are merged.
        min_window: Fewest values on either side of a cut.
        grace: Values before the first look.

    Raises:
        ValueError: The stream is empty or not finite, or an option is outside its range.

    Assumes:
        Independent values on a scale of about 1 (rates, scores): the bound's second term does
        not scale with the values.

    Formula:
        |mean of old - mean of new| > √(2 σ² ln(2 ln W / δ) / m) + 2 ln(2 ln W / δ) / 3m, with
        1/m = 1/(n₀ - w + 1) + 1/(n₁ - w + 1), W the window and w `min_window`, at the edges of
        an exponential histogram; after an alarm the window starts empty, as in river.

    Not for:
        Short series: a step from .80 to .65 goes unnoticed for 100 values (`page_hinkley`).

    References:
        Bifet and Gavaldà (2007), SIAM Data Mining, 443-448.
    """
    values = finite_values(stream, name="stream")
    if not 0 < delta < 1 or min(clock, max_buckets, min_window) < 1:
        raise ValueError(
            f"need 0 < delta < 1 and clock, max_buckets, min_window >= 1, "
            f"got {delta}, {clock}, {max_buckets}, {min_window}"
        )
    centred = values - values.mean()
    sums = np.concatenate([[0.0], np.cumsum(centred)])
    squares = np.concatenate([[0.0], np.cumsum(centred**2)])
    alarms: list[int] = []
    start, histogram = 0, [0]
    for i in range(values.size):
        _insert(histogram, max_buckets)
        width = i + 1 - start
        if width % clock or width <= grace:
            continue
        window = slice(start, i + 2)
        if _has_cut(sums[window], squares[window], histogram, delta=delta, least=min_window):
            alarms.append(i)
            start, histogram = i + 1, [0]
    return tuple(alarms)


def page_hinkley(
    values: ArrayLike,
    *,
    delta: float = 0.005,
    threshold: float = 50.0,
    direction: Direction = "both",
    forgetting: float = 0.9999,
    min_n: int = 30,
) -> tuple[int, ...]:
    """Return where the sum of deviations from the running mean went beyond a threshold.

    Args:
        values: Values in order of time.
        delta: Deviation that is tolerated, in the unit of the values, 0 or more.
        threshold: Sum of deviations that is an alarm, in the unit of the values, positive.
        direction: Look for a rise, a fall, or both.
        forgetting: What is left of the sum after each value, above 0 to 1 (1 forgets nothing).
        min_n: Values after the start, or after an alarm, before there can be one.

    Raises:
        ValueError: The values are empty or not finite, or an option is outside its range.

    Assumes:
        Independent values whose mean before the change is not known. Set delta and threshold
        by the spread: with .5 and 8 standard deviations, 3 % of unchanged series of 300 normal
        values gave an alarm, and a step of 3 took 4 values. The defaults, river's, are too wide
        for rates.

    Formula:
        U_t = λU_(t-1) + x_t - x̄_t - δ; a rise where U_t - min U > threshold, a fall mirrored;
        after an alarm all starts anew

    Not for:
        A mean that is known beforehand (`cusum`).

    References:
        Page (1954), Biometrika 41, 100-115; Hinkley (1971), Biometrika 58, 509-523; Gama et
        al. (2014), ACM Computing Surveys 46(4).
    """
    series = finite_values(values, name="values")
    _require_direction(direction)
    if not (delta >= 0 and threshold > 0 and 0 < forgetting <= 1):
        raise ValueError(
            f"need delta >= 0, threshold > 0 and 0 < forgetting <= 1, "
            f"got {delta}, {threshold}, {forgetting}"
        )
    alarms: list[int] = []
    n, mean, rise, fall, least_rise, least_fall = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i, value in enumerate(series.tolist()):
        n += 1
        mean += (value - mean) / n
        rise = forgetting * rise + value - mean - delta
        fall = forgetting * fall - value + mean - delta
        least_rise = rise if n == 1 else min(least_rise, rise)
        least_fall = fall if n == 1 else min(least_fall, fall)
        risen, fallen = rise - least_rise > threshold, fall - least_fall > threshold
        if n >= min_n and _alarmed(risen, fallen, direction):
            alarms.append(i)
            n, mean, rise, fall = 0, 0.0, 0.0, 0.0
    return tuple(alarms)


def cusum(
    values: ArrayLike,
    *,
    target: float,
    slack: float,
    threshold: float,
    direction: Direction = "both",
) -> tuple[int, ...]:
    """Return where the sum of deviations from a target went beyond a threshold.

    Args:
        values: Values in order of time.
        target: Mean while nothing has changed.
        slack: Deviation that is tolerated, in the unit of the values, 0 or more; half the
            step worth finding.
        threshold: Sum that is an alarm, in the unit of the values, positive; 4 to 5 standard
            deviations are usual.
        direction: Look for a rise, a fall, or both.

    Raises:
        ValueError: The values are empty or not finite, or an option is outside its range.

    Assumes:
        Independent values and a known target; with slack .5 and threshold 5 standard
        deviations of normal values, an alarm of either kind by chance every 465 values.

    Formula:
        S⁺_t = max(0, S⁺_(t-1) + x_t - target - slack) > threshold is a rise, a fall mirrored;
        after an alarm both sums start at 0

    Not for:
        A target estimated from a few values: its error adds up (`page_hinkley`).

    References:
        Page (1954), Biometrika 41, 100-115; Montgomery (2013), Statistical Quality Control, 9.1.
    """
    series = finite_values(values, name="values")
    _require_direction(direction)
    if not (math.isfinite(target) and slack >= 0 and threshold > 0):
        raise ValueError(
            f"need a finite target, slack >= 0, threshold > 0, got {target}, {slack}, {threshold}"
        )
    alarms: list[int] = []
    rise = fall = 0.0
    for i, deviation in enumerate((series - target).tolist()):
        rise = max(0.0, rise + deviation - slack)
        fall = max(0.0, fall - deviation - slack)
        if _alarmed(rise > threshold, fall > threshold, direction):
            alarms.append(i)
            rise = fall = 0.0
    return tuple(alarms)


def _require_direction(direction: str) -> None:
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, got {direction!r}")


def _alarmed(risen: bool, fallen: bool, direction: Direction) -> bool:
    return (risen and direction != "down") or (fallen and direction != "up")


def _insert(histogram: list[int], most: int) -> None:
    """Count one more value: histogram[r] is the number of buckets that hold 2^r values."""
    histogram[0] += 1
    row = 0
    while histogram[row] > most:
        histogram[row] -= 2
        if row + 1 == len(histogram):
            histogram.append(0)
        row += 1
        histogram[row] += 1


def _has_cut(
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    histogram: list[int],
    *,
    delta: float,
    least: int,
) -> bool:
    """Tell whether the window, given by its running sums, falls into two with unlike means."""
    width = sums.size - 1
    total = sums[-1] - sums[0]
    variance = max((squares[-1] - squares[0]) / width - (total / width) ** 2, 0.0)
    sizes = [2**row for row in range(len(histogram) - 1, -1, -1) for _ in range(histogram[row])]
    n_old = np.cumsum(sizes)
    n_old = n_old[(n_old >= least) & (n_old <= width - least)]
    if not n_old.size:
        return False
    n_new = width - n_old
    old = sums[n_old] - sums[0]
    gap = np.abs(old / n_old - (total - old) / n_new)
    log_term = np.log(2 * np.log(width) / delta)
    per_value = 1 / (n_old - least + 1) + 1 / (n_new - least + 1)
    bound = np.sqrt(2 * per_value * variance * log_term) + 2 / 3 * log_term * per_value
    return bool((gap > bound).any())
