"""Hit rates of traffic in which hits depend on what came before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from optimizer.models.caching import CacheKind, CacheSetting, Share
from optimizer.replay.answers import AnswerTrace, serve
from optimizer.replay.cache_settings import CacheReplaySettings
from optimizer.replay.shares import parts_of, rate, wilson_share

N, ENTRIES = 1_000, 50
TOPICS, WORDS, STAY = 200, 12, 1 / 25
"""Topics that are asked about, questions of one at most, and the chance to leave one."""

CACHE = CacheSetting(kind=CacheKind.EXACT, max_entries=ENTRIES, ttl_s=None)
Keys = NDArray[np.int64]


def popular(rng: np.random.Generator) -> Keys:
    return np.minimum(rng.zipf(1.3, N), 500)


def bursts(rng: np.random.Generator) -> Keys:
    keys: list[int] = []
    while len(keys) < N:
        topic, length = int(rng.integers(TOPICS)), rng.geometric(STAY)
        asked = rng.integers(0, rng.integers(1, WORDS), length)
        keys += (topic * WORDS + asked).tolist()
    return np.array(keys[:N])


def replayed(keys: Keys) -> NDArray[np.bool_]:
    at_s = [float(place) for place in range(len(keys))]
    found, codes = np.unique(keys, return_inverse=True)
    trace = AnswerTrace(
        segment=[0] * len(keys),
        key=codes.tolist(),
        at_s=at_s,
        ready_at_s=at_s,
        is_kept=[True] * len(keys),
        near=((),) * len(found),
    )
    return np.asarray(serve(trace, CACHE).source >= 0)


def holds(shares: list[Share]) -> list[bool]:
    """Tell of each interval whether it holds the mean of all estimates."""
    truth = float(np.mean([share.estimate for share in shares]))
    return [share.low <= truth <= share.high for share in shares]


@pytest.mark.parametrize(
    ("row", "draw", "batches", "alone"),
    [("H1", popular, 0.996, 0.934), ("H2", bursts, 0.944, 0.599)],
)
def test_intervals_over_parts_hold_where_those_of_single_requests_do_not(
    bench,
    suites,
    reps,
    row: str,
    draw: Callable[[np.random.Generator], Keys],
    batches: float,
    alone: float,
) -> None:
    rng, reps = suites(90).rng, reps // 10
    parts = parts_of(np.zeros(N, dtype=np.int64), CacheReplaySettings().n_parts)
    hits = [replayed(draw(rng)) for _ in range(reps)]
    together = holds([rate(one, parts, level=0.95) for one in hits])
    single = holds([wilson_share(int(one.sum()), N, level=0.95) for one in hits])
    bench.hold(
        [
            bench.rate(row, "hit rate, batch means", together, batches, of=2_000, at_least=0.93),
            bench.rate(f"{row}-", "hit rate, Wilson", single, alone, of=2_000),
        ]
    )
