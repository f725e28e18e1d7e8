"""How caches are replayed: the sizes, ages and similarities that are tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from optimizer.models.caching import Eviction, StaleBy
from optimizer.models.settings import Field, Settings

Size = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Similarity = Annotated[float, Field(gt=0, le=1)]


class CacheReplaySettings(Settings):
    """Which caches are replayed, and when one is worth having."""

    enable_exact: bool = True
    """Whether a cache that looks up whole inputs is replayed."""

    enable_semantic: bool = True
    """Whether caches that find nearly the same input are replayed."""

    enable_embedding: bool = False
    """Whether a cache of embeddings is wanted; it is told that no embedding model is configured."""

    similarity_threshold: Similarity = 0.85
    """Least similarity of two inputs that may share an answer: the share of shingles in common."""

    similarity_thresholds: tuple[Similarity, ...] = (0.9, 0.95)
    """Further similarities that are tried; those below `similarity_threshold` are left out."""

    shingle: Annotated[str, Field(pattern="^(char|word)$")] = "char"
    """What texts are compared by: runs of characters (`char`) or of words (`word`)."""

    shingle_size: Annotated[int, Field(ge=1, le=20)] = 3
    """How many characters or words make such a run."""

    max_texts: Annotated[int, Field(ge=2, le=200_000)] = 20_000
    """Most different texts that are compared with each other; of more, none are."""

    default_ttl: Seconds = 3600.0
    """How long an answer may be served, in seconds, unless the replay says otherwise."""

    ttls_s: tuple[Seconds, ...] = (60.0, 600.0, 86_400.0)
    """Further times that are tried, in seconds."""

    max_cache_size: Size = 10_000
    """Most answers that a cache may hold."""

    sizes: tuple[Size, ...] = (100, 1000)
    """Further sizes that are tried; those above `max_cache_size` are left out."""

    evictions: Annotated[tuple[Eviction, ...], Field(min_length=1)] = (Eviction.LRU, Eviction.LFU)
    """What a full cache gives up: `lru` the longest unused, `lfu` the least often used."""

    block_sizes: tuple[Size, ...] = (1000, 10_000, 50_000)
    """Sizes of a cache of prefix blocks that are tried, beside one without a bound."""

    min_expected_hit_rate: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Least share of requests that a cache must answer, judged on the low end of the interval."""

    min_requests_per_minute: Annotated[float, Field(ge=0)] = 10.0
    """Least traffic that a cache is worth its upkeep for."""

    max_stale_rate: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Most answers that may differ from the model's, judged on the high end of the interval."""

    stale_by: StaleBy = StaleBy.ANSWER
    """What tells a stale answer: another text (`answer`) or another verdict (`outcome`)."""

    min_requests: Annotated[int, Field(ge=2)] = 50
    """Fewest requests worth replaying."""

    indifference: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Saving, as a share, that is given away for a smaller or simpler cache or a shorter age."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of the intervals."""

    n_parts: Annotated[int, Field(ge=3, le=1000)] = 10
    """Parts that requests are cut into for intervals, as hits depend on what came before them."""


def wanted(
    settings: CacheReplaySettings,
    *,
    sizes: Sequence[int] | None = None,
    ttls_s: Sequence[float] | None = None,
    thresholds: Sequence[float] | None = None,
    block_sizes: Sequence[int] | None = None,
) -> CacheReplaySettings:
    """Return settings that replay only these sizes, ages and similarities, where any are named."""
    changes: dict[str, Any] = {}
    if sizes:
        changes |= {"sizes": tuple(sizes), "max_cache_size": max(sizes)}
    if ttls_s:
        changes |= {"ttls_s": tuple(ttls_s), "default_ttl": ttls_s[0]}
    if thresholds:
        least = min(thresholds)
        changes |= {"similarity_thresholds": tuple(thresholds), "similarity_threshold": least}
    if block_sizes:
        changes["block_sizes"] = tuple(block_sizes)
    return settings.model_copy(update=changes)
