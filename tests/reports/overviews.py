"""All workflows side by side, and what changed in a period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from optimizer.models.decisions import AuditEntry, DecisionState
from optimizer.models.drift import (
    Anomaly,
    AnomalyReport,
    AnomalySeverity,
    AnomalyType,
    DriftFinding,
    DriftMethod,
    DriftReport,
)
from optimizer.models.overview import (
    ChangeKind,
    Period,
    PeriodDecision,
    PeriodFigures,
    PeriodReview,
    Portfolio,
    Shift,
    Span,
    Standing,
    StateCount,
    Waiting,
    WaitKind,
    Watched,
    WorkflowChange,
    WorkflowRow,
    WorkflowState,
)
from optimizer.models.performance import RunPerformance, WorkflowPerformance
from optimizer.models.proposals import Effect
from optimizer.models.summaries import Reject
from reports.gallery.performance import performance
from reports.gallery.period import period
from reports.gallery.portfolio import portfolio

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEVEL = 0.995


def effect(metric: str, estimate: float, low: float, high: float) -> Effect:
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=LEVEL, n=60, estimator="tango"
    )


FELL = Shift(
    kind=ChangeKind.WORSE,
    n_shared=60,
    effects=(
        effect("success_rate", -0.1333, -0.2501, -0.0312),
        effect("latency_relative", 0.214, 0.101, 0.332),
        effect("cost_relative", -0.02, -0.11, 0.08),
    ),
)
ROSE = Shift(
    kind=ChangeKind.BETTER,
    n_shared=60,
    effects=(effect("success_rate", 0.2, 0.05, 0.37), effect("cost_relative", -0.38, -0.5, -0.2)),
)
STEADY = Shift(
    kind=ChangeKind.STEADY, n_shared=60, effects=(effect("success_rate", 0.0, -0.08, 0.08),)
)
SLOWER = Shift(
    kind=ChangeKind.STEADY,
    n_shared=60,
    effects=(
        effect("success_rate", 0.01, -0.07, 0.09),
        effect("latency_relative", 0.569, 0.536, 0.603),
    ),
)
FEW = Shift(kind=ChangeKind.UNKNOWN, n_shared=4)


DEARER = Shift(
    kind=ChangeKind.STEADY,
    n_shared=48,
    effects=(
        effect("success_rate", 0.073, -0.02, 0.16),
        effect("latency_relative", 0.569, 0.5, 0.63),
        effect("tokens_relative", 0.732, 0.7, 0.76),
    ),
)


def row(name: str, **more: Any) -> WorkflowRow:
    facts: dict[str, Any] = {
        "workflow_id": name,
        "n_runs": 9,
        "last_finished_at": NOON - DAY,
        "variant_id": "0123456789abcdef",
        "variant": "clear",
        "n_completed": 120,
        "n_succeeded": 107,
        "success_rate": 107 / 120,
        "success_low": 0.823,
        "success_high": 0.936,
        "is_unjudged": False,
        "rates": (0.8, 0.9, None, 0.85, 0.892),
        "n_recent": 1080,
        "n_priced": 1080,
        "cost_total_usd": 2.304,
        "decision_id": None,
        "has_baseline": True,
        "n_experiments": 0,
    }
    return WorkflowRow(**(facts | more))


def standing(name: str, state: WorkflowState, shift: Shift = STEADY, **more: Any) -> Standing:
    return Standing(row=row(name, **more), state=state, shift=shift)


def all_workflows(*found: Standing, **more: Any) -> Portfolio:
    states = [one.state for one in found]
    facts: dict[str, Any] = {
        "at": NOON,
        "min_success_rate": 0.8,
        "stale_days": 14.0,
        "spend_days": 30,
        "min_cases": 20,
        "level": 0.95,
        "level_each": LEVEL,
        "counts": tuple(
            StateCount(state=state, n=states.count(state)) for state in dict.fromkeys(states)
        ),
        "n_recent": 5400,
        "n_priced": 3240,
        "cost_total_usd": 6.912,
        "workflows": found,
    }
    return Portfolio(**(facts | more))


PENDING = {"decision_id": "d4c0ffee0123456789abcdef01234567"}
NEEDY = (
    standing(
        "billing",
        WorkflowState.FAILING,
        FELL,
        n_succeeded=70,
        success_rate=70 / 120,
        success_low=0.494,
        success_high=0.668,
        rates=(0.8, 0.79, 0.6, 0.583),
    ),
    standing("support's <b>| desk", WorkflowState.DRIFTING, FELL, variant="vague"),
    standing("客服", WorkflowState.WAITING, ROSE, n_experiments=2, **PENDING),
    standing(
        "مساعد",
        WorkflowState.UNMEASURED,
        FEW,
        n_completed=0,
        n_succeeded=0,
        success_rate=None,
        success_low=None,
        success_high=None,
        rates=(None,),
        n_priced=0,
        cost_total_usd=None,
    ),
    standing("archive", WorkflowState.STALE, last_finished_at=NOON - 40 * DAY, cost_total_usd=None),
    standing("draft", WorkflowState.UNSETTLED, success_low=0.71, rates=(0.81,), n_completed=40),
    standing("search", WorkflowState.HEALTHY),
)


def figures(name: str, *, is_now: bool, n_succeeded: int = 100, **more: Any) -> PeriodFigures:
    facts: dict[str, Any] = {
        "workflow_id": name,
        "is_now": is_now,
        "n_runs": 3,
        "n_tasks": 361,
        "n_completed": 360,
        "n_priced": 300,
        "cost_total_usd": 0.71 if is_now else 0.64,
        "n_unjudged": 0,
        "variant_id": "0123456789abcdef",
        "variant": "clear",
        "n_own": 120,
        "n_succeeded": n_succeeded,
        "n_cases": 60,
        "success_rate": n_succeeded / 120,
        "success_low": n_succeeded / 120 - 0.07,
        "success_high": min(1.0, n_succeeded / 120 + 0.06),
    }
    return PeriodFigures(**(facts | more))


def change(name: str, shift: Shift, n_before: int, n_now: int, **more: Any) -> WorkflowChange:
    return WorkflowChange(
        workflow_id=name,
        before=figures(name, is_now=False, n_succeeded=n_before),
        now=figures(name, is_now=True, n_succeeded=n_now, **more),
        shift=shift,
    )


def review(*changes: WorkflowChange, **more: Any) -> PeriodReview:
    facts: dict[str, Any] = {
        "period": Period.WEEK,
        "workflow_id": None,
        "before": Span(starts_at=NOON - 14 * DAY, ends_at=NOON - 7 * DAY),
        "now": Span(starts_at=NOON - 7 * DAY, ends_at=NOON),
        "level": 0.95,
        "level_each": LEVEL,
        "min_cases": 20,
        "changes": changes,
        "decisions": (),
        "experiments": (),
        "activity": (),
        "rejects": (),
        "waiting": (),
        "watched": (),
        "n_unwatched": 0,
        "newest_at": NOON - DAY,
    }
    return PeriodReview(**(facts | more))


DRIFT = DriftReport(
    workflow_id="billing",
    variant_id="0123456789abcdef",
    findings=(
        DriftFinding(
            metric="latency",
            method=DriftMethod.PAIRED,
            is_drifting=True,
            statistic=9.1,
            threshold=None,
            p_value=0.0002,
            before=231.4,
            after=280.9,
            n_before=360,
            n_after=120,
            changed_at=NOON - DAY,
        ),
    ),
    not_looked_at=(),
)
ANOMALIES = AnomalyReport(
    workflow_id="billing",
    variant_id="0123456789abcdef",
    anomalies=(
        Anomaly(
            type=AnomalyType.QUALITY_DROP,
            severity=AnomalySeverity.HIGH,
            metric="success",
            method="z",
            value=0.58,
            expected=0.8,
            distance=5.1,
            threshold=3.5,
            n_reference=12,
            at=NOON - DAY,
            run_id="nightly-12",
            task_id=None,
        ),
    ),
    n_looked_at=121,
    not_looked_at=(),
)


def decided(name: str, state: DecisionState, n: int = 1, **more: Any) -> PeriodDecision:
    facts: dict[str, Any] = {
        "decision_id": "d4c0ffee0123456789abcdef01234567",
        "workflow_id": name,
        "decided_at": NOON - 2 * DAY,
        "state": state,
        "n_proposals": n,
        "outcome": None,
    }
    return PeriodDecision(**(facts | more))


LINE = AuditEntry(
    seq=12,
    logged_at=NOON - DAY,
    actor="maria",
    action="prompt.moved",
    subject="prompts/support.txt",
    detail='{"from":"confirmed","to":"in_force","version":"1.1.0"}',
    previous_hash="0" * 64,
    hash="1" * 64,
)

EVENTFUL = review(
    change("billing", FELL, 100, 84, variant="few_shot", variant_id="fedcba9876543210"),
    change("tiny", FEW, 2, 3, n_own=4, success_rate=0.75),
    WorkflowChange(
        workflow_id="archive",
        before=figures("archive", is_now=False),
        now=None,
        shift=Shift(kind=ChangeKind.STOPPED, n_shared=0),
    ),
    WorkflowChange(
        workflow_id="客服",
        before=None,
        now=figures("客服", is_now=True, n_unjudged=1, n_priced=0, cost_total_usd=None),
        shift=Shift(kind=ChangeKind.NEW, n_shared=0),
    ),
    change("search", STEADY, 96, 96),
    change("support", ROSE, 80, 104),
    decisions=(
        decided("billing", DecisionState.PENDING),
        decided("support", DecisionState.COMPLETED, outcome="partial_success"),
        decided("search", DecisionState.COMPLETED, 0),
    ),
    activity=(LINE,),
    rejects=(Reject(path="runs/bad.json", reason="line 3: found '{'", rejected_at=NOON - DAY),),
    waiting=(
        Waiting(
            kind=WaitKind.VERSION,
            workflow_id=None,
            subject="prompts/desk one.txt@1.1.0",
            since=NOON - 9 * DAY,
        ),
        Waiting(
            kind=WaitKind.DECISION,
            workflow_id="billing",
            subject="d4c0ffee0123456789abcdef01234567",
            since=NOON - 2 * DAY,
        ),
        Waiting(kind=WaitKind.BASELINE, workflow_id="客服", subject="客服", since=NOON - DAY),
    ),
    watched=(
        Watched(workflow_id="billing", drift=DRIFT, anomalies=ANOMALIES),
        Watched(workflow_id="search", drift=None, anomalies=None),
    ),
    n_unwatched=3,
)


def run(place: int, **more: Any) -> RunPerformance:
    facts: dict[str, Any] = {
        "run_id": f"nightly-{place:02}",
        "variant": "clear",
        "started_at": NOON + place * DAY,
        "n_completed": 120,
        "elapsed_s": 115.2 + place,
        "n_latency": 90,
        "latency_p50_ms": 217.6 + 10 * place,
        "latency_p95_ms": 301.1 + 20 * place,
        "latency_p99_ms": 355.0 + 40 * place,
        "n_cost": 90,
        "cost_mean_usd": 0.00213,
        "cost_total_usd": 0.2518,
        "n_tokens": 120,
        "tokens_mean": 59.25,
        "tokens_total": 7110,
        "n_cache_known": 120,
        "n_cached": 30 * (place % 2),
    }
    return RunPerformance(**(facts | more))


NOTHING = {
    name: None
    for name in (
        "latency_p50_ms",
        "latency_p95_ms",
        "latency_p99_ms",
        "cost_mean_usd",
        "cost_total_usd",
        "tokens_mean",
        "tokens_total",
    )
} | {"n_latency": 0, "n_cost": 0, "n_tokens": 0, "n_cache_known": 0, "n_cached": 0}


def taken(*runs: RunPerformance, **more: Any) -> WorkflowPerformance:
    facts: dict[str, Any] = {
        "workflow_id": "support",
        "n_runs": len(runs),
        "runs": runs,
        "variant": "clear",
        "earlier_runs": 5,
        "shift": FELL,
        "level": 0.95,
        "level_each": LEVEL,
    }
    return WorkflowPerformance(**(facts | more))


CASES = {
    "performance": (
        performance,
        (
            taken(
                run(0, variant="vague"),
                run(1),
                run(2, variant=None),
                run(3, **NOTHING),
                run(4),
                n_runs=9,
            ),
        ),
    ),
    "performance-empty": (
        performance,
        (taken(shift=None, level_each=None, variant=None),),
    ),
    "performance-one": (
        performance,
        (taken(run(0, **NOTHING, elapsed_s=0.0, n_completed=0), shift=None, level_each=None),),
    ),
    "performance-steady": (performance, (taken(run(0), run(1), shift=STEADY),)),
    "portfolio": (portfolio, (all_workflows(*NEEDY),)),
    "portfolio-empty": (
        portfolio,
        (all_workflows(n_recent=0, n_priced=0, cost_total_usd=None, level_each=None),),
    ),
    "portfolio-many": (
        portfolio,
        (
            all_workflows(
                *NEEDY[:1],
                counts=(
                    StateCount(state=WorkflowState.FAILING, n=3),
                    StateCount(state=WorkflowState.HEALTHY, n=4997),
                ),
                level_each=0.9999975,
            ),
        ),
    ),
    "portfolio-one": (
        portfolio,
        (
            all_workflows(
                standing(
                    "search",
                    WorkflowState.HEALTHY,
                    Shift(kind=ChangeKind.NEW, n_shared=0),
                    rates=(0.892,),
                ),
                level_each=None,
                n_recent=120,
                n_priced=0,
                cost_total_usd=None,
            ),
        ),
    ),
    "period": (period, (EVENTFUL,)),
    "period-empty": (period, (review(level_each=None, newest_at=None),)),
    "period-quiet": (
        period,
        (review(level_each=None, workflow_id="search", period=Period.QUARTER),),
    ),
    "period-new": (
        period,
        (
            review(
                WorkflowChange(
                    workflow_id="search",
                    before=None,
                    now=figures("search", is_now=True),
                    shift=Shift(kind=ChangeKind.NEW, n_shared=0),
                ),
                level_each=None,
            ),
        ),
    ),
    "period-few": (period, (review(change("tiny", FEW, 2, 3), level_each=None),)),
    "period-slower": (period, (review(change("search", SLOWER, 96, 97)),)),
    "period-better": (
        partial(period, limit=1),
        (review(change("search", STEADY, 96, 96), change("support", ROSE, 80, 104)),),
    ),
    "period-dearer": (period, (review(change("sentiment", DEARER, 79, 91)),)),
}
