"""A trace replayed through caches of every kind, size and age, and the one worth having."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from optimizer.models.caching import CachingStudy
from optimizer.models.dataclass import dataclass
from optimizer.models.requests import UNKNOWN_CODE
from optimizer.replay.answers import InputTrace, Neighbours, answer_trace, input_trace
from optimizer.replay.cache_choice import chosen, chosen_prefix, is_hopeless, why_none
from optimizer.replay.cache_grid import answer_grid, block_grid
from optimizer.replay.cache_measures import CacheMeasures, told_by
from optimizer.replay.cache_policy import is_traffic
from optimizer.replay.near_texts import may_repeat, near_texts
from optimizer.replay.prefixes import PrefixTrace, prefix_trace, replay_prefixes
from optimizer.replay.shares import parts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests
    from optimizer.replay.cache_settings import CacheReplaySettings

S_PER_MINUTE = 60

NO_INPUTS = "exact: not available, neither inputs nor their hashes were recorded"
NO_TEXTS = "semantic: not available, the texts of inputs were not recorded"
NO_EMBEDDINGS = "embedding: not available, no embedding model is configured"
NO_TIMES = "ages: all requests of a run bear one time, so none can be told apart"
NO_BLOCKS = "prefix: not available, no hashes of prefix blocks were recorded"

Item = TypeVar("Item")

Watch = Callable[[int, int], None]
"""Is told how many replays are done, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a trace says of itself before anything is replayed.

    Attributes:
        requests: The trace.
        kept: Places of the requests that are replayed, by run and in order of time.
        asked: Their inputs.
        texts: The text of each input that has one, where they are to be compared.
        prefixes: Their blocks, where there are any.
        outline: What the study says so far; screened, it has `most_hits`.
    """

    requests: Requests
    kept: NDArray[np.int64]
    asked: InputTrace
    texts: Mapping[int, str]
    prefixes: PrefixTrace | None
    outline: CachingStudy


def study_caching(
    requests: Requests,
    settings: CacheReplaySettings,
    *,
    seed: int,
    variant: int | None = None,
    block_tokens: int | None = None,
    is_screened: bool = False,
    watch: Watch | None = None,
) -> CachingStudy:
    """Return what caches would have done to a trace, and the one worth having.

    Args:
        requests: The trace; declared repeats are left out.
        settings: What is replayed, and when a cache is worth having.
        seed: Of the signatures of texts.
        variant: Code of the only variant that is looked at; None for all.
        block_tokens: Tokens of a prefix block; None where unknown.
        is_screened: Whether nothing is replayed where no cache of answers can be worth having.
        watch: Is told how far it is.
    """
    one = begun(
        requests, settings, variant=variant, block_tokens=block_tokens, is_screened=is_screened
    )
    if is_screened:
        (one,) = screened([one], settings, seed=seed)
        if is_hopeless(one.outline, settings):
            return hopeless(one, settings)
    return replayed(one, settings, seed=seed, watch=watch)


def begun(
    requests: Requests,
    settings: CacheReplaySettings,
    *,
    variant: int | None = None,
    block_tokens: int | None = None,
    is_screened: bool = False,
) -> Begun:
    """Return what a trace says of itself; the arguments are those of `study_caching`."""
    kept = _by_run(requests, variant)
    asked = input_trace(requests, kept)
    texts = _texts(asked, requests, kept) if settings.enable_semantic else {}
    prefixes = prefix_trace(requests, kept, block_tokens)
    spans = _spans(requests, kept)
    missing = _absent(
        asked, texts, prefixes, settings, is_timed=bool(spans.any()), is_screened=is_screened
    )
    outline = CachingStudy(
        n=len(kept),
        n_repeats=int((requests.repeat > 0).sum()),
        n_cached=int(requests.cached[kept].sum()),
        n_segments=len(spans),
        n_keys=asked.n_keys,
        requests_per_minute=_per_minute(len(kept), spans),
        most_hits=None,
        span_s=float(spans.max(initial=0.0)),
        stale_by=told_by(requests, kept, settings.stale_by),
        level=settings.level,
        absent=tuple(missing),
    )
    return Begun(
        requests=requests,
        kept=kept,
        asked=asked,
        texts=texts if 1 < len(texts) <= settings.max_texts else {},
        prefixes=prefixes,
        outline=outline,
    )


def screened(traces: Sequence[Begun], settings: CacheReplaySettings, *, seed: int) -> list[Begun]:
    """Return traces with the most requests that any cache can answer, where that may be enough.

    The texts of all of them are looked through at once.
    """
    open_ones = [one for one in traces if not is_hopeless(one.outline, settings)]
    near = may_repeat([one.texts for one in open_ones], settings, seed=seed)
    found = {
        id(one): replace(
            one, outline=replace(one.outline, most_hits=_most_hits(one.asked, near_any=near_any))
        )
        for one, near_any in zip(open_ones, near, strict=True)
    }
    return [found.get(id(one), one) for one in traces]


def hopeless(trace: Begun, settings: CacheReplaySettings) -> CachingStudy:
    """Return why no cache of answers can be worth having."""
    return replace(trace.outline, reason=why_none(trace.outline, settings))


def replayed(
    one: Begun, settings: CacheReplaySettings, *, seed: int, watch: Watch | None = None
) -> CachingStudy:
    """Return what caches would have done to a trace, and the one worth having.

    Args:
        one: The trace.
        settings: What is replayed, and when a cache is worth having.
        seed: Of the signatures of texts.
        watch: Is told how far it is.
    """
    requests, kept, prefixes, level = one.requests, one.kept, one.prefixes, settings.level
    trace = answer_trace(requests, kept, one.asked)
    if one.texts:
        near = near_texts(trace, one.texts, requests.variant[kept], settings, seed=seed)
        trace = replace(trace, near=near)
    outline = replace(one.outline, most_hits=_most_hits(one.asked, near=trace.near))
    parts = parts_of(requests.segment[kept], settings.n_parts)
    measures = CacheMeasures(requests, kept, parts, level=level, stale_by=outline.stale_by)
    answers = answer_grid(trace, settings, span_s=outline.span_s)
    blocks = block_grid(prefixes, settings)
    steps = _Steps(len(answers) + len(blocks), watch)
    found = replace(
        outline,
        replays=tuple(measures.of(trace, setting) for setting in steps.through(answers)),
        prefixes=tuple(
            replay_prefixes(prefixes, max_blocks=size, eviction=eviction, parts=parts, level=level)
            for size, eviction in steps.through(blocks)
            if prefixes is not None
        ),
    )
    best = None if is_hopeless(found, settings) else chosen(found.replays, settings)
    return replace(
        found,
        best=best,
        reason=None if best else why_none(found, settings),
        best_prefix=chosen_prefix(found.prefixes, settings),
    )


class _Steps:
    """Says how far a replay is, whichever list it is at."""

    def __init__(self, total: int, watch: Watch | None) -> None:
        self._total, self._watch = total, watch
        self._done = 0

    def through(self, items: Sequence[Item]) -> Iterator[Item]:
        """Yield the items of a list."""
        for item in items:
            if self._watch is not None:
                self._watch(self._done, self._total)
            yield item
            self._done += 1


def _by_run(requests: Requests, variant: int | None) -> NDArray[np.int64]:
    """Return the places of the traffic, by run and in order of time."""
    is_seen = is_traffic(requests)
    if variant is not None:
        is_seen &= requests.variant == variant
    (traffic,) = is_seen.nonzero()
    segment = requests.segment[traffic]
    if (segment[1:] >= segment[:-1]).all():
        return np.asarray(traffic)
    return np.asarray(traffic[np.argsort(segment, kind="stable")])


def _texts(asked: InputTrace, requests: Requests, kept: NDArray[np.int64]) -> Mapping[int, str]:
    """Return the text of each key that has one."""
    texts = requests.texts
    if texts is None:
        return {}
    whole = zip(asked.key, map(texts.__getitem__, kept.tolist()), strict=True)
    return {key: text for key, text in whole if text is not None and key != UNKNOWN_CODE}


def _spans(requests: Requests, kept: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how long the requests of each run went on, in seconds."""
    if not len(kept):
        return np.zeros(0)
    segment, at = requests.segment[kept], requests.at_s[kept]
    last = np.append(segment[1:] != segment[:-1], True)
    first = np.append(True, last[:-1])
    return np.asarray(at[last] - at[first])


def _per_minute(n: int, spans: NDArray[np.float64]) -> float | None:
    """Return how many requests came in a minute while runs went on; None in no time."""
    minutes = float(spans.sum()) / S_PER_MINUTE
    return n / minutes if minutes > 0 else None


def _most_hits(
    asked: InputTrace, *, near: Sequence[Neighbours] = (), near_any: Set[int] = frozenset()
) -> int | None:
    """Return how many requests have an equal or similar one before them; None of no inputs.

    Args:
        asked: The requests.
        near: Keys that are similar to each, by key; none: no two are.
        near_any: Keys that are taken to have a similar one before them.
    """
    if not asked.n_keys:
        return None
    n, run = 0, None
    seen: set[int] = set()
    for segment, key in zip(asked.segment, asked.key, strict=True):
        if segment != run:
            run, seen = segment, set()
        if key != UNKNOWN_CODE:
            n += key in seen or key in near_any or (bool(near) and _is_near(near[key], seen))
            seen.add(key)
    return n


def _is_near(near: Neighbours, seen: Set[int]) -> bool:
    return any(other in seen for _, other in near)


def _absent(
    asked: InputTrace,
    texts: Mapping[int, str],
    prefixes: PrefixTrace | None,
    settings: CacheReplaySettings,
    *,
    is_timed: bool,
    is_screened: bool,
) -> Iterator[str]:
    """Yield what cannot be replayed and why."""
    if not asked.n_keys:
        yield NO_INPUTS
    if settings.enable_semantic and not texts:
        yield NO_TEXTS
    elif len(texts) > settings.max_texts:
        yield f"semantic: left out, {len(texts)} different texts, max_texts is {settings.max_texts}"
    if settings.enable_embedding:
        yield NO_EMBEDDINGS
    if asked.key and not is_timed:
        yield NO_TIMES
    if prefixes is None and not is_screened:
        yield NO_BLOCKS
