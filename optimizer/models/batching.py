"""Requests sent together, and what a replay of a trace through batchers gives."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """How requests are put together.

    Attributes:
        max_batch_size: A batch goes as soon as it holds so many.
        max_wait_ms: It goes when its first request has waited so long.
        min_batch_size: Fewest requests that make a batch worth the name.
        enable_priority: Whether requests of high and critical priority go at once and alone.
        group_by_similarity: Whether a batch holds one variant and one task type only.
    """

    max_batch_size: int
    max_wait_ms: float
    min_batch_size: int = 1
    enable_priority: bool = True
    group_by_similarity: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReplay:
    """A trace replayed through one batcher.

    The unit of every interval is the batch: the requests of one share its fate.

    Attributes:
        plan: The batcher.
        n: Requests that were replayed.
        n_batches: Calls that they were sent in.
        n_urgent: Requests that went at once and alone because of their priority.
        n_worthwhile: Requests in batches of at least `min_batch_size`.
        n_deadlines: Requests with a deadline.
        n_unmeetable: Those whose recorded latency alone is beyond it: they went at once.
        n_missed: Those that would have met it but for the wait: always 0.
        efficiency: Share of the places of a batch that were filled, urgent requests left out;
            None where all were urgent.
        requests_per_batch: Mean size of a call.
        saved_calls: Share of calls less.
        wait_mean_ms: Mean added wait.
        wait_p50_ms: Median added wait.
        wait_p95_ms: 95th percentile of the added wait.
        latency_relative: Mean latency with the wait, relative to that without, less 1; None
            where latencies are unknown.
        tokens_relative: Prompt tokens less, as a negative share of all tokens, if the beginning
            that the prompts of a batch share is sent once; None where it is unknown.
        tokens_note: Why it is unknown; None where it is not.
    """

    plan: BatchPlan
    n: int
    n_batches: int
    n_urgent: int
    n_worthwhile: int
    n_deadlines: int
    n_unmeetable: int
    n_missed: int
    efficiency: Fact | None
    requests_per_batch: float
    saved_calls: Fact
    wait_mean_ms: Fact
    wait_p50_ms: float
    wait_p95_ms: float
    latency_relative: Fact | None
    tokens_relative: Fact | None
    tokens_note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchingReport:
    """What `optimizer replay batching` found.

    Attributes:
        subject: The trace or the workflow.
        n: Requests in it, declared repeats included.
        requests_per_second: How fast they came; None where the trace does not tell.
        tick_s: The shortest time between two moments, in seconds, or None.
        replays: Every size and wait that was tried.
        best: Place of the best of them; None where none was tried.
        shortfall: What the best falls short of, in words; None where it does all that is asked.
        warnings: What a reader should know of the trace.
    """

    subject: str
    n: int
    requests_per_second: float | None
    tick_s: float | None
    replays: tuple[BatchReplay, ...]
    best: int | None
    shortfall: str | None
    warnings: tuple[str, ...] = ()
