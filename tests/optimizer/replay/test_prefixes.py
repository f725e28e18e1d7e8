from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor_bridge.traces import read_trace
from optimizer.models.caching import Eviction, PrefixReplay
from optimizer.models.requests import Requests
from optimizer.replay.prefixes import PrefixTrace, prefix_trace, replay_prefixes
from optimizer.replay.shares import parts_of

Make = Callable[..., Requests]

MOONCAKE = (
    Path(__file__).resolve().parents[4] / "shared/data/traces/mooncake_conversation_first2000.jsonl"
)


def replayed(trace: PrefixTrace, size: int | None, eviction: Eviction) -> PrefixReplay:
    parts = parts_of(np.array(trace.segment), 20)
    return replay_prefixes(trace, max_blocks=size, eviction=eviction, parts=parts, level=0.95)


def listed(lists: list[list[int]], room: int | None) -> tuple[int, int]:
    """The hits of both counts, by lists of blocks with the newest use last."""
    each: list[int] = []
    whole: list[int] = []
    n_each = n_prefix = 0
    for blocks in lists:
        for block in blocks:
            n_each += block in each
            each = [b for b in each if b != block] + [block]
            each = each[-room:] if room else each
        for block in blocks:
            if block not in whole:
                break
            n_prefix += 1
        for block in reversed(blocks):
            whole = [b for b in whole if b != block] + [block]
        whole = whole[-room:] if room else whole
    return n_each, n_prefix


CHAINS = st.lists(
    st.lists(st.integers(0, 2), min_size=1, max_size=4).map(
        lambda path: [hash(tuple(path[: n + 1])) % 10_007 for n in range(len(path))]
    ),
    min_size=2,
    max_size=25,
)


@given(CHAINS, st.sampled_from([3, 5, 8, None]))
def test_counts_are_those_of_a_list_searched_through(
    lists: list[list[int]], room: int | None
) -> None:
    trace = PrefixTrace(
        blocks=lists,
        segment=[0] * len(lists),
        tokens_in=np.full(len(lists), np.nan),
        block_tokens=None,
    )
    found = replayed(trace, room, Eviction.LRU)
    n_each, n_prefix = listed(lists, room)
    assert (found.n_found, found.n_prefix) == (n_each, n_prefix)


def test_only_the_longest_cached_beginning_counts(requests: Make) -> None:
    found = requests(
        [0, 1, 2],
        blocks=[1, 2, 3, 1, 2, 4, 9, 3],
        block_ends=[3, 6, 8],
        tokens_in=[30.0, 25.0, 20.0],
    )
    trace = prefix_trace(found, np.arange(3), 10)
    assert trace is not None
    told = replayed(trace, None, Eviction.LRU)
    assert (told.n_blocks, told.n_prefix, told.n_found, told.n_held) == (8, 2, 3, 5)
    assert told.saved_prompt_tokens is not None
    assert told.saved_prompt_tokens.estimate == pytest.approx(20 / 75)


def test_a_beginning_that_all_share_outlives_the_rest(requests: Make) -> None:
    lists = [[1, 2, 20], [1, 3, 30], [1, 2, 20], [1, 4, 40], [1, 5, 50], [1, 2, 20]]
    found = requests(
        range(6),
        blocks=[block for blocks in lists for block in blocks],
        block_ends=[3 * n + 3 for n in range(6)],
    )
    trace = prefix_trace(found, np.arange(6), None)
    assert trace is not None
    assert replayed(trace, 5, Eviction.LRU).n_prefix == 1 + 3 + 1 + 1 + 1
    assert replayed(trace, 5, Eviction.LFU).n_prefix == 1 + 3 + 1 + 1 + 3


def test_blocks_are_forgotten_between_runs(requests: Make) -> None:
    found = requests([0, 1], blocks=[1, 2, 1, 2], block_ends=[2, 4], segment=[0, 1])
    trace = prefix_trace(found, np.arange(2), None)
    assert trace is not None
    assert replayed(trace, None, Eviction.LRU).n_prefix == 0


def test_without_blocks_there_is_no_trace(requests: Make) -> None:
    assert prefix_trace(requests([1]), np.arange(1), None) is None


@pytest.mark.skipif(not MOONCAKE.exists(), reason="no shared data on this platform")
@pytest.mark.parametrize("size", [None, 1000, 10_000])
def test_the_ratios_of_mooncake_are_exact_to_the_trace(size: int | None) -> None:
    lists = [json.loads(line)["hash_ids"] for line in MOONCAKE.read_text().splitlines()]
    held: dict[int, None] = {}
    n_found = 0
    for blocks in lists:
        for block in blocks:
            if block in held:
                n_found += 1
                del held[block]
            held[block] = None
            if size is not None and len(held) > size:
                del held[next(iter(held))]
    read = read_trace(str(MOONCAKE))
    trace = prefix_trace(read.requests, np.arange(len(lists)), read.block_tokens)
    assert trace is not None
    found = replayed(trace, size, Eviction.LRU)
    assert (found.n_blocks, found.n_found) == (54_559, n_found)
    expected = {None: (15_771, 15_771), 1000: (2204, 2218), 10_000: (11_409, 11_409)}
    assert (found.n_found, found.n_prefix) == expected[size]
