"""What a trace says about limits: how many requests went through, what they cost, who sent them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from optimizer.models.amounts import amount
from optimizer.models.budgets import BudgetState
from optimizer.models.dataclass import dataclass
from optimizer.models.evidence import Evidence
from optimizer.models.limits import LimitPlan, LimitReplay, Load, Pressure, Quota, SpendLimit
from optimizer.models.proposals import Fact
from optimizer.stats.intervals import Interval, mean_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests
    from optimizer.replay.limit_settings import LimitSettings
    from optimizer.replay.pressure import Answered
    from optimizer.replay.selection import Part

SECONDS_OF_A_MINUTE = 60.0
SECONDS_OF_AN_HOUR = 3600.0
SECONDS_OF_A_DAY = 86_400.0
MINUTES_OF_A_DAY = 1440.0
SIGNIFICANT = 3
"""Digits of a limit below 1 a minute; a larger one is rounded down to a whole number."""

FEWEST_PRICES = 2
FEWEST_TENANTS = 2
HOURLY = "max_cost_per_hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStudy:
    """What the trace of the variant in use says about limits.

    Attributes:
        load: How much it asks for.
        pressure: What was refused.
        requests_per_minute: The limit to propose; None where nothing tells it.
        tokens_per_minute: The limit of tokens, likewise.
        tenants: The limit of requests of each tenant, where there are several.
        reason: Where the limit comes from, in words.
        replay: The trace under these limits; None where it has no times of its own.
        timeout: The quantile of the response time that a timeout is recommended from, with its
            upper bound; None where there are too few answers.
    """

    load: Load
    pressure: Pressure
    requests_per_minute: float | None
    tokens_per_minute: float | None
    tenants: tuple[tuple[str, float], ...]
    reason: str
    replay: LimitReplay | None
    timeout: Fact | None


def limit_study(evidence: Evidence, settings: LimitSettings) -> LimitStudy | None:
    """Measure what went through and replay the limits; None where nothing presses."""
    part = in_use(evidence)
    if part is None:
        return None
    exceeded = [one for one in evidence.budgets if presses(one)]
    hourly = _hourly(part.trace.cost_usd[part.places], settings)
    if not part.trace.throttled[part.places].any() and not exceeded and hourly is None:
        return None
    return _study(part.requests(), evidence, settings, exceeded, hourly)


def timeout_of(requests: Requests, settings: LimitSettings) -> Fact | None:
    """Return the quantile of answered requests with its one-sided upper bound, if it has one.

    Its threshold is which quantile it is.
    """
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    is_answered = ~requests.failed & ~np.isnan(requests.latency_ms)
    known = requests.latency_ms[is_answered]
    q, level = settings.timeout_quantile, settings.level
    if q ** len(known) > 1 - level:
        return None
    from optimizer.stats.tails import quantile_interval  # noqa: PLC0415 - few have enough

    bound = quantile_interval(known, q, level=2 * level - 1)
    return Fact(
        name="latency_ms",
        n=bound.n,
        estimate=bound.estimate,
        high=bound.high,
        level=level,
        threshold=q,
    )


def in_use(evidence: Evidence) -> Part | None:
    """Return the requests of the variant in use, or None where none are known."""
    from optimizer.replay.selection import of_variant  # noqa: PLC0415 - few have requests

    if evidence.requests is None or evidence.current is None:
        return None
    return of_variant(evidence.requests, evidence.current.variant_id)


def presses(budget: BudgetState) -> bool:
    """Return whether a budget is overspent, or will be."""
    return budget.is_exceeded or budget.will_be_exceeded


def _hourly(cost_usd: NDArray[np.float64], settings: LimitSettings) -> SpendLimit | None:
    """Return the limit of an hour where the trace may have spent more."""
    from numpy import nansum  # noqa: PLC0415 - a workflow where nothing ran needs none

    limit = settings.max_cost_per_hour
    if not nansum(cost_usd) > limit:
        return None
    return SpendLimit(name=HOURLY, limit_usd=limit, period_s=SECONDS_OF_AN_HOUR)


def _study(
    requests: Requests,
    evidence: Evidence,
    settings: LimitSettings,
    exceeded: list[BudgetState],
    hourly: SpendLimit | None,
) -> LimitStudy:
    from optimizer.replay.limits import replay_limits  # noqa: PLC0415 - where it presses
    from optimizer.replay.pressure import load, pressure, with_clock  # noqa: PLC0415 - same

    found = load(requests)
    pressed = pressure(requests, _answered(requests, evidence), window_s=settings.window_s)
    rate, reason = _rate(requests, pressed, exceeded, settings)
    tokens = _tokens(requests, rate, found, settings)
    tenants = _tenants(requests, rate, found)
    plan = LimitPlan(
        quota=Quota(max_requests_per_minute=rate, max_tokens_per_minute=tokens),
        quotas=tuple(
            (name, Quota(max_requests_per_minute=own, max_tokens_per_minute=tokens))
            for name, own in tenants
        ),
        max_requests_per_second=settings.max_requests_per_second,
        burst=settings.burst_multiplier,
        spend_limits=tuple(_spend_limits(exceeded, hourly)),
        adaptation=settings.adaptation(),
    )
    clocked = with_clock(requests)
    replay = None
    if (clocked.repeat == 0).any():
        replay = replay_limits(clocked, plan, level=settings.level)
    return LimitStudy(
        load=found,
        pressure=pressed,
        requests_per_minute=rate,
        tokens_per_minute=tokens,
        tenants=tenants,
        reason=reason,
        replay=replay,
        timeout=timeout_of(requests, settings),
    )


def _rate(
    requests: Requests, pressed: Pressure, exceeded: list[BudgetState], settings: LimitSettings
) -> tuple[float | None, str]:
    """Return the requests a minute to propose and where they come from."""
    found: list[tuple[float, str]] = []
    if pressed.sustained is not None:
        one = pressed.sustained
        how = (
            f"{one.n} in {one.window_s:g} s went through without a refusal"
            if one.source == "window"
            else f"{one.n} were answered in the {one.window_s:.0f} s of the runs"
        )
        found.append((one.per_minute, how))
    price = _price(requests, settings)
    for budget in exceeded:
        if price is not None and price.high > 0 and budget.tenant is None:
            paid = budget.daily_limit_usd / (price.high * MINUTES_OF_A_DAY)
            how = (
                f"budget {budget.name} pays for so many all day long, at up to "
                f"{amount(price.high)} USD each ({price.n} known prices)"
            )
            found.append((paid, how))
    if not found:
        return None, (
            "no stretch of "
            f"{settings.window_s:g} s without a refusal and no length of a run is known"
        )
    rate, how = min(found)
    return _rounded(min(rate, settings.max_requests_per_second * SECONDS_OF_A_MINUTE)), how


def _price(requests: Requests, settings: LimitSettings) -> Interval | None:
    """Return the mean price of a request with its interval, where there are prices enough."""
    import numpy as np  # noqa: PLC0415 - as above

    known = requests.cost_usd[~np.isnan(requests.cost_usd)]
    if len(known) < FEWEST_PRICES:
        return None
    return mean_interval(
        float(known.mean()), float(known.std(ddof=1)), len(known), level=settings.level
    )


def _tokens(
    requests: Requests, rate: float | None, found: Load, settings: LimitSettings
) -> float | None:
    """Return the tokens a minute to propose: those of so many requests, at most the setting.

    The largest request still fits into a burst, where the setting allows it.
    """
    if rate is None or found.tokens_mean is None:
        return None
    from numpy import nanmax  # noqa: PLC0415 - a workflow where nothing ran needs none

    largest = float(nanmax(requests.tokens_in + requests.tokens_out))
    wanted = max(rate * found.tokens_mean, math.ceil(largest / settings.burst_multiplier))
    return _rounded(min(wanted, settings.max_tokens_per_minute)) or None


def _tenants(requests: Requests, rate: float | None, found: Load) -> tuple[tuple[str, float], ...]:
    """Return the max-min fair part of each tenant in the limit, by what it asks for."""
    from optimizer.stats.fairness import max_min_shares  # noqa: PLC0415 - few have tenants

    if rate is None or len(requests.tenants) < FEWEST_TENANTS or not found.span_s:
        return ()
    minutes = found.span_s / SECONDS_OF_A_MINUTE
    counts = [int((requests.tenant == code).sum()) for code in range(len(requests.tenants))]
    asking = [code for code, n in enumerate(counts) if n]
    if len(asking) < FEWEST_TENANTS:
        return ()
    shares = max_min_shares([counts[code] / minutes for code in asking], rate)
    return tuple(
        (requests.tenants[code], _rounded(share))
        for code, share in zip(asking, shares, strict=True)
    )


def _answered(requests: Requests, evidence: Evidence) -> list[Answered]:
    """Return what was answered in runs whose length is known and which are in the trace whole."""
    from optimizer.replay.pressure import Answered  # noqa: PLC0415 - where it presses

    current = evidence.current
    own_runs = {
        p.run_id: p for p in evidence.runs if current and p.variant_id == current.variant_id
    }
    found = []
    for code, run_id in enumerate(requests.runs):
        point, own = own_runs.get(run_id), requests.segment == code
        if point is None:
            continue
        duration_s = (point.finished_at - point.started_at).total_seconds()
        if int(own.sum()) == point.n and duration_s > 0:
            n = int((own & ~requests.throttled).sum())
            found.append(Answered(n=n, duration_s=duration_s))
    return found


def _spend_limits(exceeded: list[BudgetState], hourly: SpendLimit | None) -> Iterator[SpendLimit]:
    for one in exceeded:
        yield SpendLimit(
            name=one.name,
            limit_usd=one.daily_limit_usd,
            period_s=SECONDS_OF_A_DAY,
            tenant=one.tenant,
        )
    if hourly is not None:
        yield hourly


def _rounded(limit: float) -> float:
    """Return a limit rounded down, so that it allows no more than was measured."""
    if limit >= 1:
        return float(math.floor(limit))
    if limit <= 0:
        return 0.0
    scale = 10.0 ** (SIGNIFICANT - 1 - math.floor(math.log10(limit)))
    return math.floor(limit * scale) / scale
