"""Which inputs of a trace are nearly the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from optimizer.replay.answers import AnswerTrace, Neighbours
from optimizer.replay.minhash import (
    Said,
    Shingle,
    may_be_near_in,
    may_be_neighbours,
    neighbours,
    signatures,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.replay.cache_settings import CacheReplaySettings

SAME = 1.0
"""Similarity of a text to itself."""


def may_repeat(
    texts: Sequence[Mapping[int, str]], settings: CacheReplaySettings, *, seed: int
) -> list[frozenset[int]]:
    """Return for each trace the keys whose texts may be near another, more of them than are."""
    found = may_be_near_in(
        [list(of_trace.values()) for of_trace in texts],
        **_said(settings, seed),
        threshold=settings.similarity_threshold,
    )
    return [
        frozenset(key for key, is_near in zip(of_trace, near.tolist(), strict=True) if is_near)
        for of_trace, near in zip(texts, found, strict=True)
    ]


def near_texts(
    trace: AnswerTrace,
    texts: Mapping[int, str],
    variant: NDArray[np.int64],
    settings: CacheReplaySettings,
    *,
    seed: int,
) -> Sequence[Neighbours]:
    """Return for each key the keys whose texts are near its own, itself first.

    Args:
        trace: The requests.
        texts: Their texts by key.
        variant: The variant of each request; inputs of different ones are not compared.
        settings: What near is.
        seed: Of the signatures.
    """
    variants = dict(zip(trace.key, variant.tolist(), strict=True))
    keys, said = list(texts), _said(settings, seed)
    threshold = settings.similarity_threshold
    places = may_be_neighbours(list(texts.values()), **said, threshold=threshold)
    chosen = [keys[place] for place in places]
    found = signatures([texts[key] for key in chosen], **said)
    near = neighbours(found, [variants[key] for key in chosen], threshold=threshold)
    by_key: list[Neighbours] = [()] * len(trace.near)
    for key in keys:
        by_key[key] = [(SAME, key)]
    for key, others in zip(chosen, near, strict=True):
        by_key[key] = [(SAME, key), *((share, chosen[place]) for share, place in others)]
    return by_key


def _said(settings: CacheReplaySettings, seed: int) -> Said:
    """Return how texts are signed."""
    return {"shingle": Shingle(settings.shingle), "size": settings.shingle_size, "seed": seed}
