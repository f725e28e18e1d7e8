"""A trace through a batcher: first come, first put together.

A batch goes when it is full, when its first request has waited as long as it may, or when one of
its requests would otherwise miss a deadline that it can meet. A request takes as long as it took
in the trace, counted from when its batch goes: the trace does not tell what a batch would take.
"""

from __future__ import annotations

import math
from dataclasses import field
from typing import TYPE_CHECKING

from optimizer.models.batching import BatchPlan
from optimizer.models.dataclass import dataclass
from optimizer.models.limits import Priority

if TYPE_CHECKING:
    from optimizer.models.requests import Requests

MS_OF_A_SECOND = 1e3

Group = tuple[int, ...]


@dataclass(slots=True, kw_only=True)
class Batch:
    """Requests that are sent together.

    Attributes:
        members: Their places in the trace, in order of time.
        sent_s: When they are sent; until then the latest time at which they are.
        is_urgent: Whether it is one request that did not wait for others.
    """

    members: list[int] = field(default_factory=list)
    sent_s: float = math.inf
    is_urgent: bool = False


def put_together(requests: Requests, plan: BatchPlan) -> list[Batch]:
    """Return the batches of a trace in the order they began, declared repeats left out."""
    at_s = requests.at_s.tolist()
    slack_s = _slack_s(requests)
    groups = _groups(requests, plan)
    is_urgent = (requests.priority >= Priority.HIGH).tolist()
    wait_s = plan.max_wait_ms / MS_OF_A_SECOND
    batches: list[Batch] = []
    open_batches: dict[Group, Batch] = {}
    for place, repeat in enumerate(requests.repeat.tolist()):
        if repeat:
            continue
        now = at_s[place]
        if plan.enable_priority and is_urgent[place]:
            batches.append(Batch(members=[place], sent_s=now, is_urgent=True))
            continue
        group = groups[place]
        batch = open_batches.get(group)
        if batch is None or batch.sent_s < now:
            batch = Batch(sent_s=now + wait_s)
            batches.append(batch)
            open_batches[group] = batch
        batch.members.append(place)
        batch.sent_s = min(batch.sent_s, now + slack_s[place])
        if len(batch.members) == plan.max_batch_size:
            batch.sent_s = now
            del open_batches[group]
    return batches


def _slack_s(requests: Requests) -> list[float]:
    """Return how long each may wait and still meet its deadline; 0 where it cannot be met."""
    deadlines, latencies = requests.deadline_ms.tolist(), requests.latency_ms.tolist()
    return [
        _slack_ms(deadline, latency) / MS_OF_A_SECOND
        for deadline, latency in zip(deadlines, latencies, strict=True)
    ]


def _slack_ms(deadline_ms: float, latency_ms: float) -> float:
    if math.isnan(deadline_ms):
        return math.inf
    return max(0.0, deadline_ms - (0.0 if math.isnan(latency_ms) else latency_ms))


def _groups(requests: Requests, plan: BatchPlan) -> list[Group]:
    segments = requests.segment.tolist()
    if not plan.group_by_similarity:
        return [(segment,) for segment in segments]
    kinds = zip(segments, requests.variant.tolist(), requests.task_type.tolist(), strict=True)
    return list(kinds)
