from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor_bridge.traces import read_trace
from optimizer.models.batching import BatchPlan
from optimizer.models.requests import Requests
from optimizer.replay.batcher import put_together
from optimizer.replay.batching import replay_batching

TRACES = Path(__file__).parents[5] / "shared/data/traces"
needs_traces = pytest.mark.skipif(
    not TRACES.exists(), reason="needs ../shared/data, not part of the project"
)

Trace = Callable[..., Requests]


def thousandths(most: int) -> st.SearchStrategy[float]:
    return st.integers(0, 1000 * most).map(lambda n: n / 1000)


arrivals = st.lists(
    st.tuples(
        thousandths(3),
        st.integers(1, 4),
        st.one_of(st.just(float("nan")), thousandths(2000)),
        st.one_of(st.just(float("nan")), thousandths(1500)),
        st.integers(0, 1),
        st.integers(0, 1),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=60,
)
plans = st.builds(
    BatchPlan,
    max_batch_size=st.integers(1, 8),
    max_wait_ms=thousandths(1000),
    enable_priority=st.booleans(),
    group_by_similarity=st.booleans(),
)


def requests_of(trace: Trace, rows: list[tuple[Any, ...]]) -> Requests:
    rows = sorted(rows, key=lambda row: row[0])
    at, priority, deadline, latency, variant, task_type, segment = zip(*rows, strict=True)
    return trace(
        at,
        priority=priority,
        deadline_ms=deadline,
        latency_ms=latency,
        variant=variant,
        task_type=task_type,
        segment=segment,
    )


@given(arrivals, plans)
@settings(max_examples=60, deadline=None)
def test_every_request_is_in_one_batch_that_is_not_too_large_and_not_too_late(
    trace: Trace, rows: list[tuple[Any, ...]], plan: BatchPlan
) -> None:
    requests = requests_of(trace, rows)
    batches = put_together(requests, plan)
    assert sorted(place for one in batches for place in one.members) == list(range(len(rows)))
    for one in batches:
        assert 1 <= len(one.members) <= plan.max_batch_size
        for place in one.members:
            wait_ms = 1000 * (one.sent_s - requests.at_s[place])
            assert -1e-6 <= wait_ms <= plan.max_wait_ms + 1e-6
        if plan.group_by_similarity:
            kinds = {(requests.variant[p], requests.task_type[p]) for p in one.members}
            assert len(kinds) == 1
        assert len({requests.segment[place] for place in one.members}) == 1


@given(arrivals, plans)
@settings(max_examples=60, deadline=None)
def test_no_deadline_is_missed_that_could_be_met(
    trace: Trace, rows: list[tuple[Any, ...]], plan: BatchPlan
) -> None:
    requests = requests_of(trace, rows)
    assert replay_batching(requests, plan, level=0.95).n_missed == 0
    for one in put_together(requests, plan):
        for place in one.members:
            latency = np.nan_to_num(requests.latency_ms[place])
            deadline = requests.deadline_ms[place]
            if latency <= deadline:
                assert 1000 * (one.sent_s - requests.at_s[place]) + latency <= deadline + 1e-6


@given(arrivals, plans)
@settings(max_examples=60, deadline=None)
def test_urgent_requests_do_not_wait_where_priorities_count(
    trace: Trace, rows: list[tuple[Any, ...]], plan: BatchPlan
) -> None:
    requests = requests_of(trace, rows)
    for one in put_together(requests, plan):
        urgent = [place for place in one.members if requests.priority[place] >= 3]
        if urgent and plan.enable_priority:
            assert one.members == urgent
            assert one.sent_s == requests.at_s[urgent[0]]


@given(arrivals, plans)
@settings(max_examples=60, deadline=None)
def test_figures_are_within_what_is_possible(
    trace: Trace, rows: list[tuple[Any, ...]], plan: BatchPlan
) -> None:
    found = replay_batching(requests_of(trace, rows), plan, level=0.95)
    assert found.n == len(rows)
    assert found.saved_calls.estimate == pytest.approx(1 - found.n_batches / found.n)
    assert found.efficiency is None or 0 < found.efficiency.estimate <= 1
    for fact in (found.saved_calls, found.wait_mean_ms):
        if fact.low is not None:
            assert fact.low <= fact.estimate <= fact.high


def test_a_batch_goes_when_full_or_when_the_first_has_waited(trace: Trace) -> None:
    requests = trace([0, 0.01, 0.02, 0.05, 0.2], latency_ms=[100] * 5)
    plan = BatchPlan(max_batch_size=3, max_wait_ms=100, min_batch_size=2)
    batches = put_together(requests, plan)
    assert [one.members for one in batches] == [[0, 1, 2], [3], [4]]
    assert [one.sent_s for one in batches] == pytest.approx([0.02, 0.15, 0.3])
    found = replay_batching(requests, plan, level=0.95)
    # waits 20, 10, 0, 100, 100 ms over 500 ms of latency; 3/3, 1/3 and 1/3 filled
    assert found.wait_mean_ms.estimate == pytest.approx(46)
    assert found.latency_relative.estimate == pytest.approx(230 / 500)
    assert found.efficiency.estimate == pytest.approx(5 / 9)
    assert (found.saved_calls.estimate, found.n_worthwhile) == (pytest.approx(0.4), 3)


def test_what_prompts_share_is_sent_once(trace: Trace) -> None:
    texts = ("Sum up: cats", "Sum up: dogs", "Sum up: cars", "Sum up: caps")
    requests = trace(
        [0, 0, 1, 1], texts=texts, tokens_in=[12] * 4, tokens_out=[0] * 4, segment=[0] * 4
    )
    plan = BatchPlan(max_batch_size=2, max_wait_ms=10)
    found = replay_batching(requests, plan, level=0.95)
    # "Sum up: " is 8 of 12 characters, "Sum up: ca" is 10: 8 and 10 of 48 tokens less
    assert found.tokens_relative.estimate == pytest.approx(-18 / 48)


def test_unknown_prompts_save_nothing_known(trace: Trace) -> None:
    plan = BatchPlan(max_batch_size=2, max_wait_ms=10)
    found = replay_batching(trace([0, 0, 1, 1]), plan, level=0.95)
    assert (found.tokens_relative, found.latency_relative) == (None, None)
    assert found.tokens_note == "prompt text was not recorded"


@needs_traces
def test_the_azure_trace_fills_no_batch_of_20_within_100_ms() -> None:
    requests = read_trace(str(TRACES / "azure_llm_2023_code.csv")).requests
    plan = BatchPlan(max_batch_size=20, max_wait_ms=100, min_batch_size=5)
    found = replay_batching(requests, plan, level=0.95)
    assert (found.n, found.n_batches) == (8819, batches_by_scan(requests, 20, 0.1))
    assert found.efficiency.high < 0.13
    small = replay_batching(requests, BatchPlan(max_batch_size=5, max_wait_ms=500), level=0.95)
    assert small.efficiency.low > 0.6


@needs_traces
def test_the_mooncake_prompts_share_their_first_block() -> None:
    requests = read_trace(str(TRACES / "mooncake_conversation_first2000.jsonl")).requests
    found = replay_batching(requests, BatchPlan(max_batch_size=5, max_wait_ms=100), level=0.95)
    assert found.tokens_relative.high < 0
    assert found.tokens_note is None


def batches_by_scan(requests: Requests, size: int, wait_s: float) -> int:
    at_s, n, start = requests.at_s, 0, 0
    while start < len(at_s):
        end = np.searchsorted(at_s, at_s[start] + wait_s, side="right")
        start, n = min(start + size, int(end)), n + 1
    return n
