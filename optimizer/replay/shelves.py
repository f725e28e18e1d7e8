"""Bounded places for entries: what is given up when they are full."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, Protocol, TypeVar

from optimizer.models.caching import Eviction

Value = TypeVar("Value")


class Shelf(Protocol[Value]):
    """Holds entries by a number, no more than it has room for."""

    def get(self, key: int) -> Value | None:
        """Return an entry and count it as used, None where there is none."""
        ...

    def __contains__(self, key: int) -> bool: ...

    def put(self, key: int, value: Value) -> int | None:
        """Put an entry in the place of its own key; return what was given up for it."""
        ...

    def discard(self, key: int) -> None:
        """Take an entry out, where it is there."""
        ...


class Lru(Generic[Value]):
    """Gives up what was used longest ago."""

    def __init__(self, room: int | None) -> None:
        """Begin empty; None is room for any number."""
        self._room = room
        self._entries: OrderedDict[int, Value] = OrderedDict()

    def __contains__(self, key: int) -> bool:
        return key in self._entries

    def get(self, key: int) -> Value | None:
        """Return an entry and count it as used, None where there is none."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: int, value: Value) -> int | None:
        """Put an entry in the place of its own key; return what was given up for it."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if self._room is None or len(self._entries) <= self._room:
            return None
        return self._entries.popitem(last=False)[0]

    def discard(self, key: int) -> None:
        """Take an entry out, where it is there."""
        self._entries.pop(key, None)


class Lfu(Generic[Value]):
    """Gives up what was used least often since it came; of those what was used longest ago.

    One queue for each number of uses, so that every step takes the same time however many
    entries there are (Shah, Mitra and Matani 2010, An O(1) algorithm for implementing the LFU
    cache eviction scheme).
    """

    def __init__(self, room: int | None) -> None:
        """Begin empty; None is room for any number."""
        self._room = room
        self._entries: dict[int, Value] = {}
        self._uses: dict[int, int] = {}
        self._queues: dict[int, OrderedDict[int, None]] = {}
        self._fewest = 1

    def __contains__(self, key: int) -> bool:
        return key in self._entries

    def get(self, key: int) -> Value | None:
        """Return an entry and count it as used, None where there is none."""
        found = self._entries.get(key)
        if found is not None:
            self._use(key)
        return found

    def put(self, key: int, value: Value) -> int | None:
        """Put an entry in the place of its own key; return what was given up for it."""
        if key in self._entries:
            self._entries[key] = value
            self._use(key)
            return None
        given_up = None
        if self._room is not None and len(self._entries) >= self._room:
            given_up = next(iter(self._queues[self._fewest]))
            self.discard(given_up)
        self._entries[key] = value
        self._uses[key] = self._fewest = 1
        self._queues.setdefault(1, OrderedDict())[key] = None
        return given_up

    def discard(self, key: int) -> None:
        """Take an entry out, where it is there."""
        if key not in self._entries:
            return
        del self._entries[key]
        self._leave(key, self._uses.pop(key))
        while self._queues and self._fewest not in self._queues:
            self._fewest += 1

    def _use(self, key: int) -> None:
        uses = self._uses[key]
        self._uses[key] = uses + 1
        self._queues.setdefault(uses + 1, OrderedDict())[key] = None
        if self._leave(key, uses) and self._fewest == uses:
            self._fewest = uses + 1

    def _leave(self, key: int, uses: int) -> bool:
        """Take a key out of its queue; tell whether that is empty then."""
        queue = self._queues[uses]
        del queue[key]
        if not queue:
            del self._queues[uses]
        return not queue


def shelf(eviction: Eviction, room: int | None) -> Lru[int] | Lfu[int]:
    """Return an empty place for entries that are numbers."""
    return Lru(room) if eviction is Eviction.LRU else Lfu(room)
