"""What was measured of each model, whatever prompt it ran with."""

from __future__ import annotations

from datetime import datetime

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """The figures of one model at one provider, over all its runs.

    Attributes:
        model: Its name, or None where it was not recorded.
        provider: Who runs it, or None likewise.
        n_workflows: Workflows it was run in.
        n_variants: Variants that name it.
        n_runs: Runs of those.
        n_tasks: Tasks of those.
        n_completed: Tasks that succeeded, failed, timed out or errored.
        n_judged: Those of runs of which somebody told pass from fail.
        n_judged_cases: Different cases among them.
        n_succeeded: Of the judged.
        success_rate: n_succeeded / n_judged, 0 to 1; None where nothing was judged.
        n_scored: Completed tasks with a score.
        score_mean: Mean score of those, or None.
        n_latency: Completed tasks with a known time.
        latency_mean_ms: Mean of the times, or None.
        latency_p50_ms: Median of the times, or None.
        latency_p95_ms: 95th percentile of the times, or None.
        n_cost: Completed tasks with a known price.
        cost_mean_usd: Mean of the prices, or None.
        cost_total_usd: Sum of the prices, or None.
        n_tokens: Completed tasks with a known token count.
        tokens_mean: Mean of the token counts, or None.
        tokens_in_mean: Mean prompt tokens where known, or None.
        tokens_out_mean: Mean tokens of the answer, likewise.
        last_started_at: Start of the newest run, UTC.
    """

    model: str | None
    provider: str | None
    n_workflows: int
    n_variants: int
    n_runs: int
    n_tasks: int
    n_completed: int
    n_judged: int
    n_judged_cases: int
    n_succeeded: int
    success_rate: float | None
    n_scored: int
    score_mean: float | None
    n_latency: int
    latency_mean_ms: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    n_cost: int
    cost_mean_usd: float | None
    cost_total_usd: float | None
    n_tokens: int
    tokens_mean: float | None
    tokens_in_mean: float | None
    tokens_out_mean: float | None
    last_started_at: datetime

    @property
    def n_unjudged(self) -> int:
        """Completed tasks of which nobody told pass from fail."""
        return self.n_completed - self.n_judged


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPerformanceProfile:
    """One model as measured, and the limits it does not keep.

    Attributes:
        figures: What was measured.
        success_low: Lower bound of the interval of its pass rate, each case counted once; None
            where nothing was judged.
        success_high: Upper bound of the same.
        level: Level of the interval, 0 to 1.
        refusals: The limits of `model_selection` that it breaks, a sentence part each.
    """

    figures: ModelFigures
    success_low: float | None
    success_high: float | None
    level: float
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProfiles:
    """What was measured of the models of a workflow, or of all.

    Attributes:
        workflow_id: The workflow; None for all.
        profiles: Most tested first.
        untried: Models of `candidate_models` that never ran there.
    """

    workflow_id: str | None
    profiles: tuple[ModelPerformanceProfile, ...]
    untried: tuple[str, ...]
