"""What batchers would have done to a trace: how full, how much wait, how many calls less."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from optimizer.models.batching import BatchPlan, BatchReplay
from optimizer.models.proposals import Fact
from optimizer.replay.batcher import MS_OF_A_SECOND, Batch, put_together
from optimizer.stats.intervals import mean_interval
from optimizer.stats.ratios import fieller

if TYPE_CHECKING:
    from optimizer.models.requests import Requests

FEWEST_BATCHES = 2
"""One batch has no spread."""

ROUNDING_MS = 1e-6
"""Wait within which two times are the same."""

NO_PROMPTS = "prompt text was not recorded"
NO_TOKENS = "the tokens of the prompts were not recorded"
NO_SPREAD = "too few batches for an interval"

Shares = Callable[[Sequence[int]], list[float]]


def replay_batching(requests: Requests, plan: BatchPlan, *, level: float) -> BatchReplay:
    """Replay a trace through one batcher; declared repeats of tests are left out.

    Args:
        requests: The trace.
        plan: The batcher.
        level: Confidence level of the intervals, 0 to 1.

    Raises:
        ValueError: There is no request.
    """
    import numpy as np  # noqa: PLC0415 - a workflow where nothing ran needs none

    batches = put_together(requests, plan)
    if not batches:
        raise ValueError("requests: found none, expected at least one")
    at_s = requests.at_s.tolist()
    waits = [[MS_OF_A_SECOND * (b.sent_s - at_s[place]) for place in b.members] for b in batches]
    all_waits = [wait for of_batch in waits for wait in of_batch]
    sizes = [len(batch.members) for batch in batches]
    n = len(all_waits)
    tokens, why = _saved_tokens(requests, batches, level)
    unmeetable, missed = _deadlines(requests, batches)
    p50, p95 = np.percentile(all_waits, (50, 95)).tolist()
    return BatchReplay(
        plan=plan,
        n=n,
        n_batches=len(batches),
        n_urgent=sum(batch.is_urgent for batch in batches),
        n_worthwhile=sum(size for size in sizes if size >= plan.min_batch_size),
        n_deadlines=n - int(np.isnan(requests.deadline_ms[requests.repeat == 0]).sum()),
        n_unmeetable=unmeetable,
        n_missed=missed,
        efficiency=_efficiency(batches, plan, level),
        requests_per_batch=n / len(batches),
        saved_calls=_less("saved_calls", sizes, [1.0] * len(batches), level, sign=-1),
        wait_mean_ms=_per("added_wait_ms", sizes, [math.fsum(one) for one in waits], level),
        wait_p50_ms=p50,
        wait_p95_ms=p95,
        latency_relative=_latency(requests, batches, waits, level),
        tokens_relative=tokens,
        tokens_note=why,
    )


def _efficiency(batches: Sequence[Batch], plan: BatchPlan, level: float) -> Fact | None:
    filled = [len(b.members) / plan.max_batch_size for b in batches if not b.is_urgent]
    if not filled:
        return None
    n, mean = len(filled), math.fsum(filled) / len(filled)
    if n < FEWEST_BATCHES:
        return Fact(name="batch_efficiency", n=n, estimate=mean)
    sd = math.sqrt(math.fsum((one - mean) ** 2 for one in filled) / (n - 1))
    found = mean_interval(mean, sd, n, level=level)
    low, high = max(found.low, 0.0), min(found.high, 1.0)
    return Fact(name="batch_efficiency", n=n, estimate=mean, low=low, high=high, level=level)


def _per(name: str, first: Iterable[float], second: Iterable[float], level: float) -> Fact:
    """Return the ratio of two totals with Fieller's interval; the unit is the batch."""
    a, b = list(map(float, first)), list(map(float, second))
    estimate = math.fsum(b) / math.fsum(a)
    if len(a) < FEWEST_BATCHES:
        return Fact(name=name, n=len(a), estimate=estimate)
    found = fieller(a, b, level=level, with_test=False)
    if not math.isfinite(found.high - found.low):
        return Fact(name=name, n=len(a), estimate=estimate)
    low, high = min(found.low, estimate), max(found.high, estimate)  # but for rounding
    return Fact(name=name, n=len(a), estimate=estimate, low=low, high=high, level=level)


def _less(
    name: str, first: Iterable[float], second: Iterable[float], level: float, *, sign: int = 1
) -> Fact:
    """Return the ratio of two totals less 1, or 1 less the ratio where the sign is -1."""
    found = _per(name, first, second, level)
    estimate = sign * (found.estimate - 1) + 0.0  # no -0.0
    if found.low is None or found.high is None:
        return Fact(name=name, n=found.n, estimate=estimate)
    low, high = sorted(sign * (bound - 1) + 0.0 for bound in (found.low, found.high))
    return Fact(name=name, n=found.n, estimate=estimate, low=low, high=high, level=found.level)


def _latency(
    requests: Requests, batches: Sequence[Batch], waits: Sequence[Sequence[float]], level: float
) -> Fact | None:
    latencies = requests.latency_ms.tolist()
    before = [math.fsum(latencies[place] for place in batch.members) for batch in batches]
    total = math.fsum(before)
    if math.isnan(total) or total == 0:
        return None
    after = [sum_ + math.fsum(of_batch) for sum_, of_batch in zip(before, waits, strict=True)]
    return _less("latency_relative", before, after, level)


def _deadlines(requests: Requests, batches: Sequence[Batch]) -> tuple[int, int]:
    """Return how many deadlines could not be met, and how many were missed by waiting."""
    at_s, deadlines = requests.at_s.tolist(), requests.deadline_ms.tolist()
    latencies = requests.latency_ms.tolist()
    unmeetable = missed = 0
    for batch in batches:
        for place in batch.members:
            latency = 0.0 if math.isnan(latencies[place]) else latencies[place]
            wait_ms = MS_OF_A_SECOND * (batch.sent_s - at_s[place])
            if latency > deadlines[place]:
                unmeetable += 1
            elif wait_ms + latency > deadlines[place] + ROUNDING_MS:
                missed += 1
    return unmeetable, missed


def _saved_tokens(
    requests: Requests, batches: Sequence[Batch], level: float
) -> tuple[Fact | None, str | None]:
    """Return the tokens less where what the prompts of a batch share is sent once."""
    import numpy as np  # noqa: PLC0415 - as above

    shares = _shares_by_text(requests) or _shares_by_block(requests)
    if shares is None:
        return None, NO_PROMPTS
    prompts, answers = requests.tokens_in.tolist(), np.nan_to_num(requests.tokens_out).tolist()
    before, after = [], []
    for batch in batches:
        saved = shares(batch.members)[1:]
        followers = batch.members[1:]
        total = math.fsum(prompts[place] + answers[place] for place in batch.members)
        less = [share * prompts[place] for share, place in zip(saved, followers, strict=True)]
        before.append(total)
        after.append(total - math.fsum(less))
    if math.isnan(math.fsum(before)) or not any(before):
        return None, NO_TOKENS
    found = _less("tokens_relative", before, after, level)
    return (found, None) if found.low is not None else (None, NO_SPREAD)


def _shares_by_text(requests: Requests) -> Shares | None:
    """Return what tells which share of each prompt of a batch is common, by their texts."""
    texts = requests.texts
    if texts is None or any(text is None for text in texts):
        return None
    known = [text or "" for text in texts]

    def shares(members: Sequence[int]) -> list[float]:
        least, most = (choice(known[place] for place in members) for choice in (min, max))
        common = _n_common(least, most)
        return [common / max(len(known[place]), 1) for place in members]

    return shares


def _shares_by_block(requests: Requests) -> Shares | None:
    """Return the same by their prefix blocks; a share of blocks stands for one of tokens."""
    if requests.blocks is None or requests.block_ends is None:
        return None
    blocks, ends = requests.blocks.tolist(), requests.block_ends.tolist()
    starts = [0, *ends[:-1]]

    def shares(members: Sequence[int]) -> list[float]:
        own = [blocks[starts[place] : ends[place]] for place in members]
        common = min(_n_common(own[0], other) for other in own)
        return [common / max(len(one), 1) for one in own]

    return shares


def _n_common(first: Sequence[Any], second: Sequence[Any]) -> int:
    """Return how long the common beginning is."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second)))  # noqa: B905 - of the shorter
