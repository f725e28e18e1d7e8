"""Token buckets whose rate may follow what comes back."""

from __future__ import annotations

import math

from optimizer.models.limits import Adaptation

SECONDS_OF_A_MINUTE = 60.0
ROUNDING = 1e-9
"""Share of a bucket within which it counts as full enough."""


class Bucket:
    """Fills at a steady rate up to its capacity; who takes more than it holds has to wait.

    Never lets more than `capacity + per_s * t` through in any time t (Turner 1986, IEEE
    Communications Magazine 24 (10), 8-15).
    """

    __slots__ = ("_at_s", "_base_per_s", "_level", "capacity", "per_s")

    def __init__(self, *, per_s: float, capacity: float, at_s: float) -> None:
        self.capacity = capacity
        self.per_s = self._base_per_s = per_s
        self._level = capacity
        self._at_s = at_s

    def level(self, at_s: float) -> float:
        """Return what it holds at a time not before the last."""
        self._level = min(self.capacity, self._level + self.per_s * (at_s - self._at_s))
        self._at_s = at_s
        return self._level

    def wait_s(self, at_s: float, amount: float) -> float:
        """Return how long it takes until it holds an amount; infinite where it never will."""
        if amount > self.capacity * (1 + ROUNDING):
            return math.inf
        missing = amount - self.level(at_s)
        return missing / self.per_s if missing > self.capacity * ROUNDING else 0.0

    def take(self, amount: float) -> None:
        """Take an amount that it was found to hold."""
        self._level -= amount

    def scale(self, at_s: float, share: float) -> None:
        """Go on filling at a share of the full rate."""
        self.level(at_s)
        self.per_s = self._base_per_s * share


class Adapting:
    """The share of its rate that a limit leaves, from what comes back (AIMD).

    References:
        Chiu and Jain (1989), Computer Networks and ISDN Systems 17, 1-14.
    """

    __slots__ = ("_cut_at_s", "_moved_at_s", "_rule", "share")

    def __init__(self, rule: Adaptation, at_s: float) -> None:
        self._rule = rule
        self._moved_at_s = at_s
        self._cut_at_s = -math.inf
        self.share = 1.0

    def learn(self, at_s: float, *, trouble: bool) -> bool:
        """Take in one answer; say whether the share moved."""
        before = self.share
        if not trouble:
            gained = self._rule.increase_per_minute / SECONDS_OF_A_MINUTE
            self.share = min(1.0, before + gained * (at_s - self._moved_at_s))
            self._moved_at_s = at_s
        elif at_s - self._cut_at_s >= self._rule.cooldown_s:
            self.share = max(self._rule.least, before * self._rule.decrease)
            self._cut_at_s = self._moved_at_s = at_s
        return self.share != before
