"""Caches of prefix blocks: how much of each prompt has been computed before.

A block stands for some tokens of a prompt and all that stands before them, so equal hashes mean
an equal beginning. Two counts are kept, each with a cache of its own:

* found: every block is looked up for itself, in the order of the prompt, and used as it is;
* prefix: only the longest beginning that is cached counts, as an engine can use no more. All
  blocks of a request are used at once, of them the last one is given up first, as vLLM does it
  (Kwon et al. 2023, SOSP, and its design of automatic prefix caching).

Without a bound both counts are the same where hashes stand for all that comes before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from optimizer.models.caching import Eviction, PrefixReplay, Share
from optimizer.models.dataclass import dataclass
from optimizer.replay.shares import Parts, share
from optimizer.replay.shelves import Shelf, shelf

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests

PRESENT = 1
"""What a shelf of blocks holds: nothing but the block itself."""

Blocks = list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixTrace:
    """The blocks of each request, in order of time.

    Attributes:
        blocks: By request.
        segment: The run of each request.
        tokens_in: Tokens of each prompt.
        block_tokens: Tokens of a block, or None where unknown.
    """

    blocks: list[Blocks]
    segment: list[int]
    tokens_in: NDArray[np.float64]
    block_tokens: int | None


def prefix_trace(
    requests: Requests, kept: NDArray[np.int64], block_tokens: int | None
) -> PrefixTrace | None:
    """Return the blocks of some requests, by run and in order of time; None where none have any."""
    if requests.blocks is None or requests.block_ends is None or not len(requests.blocks):
        return None
    flat = requests.blocks.tolist()
    edges = list(pairwise([0, *requests.block_ends.tolist()]))
    return PrefixTrace(
        blocks=[flat[slice(*edges[place])] for place in kept.tolist()],
        segment=requests.segment[kept].tolist(),
        tokens_in=requests.tokens_in[kept],
        block_tokens=block_tokens,
    )


def replay_prefixes(
    trace: PrefixTrace, *, max_blocks: int | None, eviction: Eviction, parts: Parts, level: float
) -> PrefixReplay:
    """Return what a cache of so many blocks would have done."""
    n_prefix = _counts(trace, _longest_prefix, eviction, max_blocks)
    n_found = _counts(trace, _each_found, eviction, max_blocks)
    n_blocks = np.array([len(blocks) for blocks in trace.blocks], dtype=np.float64)
    return PrefixReplay(
        max_blocks=max_blocks,
        eviction=None if max_blocks is None else eviction,
        n=len(trace.blocks),
        n_held=min(max_blocks or _most_blocks(trace), _most_blocks(trace)),
        n_blocks=int(n_blocks.sum()),
        n_found=int(n_found.sum()),
        n_prefix=int(n_prefix.sum()),
        block_hit_rate=share(n_prefix, n_blocks, parts, level=level),
        saved_prompt_tokens=_saved_tokens(trace, n_prefix, parts, level),
    )


def _counts(
    trace: PrefixTrace,
    count: Callable[[Shelf[int], Blocks], int],
    eviction: Eviction,
    room: int | None,
) -> NDArray[np.float64]:
    """Return the hits of each request; the cache starts empty with each run."""

    def hits() -> Iterator[int]:
        cache, run = shelf(eviction, room), None
        for blocks, segment in zip(trace.blocks, trace.segment, strict=True):
            if segment != run:
                cache, run = shelf(eviction, room), segment
            yield count(cache, blocks)

    return np.fromiter(hits(), dtype=np.float64, count=len(trace.blocks))


def _each_found(cache: Shelf[int], blocks: Blocks) -> int:
    found = 0
    for block in blocks:
        if cache.get(block) is None:
            cache.put(block, PRESENT)
        else:
            found += 1
    return found


def _longest_prefix(cache: Shelf[int], blocks: Blocks) -> int:
    """Return how many blocks can be used, and use all of the request at once.

    Those that are there are used first, lest room for the others be made by giving them up, and
    all of them last, so that the first block is the newest. Every use counts twice so, and every
    new block thrice, which leaves the order of LFU as it is.
    """
    found = _leading(block in cache for block in blocks)
    for block in reversed([block for block in blocks if block in cache]):
        cache.get(block)
    for block in reversed(blocks):
        if block not in cache:
            cache.put(block, PRESENT)
            cache.get(block)
    for block in reversed(blocks):
        cache.get(block)
    return found


def _leading(is_there: Iterable[bool]) -> int:
    """Return how many are true before the first that is not."""
    n = 0
    for one in is_there:
        if not one:
            break
        n += 1
    return n


def _most_blocks(trace: PrefixTrace) -> int:
    """Return how many different blocks there are in the run that has most."""
    by_run: dict[int, set[int]] = {}
    for blocks, segment in zip(trace.blocks, trace.segment, strict=True):
        by_run.setdefault(segment, set()).update(blocks)
    return max(map(len, by_run.values()), default=0)


def _saved_tokens(
    trace: PrefixTrace, n_prefix: NDArray[np.float64], parts: Parts, level: float
) -> Share | None:
    if trace.block_tokens is None:
        return None
    found = np.minimum(n_prefix * trace.block_tokens, trace.tokens_in)
    known = np.isfinite(found)
    if not known.any():
        return None
    totals = np.where(known, trace.tokens_in, 0.0)
    return share(np.where(known, found, 0.0), totals, parts, level=level)
