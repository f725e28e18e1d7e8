from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, DecisionType
from optimizer.models.requests import Requests
from optimizer.models.summaries import WindowSummary
from optimizer.pipeline.studies import with_studies
from optimizer.strategies.batching import Batching, BatchingSettings

Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]
Trace = Callable[..., Requests]


def ask(evidence: Evidence, **settings: Any) -> Answer:
    strategy = Batching(BatchingSettings(**settings))
    return strategy.propose(with_studies([strategy], evidence, {})[0])


@pytest.fixture
def at_rate(evidence: Make, window: Window, trace: Trace) -> Callable[..., Evidence]:
    def built(rps: float, n: int = 1000, **columns: Any) -> Evidence:
        requests = trace([i / rps for i in range(n)], latency_ms=[2000.0] * n, **columns)
        return replace(evidence(window("v1", n, n)), requests=requests)

    return built


def test_proposes_the_size_that_saves_the_most_calls(at_rate: Callable[..., Evidence]) -> None:
    answer = ask(at_rate(400))
    (proposal,) = answer.proposals
    assert proposal.type is DecisionType.ENABLE_BATCHING
    changes = {one.setting: one.new for one in proposal.changes}
    # 20 requests come in 50 ms
    assert changes["batching.max_batch_size"] == 20
    assert changes["batching.max_wait_ms"] in (50, 100)
    (effect,) = proposal.effects
    assert effect.metric == "latency_relative"
    # 0, 2.5, ... 47.5 ms are 23.75 ms on average, of 2 s
    assert effect.estimate == pytest.approx(23.75 / 2000)
    assert "prompt text was not recorded" in proposal.effects_note


def test_too_few_a_second_are_not_looked_at(at_rate: Callable[..., Evidence]) -> None:
    assert "1000 requests came at 50" in ask(at_rate(50)).silence
    assert ask(at_rate(50), min_throughput_rps=10).proposals


def test_urgent_requests_make_no_batches(at_rate: Callable[..., Evidence]) -> None:
    urgent = at_rate(400, priority=[3] * 1000)
    assert "too few batches" in ask(urgent).silence or "saves" in ask(urgent).silence
    assert ask(urgent, enable_priority=False).proposals


def test_batches_that_stay_empty_are_not_proposed(at_rate: Callable[..., Evidence]) -> None:
    answer = ask(at_rate(120), waits_ms=(10.0,))
    assert answer.proposals == ()
    assert "10 ms" in answer.silence


def test_requests_of_one_moment_have_no_rate(evidence: Make, window: Window, trace: Trace) -> None:
    found = replace(evidence(window("v1", 500, 500)), requests=trace([0.0] * 500))
    assert "not enough data: none of 500" in ask(found).silence


def test_rounded_times_are_not_taken_for_bursts(
    evidence: Make, window: Window, trace: Trace
) -> None:
    requests = trace([float(i // 200) for i in range(2000)])
    found = replace(evidence(window("v1", 2000, 2000)), requests=requests)
    assert "go in steps of 1 s" in ask(found).silence


def test_unlike_requests_do_not_share_a_batch(at_rate: Callable[..., Evidence]) -> None:
    unlike = at_rate(400, task_type=[i % 100 for i in range(1000)])
    assert ask(unlike).proposals == ()
    assert ask(unlike, group_by_similarity=False).proposals


def test_the_least_size_cannot_be_above_the_largest() -> None:
    with pytest.raises(ValidationError, match="min_batch_size 9 is above max_batch_size 8"):
        BatchingSettings(min_batch_size=9, max_batch_size=8)
