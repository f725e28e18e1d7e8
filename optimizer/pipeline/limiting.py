"""Traces through limits and batchers, as somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.config.tree import Config
from optimizer.history.queries.evidence import requests as stored_requests
from optimizer.history.store import History
from optimizer.models.batching import BatchingReport, BatchPlan
from optimizer.models.errors import SelectionError
from optimizer.models.limits import LimitPlan, LimitReplay, LimitsReport, Load, Quota, SpendLimit
from optimizer.pipeline.workflow import require_workflow
from optimizer.replay.batching import replay_batching
from optimizer.replay.limits import replay_limits
from optimizer.replay.pressure import load, pressure, tick_s, with_clock
from optimizer.strategies.batching import Batching, BatchingSettings, best_of, shortfall
from optimizer.strategies.rate_limiting import (
    HOURLY,
    RateLimiting,
    RateLimitingSettings,
    timeout_of,
)

if TYPE_CHECKING:
    from optimizer.models.requests import Requests

SECONDS_OF_AN_HOUR = 3600.0
SECONDS_OF_A_DAY = 86_400.0
SECONDS_OF_A_MINUTE = 60.0


def workflow_requests(
    history: History, workflow_id: str, *, max_tasks: int, as_of: datetime | None = None
) -> Requests:
    """Return the newest tasks of a workflow as a trace.

    Raises:
        SelectionError: There is no such workflow, or nothing in it has run.
    """
    require_workflow(history, workflow_id)
    found = stored_requests(history, workflow_ids=[workflow_id], as_of=as_of, max_tasks=max_tasks)
    if workflow_id not in found:
        raise SelectionError(f"workflow {workflow_id!r}: no task was begun, expected at least one")
    return found[workflow_id]


def limit_plan(config: Config, *, workflow_id: str | None = None) -> LimitPlan:
    """Return the limits that the settings say: those of the strategy, and the budgets."""
    settings = limit_settings(config)
    hourly = SpendLimit(
        name=HOURLY, limit_usd=settings.max_cost_per_hour, period_s=SECONDS_OF_AN_HOUR
    )
    budgets = [
        SpendLimit(
            name=one.name,
            limit_usd=one.daily_limit_usd,
            period_s=SECONDS_OF_A_DAY,
            tenant=one.tenant,
        )
        for one in config.budgets.limits
        if one.workflow in (None, workflow_id)
    ]
    return LimitPlan(
        quota=Quota(max_tokens_per_minute=settings.max_tokens_per_minute),
        max_requests_per_second=settings.max_requests_per_second,
        burst=settings.burst_multiplier,
        spend_limits=(hourly, *budgets),
        adaptation=settings.adaptation(),
    )


def limit_settings(config: Config) -> RateLimitingSettings:
    """Return the settings of the strategy."""
    return RateLimitingSettings.model_validate(
        config.strategies.of(RateLimiting).model_dump(
            include=set(RateLimitingSettings.model_fields)
        )
    )


def batch_settings(config: Config) -> BatchingSettings:
    """Return the settings of the strategy."""
    return BatchingSettings.model_validate(
        config.strategies.of(Batching).model_dump(include=set(BatchingSettings.model_fields))
    )


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
    warnings: Sequence[str] = (),
) -> BatchingReport:
    """Replay a trace through batchers; the intervals hold for all of them together."""
    clocked = with_clock(requests)
    rate = load(requests).requests_per_minute
    level = 1 - (1 - settings.level) / len(plans)
    has_traffic = bool((clocked.repeat == 0).any())
    replays = tuple(replay_batching(clocked, plan, level=level) for plan in plans if has_traffic)
    best = best_of(replays, settings) if replays else None
    return BatchingReport(
        subject=subject,
        n=len(requests),
        requests_per_second=None if rate is None else rate / SECONDS_OF_A_MINUTE,
        tick_s=tick_s(requests),
        replays=replays,
        best=None if best is None else replays.index(best),
        shortfall=None if best is None else shortfall(best, settings),
        warnings=tuple(warnings),
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
