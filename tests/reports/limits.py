"""Limits, batches and budgets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from optimizer.models.batching import BatchingReport, BatchPlan, BatchReplay
from optimizer.models.budgets import BudgetState, BudgetStatus, SpendRow
from optimizer.models.limits import (
    Adaptation,
    Breaches,
    LimitPlan,
    LimitReplay,
    LimitsReport,
    Load,
    Pressure,
    Quota,
    Sustained,
    TenantShare,
)
from optimizer.models.proposals import Fact
from reports.gallery.budget import budget
from reports.gallery.replay_batching import replay_batching
from reports.gallery.replay_limits import replay_limits

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def fact(name: str, estimate: float, low: float | None, high: float | None, n: int = 812) -> Fact:
    level = None if low is None else 0.95
    return Fact(name=name, n=n, estimate=estimate, low=low, high=high, level=level)


def replay(n_delayed: int, n_refused: int, **more: Any) -> LimitReplay:
    n = 812
    share = (n_delayed + n_refused) / n
    facts: dict[str, Any] = {
        "plan": LimitPlan(
            quota=Quota(max_requests_per_minute=60, max_tokens_per_minute=100_000.0),
            max_requests_per_second=100.0,
            burst=1.5,
        ),
        "n": n,
        "n_delayed": n_delayed,
        "n_refused": n_refused,
        "n_too_large": 0,
        "n_over_budget": 0,
        "n_unknown_tokens": 0,
        "n_unpriced": 0,
        "throttled": fact("throttled_share", share, max(share - 0.03, 0), min(share + 0.03, 1)),
        "delay_p50_ms": 0.0,
        "delay_p95_ms": 4120.5,
        "delay_p99_ms": 9034.0,
        "delay_max_ms": 12_045.0,
        "fairness": None,
        "tenants": (),
        "breaches": (),
    }
    return LimitReplay(**(facts | more))


def tenant(name: str | None, n: int, n_delayed: int, n_refused: int) -> TenantShare:
    return TenantShare(
        tenant=name,
        n=n,
        n_delayed=n_delayed,
        n_refused=n_refused,
        on_time=(n - n_delayed - n_refused) / n,
        delay_mean_ms=None if n_refused == n else 812.3,
        cost_usd=1.25,
    )


LOAD = Load(
    n=815,
    span_s=3436.0,
    n_clocked=815,
    requests_per_minute=14.23,
    tokens_per_minute=29_641.2,
    peak_requests=92,
    peak_tokens=188_412.0,
    tokens_mean=2083.4,
    cost_mean_usd=0.0042,
)
UNCLOCKED = Load(
    n=815,
    span_s=0.0,
    n_clocked=0,
    requests_per_minute=None,
    tokens_per_minute=None,
    peak_requests=None,
    peak_tokens=None,
    tokens_mean=None,
    cost_mean_usd=None,
)
CALM = Pressure(
    n=815, n_throttled=0, n_failed=3, longest=815, sustained=None, n_calm=0, n_calm_throttled=0
)
PRESSED = Pressure(
    n=815,
    n_throttled=130,
    n_failed=131,
    longest=212,
    sustained=Sustained(per_minute=58.0, n=58, window_s=60.0, source="window"),
    n_calm=600,
    n_calm_throttled=2,
)


def limits_report(found: LimitReplay | None, **more: Any) -> LimitsReport:
    facts: dict[str, Any] = {
        "subject": "traffic.jsonl",
        "n": 815,
        "load": LOAD,
        "pressure": CALM,
        "replay": found,
        "tried": (),
        "shares": (),
        "timeout": None,
    }
    return LimitsReport(**(facts | more))


def batches(size: int, wait_ms: float, **more: Any) -> BatchReplay:
    facts: dict[str, Any] = {
        "plan": BatchPlan(max_batch_size=size, max_wait_ms=wait_ms, min_batch_size=5),
        "n": 812,
        "n_batches": 812 // size + 9,
        "n_urgent": 4,
        "n_worthwhile": 780,
        "n_deadlines": 12,
        "n_unmeetable": 1,
        "n_missed": 0,
        "efficiency": fact("batch_efficiency", 0.912, 0.88, 0.944, 171),
        "requests_per_batch": 4.75,
        "saved_calls": fact("saved_calls", 0.789, 0.771, 0.805, 171),
        "wait_mean_ms": fact("added_wait_ms", 0.4 * wait_ms, 0.35 * wait_ms, 0.45 * wait_ms, 171),
        "wait_p50_ms": 0.4 * wait_ms,
        "wait_p95_ms": 0.95 * wait_ms,
        "latency_relative": fact("latency_relative", 0.0213, 0.0201, 0.0225, 171),
        "tokens_relative": fact("tokens_relative", -0.141, -0.162, -0.12, 171),
        "tokens_note": None,
    }
    return BatchReplay(**(facts | more))


def batching_report(*found: BatchReplay, **more: Any) -> BatchingReport:
    facts: dict[str, Any] = {
        "subject": "traffic.jsonl",
        "n": 815,
        "requests_per_second": 212.5,
        "tick_s": 0.001,
        "replays": found,
        "best": 0 if found else None,
        "shortfall": None,
    }
    return BatchingReport(**(facts | more))


def state(name: str, spent: float, **more: Any) -> BudgetState:
    facts: dict[str, Any] = {
        "name": name,
        "tenant": None,
        "workflow_id": None,
        "daily_limit_usd": 5.0,
        "per_request_limit_usd": None,
        "starts_at": NOON - DAY / 2,
        "resets_at": NOON + DAY / 2,
        "n_requests": 640,
        "n_priced": 640,
        "spent_usd": spent,
        "largest_usd": 0.0421,
        "n_days": 7,
        "n_days_over": 1,
        "day_mean_usd": 3.41,
        "next_low_usd": 0.92,
        "next_high_usd": 5.9,
        "level": 0.95,
    }
    return BudgetState(**(facts | more))


def spent(days_ago: int, tenant: str | None, n_priced: int, cost: float) -> SpendRow:
    return SpendRow(
        day_at=NOON - DAY / 2 - days_ago * DAY,
        workflow_id="support",
        tenant=tenant,
        n_requests=320,
        n_priced=n_priced,
        cost_usd=cost,
    )


def budgets(*states: BudgetState, days: tuple[SpendRow, ...] = ()) -> BudgetStatus:
    return BudgetStatus(at=NOON, states=states, days=days)


SHOWN = partial(budget, limit=2)
CASES = {
    "replay_limits": (
        replay_limits,
        (
            limits_report(
                replay(
                    200,
                    17,
                    n_too_large=2,
                    n_over_budget=15,
                    n_unknown_tokens=4,
                    n_unpriced=9,
                    fairness=0.942,
                    tenants=(tenant("blue", 600, 180, 7), tenant(None, 212, 20, 10)),
                    breaches=(
                        Breaches(
                            name="max_cost_per_hour",
                            limit_usd=10.0,
                            n_periods=3,
                            n_before=1,
                            n_after=0,
                            most_before_usd=12.41,
                            most_after_usd=9.998,
                        ),
                    ),
                ),
                pressure=PRESSED,
                tried=(replay(400, 0), replay(0, 0)),
                shares=(0.5, 1.0),
                timeout=Fact(
                    name="latency_ms",
                    n=812,
                    estimate=4200.0,
                    high=5120.0,
                    level=0.95,
                    threshold=0.99,
                ),
                warnings=("3 of 815 requests carry no time of their own: not replayed",),
            ),
        ),
    ),
    "replay_limits-empty": (
        replay_limits,
        (limits_report(None, load=UNCLOCKED, warnings=("815 rows have one time",)),),
    ),
    "replay_limits-hard": (
        replay_limits,
        (
            limits_report(
                replay(
                    0,
                    0,
                    plan=LimitPlan(
                        quota=Quota(max_requests_per_minute=0.5),
                        burst=1.0,
                        hard=True,
                        adaptation=Adaptation(
                            increase_per_minute=0.1, decrease=0.5, least=0.1, cooldown_s=1.0
                        ),
                    ),
                    delay_p95_ms=None,
                    delay_p50_ms=None,
                    delay_p99_ms=None,
                    delay_max_ms=None,
                )
            ),
        ),
    ),
    "replay_batching": (
        replay_batching,
        (batching_report(batches(5, 100.0), batches(10, 100.0, efficiency=None)),),
    ),
    "replay_batching-empty": (
        replay_batching,
        (batching_report(requests_per_second=None, tick_s=None),),
    ),
    "replay_batching-coarse": (
        replay_batching,
        (batching_report(batches(5, 100.0), tick_s=3.0),),
    ),
    "replay_batching-poor": (
        replay_batching,
        (
            batching_report(
                batches(
                    20,
                    100.0,
                    saved_calls=fact("saved_calls", 0.1, None, None, 1),
                    latency_relative=None,
                    tokens_relative=None,
                    tokens_note="prompt text was not recorded",
                ),
                shortfall="makes too few batches to be sure: 1",
                warnings=("2 rows were left out",),
            ),
        ),
    ),
    "budget": (
        SHOWN,
        (
            budgets(
                state("all", 5.25, per_request_limit_usd=0.04),
                state(
                    "blue",
                    2.1,
                    tenant="blue",
                    workflow_id="support",
                    n_priced=600,
                    n_days=0,
                    n_days_over=0,
                    day_mean_usd=None,
                    next_low_usd=None,
                    next_high_usd=None,
                ),
                days=(spent(0, "blue", 320, 2.1), spent(0, None, 0, 0.0), spent(1, None, 9, 0.4)),
            ),
        ),
    ),
    "budget-soon": (SHOWN, (budgets(state("all", 4.0, next_low_usd=5.1)),)),
    "budget-kept": (SHOWN, (budgets(state("all", 4.0)),)),
    "budget-empty": (SHOWN, (budgets(),)),
}
