from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.models.caching import CacheKind, CachingStudy, Eviction, StaleBy
from optimizer.models.requests import Requests
from optimizer.replay.cache_settings import CacheReplaySettings, wanted
from optimizer.replay.caching import study_caching

Make = Callable[..., Requests]


def study(found: Requests, **settings: Any) -> CachingStudy:
    return study_caching(found, CacheReplaySettings(**settings), seed=0)


def cycle(n: int, different: int) -> list[int]:
    return [place % different for place in range(n)]


def test_settings_that_the_trace_cannot_tell_apart_are_replayed_once(requests: Make) -> None:
    found = study(requests(cycle(200, 5), answer=cycle(200, 5)))
    assert [(one.setting.max_entries, one.setting.ttl_s) for one in found.replays] == [
        (100, 60.0),
        (100, 3600.0),
    ]


def test_sizes_that_are_too_small_are_replayed_with_each_eviction(requests: Make) -> None:
    found = study(requests(cycle(300, 150)), ttls_s=(3600.0,))
    told = [(one.setting.max_entries, one.setting.eviction) for one in found.replays]
    assert told == [(100, Eviction.LRU), (100, Eviction.LFU), (1000, Eviction.LRU)]
    assert [one.n_hits for one in found.replays][2] == 150


def test_similarities_that_add_no_pair_are_left_out(requests: Make) -> None:
    texts = ("what is the capital of france", "how do plants make sugar from light") * 30
    found = study(requests(cycle(60, 2), answer=cycle(60, 2), texts=texts))
    assert {one.setting.kind for one in found.replays} == {CacheKind.EXACT}


def test_similar_texts_are_replayed_by_similarity(requests: Make) -> None:
    asked = "could you please explain to me how a heat pump works in a cold winter"
    texts = tuple(asked + "!" * n for n in range(150))
    found = study(requests(range(150), answer=[1] * 150, texts=texts))
    best = found.best
    assert best is not None
    assert best.setting.kind is CacheKind.HYBRID
    assert best.setting.similarity_threshold == 0.95
    assert best.stale is not None
    assert best.stale.estimate == 0


def test_inputs_of_two_variants_are_not_similar(requests: Make) -> None:
    asked = "could you please explain to me how a heat pump works in a cold winter"
    texts = tuple(asked + "!" * (n // 2) for n in range(60))
    found = study(requests(range(60), variant=cycle(60, 2), texts=texts))
    assert found.most_hits == 58


def test_a_text_cache_alone_is_semantic(requests: Make) -> None:
    texts = ("what is the capital of france", "how do plants make sugar from light") * 30
    found = study(requests(cycle(60, 2), texts=texts), enable_exact=False)
    assert {one.setting.kind for one in found.replays} == {CacheKind.SEMANTIC}
    assert {one.n_hits for one in found.replays} == {58}


def test_what_cannot_be_replayed_is_told_with_the_reason(requests: Make) -> None:
    found = study(requests([-1] * 60), enable_embedding=True)
    assert found.replays == ()
    assert found.reason == "neither the inputs of 60 requests nor their hashes were recorded"
    assert [line.partition(":")[0] for line in found.absent] == [
        "exact",
        "semantic",
        "embedding",
        "prefix",
    ]


def test_too_many_texts_are_not_compared(requests: Make) -> None:
    texts = tuple(f"text number {n}" for n in range(60))
    found = study(requests(range(60), texts=texts), max_texts=50)
    assert "semantic: left out, 60 different texts, max_texts is 50" in found.absent


def test_verdicts_tell_what_is_stale_where_answers_are_unknown(requests: Make) -> None:
    ok = np.where(np.arange(100) < 90, 1.0, 0.0)
    found = study(requests(cycle(100, 10), ok=ok))
    assert found.stale_by is StaleBy.OUTCOME
    stale = found.replays[-1].stale
    assert stale is not None
    assert (stale.estimate, stale.n) == (pytest.approx(10 / 90), 90)
    success = found.replays[-1].success_change
    assert success is not None
    assert success.estimate == pytest.approx(0.1)


def test_the_smaller_and_younger_of_equal_caches_is_chosen(requests: Make) -> None:
    keys = [place // 6 for place in range(900)]
    found = study(requests(keys, answer=keys), ttls_s=(600.0,), default_ttl=3600.0)
    assert found.best is not None
    setting = found.best.setting
    assert (setting.max_entries, setting.ttl_s) == (100, 600.0)


def test_a_trace_without_requests_is_too_little(requests: Make) -> None:
    assert study(requests([])).reason == "not enough data: 0 of 50 requests"


def test_watchers_are_told_how_far_it_is(requests: Make) -> None:
    told: list[tuple[int, int]] = []
    study_caching(
        requests(cycle(200, 5)),
        CacheReplaySettings(),
        seed=0,
        watch=lambda done, total: told.append((done, total)),
    )
    assert told == [(0, 2), (1, 2)]


def test_the_order_of_runs_that_overlap_makes_no_difference(requests: Make) -> None:
    found = requests(cycle(120, 6), segment=cycle(120, 2))
    apart = requests([*range(0, 6, 2)] * 20 + [*range(1, 6, 2)] * 20, segment=[0] * 60 + [1] * 60)
    assert study(found).replays[-1].n_hits == study(apart).replays[-1].n_hits == 114


def test_named_sizes_and_ages_are_the_only_ones() -> None:
    plain = CacheReplaySettings()
    found = wanted(plain, sizes=[5, 7], ttls_s=[30.0, 90.0], thresholds=[0.9, 0.7])
    assert (found.sizes, found.max_cache_size) == ((5, 7), 7)
    assert (found.ttls_s, found.default_ttl) == ((30.0, 90.0), 30.0)
    assert found.similarity_threshold == 0.7
    assert wanted(plain) == plain


def test_screening_changes_what_is_done_not_what_is_found(requests: Make) -> None:
    keys = cycle(200, 20)
    found = requests(keys, answer=keys)
    screened = study_caching(found, CacheReplaySettings(), seed=0, is_screened=True)
    assert replace(screened, absent=()) == replace(study(found), absent=())
