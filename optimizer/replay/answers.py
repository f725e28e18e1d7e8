"""Caches of answers: which request would have been served the answer of which earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from optimizer.models.caching import CacheKind, CacheSetting
from optimizer.models.dataclass import dataclass
from optimizer.models.requests import UNKNOWN_CODE
from optimizer.replay.cache_policy import is_fresh, ready_at_s, should_cache
from optimizer.replay.shelves import Shelf, shelf

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests

Neighbours = Sequence[tuple[float, int]]
"""Keys with their similarity, the most similar first."""

MISS = -1
"""Stands where no cached answer would have been served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTrace:
    """What was asked, by request, by run and in order of time.

    Attributes:
        segment: The run.
        key: Whole input and variant, as a number from 0; -1 where unknown.
        n_keys: How many of them there are.
    """

    segment: list[int]
    key: list[int]
    n_keys: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTrace:
    """What caches of answers look at, by request, by run and in order of time.

    Attributes:
        segment: The run.
        key: Whole input and variant, as a number from 0; -1 where unknown.
        at_s: When it came.
        ready_at_s: When its own answer was done.
        is_kept: Whether that answer is worth keeping.
        near: For each key those that are nearly the same, with their similarity, itself first;
            none where its text is unknown.
    """

    segment: list[int]
    key: list[int]
    at_s: list[float]
    ready_at_s: list[float]
    is_kept: list[bool]
    near: Sequence[Neighbours]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Whose answer each request would have got.

    Attributes:
        source: Place of the request whose answer it was, -1 where the model was asked.
        n_in_flight: Requests that found an answer still being made.
    """

    source: NDArray[np.int64]
    n_in_flight: int


def input_trace(requests: Requests, kept: NDArray[np.int64]) -> InputTrace:
    """Return what was asked in some requests."""
    keys = requests.key[kept].tolist()
    codes = {key: code for code, key in enumerate(sorted({*keys} - {UNKNOWN_CODE}))}
    codes[UNKNOWN_CODE] = UNKNOWN_CODE
    return InputTrace(
        segment=requests.segment[kept].tolist(),
        key=[codes[key] for key in keys],
        n_keys=len(codes) - 1,
    )


def answer_trace(
    requests: Requests, kept: NDArray[np.int64], asked: InputTrace | None = None
) -> AnswerTrace:
    """Return what caches look at of some requests, without what texts are near."""
    asked = asked or input_trace(requests, kept)
    return AnswerTrace(
        segment=asked.segment,
        key=asked.key,
        at_s=requests.at_s[kept].tolist(),
        ready_at_s=ready_at_s(requests)[kept].tolist(),
        is_kept=should_cache(requests)[kept].tolist(),
        near=((),) * (max(asked.key, default=UNKNOWN_CODE) + 1),
    )


def serve(trace: AnswerTrace, setting: CacheSetting) -> Served:
    """Replay a trace through a cache that starts empty with each run.

    A request takes the place of its key when it comes; its answer can be served from when it was
    done until it is too old. Being served does not make an answer younger.
    """
    source = np.full(len(trace.key), MISS, dtype=np.int64)
    n_in_flight, run = 0, None
    cache = _cache(trace, setting)
    for place, (segment, key) in enumerate(zip(trace.segment, trace.key, strict=True)):
        if segment != run:
            run, cache = segment, _cache(trace, setting)
        if key == UNKNOWN_CODE:
            continue
        found = cache.look_up(key, trace.at_s[place])
        if found is None:
            if trace.is_kept[place]:
                cache.keep(key, place)
        elif trace.ready_at_s[found] > trace.at_s[place]:
            n_in_flight += 1
        else:
            source[place] = found
    return Served(source=source, n_in_flight=n_in_flight)


class _Cache(Protocol):
    def look_up(self, key: int, at_s: float) -> int | None: ...

    def keep(self, key: int, place: int) -> None: ...


class _Exact:
    """Finds the answer to the same input."""

    def __init__(self, trace: AnswerTrace, setting: CacheSetting) -> None:
        self._ready_at_s = trace.ready_at_s
        self._ttl_s = setting.ttl_s
        self._shelf: Shelf[int] = shelf(setting.eviction, setting.max_entries)

    def look_up(self, key: int, at_s: float) -> int | None:
        """Return the request whose answer is kept for a key, None where none is or it is old."""
        place = self._shelf.get(key)
        if place is None or is_fresh(at_s - self._ready_at_s[place], self._ttl_s):
            return place
        self._shelf.discard(key)
        return None

    def keep(self, key: int, place: int) -> None:
        """Keep the answer of a request."""
        self._shelf.put(key, place)


class _Near(_Exact):
    """Finds the answer to the most similar input."""

    def __init__(self, trace: AnswerTrace, setting: CacheSetting) -> None:
        super().__init__(trace, setting)
        self._near = trace.near
        self._threshold = setting.similarity_threshold or 1.0
        self._is_hybrid = setting.kind is CacheKind.HYBRID

    def look_up(self, key: int, at_s: float) -> int | None:
        """Return the most similar request that is done, else the most similar in the making."""
        waiting = None
        for other in self._candidates(key):
            if other not in self._shelf:
                continue
            place = super().look_up(other, at_s)
            if place is not None and self._ready_at_s[place] <= at_s:
                return place
            waiting = place if waiting is None else waiting
        return waiting

    def _candidates(self, key: int) -> Iterator[int]:
        """Yield what may answer a key, the most similar first."""
        if self._is_hybrid:
            yield key
        for share, other in self._near[key]:
            if share < self._threshold:
                return
            yield other


def _cache(trace: AnswerTrace, setting: CacheSetting) -> _Cache:
    return (_Exact if setting.kind is CacheKind.EXACT else _Near)(trace, setting)
