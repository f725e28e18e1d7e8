from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.models.caching import CacheKind, CacheSetting, Eviction
from optimizer.models.requests import Requests
from optimizer.replay.answers import AnswerTrace, answer_trace, serve

Make = Callable[..., Requests]

EXACT = CacheSetting(kind=CacheKind.EXACT, max_entries=None, ttl_s=None)
ARRIVALS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=40)


def traced(found: Requests) -> AnswerTrace:
    return answer_trace(found, np.arange(len(found)))


def sources(found: Requests, **changes: Any) -> list[int]:
    return serve(traced(found), replace(EXACT, **changes)).source.tolist()


def plain_trace(arrivals: list[tuple[int, int]]) -> AnswerTrace:
    at_s = np.cumsum([gap for _, gap in arrivals]).tolist() if arrivals else []
    return AnswerTrace(
        segment=[0] * len(arrivals),
        key=[key for key, _ in arrivals],
        at_s=at_s,
        ready_at_s=at_s,
        is_kept=[True] * len(arrivals),
        near=[()] * 5,
    )


def test_the_first_answer_serves_all_that_ask_the_same(requests: Make) -> None:
    assert sources(requests([7, 8, 7, 7, 8])) == [-1, -1, 0, 0, 1]


def test_an_answer_is_served_until_it_is_as_old_as_it_may_be(requests: Make) -> None:
    found = requests([1, 1, 1, 1], at_s=[0.0, 9.0, 10.0, 11.0])
    assert sources(found, ttl_s=10.0) == [-1, 0, -1, 2]


def test_a_full_cache_forgets(requests: Make) -> None:
    keys = [1, 2, 1, 3, 2, 1]
    assert sources(requests(keys), max_entries=2) == [-1, -1, 0, -1, -1, -1]
    lfu = sources(requests(keys), max_entries=2, eviction=Eviction.LFU)
    assert lfu == [-1, -1, 0, -1, -1, 0]


def test_an_answer_in_the_making_serves_nobody(requests: Make) -> None:
    found = requests([1, 1, 1], at_s=[0.0, 1.0, 2.0], latency_ms=[1500.0, 100.0, 100.0])
    served = serve(traced(found), EXACT)
    assert served.source.tolist() == [-1, -1, 0]
    assert served.n_in_flight == 1


def test_where_no_clock_was_kept_answers_are_done_at_once(requests: Make) -> None:
    found = requests([1, 1], at_s=[5.0, 5.0], latency_ms=[1500.0, 1500.0])
    assert sources(found) == [-1, 0]


def test_failures_are_answered_but_not_kept(requests: Make) -> None:
    found = requests([1, 1, 1, 1], failed=[True, False, True, False])
    assert sources(found) == [-1, -1, 1, 1]
    refused = requests([1, 1, 1], throttled=[True, False, False])
    assert sources(refused) == [-1, -1, 1]


def test_unknown_inputs_are_never_served(requests: Make) -> None:
    assert sources(requests([-1, -1, 3, 3])) == [-1, -1, -1, 2]


def test_every_run_starts_empty(requests: Make) -> None:
    assert sources(requests([1, 1, 1, 1], segment=[0, 0, 1, 1])) == [-1, 0, -1, 2]


def near_trace(found: Requests, pairs: dict[tuple[int, int], float]) -> AnswerTrace:
    n = len(set(found.key.tolist()))
    near = [
        [
            (1.0, key),
            *sorted(((s, b) for (a, b), s in pairs.items() if a == key), key=lambda p: -p[0]),
        ]
        for key in range(n)
    ]
    return replace(traced(found), near=near)


def test_the_most_similar_answer_is_served(requests: Make) -> None:
    trace = near_trace(requests([0, 1, 2]), {(2, 0): 0.9, (2, 1): 0.95})
    setting = CacheSetting(
        kind=CacheKind.SEMANTIC, max_entries=None, ttl_s=None, similarity_threshold=0.9
    )
    assert serve(trace, setting).source.tolist() == [-1, -1, 1]
    assert serve(trace, replace(setting, similarity_threshold=0.96)).source.tolist() == [-1] * 3


def test_similar_answers_age_and_are_forgotten_as_others(requests: Make) -> None:
    trace = near_trace(requests([0, 1, 2, 3]), {(3, 0): 0.9})
    setting = CacheSetting(
        kind=CacheKind.HYBRID, max_entries=None, ttl_s=None, similarity_threshold=0.9
    )
    assert serve(trace, setting).source.tolist()[3] == 0
    assert serve(trace, replace(setting, ttl_s=3.0)).source.tolist()[3] == -1
    assert serve(trace, replace(setting, max_entries=2)).source.tolist()[3] == -1


def test_without_texts_only_a_hybrid_cache_finds_whole_inputs(requests: Make) -> None:
    trace = traced(requests([4, 4]))
    setting = CacheSetting(
        kind=CacheKind.HYBRID, max_entries=None, ttl_s=None, similarity_threshold=0.9
    )
    assert serve(trace, setting).source.tolist() == [-1, 0]
    assert serve(trace, replace(setting, kind=CacheKind.SEMANTIC)).source.tolist() == [-1, -1]


@given(ARRIVALS)
def test_longer_ages_never_hit_less(arrivals: list[tuple[int, int]]) -> None:
    trace = plain_trace(arrivals)
    ages = (1.0, 2.0, 5.0, 20.0, None)
    hits = [int((serve(trace, replace(EXACT, ttl_s=age)).source >= 0).sum()) for age in ages]
    assert all(short <= long for short, long in pairwise(hits))


@settings(max_examples=50)
@given(ARRIVALS, st.integers(1, 4), st.sampled_from([2.0, 6.0]))
def test_agrees_with_a_list_of_entries_searched_through(
    arrivals: list[tuple[int, int]], room: int, ttl_s: float
) -> None:
    trace = plain_trace(arrivals)
    entries: list[tuple[int, int]] = []
    expected = []
    for place, key in enumerate(trace.key):
        held = next((entry for entry in entries if entry[0] == key), None)
        if held is not None:
            entries.remove(held)
        if held is not None and trace.at_s[place] - trace.at_s[held[1]] < ttl_s:
            entries.append(held)
            expected.append(held[1])
        else:
            entries.append((key, place))
            entries = entries[-room:]
            expected.append(-1)
    setting = replace(EXACT, max_entries=room, ttl_s=ttl_s)
    assert serve(trace, setting).source.tolist() == expected


@pytest.mark.parametrize("kind", [CacheKind.EXACT, CacheKind.HYBRID])
def test_no_requests_no_hits(requests: Make, kind: CacheKind) -> None:
    assert sources(requests([]), kind=kind) == []
