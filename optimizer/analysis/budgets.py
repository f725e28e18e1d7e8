"""Budgets against what was spent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from optimizer.history.queries.evidence import hourly_spend
from optimizer.history.store import History
from optimizer.models.budgets import (
    HOURS_OF_A_DAY,
    BudgetSettings,
    BudgetsSettings,
    BudgetState,
    BudgetStatus,
    HourlySpend,
    SpendRow,
)
from optimizer.stats.intervals import prediction_interval

DAY = timedelta(days=1)
FEWEST_DAYS = 2
"""One day has no spread."""

CUT_DAYS = 2
"""Days of hours beyond those looked at, so that none of them is cut off."""


def budget_states(
    history: History, settings: BudgetsSettings, *, as_of: datetime | None
) -> tuple[BudgetState, ...]:
    """Return where each budget stands on the newest day with a request; asks nothing for none.

    Args:
        history: An open history.
        settings: The budgets.
        as_of: Runs that ended later are not seen; None: all are.
    """
    if not settings.limits:
        return ()
    rows = hourly_spend(history, as_of=as_of, at=None, n_hours=_n_hours(settings))
    if not rows:
        return ()
    return _states(rows, settings, rows[-1].starts_at)


def budget_status(history: History, settings: BudgetsSettings, *, at: datetime) -> BudgetStatus:
    """Return where each budget stands at a moment, and what was spent day by day before it."""
    rows = hourly_spend(history, as_of=None, at=at, n_hours=_n_hours(settings))
    return BudgetStatus(at=at, states=_states(rows, settings, at), days=_days(rows))


def _n_hours(settings: BudgetsSettings) -> int:
    return HOURS_OF_A_DAY * (settings.max_days + CUT_DAYS)


def _states(
    rows: Sequence[HourlySpend], settings: BudgetsSettings, at: datetime
) -> tuple[BudgetState, ...]:
    return tuple(_state(rows, budget, settings, at) for budget in settings.limits)


def _state(
    rows: Sequence[HourlySpend], budget: BudgetSettings, settings: BudgetsSettings, at: datetime
) -> BudgetState:
    starts_at = _day_of(at, budget.reset_hour)
    first_at = starts_at - settings.max_days * DAY
    own = [row for row in rows if _counts(budget, row) and row.starts_at >= first_at]
    today = [row for row in own if row.starts_at >= starts_at]
    days = _by_day(own, starts_at, budget.reset_hour)
    next_day = _next_day(days, settings.level)
    priced = [row.largest_usd for row in own if row.largest_usd is not None]
    return BudgetState(
        name=budget.name,
        tenant=budget.tenant,
        workflow_id=budget.workflow,
        daily_limit_usd=budget.daily_limit_usd,
        per_request_limit_usd=budget.per_request_limit_usd,
        starts_at=starts_at,
        resets_at=starts_at + DAY,
        n_requests=sum(row.n_requests for row in today),
        n_priced=sum(row.n_priced for row in today),
        spent_usd=math.fsum(row.cost_usd for row in today),
        largest_usd=max(priced, default=None),
        n_days=len(days),
        n_days_over=sum(spent > budget.daily_limit_usd for spent in days),
        day_mean_usd=math.fsum(days) / len(days) if days else None,
        next_low_usd=next_day[0] if next_day else None,
        next_high_usd=next_day[1] if next_day else None,
        level=settings.level,
    )


def _counts(budget: BudgetSettings, row: HourlySpend) -> bool:
    is_tenant = budget.tenant is None or budget.tenant == row.tenant
    return is_tenant and (budget.workflow is None or budget.workflow == row.workflow_id)


def _day_of(at: datetime, reset_hour: int) -> datetime:
    """Return when the day of a budget began that a moment lies in."""
    reset_at = at.replace(hour=reset_hour, minute=0, second=0, microsecond=0)
    return reset_at if reset_at <= at else reset_at - DAY


def _by_day(rows: Iterable[HourlySpend], end_at: datetime, reset_hour: int) -> list[float]:
    """Return what was spent on each day before one, from the first with a request on."""
    spent: dict[datetime, float] = {}
    for row in rows:
        day_at = _day_of(row.starts_at, reset_hour)
        if day_at < end_at:
            spent[day_at] = spent.get(day_at, 0.0) + row.cost_usd
    if not spent:
        return []
    first_at = min(spent)
    n_days = (end_at - first_at) // DAY
    return [spent.get(first_at + i * DAY, 0.0) for i in range(n_days)]


def _next_day(days: Sequence[float], level: float) -> tuple[float, float] | None:
    """Return the bounds of what a day like the earlier ones spends, which is not below 0."""
    n = len(days)
    if n < FEWEST_DAYS:
        return None
    mean = math.fsum(days) / n
    sd = math.sqrt(math.fsum((day - mean) ** 2 for day in days) / (n - 1))
    found = prediction_interval(mean, sd, n, level=level)
    return max(found.low, 0.0), found.high


def _days(rows: Iterable[HourlySpend]) -> tuple[SpendRow, ...]:
    """Return what was spent by day (UTC), workflow and tenant, the newest day first."""
    found: dict[tuple[datetime, str, str | None], list[HourlySpend]] = {}
    for row in rows:
        key = (_day_of(row.starts_at, 0), row.workflow_id, row.tenant)
        found.setdefault(key, []).append(row)
    made = [
        SpendRow(
            day_at=day_at,
            workflow_id=workflow_id,
            tenant=tenant,
            n_requests=sum(row.n_requests for row in hours),
            n_priced=sum(row.n_priced for row in hours),
            cost_usd=math.fsum(row.cost_usd for row in hours),
        )
        for (day_at, workflow_id, tenant), hours in found.items()
    ]
    return tuple(sorted(made, key=lambda d: (-d.day_at.timestamp(), d.workflow_id, d.tenant or "")))
