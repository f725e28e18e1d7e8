"""What was met while the outcomes of a run were gone through: absurd numbers are unknown."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import datetime

from executor_bridge.json_text import shown
from executor_bridge.limits import MAX_AMOUNT, MAX_COUNT
from optimizer.models.dataclass import dataclass

SHOWN_SCORERS = 10

FEW_TEXTS = 2**16
"""Different texts that are counted by a dict, which is faster; a power of two."""


@dataclass(slots=True)
class Seen:
    """What was met.

    Attributes:
        n: How many outcomes there were.
        last_at: When the last one ended, or None.
        n_dropped: How many numbers were out of range, by name.
        n_scored: How many outcomes have a score.
        scorers: The names of those who scored, as far as they were met.
    """

    n: int = 0
    last_at: datetime | None = None
    n_dropped: Counter[str] = field(default_factory=Counter)
    n_scored: int = 0
    scorers: dict[str, None] = field(default_factory=dict)

    def amount(self, name: str, value: float | None) -> float | None:
        """Return an amount, None where it cannot be one, which is counted."""
        if value is None or 0 <= value <= MAX_AMOUNT:
            return value
        self.n_dropped[name] += 1
        return None

    def count(self, name: str, value: int | None) -> int | None:
        """Return a count, None where it cannot be one, which is counted."""
        if value is None or 0 <= value <= MAX_COUNT:
            return value
        self.n_dropped[name] += 1
        return None

    def rate(self, value: float | None) -> float | None:
        """Return a score, None where it is not from 0 to 1, which is counted."""
        if value is None:
            return None
        if 0 <= value <= 1:
            self.n_scored += 1
            return value
        self.n_dropped["score"] += 1
        return None

    def warnings(self, scorer: str | None = None) -> Iterator[str]:
        """Yield a sentence on each name of which numbers were out of range, and on missing scores.

        Args:
            scorer: Whose word was asked for as the score.
        """
        if scorer is not None and self.n and not self.n_scored + self.n_dropped["score"]:
            yield not_scored(scorer, self.scorers)
        for name, n in sorted(self.n_dropped.items()):
            yield f"{name}: {n} {'value' if n == 1 else 'values'} out of range, taken as unknown"


class TextCounts:
    """How often texts were met, by their hashes: many in a sixth of the memory of a dict."""

    def __init__(self) -> None:
        """Begin with none."""
        self._few: dict[int, int] | None = {}
        self._repeated: dict[int, int] = {}
        self._hashes = array("q")
        self._n = 0

    def add(self, text: str) -> int:
        """Take one more and return how often it was met before."""
        key = hash(text) or 1
        if self._few is None:
            return self._add_to_many(key)
        n = self._few.get(key, 0)
        self._few[key] = n + 1
        if len(self._few) > FEW_TEXTS:
            self._repeated = {one: n for one, n in self._few.items() if n > 1}
            self._n = len(self._few)
            self._make_room(4 * FEW_TEXTS, self._few)
            self._few = None
        return n

    def _add_to_many(self, key: int) -> int:
        at = self._place(key)
        if self._hashes[at]:
            n = self._repeated.get(key, 1)
            self._repeated[key] = n + 1
            return n
        self._hashes[at] = key
        self._n += 1
        if 3 * self._n > 2 * len(self._hashes):
            self._make_room(2 * len(self._hashes), filter(None, self._hashes))
        return 0

    def _place(self, key: int) -> int:
        """Return where a hash stands, or the free place where it would."""
        hashes, last = self._hashes, len(self._hashes) - 1
        at = key & last
        while (here := hashes[at]) and here != key:
            at = at + 1 & last
        return at

    def _make_room(self, n: int, keys: Iterable[int]) -> None:
        """Put hashes where there is room for more, a power of two; 0 marks a free place."""
        self._hashes = array("q", [0]) * n
        for key in keys:
            self._hashes[self._place(key)] = key


def not_scored(scorer: str, others: Iterable[str]) -> str:
    """Return that a scorer gave no score, and who did."""
    names = list(others)
    known = ", ".join(names[:SHOWN_SCORERS]) + (", ..." if len(names) > SHOWN_SCORERS else "")
    return f"no task has a score called {shown(scorer)}; there are: {known or 'none'}"
