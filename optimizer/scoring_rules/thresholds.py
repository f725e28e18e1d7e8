"""Plain thresholds held against the figures of a variant, each with a one-sided bound."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.amounts import amount, percent
from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Fact
from optimizer.models.summaries import WindowSummary
from optimizer.stats.intervals import Interval, clopper_pearson, mean_interval

SLOW_SHARE = 0.05
"""A 95th percentile is beyond a limit exactly when more than this share is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What a variant must keep to.

    Attributes:
        min_success_rate: Lowest pass rate, 0 to 1.
        max_error_rate: Highest share that errored or timed out, 0 to 1.
        max_latency_p95: Limit that `WindowSummary.n_slow` counts beyond, in ms.
        min_quality_score: Lowest mean score.
        max_cost_per_request: Highest mean price of a call, in USD.
        level: One-sided confidence with which one must be broken, above 0.5 to 1.
    """

    min_success_rate: float
    max_error_rate: float
    max_latency_p95: float
    min_quality_score: float
    max_cost_per_request: float
    level: float

    @property
    def two_sided(self) -> float:
        """Level of the interval either end of which has that confidence."""
        return 2 * self.level - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One threshold that a measured figure misses.

    Attributes:
        text: What was found, with its bound and what is due.
        broken: Whether its bound misses the threshold as well.
        fact: The figure as a row of evidence.
    """

    text: str
    broken: bool
    fact: Fact


def misses(window: WindowSummary, limits: Thresholds) -> Iterator[Miss]:
    """Hold every threshold that can be judged against a window; yield those it misses.

    A bound is only worked out where the figure itself misses: it lies beyond the figure.
    """
    yield from _rates(window, limits)
    yield from _means(window, limits)


def is_sound(window: WindowSummary, limits: Thresholds) -> bool:
    """Tell whether a variant was judged and meets every threshold."""
    is_judged = window.n_completed > 0 and not window.n_unjudged
    return is_judged and not any(True for _ in misses(window, limits))


def _rates(window: WindowSummary, limits: Thresholds) -> Iterator[Miss]:
    n, m = window.n_completed, window.n_effective
    n_bad = window.n_error + window.n_timeout
    if not window.n_unjudged and window.n_succeeded / n < limits.min_success_rate:
        yield _too_low(
            "success_rate",
            f"{window.n_succeeded} of {n} tasks passed",
            _rate(window.n_succeeded, n, m, limits),
            limits.min_success_rate,
            limits,
        )
    if n_bad / n > limits.max_error_rate:
        yield _too_high(
            "error_rate",
            f"{n_bad} of {n} tasks errored or timed out",
            _rate(n_bad, n, m, limits),
            limits.max_error_rate,
            limits,
        )
    if window.n_latency and window.n_slow / window.n_latency > SLOW_SHARE:
        m = None if m is None else min(m, float(window.n_latency))
        yield _too_high(
            "slow_rate",
            f"{window.n_slow} of {window.n_latency} calls took longer than "
            f"{limits.max_latency_p95:g} ms",
            _rate(window.n_slow, window.n_latency, m, limits),
            SLOW_SHARE,
            limits,
        )


def _means(window: WindowSummary, limits: Thresholds) -> Iterator[Miss]:
    n_cases = window.n_cases
    score, cost = window.score_mean, window.cost_mean_usd
    if score is not None and score < limits.min_quality_score:
        found = _mean(score, window.score_sd, window.n_scored, n_cases, limits)
        if found is not None:
            text = f"mean score {score:.3f} of {found.n} tasks"
            yield _too_low("score", text, found, limits.min_quality_score, limits)
    if cost is not None and cost > limits.max_cost_per_request:
        found = _mean(cost, window.cost_sd_usd, window.n_cost, n_cases, limits)
        if found is not None:
            text = f"{amount(cost)} USD per call over {found.n} calls"
            yield _too_high("cost_usd", text, found, limits.max_cost_per_request, limits)


def _rate(successes: int, n: int, n_effective: float | None, limits: Thresholds) -> Interval:
    return clopper_pearson(successes, n, level=limits.two_sided, n_effective=n_effective)


def _mean(
    mean: float, sd: float | None, n: int, n_cases: int, limits: Thresholds
) -> Interval | None:
    """Return the interval of a mean as if no case had been repeated, or None of too few."""
    n = min(n, n_cases)
    if sd is None or n < 2:  # noqa: PLR2004 - one case has no spread
        return None
    return mean_interval(mean, sd, n, level=limits.two_sided)


def _too_low(name: str, text: str, interval: Interval, bound: float, limits: Thresholds) -> Miss:
    sure = f"with {percent(limits.level)} confidence"
    at_most, due = _told(name, interval.high), _told(name, bound)
    return Miss(
        text=f"{text} ({sure} at most {at_most}, at least {due} is due)",
        broken=interval.high < bound,
        fact=_fact(name, interval, bound),
    )


def _too_high(name: str, text: str, interval: Interval, bound: float, limits: Thresholds) -> Miss:
    sure = f"with {percent(limits.level)} confidence"
    at_least, due = _told(name, interval.low), _told(name, bound)
    return Miss(
        text=f"{text} ({sure} at least {at_least}, at most {due} is due)",
        broken=interval.low > bound,
        fact=_fact(name, interval, bound),
    )


def _told(name: str, value: float) -> str:
    """Write a value in the unit of what was measured."""
    return percent(value) if name.endswith("_rate") else f"{value:.3g}"


def _fact(name: str, interval: Interval, bound: float) -> Fact:
    return Fact(
        name=name,
        n=interval.n,
        estimate=interval.estimate,
        low=interval.low,
        high=interval.high,
        level=interval.level,
        threshold=bound,
    )
