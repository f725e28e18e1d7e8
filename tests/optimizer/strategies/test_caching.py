from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Answer, DecisionType, Proposal
from optimizer.models.requests import Requests
from optimizer.models.summaries import WindowSummary
from optimizer.pipeline.studies import first_looks, studied, with_studies
from optimizer.strategies.caching import Caching, CachingSettings

Traffic = Callable[..., Requests]
Make = Callable[..., Evidence]
Window = Callable[..., WindowSummary]
Ask = Callable[..., Answer]


@pytest.fixture
def ask(evidence: Make, window: Window) -> Ask:
    def asking(requests: Requests | None, **settings: Any) -> Answer:
        strategy = Caching(CachingSettings(**settings))
        n = 0 if requests is None else len(requests)
        found = replace(evidence(window("v1", n, n)), requests=requests)
        return strategy.propose(with_studies([strategy], found, {})[0])

    return asking


def cycle(n: int, different: int) -> list[int]:
    return [place % different for place in range(n)]


def changes(proposal: Proposal) -> dict[str, Any]:
    return {change.setting: change.new for change in proposal.changes}


def test_proposes_an_exact_cache_where_requests_repeat(ask: Ask, traffic: Traffic) -> None:
    (proposal,) = ask(traffic(cycle(200, 20))).proposals
    assert proposal.type is DecisionType.ENABLE_CACHING
    assert changes(proposal) == {
        "cache.strategy": "exact",
        "cache.ttl_s": 3600.0,
        "cache.max_entries": 100,
        "cache.eviction": "lru",
    }
    assert "answered 180 of 200 requests of v1 (90.0%)" in proposal.rationale
    effects = {effect.metric: effect for effect in proposal.effects}
    assert effects["cost_relative"].estimate == pytest.approx(-0.9)
    assert effects["latency_relative"].estimate == pytest.approx(-0.9)
    assert effects["success_rate"].estimate == 0
    assert effects["success_rate"].low < 0 < effects["success_rate"].high
    assert all(effect.low <= effect.estimate <= effect.high for effect in proposal.effects)
    facts = {fact.name: fact for fact in proposal.facts}
    assert facts["hit_rate"].estimate == pytest.approx(0.9)
    assert facts["hit_rate"].threshold == 0.2
    assert (facts["stale_rate"].estimate, facts["stale_rate"].n) == (0, 180)
    assert facts["saved_usd"].estimate == pytest.approx(1.8)
    assert facts["requests_per_minute"].estimate == pytest.approx(200 / (19.9 / 60))


def test_proposes_a_similarity_where_inputs_are_nearly_the_same(ask: Ask, traffic: Traffic) -> None:
    asked = "please tell me in which year the town of {} was founded and by whom it was settled {}"
    towns = ["Ulm", "Bonn", "Celle", "Emden", "Fulda", "Gotha", "Halle", "Jena", "Kiel", "Lehrte"]
    ends = ["?", " ?", "??", "!", ".", " !", "...", "?!", "!?", "."]
    texts = [asked.format(town * 4, end) for end in ends for town in towns]
    requests = traffic(
        list(range(100)), answer=np.array(cycle(100, 10)), texts=tuple(texts), gap_s=1.0
    )
    (proposal,) = ask(requests).proposals
    found = changes(proposal)
    assert found["cache.strategy"] == "hybrid"
    assert found["cache.similarity_threshold"] >= 0.85
    assert {fact.name: fact.estimate for fact in proposal.facts}["stale_rate"] == 0


def test_is_silent_without_a_trace(ask: Ask) -> None:
    assert ask(None).silence == "no completed task"


def test_is_silent_on_too_few_requests(ask: Ask, traffic: Traffic) -> None:
    assert ask(traffic(cycle(12, 2))).silence == "not enough data: 12 of 50 requests"


def test_is_silent_where_requests_are_rare(ask: Ask, traffic: Traffic) -> None:
    answer = ask(traffic(cycle(100, 2), gap_s=60.0))
    assert answer.silence == "1.01 requests per minute, 10 make a cache worth its upkeep"


def test_is_silent_where_nothing_repeats(ask: Ask, traffic: Traffic) -> None:
    answer = ask(traffic([*range(95), *range(5)]))
    assert answer.silence == "no cache can answer more than 5 of 100 requests, 20 % are expected"


def test_is_silent_where_the_low_end_of_the_hit_rate_is_too_low(ask: Ask, traffic: Traffic) -> None:
    keys = [*range(78), *range(22)]
    assert "the best cache answers 22 of 100 requests" in str(ask(traffic(keys)).silence)


def test_is_silent_where_repeated_answers_differ(ask: Ask, traffic: Traffic) -> None:
    answer = ask(traffic(cycle(200, 20), answer=np.arange(200)))
    assert answer.proposals == ()
    assert "of 180 cached answers 100.0% differ from the model's" in str(answer.silence)


def test_other_words_with_the_same_verdict_are_not_stale_by_outcome(
    ask: Ask, traffic: Traffic
) -> None:
    requests = traffic(cycle(200, 20), answer=np.arange(200))
    (proposal,) = ask(requests, stale_by="outcome").proposals
    assert "with another outcome than the model" in proposal.rationale


def test_is_silent_where_nothing_tells_what_is_stale(ask: Ask, traffic: Traffic) -> None:
    unknown = {"answer": np.full(200, -1), "ok": np.full(200, np.nan)}
    answer = ask(traffic(cycle(200, 20), **unknown))
    assert answer.silence == "answers were not recorded, so nothing tells how many would be stale"


def test_is_silent_where_a_cache_answers_as_many_already(ask: Ask, traffic: Traffic) -> None:
    requests = traffic(cycle(200, 20), cached=np.arange(200) >= 20)
    assert ask(requests).silence == "a cache already answers 180 of 200 requests"


def test_what_is_not_known_is_left_out_with_the_reason(ask: Ask, traffic: Traffic) -> None:
    (proposal,) = ask(traffic(cycle(200, 20), cost_usd=np.full(200, np.nan))).proposals
    assert "cost_relative" not in {effect.metric for effect in proposal.effects}
    assert proposal.effects_note == "cost_relative: not recorded"


def test_declared_repeats_and_other_variants_are_no_traffic(ask: Ask, traffic: Traffic) -> None:
    keys = [*range(100), *range(100)]
    repeated = traffic(keys, repeat=np.array([0] * 100 + [1] * 100))
    assert "more than 0 of 100" in str(ask(repeated).silence)
    other = traffic(keys, variant=np.array([0] * 100 + [1] * 100), variants=("id-v1", "id-v2"))
    assert "more than 0 of 100" in str(ask(other).silence)


def test_every_run_starts_with_an_empty_cache(ask: Ask, traffic: Traffic) -> None:
    requests = traffic([*range(100), *range(100)], segment=np.array([0] * 100 + [1] * 100))
    assert "more than 0 of 200" in str(ask(requests).silence)


def test_an_embedding_cache_is_told_to_be_unavailable(ask: Ask, traffic: Traffic) -> None:
    (proposal,) = ask(traffic(cycle(200, 20)), enable_embedding=True).proposals
    assert "embedding: not available, no embedding model is configured" in proposal.notes


def test_a_look_at_many_workflows_tells_of_each_what_a_look_at_it_alone_does(
    traffic: Traffic, evidence: Make, window: Window
) -> None:
    strategy = Caching(CachingSettings())
    traces = [traffic(cycle(200, 20)), None, traffic(list(range(90))), traffic([1, 2, 3])]
    texts = tuple(f"what is told of {place % 40} in the town of ulm" for place in range(90))
    traces.append(replace(traffic(list(range(90))), texts=texts))
    found = [replace(evidence(window("v1", 9, 9)), requests=one) for one in traces]
    looks = strategy.first_looks(found)
    together = [strategy.study(one, look) for one, look in zip(found, looks, strict=True)]
    assert together == [strategy.study(one) for one in found]
    assert [one and one.most_hits for one in together[:4]] == [180, None, 0, None]


def test_a_first_look_that_fails_leaves_each_workflow_to_its_own_study(
    traffic: Traffic, evidence: Make, window: Window
) -> None:
    class Hasty(Caching):
        def first_looks(self, found: Any) -> Any:
            if len(found) > 1:
                raise ValueError("too many")
            return super().first_looks(found)

    strategy = Hasty(CachingSettings())
    found = replace(evidence(window("v1", 9, 9)), requests=traffic(cycle(200, 20)))
    looks = first_looks([strategy], [found, replace(found, workflow_id="other")], {})
    assert looks == {}
    assert studied([strategy], found, {}, fail_fast=True, looks=looks).failed == {}
