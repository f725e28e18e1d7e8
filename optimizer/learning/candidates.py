"""What a variant is judged by: limits that it must keep, weights, and how sure it must be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from optimizer.learning.objectives import Weights
from optimizer.models.amounts import amount
from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What no choice may break; None is no limit.

    Attributes:
        min_quality: Lowest pass rate, or mean score where nobody told pass from fail, 0 to 1.
        max_cost_usd: Highest mean price of a call.
        max_latency_ms: Highest 95th percentile of the response time.
        allowed_providers: The only providers that may be chosen; empty: all may.
        forbidden_providers: Providers that may not.
    """

    min_quality: float | None = None
    max_cost_usd: float | None = None
    max_latency_ms: float | None = None
    allowed_providers: tuple[str, ...] = ()
    forbidden_providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierDemand:
    """What a frontier is worked out with.

    Attributes:
        weights: What each objective counts.
        limits: What a variant must keep to be chosen; those that do not are shown all the same.
        alpha: Error rate of the gains' intervals, over all candidates.
        level: Level of the readings' intervals, 0 to 1.
        min_cases: Fewest completed tasks, or cases shared with the current variant.
        resamples: Draws behind the memberships.
        margin: How far the reference of the hypervolume is beyond the worst measured values, as a
            share of their range: without it the ends of a front would count nothing.
    """

    weights: Weights
    limits: Limits
    alpha: float
    level: float
    min_cases: int
    resamples: int
    margin: float


class Measurable(Protocol):
    """What limits are held against: the figures of a variant, or of a model."""

    @property
    def provider(self) -> str | None:
        """Who runs the model, or None where it was not recorded."""
        ...

    @property
    def n_completed(self) -> int:
        """Tasks that succeeded, failed, timed out or errored."""
        ...

    @property
    def n_unjudged(self) -> int:
        """Above 0 where nobody told pass from fail of some."""
        ...

    @property
    def success_rate(self) -> float | None:
        """Share that passed, 0 to 1."""
        ...

    @property
    def score_mean(self) -> float | None:
        """Mean score, 0 to 1."""
        ...

    @property
    def n_cost(self) -> int:
        """Tasks with a known price."""
        ...

    @property
    def cost_mean_usd(self) -> float | None:
        """Mean price of a call."""
        ...

    @property
    def n_latency(self) -> int:
        """Tasks with a known time."""
        ...

    @property
    def latency_p95_ms(self) -> float | None:
        """95th percentile of the response time."""
        ...


def refusals(window: Measurable, limits: Limits) -> tuple[str, ...]:
    """Return the limits that a variant breaks, with what was measured; empty where it keeps all.

    What was not measured breaks no limit. An unknown provider is refused where providers are
    limited: it may be the wrong one.
    """
    return (*_by_figures(window, limits), *_by_provider(window, limits))


def quality_of(window: Measurable) -> float | None:
    """Return the pass rate of a variant, or its mean score where nobody told pass from fail."""
    return window.score_mean if window.n_unjudged else window.success_rate


def distinct(names: Iterable[str | None]) -> tuple[str, ...]:
    """Return the names that are known, each once, in their order."""
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _by_figures(window: Measurable, limits: Limits) -> Iterator[str]:
    quality, least = quality_of(window), limits.min_quality
    if least is not None and quality is not None and quality < least:
        yield f"quality {quality:.3g} on {window.n_completed} tasks, at least {least:g} is due"
    cost, most = window.cost_mean_usd, limits.max_cost_usd
    if most is not None and cost is not None and cost > most:
        yield f"{amount(cost)} USD per call over {window.n_cost} calls, at most {most:g} is allowed"
    latency, slowest = window.latency_p95_ms, limits.max_latency_ms
    if slowest is not None and latency is not None and latency > slowest:
        n = window.n_latency
        yield f"p95 of {amount(latency)} ms over {n} calls, at most {slowest:g} is allowed"


def _by_provider(window: Measurable, limits: Limits) -> Iterator[str]:
    allowed, forbidden = (
        {name.casefold() for name in names}
        for names in (limits.allowed_providers, limits.forbidden_providers)
    )
    if not (allowed or forbidden):
        return
    if window.provider is None:
        yield "its provider was not recorded"
    elif window.provider.casefold() in forbidden:
        yield f"provider {window.provider} is forbidden"
    elif allowed and window.provider.casefold() not in allowed:
        yield f"provider {window.provider} is not among the allowed"
