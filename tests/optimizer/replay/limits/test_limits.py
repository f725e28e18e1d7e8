from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor_bridge.traces import read_trace
from optimizer.models.limits import Adaptation, LimitPlan, Quota, Refusal, SpendLimit
from optimizer.models.requests import Requests
from optimizer.replay.limiter import pass_through
from optimizer.replay.limits import replay_limits

AZURE = Path(__file__).parents[5] / "shared/data/traces/azure_llm_2023_code.csv"

Trace = Callable[..., Requests]

arrivals = st.lists(
    st.tuples(
        st.floats(0, 300),
        st.integers(1, 4),
        st.sampled_from(["a", "b", "c"]),
        st.one_of(st.none(), st.floats(0, 5)),
        st.integers(0, 400),
        st.integers(0, 1),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)
plans = st.builds(
    LimitPlan,
    quota=st.builds(
        Quota,
        max_requests_per_minute=st.one_of(st.none(), st.floats(1, 200)),
        max_tokens_per_minute=st.one_of(st.none(), st.floats(100, 5000)),
        max_cost_per_day=st.one_of(st.none(), st.floats(0, 20)),
    ),
    max_requests_per_second=st.one_of(st.none(), st.floats(0.5, 10)),
    burst=st.floats(1, 3),
    hard=st.booleans(),
    spend_limits=st.just(
        (
            SpendLimit(name="all", limit_usd=12.5, period_s=60),
            SpendLimit(name="of a", limit_usd=4, period_s=120, tenant="a"),
        )
    ),
    adaptation=st.one_of(
        st.none(),
        st.just(
            Adaptation(
                increase_per_minute=0.5, decrease=0.5, least=0.1, cooldown_s=1, max_latency_ms=900
            )
        ),
    ),
)


def requests_of(trace: Trace, rows: list[tuple[Any, ...]]) -> Requests:
    rows = sorted(rows, key=lambda row: row[0])
    at, priority, tenants, cost, tokens, segment, failed = zip(*rows, strict=True)
    return trace(
        at,
        priority=priority,
        tenants=list(tenants),
        cost_usd=[np.nan if one is None else one for one in cost],
        tokens_in=tokens,
        tokens_out=[0] * len(rows),
        segment=segment,
        failed=failed,
        latency_ms=[1000 * one for one in failed],
    )


@given(arrivals, plans)
@settings(max_examples=60, deadline=None)
def test_a_spending_limit_is_never_exceeded(
    trace: Trace, rows: list[tuple[Any, ...]], plan: LimitPlan
) -> None:
    requests = requests_of(trace, rows)
    for found in replay_limits(requests, plan, level=0.95).breaches:
        assert found.n_after == 0
        assert found.most_after_usd <= found.limit_usd * (1 + 2e-9)
    passed = pass_through(requests, plan)
    spent: dict[Any, float] = defaultdict(float)
    for place, sent in zip(passed.places, passed.sent_s, strict=True):
        if not math.isnan(sent) and not np.isnan(requests.cost_usd[place]):
            spent["all", sent // 60] += requests.cost_usd[place]
            if requests.tenants[requests.tenant[place]] == "a":
                spent["of a", sent // 120] += requests.cost_usd[place]
    limits = {"all": 12.5, "of a": 4}
    assert all(sum_ <= limits[name] + 1e-7 for (name, _), sum_ in spent.items())


@given(arrivals, plans)
@settings(max_examples=60, deadline=None)
def test_a_bucket_lets_no_more_through_than_its_burst_and_what_flows_in(
    trace: Trace, rows: list[tuple[Any, ...]], plan: LimitPlan
) -> None:
    requests = requests_of(trace, rows)
    passed = pass_through(requests, plan)
    sent: dict[Any, list[tuple[float, float]]] = defaultdict(list)
    for place, at in zip(passed.places, passed.sent_s, strict=True):
        if not math.isnan(at):
            lane = (requests.segment[place], requests.tenant[place])
            sent[lane].append((at, float(requests.tokens_in[place])))
    for lane in sent.values():
        lane.sort()
        for i in range(len(lane)):
            amount = 0.0
            for j in range(i, len(lane)):
                amount += lane[j][1]
                length = lane[j][0] - lane[i][0]
                if plan.max_requests_per_second is not None:
                    most = plan.max_requests_per_second * (plan.burst + length)
                    assert j - i + 1 <= most + 1e-6
                if plan.quota.max_requests_per_minute is not None:
                    most = plan.quota.max_requests_per_minute * (plan.burst + length / 60)
                    assert j - i + 1 <= most + 1e-6
                if plan.quota.max_tokens_per_minute is not None:
                    most = plan.quota.max_tokens_per_minute * (plan.burst + length / 60)
                    assert amount <= most + 1e-5


@given(arrivals, plans)
@settings(max_examples=60, deadline=None)
def test_nobody_goes_before_a_more_urgent_request_that_waits(
    trace: Trace, rows: list[tuple[Any, ...]], plan: LimitPlan
) -> None:
    requests = requests_of(trace, rows)
    passed = pass_through(requests, plan)
    at, priority = requests.at_s, requests.priority
    lanes: dict[Any, list[tuple[int, float]]] = defaultdict(list)
    for place, sent in zip(passed.places, passed.sent_s, strict=True):
        if not math.isnan(sent):
            lanes[requests.segment[place], requests.tenant[place]].append((place, sent))
    for lane in lanes.values():
        for place, sent in lane:
            for other, later in lane:
                if later > sent:
                    came_before = at[other] < sent and place != other
                    assert not (came_before and priority[other] > priority[place])
                    is_earlier_equal = priority[other] == priority[place] and other < place
                    assert not is_earlier_equal


@given(arrivals, plans)
@settings(max_examples=60, deadline=None)
def test_shares_and_fairness_stay_between_0_and_1_and_counts_add_up(
    trace: Trace, rows: list[tuple[Any, ...]], plan: LimitPlan
) -> None:
    found = replay_limits(requests_of(trace, rows), plan, level=0.95)
    assert found.fairness is None or 0 < found.fairness <= 1
    assert 0 <= found.throttled.low <= found.throttled.estimate <= found.throttled.high <= 1
    assert found.n == len(rows) == sum(one.n for one in found.tenants)
    assert found.n_refused == sum(one.n_refused for one in found.tenants)
    assert found.n_delayed == sum(one.n_delayed for one in found.tenants)
    if plan.hard:
        assert found.n_delayed == 0


@given(arrivals)
@settings(max_examples=60, deadline=None)
def test_without_limits_nothing_is_throttled(trace: Trace, rows: list[tuple[Any, ...]]) -> None:
    found = replay_limits(requests_of(trace, rows), LimitPlan(), level=0.95)
    assert (found.n_delayed, found.n_refused, found.delay_max_ms) == (0, 0, 0)


def test_ten_at_once_through_one_a_second_wait_one_second_more_each(trace: Trace) -> None:
    plan = LimitPlan(quota=Quota(max_requests_per_minute=60), burst=1 / 60)
    found = replay_limits(trace([0.0] * 10), plan, level=0.95)
    assert found.n_delayed == 9
    assert found.delay_max_ms == pytest.approx(9000)
    assert found.delay_p50_ms == pytest.approx(4500)


def test_a_request_larger_than_the_burst_is_refused_at_once(trace: Trace) -> None:
    plan = LimitPlan(quota=Quota(max_tokens_per_minute=100), burst=1.5)
    passed = pass_through(trace([0, 1], tokens_in=[151, 150], tokens_out=[0, 0]), plan)
    assert passed.refused == [Refusal.TOO_LARGE, None]
    assert passed.sent_s[1] == 1


def test_a_hard_quota_refuses_what_a_soft_one_makes_wait(trace: Trace) -> None:
    quota = Quota(max_requests_per_minute=60)
    requests = trace([0, 0, 0, 0.5, 1])
    soft = pass_through(requests, LimitPlan(quota=quota, burst=1 / 60))
    hard = pass_through(requests, LimitPlan(quota=quota, burst=1 / 60, hard=True))
    assert soft.sent_s == [0, 1, 2, 3, 4]
    assert hard.refused == [None, Refusal.QUOTA, Refusal.QUOTA, Refusal.QUOTA, None]


def test_tenants_have_their_own_buckets_and_runs_start_afresh(trace: Trace) -> None:
    plan = LimitPlan(
        quota=Quota(max_requests_per_minute=1),
        quotas=(("big", Quota(max_requests_per_minute=2)),),
        hard=True,
    )
    requests = trace(
        [0, 0, 0, 0, 0, 1], tenants=["a", "a", "big", "big", "big", "a"], segment=[0, 0, 0, 0, 0, 1]
    )
    refused = pass_through(requests, plan).refused
    assert [one is not None for one in refused] == [False, True, False, False, True, False]


def test_jain_tells_who_shares_from_who_takes_all(trace: Trace) -> None:
    plan = LimitPlan(quotas=(("a", Quota(max_requests_per_minute=1)),), hard=True)
    found = replay_limits(trace([0] * 8, tenants=["a", "b"] * 4), plan, level=0.95)
    # 1/4 and 1 on time: (5/4)^2 / (2 * 17/16)
    assert found.fairness == pytest.approx(25 / 34)


def test_declared_repeats_are_not_traffic(trace: Trace) -> None:
    plan = LimitPlan(quota=Quota(max_requests_per_minute=1), hard=True)
    found = replay_limits(trace([0, 0, 0], repeat=[0, 1, 2]), plan, level=0.95)
    assert (found.n, found.n_refused) == (1, 0)


def test_a_limit_shrinks_after_failures_and_grows_back(trace: Trace) -> None:
    rule = Adaptation(increase_per_minute=1, decrease=0.5, least=0.25, cooldown_s=0)
    plan = LimitPlan(quota=Quota(max_requests_per_minute=60), burst=1 / 60, adaptation=rule)
    failing = trace([0.0] * 4, failed=[True] * 4, latency_ms=[0] * 4)
    gaps = [b - a for a, b in pairwise(pass_through(failing, plan).sent_s)]
    assert gaps == pytest.approx([2, 4, 4])
    sound = pass_through(trace([0.0] * 4, latency_ms=[0] * 4), plan)
    assert sound.sent_s == pytest.approx([0, 1, 2, 3])


def waits_by_gcra(requests: Requests) -> list[float]:
    # the generic cell rate algorithm (ITU-T I.371): no bucket, only when it would be full again
    per_s, capacity = 100_000 / 60, 150_000
    empty_s = sent_s = 0.0
    waits = []
    tokens = requests.tokens_in + requests.tokens_out
    for at_s, amount in zip(requests.at_s.tolist(), tokens.tolist(), strict=True):
        sent_s = max(sent_s, at_s, empty_s + (amount - capacity) / per_s)
        empty_s = max(empty_s, sent_s) + amount / per_s
        waits.append(sent_s - at_s)
    return waits


@pytest.mark.skipif(not AZURE.exists(), reason="needs ../shared/data, not part of the project")
def test_the_azure_trace_asks_for_three_times_the_default_tokens() -> None:
    plan = LimitPlan(
        quota=Quota(max_tokens_per_minute=100_000), max_requests_per_second=100, burst=1.5
    )
    requests = read_trace(str(AZURE)).requests
    found = replay_limits(requests, plan, level=0.95)
    assert found.n == 8819
    assert found.n_refused == 0
    assert found.throttled.estimate == pytest.approx(0.984, abs=0.001)
    assert found.delay_max_ms == pytest.approx(1000 * max(waits_by_gcra(requests)))
    refused = replay_limits(requests, LimitPlan(quota=plan.quota, burst=1.5, hard=True), level=0.95)
    assert refused.throttled.estimate == pytest.approx(0.54, abs=0.01)
