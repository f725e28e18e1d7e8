"""What a choice between variants is about: quality, price and time, as far as they are known."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass
from optimizer.models.evidence import Evidence
from optimizer.models.summaries import WindowSummary

NO_PRICE = "its list price is unknown here; ingest with --price derives one from the tokens"
"""Why a variant without a price is not held against one that has a price."""

NOT_FREE = "it has a price, and the variant in use is free: no weight holds the two together"
"""Why a variant with a price is not held against a free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each objective counts; only their proportions matter."""

    quality: float
    cost: float
    latency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One objective.

    Attributes:
        name: `success_rate`, `score`, `cost_usd` or `latency_ms`.
        column: Its column in the table of cases.
        sign: 1 where more is better, -1 where less is.
        weight: Its share of the weights of those that are known, 0 to 1.
        is_relative: Whether effects on it are shares of what the current variant takes.
    """

    name: str
    column: str
    sign: int
    weight: float
    is_relative: bool


def objectives_of(evidence: Evidence, weights: Weights) -> tuple[Objective, ...]:
    """Return the objectives that the current variant was measured in, the quality first.

    The quality is the pass rate, or the mean score where nobody told pass from fail in the runs
    of some variant. Without either there is nothing to choose by: no objective is returned.
    """
    current = evidence.current
    if current is None or current.n_completed == 0:
        return ()
    found = [_quality(current, evidence.others, weights.quality)]
    if current.cost_mean_usd or token_price(evidence, current) is not None:
        found.append(_amount("cost_usd", weights.cost))
    if current.latency_mean_ms:
        found.append(_amount("latency_ms", weights.latency))
    total = sum(one.weight for one in found if one is not None)
    if found[0] is None or total <= 0:
        return ()
    return tuple(
        Objective(
            name=one.name,
            column=one.column,
            sign=one.sign,
            weight=one.weight / total,
            is_relative=one.is_relative,
        )
        for one in found
        if one is not None
    )


def token_price(evidence: Evidence, window: WindowSummary) -> float | None:
    """Return USD per token of a variant without a recorded price, from runs of the same model.

    None where its price is recorded, its tokens are not known, or the model has no price.
    """
    if window.n_cost or not window.n_tokens or window.model is None:
        return None
    rates = [
        one.cost_total_usd / one.tokens_total
        for one in (evidence.current, *evidence.others)
        if one is not None
        and (one.model, one.provider) == (window.model, window.provider)
        and one.cost_total_usd is not None
        and one.tokens_total
        and one.n_cost == one.n_tokens
    ]
    return sum(rates) / len(rates) if rates else None


def costs_against_free(current: WindowSummary, other: WindowSummary) -> bool:
    """Return whether a variant has a price while the one in use is free: no share says how much."""
    return current.cost_mean_usd == 0 and bool(other.cost_mean_usd)


def _quality(
    current: WindowSummary, others: tuple[WindowSummary, ...], weight: float
) -> Objective | None:
    name, column = "success_rate", "passed"
    if any(one.n_unjudged for one in (current, *others)):
        if not current.n_scored:
            return None
        name = column = "score"
    return Objective(name=name, column=column, sign=1, weight=weight, is_relative=False)


def _amount(name: str, weight: float) -> Objective:
    return Objective(name=name, column=name, sign=-1, weight=weight, is_relative=True)
