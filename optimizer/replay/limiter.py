"""A trace through token buckets, one request after the other.

Every tenant of a run has buckets of its own, which start full, and a queue: the most urgent
request goes first, of equals the one that came first, and nobody overtakes. A request that a
spending limit or a hard quota does not let through is refused and takes nothing.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

from optimizer.models.dataclass import dataclass
from optimizer.models.limits import (
    LimitPlan,
    Refusal,
    SpendLimit,
)
from optimizer.replay.buckets import SECONDS_OF_A_MINUTE, Adapting, Bucket
from optimizer.replay.spending import Ledger

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from optimizer.models.requests import Requests

Value = TypeVar("Value")

SECONDS_OF_A_DAY = 86_400.0
MS_OF_A_SECOND = 1e3


@dataclass(slots=True, kw_only=True)
class Passed:
    """What became of each request that was replayed, side by side.

    Attributes:
        places: Its place in the trace.
        sent_s: When it was let through; NaN where it was refused.
        refused: Why it was refused; None where it was not.
        ledgers: What was spent under each spending limit, those of quotas included, with the
            code of the tenant that it counts; None: everybody's.
    """

    places: list[int]
    sent_s: list[float]
    refused: list[Refusal | None]
    ledgers: tuple[tuple[int | None, Ledger], ...] = ()


@dataclass(slots=True)
class _Lane:
    """The buckets and the queue of one tenant in one run."""

    buckets: list[tuple[bool, Bucket]]
    """Whether one holds tokens; else it holds requests."""

    ledgers: list[Ledger]
    adapting: Adapting | None
    waiting: list[tuple[int, int]] = field(default_factory=list)
    wakes_at_s: float = math.nan


def pass_through(requests: Requests, plan: LimitPlan) -> Passed:
    """Return what limits do to each request of a trace, declared repeats left out."""
    return _Replay(requests, plan).run()


class _Replay:
    """One pass over a trace."""

    def __init__(self, requests: Requests, plan: LimitPlan) -> None:
        self.plan = plan
        self.places = [i for i, repeat in enumerate(requests.repeat.tolist()) if repeat == 0]
        self.at_s = _picked(requests.at_s.tolist(), self.places)
        self.priority = _picked(requests.priority.tolist(), self.places)
        self.segment = _picked(requests.segment.tolist(), self.places)
        self.tenant = _picked(requests.tenant.tolist(), self.places)
        self.trouble = _picked(_trouble(requests, plan), self.places)
        self.latency_s = _picked(_or_zero(requests.latency_ms / MS_OF_A_SECOND), self.places)
        self.cost = _picked(_or_zero(requests.cost_usd), self.places)
        self.tokens = _picked(tokens_of(requests), self.places)
        self.names = requests.tenants
        self.lanes: dict[tuple[int, int], _Lane] = {}
        self.shared = [(self._code(limit.tenant), Ledger(limit)) for limit in plan.spend_limits]
        self.own: dict[int, Ledger] = {}
        self.events: list[tuple[float, int, _Lane, int | None]] = []
        self.n_events = 0
        n = len(self.places)
        self.sent_s = [math.nan] * n
        self.refused: list[Refusal | None] = [None] * n

    def run(self) -> Passed:
        for k, at_s in enumerate(self.at_s):
            self._events_until(at_s)
            lane = self._lane(k)
            heapq.heappush(lane.waiting, (-self.priority[k], k))
            if lane.waiting[0][1] == k:
                self._serve(lane, at_s)
        self._events_until(math.inf)
        return Passed(
            places=self.places,
            sent_s=self.sent_s,
            refused=self.refused,
            ledgers=tuple([*self.shared, *self.own.items()]),
        )

    def _events_until(self, end_s: float) -> None:
        while self.events and self.events[0][0] <= end_s:
            at_s, _, lane, answered = heapq.heappop(self.events)
            if answered is None:
                if at_s == lane.wakes_at_s:
                    self._serve(lane, at_s)
            elif lane.adapting and lane.adapting.learn(at_s, trouble=self.trouble[answered]):
                for _, bucket in lane.buckets:
                    bucket.scale(at_s, lane.adapting.share)
                self._serve(lane, at_s)

    def _serve(self, lane: _Lane, at_s: float) -> None:
        """Let through what may go now, and set when to look again."""
        while lane.waiting:
            k = lane.waiting[0][1]
            wait_s = self._wait_s(lane, k, at_s)
            why = self._refusal(lane, k, at_s, wait_s)
            if why is None and wait_s > 0:
                lane.wakes_at_s = at_s + wait_s
                self._plan(lane.wakes_at_s, lane, None)
                return
            heapq.heappop(lane.waiting)
            self.refused[k] = why
            if why is None:
                self._send(lane, k, at_s)
        lane.wakes_at_s = math.nan

    def _wait_s(self, lane: _Lane, k: int, at_s: float) -> float:
        """Return how long the buckets make one wait; 0 where the clock cannot tell it from now."""
        waits = (bucket.wait_s(at_s, self._amount(t, k)) for t, bucket in lane.buckets)
        wait_s = max(waits, default=0.0)
        return wait_s if at_s + wait_s > at_s else 0.0

    def _refusal(self, lane: _Lane, k: int, at_s: float, wait_s: float) -> Refusal | None:
        if math.isinf(wait_s):
            return Refusal.TOO_LARGE
        if wait_s > 0:
            return Refusal.QUOTA if self.plan.hard else None
        has_room = all(ledger.has_room(at_s, self.cost[k]) for ledger in lane.ledgers)
        return None if has_room or self.cost[k] == 0 else Refusal.BUDGET

    def _send(self, lane: _Lane, k: int, at_s: float) -> None:
        for is_tokens, bucket in lane.buckets:
            bucket.take(self._amount(is_tokens, k))
        for ledger in lane.ledgers:
            ledger.spend(at_s, self.cost[k])
        self.sent_s[k] = at_s
        if lane.adapting is not None:
            self._plan(at_s + self.latency_s[k], lane, k)

    def _plan(self, at_s: float, lane: _Lane, answered: int | None) -> None:
        self.n_events += 1
        heapq.heappush(self.events, (at_s, self.n_events, lane, answered))

    def _amount(self, is_tokens: bool, k: int) -> float:
        return self.tokens[k] if is_tokens else 1.0

    def _lane(self, k: int) -> _Lane:
        key = (self.segment[k], self.tenant[k])
        if key not in self.lanes:
            self.lanes[key] = self._new_lane(self.tenant[k], self.at_s[k])
        return self.lanes[key]

    def _new_lane(self, tenant: int, at_s: float) -> _Lane:
        plan, name = self.plan, self.names[tenant] if tenant >= 0 else None
        quota = dict(plan.quotas).get(name, plan.quota) if name is not None else plan.quota
        rates = [
            (False, plan.max_requests_per_second),
            (False, _per_second(quota.max_requests_per_minute)),
            (True, _per_second(quota.max_tokens_per_minute)),
        ]
        scales = [1.0, SECONDS_OF_A_MINUTE, SECONDS_OF_A_MINUTE]
        buckets = [
            (is_tokens, Bucket(per_s=rate, capacity=plan.burst * rate * scale, at_s=at_s))
            for (is_tokens, rate), scale in zip(rates, scales, strict=True)
            if rate is not None
        ]
        ledgers = [ledger for code, ledger in self.shared if code in (None, tenant)]
        if quota.max_cost_per_day is not None:
            ledgers.append(self._own_ledger(tenant, name, quota.max_cost_per_day))
        adapting = Adapting(plan.adaptation, at_s) if plan.adaptation else None
        return _Lane(buckets, ledgers, adapting)

    def _code(self, tenant: str | None) -> int | None:
        """Return the code of a tenant; one that no request has where it is not in the trace."""
        if tenant is None:
            return None
        return self.names.index(tenant) if tenant in self.names else len(self.names)

    def _own_ledger(self, tenant: int, name: str | None, limit_usd: float) -> Ledger:
        if tenant not in self.own:
            limit = SpendLimit(
                name=f"quota of {name or 'unnamed tenants'}",
                limit_usd=limit_usd,
                period_s=SECONDS_OF_A_DAY,
                tenant=name,
            )
            self.own[tenant] = Ledger(limit)
        return self.own[tenant]


def tokens_of(requests: Requests) -> list[float]:
    """Return the tokens of each request; one of which none are known uses none."""
    known = _or_zero(requests.tokens_in), _or_zero(requests.tokens_out)
    return [prompt + answer for prompt, answer in zip(*known, strict=True)]


def _per_second(per_minute: float | None) -> float | None:
    return None if per_minute is None else per_minute / SECONDS_OF_A_MINUTE


def _trouble(requests: Requests, plan: LimitPlan) -> list[bool]:
    rule = plan.adaptation
    found = requests.failed | requests.throttled
    if rule is not None and rule.max_latency_ms is not None:
        found = found | (requests.latency_ms > rule.max_latency_ms)
    listed: list[bool] = found.tolist()
    return listed


def _or_zero(values: NDArray[np.float64]) -> list[float]:
    from numpy import nan_to_num  # noqa: PLC0415 - a workflow where nothing ran needs none

    found: list[float] = nan_to_num(values).tolist()
    return found


def _picked(values: Sequence[Value], places: Sequence[int]) -> list[Value]:
    return [values[place] for place in places]
