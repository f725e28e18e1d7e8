from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optimizer.models.budgets import BudgetState
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, DecisionType
from optimizer.models.requests import Requests
from optimizer.models.summaries import RunPoint, WindowSummary
from optimizer.pipeline.studies import with_studies
from optimizer.strategies.rate_limiting import RateLimiting, RateLimitingSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]
Trace = Callable[..., Requests]


def ask(evidence: Evidence, **settings: Any) -> Answer:
    strategy = RateLimiting(RateLimitingSettings(**settings))
    return strategy.propose(with_studies([strategy], evidence, {})[0])


def budget(spent: float, limit: float, **more: Any) -> BudgetState:
    fields: dict[str, Any] = {
        "name": "all",
        "tenant": None,
        "workflow_id": None,
        "daily_limit_usd": limit,
        "per_request_limit_usd": None,
        "starts_at": NOON,
        "resets_at": NOON + timedelta(days=1),
        "n_requests": 100,
        "n_priced": 100,
        "spent_usd": spent,
        "largest_usd": 0.1,
        "n_days": 0,
        "n_days_over": 0,
        "day_mean_usd": None,
        "next_low_usd": None,
        "next_high_usd": None,
        "level": 0.95,
    }
    return BudgetState(**(fields | more))


def point(n: int, duration_s: float) -> RunPoint:
    return RunPoint(
        run_id="r",
        workflow_id="wf",
        variant_id="id-v1",
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=duration_s),
        n=n,
        n_succeeded=n,
        n_bad=0,
        score_mean=None,
        score_sd=None,
        latency_mean_ms=None,
        latency_sd_ms=None,
        cost_mean_usd=None,
        cost_sd_usd=None,
        tokens_mean=None,
    )


def changes(answer: Answer) -> dict[str, Any]:
    return {one.setting: one.new for one in answer.proposals[0].changes}


def facts(answer: Answer) -> dict[str, float]:
    return {one.name: one.estimate for one in answer.proposals[0].facts}


def test_proposes_the_rate_that_went_through(occasion: Callable[[str], Evidence]) -> None:
    answer = ask(occasion("rate_limiting"))
    (proposal,) = answer.proposals
    assert proposal.type is DecisionType.ADJUST_RATE_LIMITS
    # a request every 7 s: 9 in the minute from the first one on
    assert changes(answer) == {"limits.requests_per_minute": 9}
    assert facts(answer)["refused_rate"] == 490 / 500
    (effect,) = proposal.effects
    # the first ten were answered, and the first of the rush came in a calm minute too
    assert effect.metric == "success_rate"
    assert effect.low > 0.5


def test_a_run_without_times_is_known_by_its_length(
    evidence: Make, window: Window, trace: Trace
) -> None:
    requests = trace([0.0] * 150, throttled=[False] * 20 + [True] * 130)
    found = replace(
        evidence(window("v1", 20, 150)),
        requests=replace(requests, runs=("r",)),
        runs=(point(150, 89.37),),
    )
    answer = ask(found)
    assert changes(answer) == {"limits.requests_per_minute": 13}
    assert answer.proposals[0].effects == ()
    assert "no times of their own" in answer.proposals[0].effects_note


def test_nothing_is_proposed_where_the_trace_does_not_tell_a_rate(
    evidence: Make, window: Window, trace: Trace
) -> None:
    requests = trace([0.0] * 150, throttled=[False] * 20 + [True] * 130)
    answer = ask(replace(evidence(window("v1", 20, 150)), requests=requests))
    assert answer.proposals == ()
    assert "130 of 150 requests were refused" in answer.silence


def test_one_refusal_in_a_hundred_is_too_little_to_be_sure(
    evidence: Make, window: Window, trace: Trace
) -> None:
    requests = trace(range(100), throttled=[True] * 2 + [False] * 98)
    answer = ask(replace(evidence(window("v1", 98, 100)), requests=requests))
    assert answer.proposals == ()
    assert "not enough data: 2 of 100" in answer.silence


def test_failures_that_are_no_refusals_are_not_cured_by_a_limit(
    evidence: Make, window: Window, trace: Trace
) -> None:
    found = replace(evidence(window("v1", 0, 100)), requests=trace(range(100), failed=[True] * 100))
    assert "0 of 100 requests were refused" in ask(found).silence


def test_refusals_of_another_variant_do_not_count(
    evidence: Make, window: Window, trace: Trace
) -> None:
    requests = replace(
        trace(range(100), throttled=[True] * 100, variant=[1] * 100),
        variants=("id-v1", "id-v2"),
    )
    found = replace(evidence(window("v1", 100, 100)), requests=requests)
    assert "no request of v1 is known" in ask(found).silence


def test_an_exceeded_budget_throttles(evidence: Make, window: Window, trace: Trace) -> None:
    requests = trace([60.0 * i for i in range(100)], cost_usd=[0.09, 0.11] * 50)
    found = replace(
        evidence(window("v1", 100, 100)), requests=requests, budgets=(budget(10.0, 4.0),)
    )
    answer = ask(found)
    assert changes(answer)["limits.cost_per_day_usd"] == 4
    # 4 USD at up to about 0.102 USD each are 39 requests of 1440 minutes
    assert changes(answer)["limits.requests_per_minute"] == pytest.approx(0.027, abs=0.001)
    assert "budget all is exceeded: 10 of 4 USD" in answer.proposals[0].rationale
    assert any(
        "1 of 1 periods exceeded 4 USD in the trace, 0 would" in note
        for note in answer.proposals[0].notes
    )
    kept = replace(found, budgets=(budget(3.9, 4.0),))
    assert ask(kept).silence == (
        "0 of 100 requests were refused for too many of them, and 1 budget is kept"
    )


def test_a_budget_that_the_next_day_exceeds_beyond_doubt_throttles(
    evidence: Make, window: Window, trace: Trace
) -> None:
    likely = budget(1.0, 4.0, n_days=9, day_mean_usd=5.0, next_low_usd=4.5, next_high_usd=5.5)
    found = replace(evidence(window("v1", 100, 100)), requests=trace(range(100)), budgets=(likely,))
    answer = ask(found)
    assert changes(answer) == {"limits.cost_per_day_usd": 4}
    assert "a next day spends at least 4.5" in answer.proposals[0].rationale
    unsure = replace(likely, next_low_usd=3.9)
    assert ask(replace(found, budgets=(unsure,))).proposals == ()


def test_the_budget_of_a_tenant_limits_that_tenant(
    evidence: Make, window: Window, trace: Trace
) -> None:
    requests = trace(range(100), tenants=["a", "b"] * 50, cost_usd=[1.0] * 100)
    found = replace(
        evidence(window("v1", 100, 100)),
        requests=requests,
        budgets=(budget(50.0, 20.0, tenant="a"),),
    )
    assert changes(ask(found, max_cost_per_hour=1000)) == {"limits.tenants.a.cost_per_day_usd": 20}


def test_an_hour_that_costs_too_much_is_limited(
    evidence: Make, window: Window, trace: Trace
) -> None:
    requests = trace([60.0 * i for i in range(120)], cost_usd=[0.5] * 120)
    found = replace(evidence(window("v1", 120, 120)), requests=requests)
    assert changes(ask(found)) == {"limits.cost_per_hour_usd": 10}
    assert "2 of 2 hours cost more than 10 USD" in ask(found).proposals[0].rationale
    assert ask(found, max_cost_per_hour=30).proposals == ()


def test_tenants_share_the_limit_fairly(evidence: Make, window: Window, trace: Trace) -> None:
    # in 100 s of one request a second, every fourth of a small tenant, then a refused rush
    at_s = [float(i) for i in range(100)] + [100 + i / 1000 for i in range(300)]
    tenants = (["small", "big", "big", "big"] * 100)[:400]
    requests = trace(at_s, tenants=tenants, throttled=[False] * 100 + [True] * 300)
    answer = ask(replace(evidence(window("v1", 100, 400)), requests=requests))
    limit = changes(answer)
    assert limit["limits.requests_per_minute"] == 60
    # each asks for more than half of 60 a minute
    assert limit["limits.tenants.small.requests_per_minute"] == 30
    assert limit["limits.tenants.big.requests_per_minute"] == 30


def test_tokens_never_go_beyond_the_setting(evidence: Make, window: Window, trace: Trace) -> None:
    at_s = [float(i) for i in range(100)] + [100 + i / 1000 for i in range(300)]
    refused = [False] * 100 + [True] * 300
    requests = trace(at_s, throttled=refused, tokens_in=[4000] * 400, tokens_out=[0] * 400)
    found = replace(evidence(window("v1", 100, 400)), requests=requests)
    assert changes(ask(found))["limits.tokens_per_minute"] == 100_000
    assert changes(ask(found, max_tokens_per_minute=1e6))["limits.tokens_per_minute"] == 240_000


def test_a_timeout_is_recommended_from_300_answers_on(
    evidence: Make, window: Window, trace: Trace
) -> None:
    at_s = [float(i) for i in range(300)] + [300 + i / 1000 for i in range(100)]
    refused = [False] * 300 + [True] * 100
    requests = trace(at_s, throttled=refused, failed=refused, latency_ms=range(400))
    notes = ask(replace(evidence(window("v1", 300, 400)), requests=requests)).proposals[0].notes
    # P(all 300 below the quantile) = 0.99^300 = 0.049: the longest is an upper bound
    assert any("A timeout of 299 ms" in note for note in notes)
    assert any("(300 answers)" in note for note in notes)


def test_a_run_that_is_not_in_the_trace_whole_does_not_tell_its_rate(
    evidence: Make, window: Window, trace: Trace
) -> None:
    requests = replace(trace([0.0] * 150, throttled=[True] * 130 + [False] * 20), runs=("r",))
    found = replace(evidence(window("v1", 20, 150)), requests=requests, runs=(point(151, 89.37),))
    assert "130 of 150" in ask(found).silence
