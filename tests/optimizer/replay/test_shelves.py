from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.caching import Eviction
from optimizer.replay.shelves import shelf

KEYS = st.lists(st.integers(0, 7), max_size=60)


class Listed:
    """The same by searching a list: the oldest use first, each with its number of uses."""

    def __init__(self, room: int, *, by_uses: bool) -> None:
        self.room, self.by_uses = room, by_uses
        self.entries: list[list[int]] = []

    def look_up(self, key: int) -> bool:
        for place, (held, uses) in enumerate(self.entries):
            if held == key:
                del self.entries[place]
                self.entries.append([key, uses + 1])
                return True
        if len(self.entries) == self.room:
            fewest = min(uses for _, uses in self.entries) if self.by_uses else None
            victims = (e for e in self.entries if fewest is None or e[1] == fewest)
            self.entries.remove(next(victims))
        self.entries.append([key, 1])
        return False


def hits(keys: list[int], eviction: Eviction, room: int | None) -> list[bool]:
    held = shelf(eviction, room)
    found = []
    for key in keys:
        found.append(held.get(key) is not None)
        if not found[-1]:
            held.put(key, 1)
    return found


@given(KEYS, st.integers(1, 5), st.sampled_from(Eviction))
def test_holds_what_a_list_searched_from_end_to_end_holds(
    keys: list[int], room: int, eviction: Eviction
) -> None:
    listed = Listed(room, by_uses=eviction is Eviction.LFU)
    assert hits(keys, eviction, room) == [listed.look_up(key) for key in keys]


@given(KEYS)
def test_a_larger_lru_never_hits_less(keys: list[int]) -> None:
    counts = [sum(hits(keys, Eviction.LRU, room)) for room in (1, 2, 3, 5, 8, None)]
    assert all(small <= large for small, large in pairwise(counts))


def test_lru_gives_up_what_was_used_longest_ago() -> None:
    held = shelf(Eviction.LRU, 2)
    assert [held.put(1, 10), held.put(2, 20)] == [None, None]
    assert held.get(1) == 10
    assert held.put(3, 30) == 2
    assert 1 in held
    assert 2 not in held


def test_lfu_gives_up_what_was_used_least() -> None:
    held = shelf(Eviction.LFU, 2)
    held.put(1, 10)
    held.put(2, 20)
    held.get(2)
    held.get(1)
    held.get(1)
    assert held.put(3, 30) == 2
    assert held.put(4, 40) == 3
    assert held.get(1) == 10


@pytest.mark.parametrize("eviction", Eviction)
def test_what_was_taken_out_leaves_room(eviction: Eviction) -> None:
    held = shelf(eviction, 1)
    held.put(1, 10)
    held.discard(1)
    held.discard(5)
    assert held.put(2, 20) is None
    assert held.get(1) is None


@pytest.mark.parametrize("eviction", Eviction)
def test_an_entry_put_again_is_replaced(eviction: Eviction) -> None:
    held = shelf(eviction, 2)
    held.put(1, 10)
    assert held.put(1, 11) is None
    assert held.get(1) == 11
