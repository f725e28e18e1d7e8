"""Traces through limits and batchers, as somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from optimizer.config.tree import Config
from optimizer.models.batching import BatchingReport, BatchPlan
from optimizer.models.limits import LimitPlan, LimitReplay, LimitsReport, Load, Quota, SpendLimit
from optimizer.replay.batching import replay_batching
from optimizer.replay.limit_study import HOURLY, timeout_of
from optimizer.replay.limits import replay_limits
from optimizer.replay.pressure import load, pace_rps, pressure, tick_s, with_clock
from optimizer.strategies.batching import Batching, BatchingSettings, best_of, shortfall
from optimizer.strategies.rate_limiting import (
    RateLimiting,
    RateLimitingSettings,
)

if TYPE_CHECKING:
    from optimizer.models.requests import Requests

SECONDS_OF_AN_HOUR = 3600.0
SECONDS_OF_A_DAY = 86_400.0


def limit_settings(config: Config, *, adaptive: bool = False) -> RateLimitingSettings:
    """Return what is set of the strategy that replays limits."""
    settings = cast(RateLimitingSettings, config.strategies.of(RateLimiting))
    return settings.model_copy(update={"adaptive": True}) if adaptive else settings


def batch_settings(config: Config) -> BatchingSettings:
    """Return what is set of the strategy that replays batchers."""
    return cast(BatchingSettings, config.strategies.of(Batching))


def limit_plan(
    config: Config,
    settings: RateLimitingSettings,
    *,
    workflow_id: str | None,
    quota: Quota,
    requests_per_second: float | None,
    budget: SpendLimit | None,
    burst: float | None,
    hard: bool,
) -> LimitPlan:
    """Return limits as they were asked for; those of the settings for what was not.

    Args:
        config: All settings.
        settings: Those of the strategy.
        workflow_id: Whose budgets count beside those of all workflows.
        quota: What was asked for of each tenant; where it names no rate, the settings do.
        requests_per_second: What was asked for, or None.
        budget: In place of the spending limits of the settings, or None.
        burst: What was asked for, or None.
        hard: Whether what does not fit is refused.
    """
    known = [budget] if budget else list(_spend_limits(config, settings, workflow_id))
    if quota.max_requests_per_minute is None and quota.max_tokens_per_minute is None:
        quota = replace(quota, max_tokens_per_minute=settings.max_tokens_per_minute)
    return LimitPlan(
        quota=quota,
        max_requests_per_second=requests_per_second or settings.max_requests_per_second,
        burst=burst or settings.burst_multiplier,
        hard=hard,
        spend_limits=tuple(known),
        adaptation=settings.adaptation(),
    )


def batch_plans(
    settings: BatchingSettings,
    *,
    sizes: Sequence[int] | None,
    waits_ms: Sequence[float] | None,
    any_kind: bool,
) -> list[BatchPlan]:
    """Return batchers as they were asked for; those of the settings for what was not."""
    known = settings.plans()
    plans = [
        replace(
            known[0],
            max_batch_size=size,
            max_wait_ms=wait,
            min_batch_size=min(size, known[0].min_batch_size),
        )
        for size in sizes or dict.fromkeys(plan.max_batch_size for plan in known)
        for wait in waits_ms or dict.fromkeys(plan.max_wait_ms for plan in known)
    ]
    return [replace(plan, group_by_similarity=False) for plan in plans] if any_kind else plans


def limits_report(
    requests: Requests,
    plan: LimitPlan,
    settings: RateLimitingSettings,
    *,
    subject: str,
    warnings: Sequence[str] = (),
) -> LimitsReport:
    """Replay a trace through limits, and through others at shares of its busiest minute."""
    found = load(requests)
    clocked = with_clock(requests)
    has_traffic = bool((clocked.repeat == 0).any())
    tried = list(_tried(found, plan, settings)) if has_traffic else []
    n_left_out = len(requests) - len(clocked)
    left_out = (
        [f"{n_left_out} of {len(requests)} requests carry no time of their own: not replayed"]
        if n_left_out
        else []
    )
    return LimitsReport(
        subject=subject,
        n=len(requests),
        load=found,
        pressure=pressure(requests, (), window_s=settings.window_s),
        replay=_replayed(clocked, plan, settings) if has_traffic else None,
        tried=tuple(_replayed(clocked, one, settings) for _, one in tried),
        shares=tuple(share for share, _ in tried),
        timeout=timeout_of(requests, settings),
        warnings=(*warnings, *left_out),
    )


def batching_report(
    requests: Requests,
    plans: Sequence[BatchPlan],
    settings: BatchingSettings,
    *,
    subject: str,
    has_prompts: bool = True,
    warnings: Sequence[str] = (),
) -> BatchingReport:
    """Replay a trace through batchers; the intervals hold for all of them together.

    Args:
        requests: The trace.
        plans: The batchers.
        settings: What is asked of them.
        subject: The trace in words.
        has_prompts: Whether its texts are whole prompts; else only what was put into them.
        warnings: What a reader should know of it.
    """
    clocked = with_clock(requests)
    if not has_prompts:
        clocked = replace(clocked, texts=None)
    level = 1 - (1 - settings.level) / len(plans)
    has_traffic = bool((clocked.repeat == 0).any())
    replays = tuple(replay_batching(clocked, plan, level=level) for plan in plans if has_traffic)
    best = best_of(replays, settings) if replays else None
    return BatchingReport(
        subject=subject,
        n=len(requests),
        requests_per_second=pace_rps(requests),
        tick_s=tick_s(requests),
        replays=replays,
        best=None if best is None else replays.index(best),
        shortfall=None if best is None else shortfall(best, settings),
        warnings=tuple(warnings),
    )


def _spend_limits(
    config: Config, settings: RateLimitingSettings, workflow_id: str | None
) -> Iterator[SpendLimit]:
    yield SpendLimit(name=HOURLY, limit_usd=settings.max_cost_per_hour, period_s=SECONDS_OF_AN_HOUR)
    for one in config.budgets.limits:
        if one.workflow in (None, workflow_id):
            yield SpendLimit(
                name=one.name,
                limit_usd=one.daily_limit_usd,
                period_s=SECONDS_OF_A_DAY,
                tenant=one.tenant,
            )


def _replayed(requests: Requests, plan: LimitPlan, settings: RateLimitingSettings) -> LimitReplay:
    return replay_limits(requests, plan, level=settings.level)


def _tried(
    found: Load, plan: LimitPlan, settings: RateLimitingSettings
) -> Iterator[tuple[float, LimitPlan]]:
    """Yield limits of requests and tokens at shares of the busiest minute, nothing else limited."""
    if not found.peak_requests:
        return
    for share in sorted(settings.tried_shares):
        quota = Quota(
            max_requests_per_minute=share * found.peak_requests,
            max_tokens_per_minute=share * found.peak_tokens if found.peak_tokens else None,
        )
        yield (
            share,
            replace(plan, quota=quota, quotas=(), max_requests_per_second=None, spend_limits=()),
        )
