"""How fast, how dear and how often from a cache: a workflow run by run."""

from __future__ import annotations

from datetime import datetime

from optimizer.models.dataclass import dataclass
from optimizer.models.overview import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPerformance:
    """What one run took; each figure with its own n.

    Attributes:
        run_id: The run.
        started_at: When it began, UTC.
        variant: Label of its only variant; None where it has several.
        n_completed: Completed tests.
        elapsed_s: From its start to its end, in seconds.
        n_latency: Completed tests with a known time; likewise the other n.
        latency_p50_ms: Percentiles by linear interpolation, None where no time is known.
        latency_p95_ms: The 95th.
        latency_p99_ms: The 99th.
        n_cost: Tests behind the mean price.
        cost_mean_usd: Of calls that no cache answered.
        cost_total_usd: The sum of the known prices; None where none is known.
        n_tokens: Tests behind the mean number of tokens.
        tokens_mean: Mean of the known token counts of a test; None where none is known.
        tokens_total: Their sum; None where none is known.
        n_cache_known: Completed tests of which it is known whether a cache answered.
        n_cached: Those that a cache answered.
    """

    run_id: str
    variant: str | None
    started_at: datetime
    n_completed: int
    elapsed_s: float
    n_latency: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    latency_p99_ms: float | None
    n_cost: int
    cost_mean_usd: float | None
    cost_total_usd: float | None
    n_tokens: int
    tokens_mean: float | None
    tokens_total: int | None
    n_cache_known: int
    n_cached: int

    @property
    def per_minute(self) -> float | None:
        """Completed tests a minute; None where no time went by."""
        return 60 * self.n_completed / self.elapsed_s if self.elapsed_s > 0 else None

    @property
    def cached_rate(self) -> float | None:
        """Share of what a cache answered; None where it is known of no test."""
        return self.n_cached / self.n_cache_known if self.n_cache_known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPerformance:
    """What a workflow took, run by run.

    Attributes:
        workflow_id: The workflow.
        n_runs: All of its runs.
        runs: The newest of them, oldest first.
        variant: Label of the variant in use; None where nothing has run.
        earlier_runs: Earlier runs of that variant that its newest run is held against, at most.
        shift: How its newest run differs from them, on the cases both ran; None without any.
        level: Confidence level of these effects together, 0 to 1.
        level_each: Of one of them; None where none was measured.
    """

    workflow_id: str
    n_runs: int
    runs: tuple[RunPerformance, ...]
    variant: str | None
    earlier_runs: int
    shift: Shift | None
    level: float
    level_each: float | None
