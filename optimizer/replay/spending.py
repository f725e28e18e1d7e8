"""Sums that may be spent in a period, and what was spent of them."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.models.limits import Breaches, SpendLimit

ROUNDING = 1e-9
"""Share of a limit within which sums of prices count as equal."""


class Ledger:
    """What one spending limit has left, period by period."""

    __slots__ = ("limit", "spent")

    def __init__(self, limit: SpendLimit) -> None:
        self.limit = limit
        self.spent: dict[int, float] = {}

    def has_room(self, at_s: float, cost_usd: float) -> bool:
        """Say whether a price still fits."""
        return self.spent.get(self._period(at_s), 0.0) + cost_usd <= self.limit.limit_usd

    def spend(self, at_s: float, cost_usd: float) -> None:
        """Write a price down."""
        period = self._period(at_s)
        self.spent[period] = self.spent.get(period, 0.0) + cost_usd

    def _period(self, at_s: float) -> int:
        return int(at_s // self.limit.period_s)


def breaches(limit: SpendLimit, asked: Iterable[tuple[float, float]], kept: Ledger) -> Breaches:
    """Return how often a limit was exceeded without it and with it.

    Args:
        limit: The limit.
        asked: Time and known price of each request it counts, as the trace had them.
        kept: What was spent under the limit.
    """
    free = Ledger(limit)
    for at_s, cost_usd in asked:
        free.spend(at_s, cost_usd)
    edge = limit.limit_usd * (1 + ROUNDING)
    return Breaches(
        name=limit.name,
        limit_usd=limit.limit_usd,
        n_periods=len(free.spent),
        n_before=sum(spent > edge for spent in free.spent.values()),
        n_after=sum(spent > edge for spent in kept.spent.values()),
        most_before_usd=max(free.spent.values(), default=0.0),
        most_after_usd=max(kept.spent.values(), default=0.0),
    )
