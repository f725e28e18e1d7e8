"""Which of the replayed caches is worth having, or why none is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from optimizer.models.amounts import percent
from optimizer.models.caching import (
    CacheKind,
    CacheReplay,
    CachingStudy,
    Eviction,
    PrefixReplay,
    Share,
)

if TYPE_CHECKING:
    from optimizer.replay.cache_settings import CacheReplaySettings

Measure = Callable[[CacheReplay], Share | None]

SAVINGS: tuple[Measure, ...] = (
    lambda replay: replay.saved_cost,
    lambda replay: replay.saved_latency,
    lambda replay: replay.saved_tokens,
    lambda replay: replay.hit_rate,
)
"""What a cache is chosen for: the first that was measured."""

SIMPLEST = (CacheKind.EXACT, CacheKind.HYBRID, CacheKind.SEMANTIC)
"""Of equally good caches the first is taken."""


def chosen(replays: Sequence[CacheReplay], settings: CacheReplaySettings) -> CacheReplay | None:
    """Return the cache that saves most among those that are safe, the simplest of about equals."""
    safe = [replay for replay in replays if _answers_enough(replay, settings)]
    safe = [replay for replay in safe if _is_fresh(replay, settings)]
    if not safe:
        return None
    saving = next(one for one in SAVINGS if any(one(replay) for replay in safe))
    most = max(_estimate(saving(replay)) for replay in safe)
    near = [one for one in safe if _estimate(saving(one)) >= most - settings.indifference]
    return min(near, key=lambda replay: _burden(replay, settings))


def chosen_prefix(
    replays: Sequence[PrefixReplay], settings: CacheReplaySettings
) -> PrefixReplay | None:
    """Return the smallest cache of prefix blocks that finds about as many as any; None if few."""
    if not replays:
        return None
    most = max(replay.block_hit_rate.estimate for replay in replays)
    near = [one for one in replays if one.block_hit_rate.estimate >= most - settings.indifference]
    best = min(near, key=lambda replay: replay.n_held)
    return best if best.block_hit_rate.low >= settings.min_expected_hit_rate else None


def is_hopeless(study: CachingStudy, settings: CacheReplaySettings) -> bool:
    """Tell whether no cache of answers can be worth having, whatever a replay says."""
    rate = study.requests_per_minute
    return (
        study.n < settings.min_requests
        or study.n_keys == 0
        or (rate is not None and rate < settings.min_requests_per_minute)
        or (
            study.most_hits is not None
            and study.most_hits < max(settings.min_expected_hit_rate * study.n, 1)
        )
    )


def why_none(study: CachingStudy, settings: CacheReplaySettings) -> str:
    """Say why no cache of answers is worth having."""
    rate = study.requests_per_minute
    if study.n < settings.min_requests:
        return f"not enough data: {study.n} of {settings.min_requests} requests"
    if study.n_keys == 0:
        return f"neither the inputs of {study.n} requests nor their hashes were recorded"
    if rate is not None and rate < settings.min_requests_per_minute:
        least = settings.min_requests_per_minute
        return f"{rate:.3g} requests per minute, {least:g} make a cache worth its upkeep"
    if study.most_hits is not None and is_hopeless(study, settings):
        return (
            f"no cache can answer more than {study.most_hits} of {study.n} requests, "
            f"{percent(settings.min_expected_hit_rate)} are expected"
        )
    return _shortfall(study.replays, settings)


def _shortfall(replays: Sequence[CacheReplay], settings: CacheReplaySettings) -> str:
    if not replays:
        return "no cache of answers was to be replayed"
    enough = [replay for replay in replays if _answers_enough(replay, settings)]
    if not enough:
        best = max(replays, key=lambda replay: replay.hit_rate.low)
        return (
            f"the best cache answers {best.n_hits} of {best.n} requests "
            f"({best.hit_rate.low:.1%} or more), {settings.min_expected_hit_rate:.0%} are expected"
        )
    known = [replay for replay in enough if replay.stale is not None]
    if not known:
        return "answers were not recorded, so nothing tells how many would be stale"
    best = min(known, key=lambda replay: _high(replay.stale))
    stale = best.stale
    n = 0 if stale is None else stale.n
    return (
        f"of {best.n_hits} cached answers {_estimate(stale):.1%} differ from the model's "
        f"(up to {_high(stale):.1%}, {n} compared), at most {settings.max_stale_rate:.0%} may"
    )


def _answers_enough(replay: CacheReplay, settings: CacheReplaySettings) -> bool:
    return replay.n_hits > 0 and replay.hit_rate.low >= settings.min_expected_hit_rate


def _is_fresh(replay: CacheReplay, settings: CacheReplaySettings) -> bool:
    return replay.stale is not None and replay.stale.high <= settings.max_stale_rate


def _burden(replay: CacheReplay, settings: CacheReplaySettings) -> tuple[float, ...]:
    """Return what a cache is avoided for: its kind, size, age and looseness."""
    setting = replay.setting
    ttl = setting.ttl_s or settings.default_ttl
    return (
        SIMPLEST.index(setting.kind),
        setting.max_entries or 0,
        ttl,
        setting.eviction is not Eviction.LRU,
        -(setting.similarity_threshold or 1.0),
    )


def _estimate(share: Share | None) -> float:
    return 0.0 if share is None else share.estimate


def _high(share: Share | None) -> float:
    return 1.0 if share is None else share.high
