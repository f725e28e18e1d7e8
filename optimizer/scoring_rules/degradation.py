"""The newest run of a variant held against its own earlier runs: is it worse beyond a margin?

Runs of the same suite go together, which an unpaired interval does not know: it is too wide
rather than too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Fact
from optimizer.models.summaries import RunPoint
from optimizer.stats.intervals import newcombe, wilson
from optimizer.stats.quantiles import normal_quantile, t_quantile

FEWEST = 2

ROUNDING = 1e-9
"""Changes that differ by no more are the same, but for the noise of the arithmetic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """How much worse the newest run may be.

    Attributes:
        max_quality_drop: Of pass rate and mean score, 0 to 1.
        max_latency_increase: Of the mean response time, as a share of what it was.
        max_cost_increase: Of the mean price of a call, likewise.
        level: One-sided confidence with which a margin must be exceeded, above 0.5 to 1.
    """

    max_quality_drop: float
    max_latency_increase: float
    max_cost_increase: float
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """One metric that is worse beyond its margin, with all confidence asked for.

    Attributes:
        text: What was found, with its bound and the margin.
        fact: The change as a row of evidence: newest run minus earlier runs.
    """

    text: str
    fact: Fact


class _Moments(NamedTuple):
    """What runs measured of one quantity; `sd` is worked out where it is asked for."""

    n: int
    mean: float
    known: Sequence[tuple[int, float, float]]

    @property
    def sd(self) -> float:
        """Return the spread of all of it, within runs and between them."""
        squares = sum(
            [(size - 1) * s**2 + size * (one - self.mean) ** 2 for size, one, s in self.known]
        )
        return math.sqrt(squares / (sum([size for size, _, _ in self.known]) - 1))


def degradations(
    points: Sequence[RunPoint], margins: Margins, *, is_judged: bool, independent: float
) -> list[Degradation]:
    """Return every metric that the newest run is worse at than all the earlier ones together.

    Args:
        points: Runs of one variant, oldest first.
        margins: How much worse is fine.
        is_judged: Whether somebody told pass from fail.
        independent: Share of the tasks that tell anything new: repeats of a case tell less.
    """
    if len(points) < FEWEST:
        return []
    *earlier, newest = points
    return [
        *(_pass_rate(earlier, newest, margins, independent) if is_judged else ()),
        *_score(earlier, newest, margins, independent),
        *_amount(
            "latency_relative",
            "response time",
            _moments(earlier, "latency_mean_ms", "latency_sd_ms", independent),
            _moments([newest], "latency_mean_ms", "latency_sd_ms", independent),
            margins.max_latency_increase,
            margins.level,
        ),
        *_amount(
            "cost_relative",
            "price of a call",
            _moments(earlier, "cost_mean_usd", "cost_sd_usd", independent),
            _moments([newest], "cost_mean_usd", "cost_sd_usd", independent),
            margins.max_cost_increase,
            margins.level,
        ),
    ]


def _pass_rate(
    earlier: Sequence[RunPoint], newest: RunPoint, margins: Margins, independent: float
) -> Iterator[Degradation]:
    level = 2 * margins.level - 1
    (a, n), (b, m) = (
        (sum(p.n_succeeded for p in points), sum(p.n for p in points))
        for points in (earlier, [newest])
    )
    if not (n and m):
        return
    first, second = (
        wilson(x, k, level=level, n_effective=max(1.0, independent * k))
        for x, k in ((a, n), (b, m))
    )
    change = newcombe(first, second)
    if change.high < -margins.max_quality_drop:
        yield Degradation(
            text=f"{b} of {m} tasks passed in the newest run, {a} of {n} in earlier ones "
            f"({-change.high:.3g} lower at least, {margins.max_quality_drop:g} is the margin)",
            fact=_fact(
                "success_rate",
                change.estimate,
                change.low,
                change.high,
                n + m,
                level,
                -margins.max_quality_drop,
            ),
        )


def _score(
    earlier: Sequence[RunPoint], newest: RunPoint, margins: Margins, independent: float
) -> Iterator[Degradation]:
    first = _moments(earlier, "score_mean", "score_sd", independent)
    second = _moments([newest], "score_mean", "score_sd", independent)
    if first is None or second is None or second.mean - first.mean >= -margins.max_quality_drop:
        return  # no bound is lower than the change
    variances = first.sd**2 / first.n, second.sd**2 / second.n
    if second.mean - first.mean + _least_reach(*variances, margins.level) >= (
        -margins.max_quality_drop
    ):
        return
    low, change, high = _change(
        first.mean, variances[0], second.mean, variances[1], first, second, margins.level
    )
    if high < -margins.max_quality_drop:
        yield Degradation(
            text=f"mean score {second.mean:.3f} of {second.n} tasks in the newest run, "
            f"{first.mean:.3f} of {first.n} in earlier ones ({-high:.3g} lower at least, "
            f"{margins.max_quality_drop:g} is the margin)",
            fact=_fact(
                "score",
                change,
                low,
                high,
                first.n + second.n,
                2 * margins.level - 1,
                -margins.max_quality_drop,
            ),
        )


def _amount(  # noqa: PLR0917 - one quantity before and now
    metric: str,
    what: str,
    first: _Moments | None,
    second: _Moments | None,
    margin: float,
    level: float,
) -> Iterator[Degradation]:
    """Yield an amount that has grown, by the interval of the logarithm of the ratio of means."""
    if first is None or second is None or min(first.mean, second.mean) <= 0:
        return
    if second.mean / first.mean - 1 <= margin - ROUNDING:
        return  # no bound is higher than the change
    before, now = math.log(first.mean), math.log(second.mean)
    variances = (first.sd / first.mean) ** 2 / first.n, (second.sd / second.mean) ** 2 / second.n
    if math.expm1(now - before - _least_reach(*variances, level)) <= margin:
        return
    bounds = _change(before, variances[0], now, variances[1], first, second, level)
    low, change, high = (math.expm1(bound) for bound in bounds)
    if low > margin:
        yield Degradation(
            text=f"the {what} was {change:.0%} higher in the newest run ({second.n} tasks) than "
            f"in earlier ones ({first.n}), {low:.0%} at least; {margin:.0%} is the margin",
            fact=_fact(metric, change, low, high, first.n + second.n, 2 * level - 1, margin),
        )


def _least_reach(variance: float, variance_now: float, level: float) -> float:
    """Return how far an interval reaches at the least: a normal quantile is below that of any t."""
    return normal_quantile(level) * math.sqrt(variance + variance_now)


def _change(  # noqa: PLR0917 - two estimates and their variances
    before: float,
    variance: float,
    now: float,
    variance_now: float,
    first: _Moments,
    second: _Moments,
    level: float,
) -> tuple[float, float, float]:
    """Return low, estimate and high of a difference, by Welch's degrees of freedom."""
    total = variance + variance_now
    change = now - before
    if total == 0:
        return change, change, change
    parts = variance**2 / (first.n - 1) + variance_now**2 / (second.n - 1)
    reach = t_quantile(level, total**2 / parts) * math.sqrt(total)
    return change - reach, change, change + reach


def _moments(points: Sequence[RunPoint], mean: str, sd: str, independent: float) -> _Moments | None:
    """Return what runs measured together, their n as if no case had been repeated."""
    known = [
        (p.n, one, getattr(p, sd) or 0.0)
        for p in points
        if p.n and (one := getattr(p, mean)) is not None
    ]
    n = sum([size for size, _, _ in known])
    useful = math.floor(independent * n)
    if useful < FEWEST:
        return None
    center = sum([size * one for size, one, _ in known]) / n
    return _Moments(useful, center, known)


def _fact(  # noqa: PLR0917 - the fields of a record
    name: str, estimate: float, low: float, high: float, n: int, level: float, threshold: float
) -> Fact:
    return Fact(
        name=f"{name}, newest run less earlier ones",
        n=n,
        estimate=estimate,
        low=low,
        high=high,
        level=level,
        threshold=threshold,
    )
