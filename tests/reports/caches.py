"""What caches would have done to recorded requests."""

from __future__ import annotations

from functools import partial
from typing import Any

from optimizer.models.caching import (
    CacheKind,
    CacheReplay,
    CacheSetting,
    CachingReport,
    CachingStudy,
    Eviction,
    PrefixReplay,
    Share,
    StaleBy,
)
from reports.gallery.replay_caching import replay_caching


def share(estimate: float, low: float, high: float, n: int = 500) -> Share:
    return Share(
        estimate=estimate,
        low=low,
        high=high,
        level=0.95,
        n=n,
        estimator="batch means, 10 stretches of time",
    )


def replay(n_hits: int, **more: Any) -> CacheReplay:
    rate = n_hits / 500
    facts: dict[str, Any] = {
        "setting": CacheSetting(kind=CacheKind.EXACT, max_entries=100, ttl_s=3600.0),
        "n": 500,
        "n_hits": n_hits,
        "n_in_flight": 3,
        "hit_rate": share(rate, rate - 0.04, rate + 0.04),
        "saved_cost": share(rate - 0.01, rate - 0.06, rate + 0.04, n=498),
        "saved_latency": share(rate - 0.02, rate - 0.06, rate + 0.04),
        "saved_tokens": share(rate, rate - 0.06, rate + 0.06),
        "saved_usd": 0.0213 * n_hits,
        "stale": share(0.0125, 0.0022, 0.0451, n=n_hits),
        "success_change": share(-0.002, -0.006, 0.002),
    }
    return CacheReplay(**(facts | more))


def study(**more: Any) -> CachingStudy:
    facts: dict[str, Any] = {
        "n": 500,
        "n_repeats": 120,
        "n_cached": 0,
        "n_segments": 2,
        "n_keys": 340,
        "requests_per_minute": 154.2,
        "most_hits": 170,
        "span_s": 3436.0,
        "stale_by": StaleBy.ANSWER,
        "level": 0.95,
    }
    return CachingStudy(**(facts | more))


def prefix(n_prefix: int, **more: Any) -> PrefixReplay:
    rate = n_prefix / 54_559
    facts: dict[str, Any] = {
        "max_blocks": 10_000,
        "eviction": Eviction.LRU,
        "n": 2000,
        "n_held": 10_000,
        "n_blocks": 54_559,
        "n_found": n_prefix + 14,
        "n_prefix": n_prefix,
        "block_hit_rate": share(rate, rate - 0.05, rate + 0.05, n=2000),
        "saved_prompt_tokens": share(rate, rate - 0.05, rate + 0.05, n=2000),
    }
    return PrefixReplay(**(facts | more))


def report(found: CachingStudy, **more: Any) -> CachingReport:
    facts: dict[str, Any] = {"subject": "support", "is_workflow": True, "warnings": ()}
    return CachingReport(**(facts | more), study=found)


BEST = replay(160)
LOOSE = replay(
    165,
    setting=CacheSetting(
        kind=CacheKind.HYBRID,
        max_entries=1000,
        ttl_s=600.0,
        eviction=Eviction.LFU,
        similarity_threshold=0.85,
    ),
    saved_cost=None,
    saved_usd=None,
    stale=share(0.21, 0.15, 0.28, n=165),
)
ENDLESS = prefix(15_771, max_blocks=None, eviction=None, n_held=38_788)
ALL = partial(replay_caching, limit=12)
CASES = {
    "replay_caching": (ALL, (report(study(replays=(LOOSE, BEST), best=BEST)),)),
    "replay_caching-empty": (
        ALL,
        (
            report(
                study(
                    n=0,
                    n_repeats=0,
                    n_segments=0,
                    n_keys=0,
                    requests_per_minute=None,
                    most_hits=None,
                    span_s=0.0,
                    stale_by=None,
                    reason="not enough data: 0 of 50 requests",
                )
            ),
        ),
    ),
    "replay_caching-prefix": (
        partial(replay_caching, limit=1),
        (
            report(
                study(
                    n=2000,
                    n_keys=1983,
                    most_hits=17,
                    stale_by=None,
                    replays=(replay(17, n=2000, stale=None),),
                    prefixes=(prefix(11_409, saved_prompt_tokens=None), ENDLESS),
                    best_prefix=ENDLESS,
                    reason="no cache can answer more than 17 of 2000 requests, 20 % are expected",
                    absent=("semantic: not available, the texts of inputs were not recorded",),
                ),
                subject="traces/mooncake.jsonl",
                is_workflow=False,
                warnings=(
                    "the clock goes backwards once in 2000 rows: they were put in order of time",
                ),
            ),
        ),
    ),
    "replay_caching-silent": (
        ALL,
        (report(study(replays=(LOOSE,), reason="too many answers differ")),),
    ),
}
