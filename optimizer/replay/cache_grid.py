"""Which caches are replayed: those of the settings that the trace can tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

from optimizer.models.caching import CacheKind, CacheSetting, Eviction
from optimizer.models.requests import UNKNOWN_CODE
from optimizer.replay.answers import AnswerTrace

if TYPE_CHECKING:
    from optimizer.replay.cache_settings import CacheReplaySettings
    from optimizer.replay.prefixes import PrefixTrace

ITSELF = 1
"""A text is always near itself."""


def answer_grid(
    trace: AnswerTrace, settings: CacheReplaySettings, *, span_s: float
) -> list[CacheSetting]:
    """Return the caches of answers.

    Of sizes that hold all inputs, and of ages that no run lasts, one stands for all: the
    smallest size, and the default age where it is among them.
    """
    n_keys = _most_keys(trace)
    if not n_keys:
        return []
    sizes = _told_apart(
        [size for size in settings.sizes if size < settings.max_cache_size],
        settings.max_cache_size,
        n_keys,
    )
    ages = sorted({*settings.ttls_s, settings.default_ttl})
    short = [age for age in ages if age <= span_s]
    endless = [age for age in ages if age > span_s]
    if endless:
        short.append(settings.default_ttl if settings.default_ttl in endless else endless[0])
    return [
        CacheSetting(
            kind=kind,
            max_entries=size,
            ttl_s=age,
            eviction=eviction,
            similarity_threshold=threshold,
        )
        for (kind, threshold), size, age in product(_kinds(trace, settings), sizes, short)
        for eviction in (settings.evictions if size < n_keys else settings.evictions[:1])
    ]


def block_grid(
    trace: PrefixTrace | None, settings: CacheReplaySettings
) -> list[tuple[int | None, Eviction]]:
    """Return the sizes of caches of prefix blocks, with what they give up; the last is endless."""
    if trace is None:
        return []
    n_blocks = len({block for blocks in trace.blocks for block in blocks})
    sizes = sorted({size for size in settings.block_sizes if size < n_blocks})
    return [*product(sizes, settings.evictions), (None, Eviction.LRU)]


def _kinds(
    trace: AnswerTrace, settings: CacheReplaySettings
) -> Iterator[tuple[CacheKind, float | None]]:
    """Yield the kinds of caches that differ, with how similar inputs must be.

    A hybrid cache differs from one of similar texts only where texts are unknown, and from an
    exact one only where texts are similar.
    """
    if settings.enable_exact:
        yield CacheKind.EXACT, None
    if not settings.enable_semantic or not any(trace.near):
        return
    wanted = sorted({settings.similarity_threshold, *settings.similarity_thresholds})
    last = ITSELF * sum(1 for near in trace.near if near)
    kind = CacheKind.HYBRID if settings.enable_exact else CacheKind.SEMANTIC
    for threshold in reversed(wanted):
        if threshold < settings.similarity_threshold:
            break
        n_pairs = sum(share >= threshold for near in trace.near for share, _ in near)
        if n_pairs > last or not settings.enable_exact:
            yield kind, threshold
        last = n_pairs


def _told_apart(sizes: Sequence[int], largest: int, n_keys: int) -> list[int]:
    """Return the sizes that are too small for all keys, and the smallest that is not."""
    ordered = sorted({*sizes, largest})
    small = [size for size in ordered if size < n_keys]
    return ordered[: len(small) + 1]


def _most_keys(trace: AnswerTrace) -> int:
    """Return how many different inputs there are in the run that has most."""
    by_run: dict[int, set[int]] = {}
    for segment, key in zip(trace.segment, trace.key, strict=True):
        if key != UNKNOWN_CODE:
            by_run.setdefault(segment, set()).add(key)
    return max(map(len, by_run.values()), default=0)
