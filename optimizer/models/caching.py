"""What caches would have done to a trace of requests."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.dataclass import dataclass


class CacheKind(StrEnum):
    """What a cache looks a request up by."""

    EXACT = "exact"
    """The whole input and the variant."""

    SEMANTIC = "semantic"
    """An input that is nearly the same, by its MinHash."""

    HYBRID = "hybrid"
    """The whole input, else one that is nearly the same."""

    EMBEDDING = "embedding"
    """An input whose embedding is near."""


class Eviction(StrEnum):
    """What a full cache gives up."""

    LRU = "lru"
    """The entry that was used longest ago."""

    LFU = "lfu"
    """The entry that was used least often; of those the one used longest ago."""


class StaleBy(StrEnum):
    """What tells that a cached answer is not what the model gave."""

    ANSWER = "answer"
    """Another text."""

    OUTCOME = "outcome"
    """Another verdict: it passed where the model failed, or the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of a total with its interval.

    Attributes:
        estimate: From 0 to 1; a change may be negative.
        low: Lower bound of the interval.
        high: Upper bound of the interval.
        level: Confidence level of the interval, 0 to 1.
        n: Number of requests behind it.
        estimator: Name of the method.
    """

    estimate: float
    low: float
    high: float
    level: float
    n: int
    estimator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSetting:
    """How a cache is set.

    Attributes:
        kind: What it looks requests up by.
        max_entries: Most answers that it holds; None for any number.
        ttl_s: How long an answer may be served, in seconds; None for ever.
        eviction: What it gives up when it is full.
        similarity_threshold: Least similarity that is near enough; None for an exact cache.
    """

    kind: CacheKind
    max_entries: int | None
    ttl_s: float | None
    eviction: Eviction = Eviction.LRU
    similarity_threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheReplay:
    """What a cache of one setting would have done.

    Attributes:
        setting: The setting.
        n: Requests replayed.
        n_hits: Requests it would have answered.
        n_in_flight: Requests whose answer was still being made for an earlier one: misses.
        hit_rate: Share of requests answered.
        saved_cost: Share of the known cost that would not have been paid; None where unknown.
        saved_latency: Share of the known waiting time saved, lookups not counted; None likewise.
        saved_tokens: Share of the known tokens not read nor written; None likewise.
        saved_usd: What that cost comes to; None likewise.
        stale: Share of the hits whose answer was another than the model gave; None where that
            was not recorded of any.
        success_change: Pass rate with the cached answers less the pass rate without; None where
            nobody judged.
    """

    setting: CacheSetting
    n: int
    n_hits: int
    n_in_flight: int
    hit_rate: Share
    saved_cost: Share | None = None
    saved_latency: Share | None = None
    saved_tokens: Share | None = None
    saved_usd: float | None = None
    stale: Share | None = None
    success_change: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixReplay:
    """What a cache of prefix blocks of one setting would have done.

    Attributes:
        max_blocks: Most blocks that it holds; None for any number.
        eviction: What it gives up when it is full; None where it never is.
        n: Requests replayed.
        n_held: Most blocks that it held at a time.
        n_blocks: Blocks looked up.
        n_found: Blocks found each for itself, where each is used as it is looked up.
        n_prefix: Blocks within the longest beginning of a prompt that is cached, as an engine
            such as vLLM can use them; of one request the last block is given up first.
        block_hit_rate: `n_prefix` of `n_blocks`, with its interval.
        saved_prompt_tokens: Share of the tokens of prompts that need not be computed; None where
            the size of a block is unknown.
    """

    max_blocks: int | None
    eviction: Eviction | None
    n: int
    n_held: int
    n_blocks: int
    n_found: int
    n_prefix: int
    block_hit_rate: Share
    saved_prompt_tokens: Share | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CachingStudy:
    """What caches would have done to the requests of a workflow or a trace.

    Attributes:
        n: Requests replayed.
        n_repeats: Declared repeats, which are no traffic and were left out.
        n_cached: Requests that a cache had answered when they were recorded.
        n_segments: Runs; every cache starts empty with each.
        n_keys: Different inputs, over all runs.
        requests_per_minute: How many came while runs went on; None where they took no time.
        most_hits: No cache of answers can answer more of them; None where inputs are unknown.
        span_s: How long the longest run took, in seconds: longer ages cannot be told apart.
        stale_by: What told a stale answer; None where nothing could.
        level: Confidence level of the intervals.
        replays: By setting.
        prefixes: Likewise, of caches of prefix blocks.
        best: The cache of answers worth having; None where there is none.
        reason: Why there is none, or None.
        best_prefix: The cache of prefix blocks worth having; None where there is none.
        absent: What could not be replayed and why, a sentence each.
    """

    n: int
    n_repeats: int
    n_cached: int
    n_segments: int
    n_keys: int
    requests_per_minute: float | None
    most_hits: int | None
    span_s: float
    stale_by: StaleBy | None
    level: float
    replays: tuple[CacheReplay, ...] = ()
    prefixes: tuple[PrefixReplay, ...] = ()
    best: CacheReplay | None = None
    reason: str | None = None
    best_prefix: PrefixReplay | None = None
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CachingReport:
    """A replay of caches as it is told.

    Attributes:
        subject: What was replayed: the file, or the workflow.
        is_workflow: Whether it is a workflow.
        warnings: What a reader should know of how a file was read.
        study: What caches would have done.
    """

    subject: str
    is_workflow: bool
    warnings: tuple[str, ...]
    study: CachingStudy
