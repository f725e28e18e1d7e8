"""What a cache would have saved, and what its answers would have cost in quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.caching import CacheReplay, CacheSetting, Share, StaleBy
from optimizer.models.requests import UNKNOWN_CODE
from optimizer.replay.answers import MISS, AnswerTrace, Served, serve
from optimizer.replay.shares import Parts, change, rate, saved, wilson_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests


class CacheMeasures:
    """Measures caches on one trace.

    Attributes:
        stale_by: What tells a stale answer; None where nothing that does was recorded.
    """

    def __init__(
        self,
        requests: Requests,
        kept: NDArray[np.int64],
        parts: Parts,
        *,
        level: float,
        stale_by: StaleBy | None,
    ) -> None:
        """Take the requests that are replayed, by their places and in the order of the replay."""
        self._parts, self._level = parts, level
        self._ok = requests.ok[kept]
        self._answer = requests.answer[kept]
        self._cost = requests.cost_usd[kept]
        self._latency = requests.latency_ms[kept]
        self._tokens = (requests.tokens_in + requests.tokens_out)[kept]
        self.stale_by = stale_by

    def of(self, trace: AnswerTrace, setting: CacheSetting) -> CacheReplay:
        """Return what a cache of one setting would have done."""
        served = serve(trace, setting)
        hits = served.source != MISS
        saved_cost = self._saved(self._cost, hits)
        return CacheReplay(
            setting=setting,
            n=len(hits),
            n_hits=int(hits.sum()),
            n_in_flight=served.n_in_flight,
            hit_rate=rate(hits, self._parts, level=self._level),
            saved_cost=saved_cost,
            saved_latency=self._saved(self._latency, hits),
            saved_tokens=self._saved(self._tokens, hits),
            saved_usd=None if saved_cost is None else float(np.nansum(self._cost[hits])),
            stale=self._stale(served),
            success_change=self._success_change(served),
        )

    def _saved(self, amounts: NDArray[np.float64], hits: NDArray[np.bool_]) -> Share | None:
        return saved(amounts, hits, self._parts, level=self._level)

    def _stale(self, served: Served) -> Share | None:
        """Return how many of the cached answers are others than the model's own."""
        hits = np.flatnonzero(served.source != MISS)
        source = served.source[hits]
        if self.stale_by is None:
            return None
        if self.stale_by is StaleBy.ANSWER:
            told = np.where(self._answer == UNKNOWN_CODE, np.nan, 1.0)
            differs = self._answer[hits] != self._answer[source]
        else:
            told = self._ok
            differs = self._ok[hits] != self._ok[source]
        known = np.isfinite(told[hits]) & np.isfinite(told[source])
        n = int(known.sum())
        n_stale = int(differs[known].sum())
        return wilson_share(n_stale, n, level=self._level) if n else None

    def _success_change(self, served: Served) -> Share | None:
        hits = served.source != MISS
        given = np.where(hits, self._ok[served.source], self._ok)
        return change(given, self._ok, self._parts, level=self._level) if hits.any() else None


def told_by(requests: Requests, kept: NDArray[np.int64], wanted: StaleBy) -> StaleBy | None:
    """Return what tells a stale answer: what is wanted, else the other one; None of neither."""
    known = {
        StaleBy.ANSWER: lambda: bool((requests.answer[kept] != UNKNOWN_CODE).any()),
        StaleBy.OUTCOME: lambda: bool(np.isfinite(requests.ok[kept]).any()),
    }
    return next((one for one in (wanted, *StaleBy) if known[one]()), None)
