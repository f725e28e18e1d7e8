"""What the history says: frozen records, one per row a query returns."""

from __future__ import annotations

from datetime import datetime

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a set of tasks.

    Every mean comes with its own n: tasks of which the quantity is unknown are not in it.

    Attributes:
        n_tasks: Tasks in the set.
        n_completed: Those that succeeded, failed, timed out or errored.
        n_succeeded: Those that succeeded.
        n_failed: Those that failed.
        n_timeout: Those that ran out of time.
        n_error: Those that broke.
        n_cancelled: Those that were cancelled; the rest never finished.
        n_cases: Different test cases.
        success_rate: n_succeeded / n_completed, 0 to 1; None where nothing completed.
        n_effective: How many independent tests would know the pass rate as well: repeats of a case
            count for less than one each. Between n_cases and n_completed.
        success_low: Lower bound of the 95 % Wilson interval of the rate, on n_effective tests.
        success_high: Upper bound of the same.
        n_latency: Completed tasks with a known time.
        latency_mean_ms: Mean of their times, or None where none is known; likewise of what follows.
        latency_sd_ms: Standard deviation of the times.
        latency_p50_ms: Median of the times.
        latency_p95_ms: 95th percentile of the times.
        latency_p99_ms: 99th percentile of the times.
        n_cost: Completed tasks with a known price.
        cost_mean_usd: Mean price of those, or None.
        cost_sd_usd: Standard deviation of the prices, or None.
        cost_total_usd: Sum of the prices, or None.
        n_tokens: Completed tasks with a known token count.
        tokens_mean: Mean token count of those, or None.
        tokens_total: Sum of the token counts, or None.
        n_scored: Completed tasks with a score.
        score_mean: Mean score of those, or None.
        score_sd: Standard deviation of the scores, or None.
        n_retries: Attempts beyond the first, over all tasks.
        n_timeout_failures: Failures of class timeout.
        n_api_failures: Failures of class api.
        n_validation_failures: Failures of class validation.
        n_llm_failures: Failures of class llm.
        n_unclassified_failures: Failures of no known class.
    """

    n_tasks: int
    n_completed: int
    n_succeeded: int
    n_failed: int
    n_timeout: int
    n_error: int
    n_cancelled: int
    n_cases: int
    success_rate: float | None
    n_effective: float | None
    success_low: float | None
    success_high: float | None
    n_latency: int
    latency_mean_ms: float | None
    latency_sd_ms: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    latency_p99_ms: float | None
    n_cost: int
    cost_mean_usd: float | None
    cost_sd_usd: float | None
    cost_total_usd: float | None
    n_tokens: int
    tokens_mean: float | None
    tokens_total: int | None
    n_scored: int
    score_mean: float | None
    score_sd: float | None
    n_retries: int
    n_timeout_failures: int
    n_api_failures: int
    n_validation_failures: int
    n_llm_failures: int
    n_unclassified_failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary(Figures):
    """The figures of one run, or of one variant in it.

    Attributes:
        run_id: The run.
        workflow_id: Its workflow.
        variant_id: Identity of the variant, or None for the run as a whole.
        variant: Its label; for a run as a whole the label of its only variant, or None.
        n_variants: Number of variants in the run.
        started_at: When it began, UTC.
        finished_at: When it ended, UTC.
        ingested_at: When it was stored, UTC.
        tool: The tool that wrote it.
        source_path: File it was read from.
        branch: Git branch it was run on, or None.
        git_sha: Git commit it was run on, or None.
    """

    run_id: str
    workflow_id: str
    variant_id: str | None
    variant: str | None
    n_variants: int
    started_at: datetime
    finished_at: datetime
    ingested_at: datetime
    tool: str
    source_path: str
    branch: str | None
    git_sha: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSummary(Figures):
    """The figures of one variant of a workflow over its newest runs.

    Attributes:
        workflow_id: The workflow.
        variant_id: Identity of the variant.
        variant: Its label.
        model: Name of the model, or None where it was not recorded.
        n_runs: Number of runs in the window.
        n_unjudged: Those of which nobody told pass from fail: succeeded means that a task ran.
        n_slow: Completed tasks slower than the limit that was asked about.
        first_started_at: Start of the oldest of them.
        last_started_at: Start of the newest of them.
        provider: Who runs the model, or None where it was not recorded.
        parameters: Parameters of the model as canonical JSON, or None.
        prompt_sha256: Hash of the prompt template, or None.
        tokens_in_mean: Mean prompt tokens of completed tasks where known, or None.
        tokens_out_mean: Mean tokens of the answer, likewise.
    """

    workflow_id: str
    variant_id: str
    variant: str
    model: str | None
    n_runs: int
    n_unjudged: int
    n_slow: int
    first_started_at: datetime
    last_started_at: datetime
    provider: str | None = None
    parameters: str | None = None
    prompt_sha256: str | None = None
    tokens_in_mean: float | None = None
    tokens_out_mean: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPoint:
    """The figures of one variant in one run, as a point of a series.

    Attributes:
        n: Completed tasks; each mean leaves out those of which the quantity is unknown.
        n_bad: Those that timed out or errored.
    """

    run_id: str
    workflow_id: str
    variant_id: str
    started_at: datetime
    finished_at: datetime
    n: int
    n_succeeded: int
    n_bad: int
    score_mean: float | None
    score_sd: float | None
    latency_mean_ms: float | None
    latency_sd_ms: float | None
    cost_mean_usd: float | None
    cost_sd_usd: float | None
    tokens_mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """How settled a variant is, by the control limits that its runs draw.

    Attributes:
        n_runs: Its recent runs.
        n_outside: Those outside of the limits.
        value: 1 - n_outside / n_runs, 0 to 1.
    """

    n_runs: int
    n_outside: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Failures of one run or window that share class and message.

    Attributes:
        kind: Class of the failure.
        reason: Name of the pattern that told the class, or None.
        message: The message, or None where there was none.
        n: Number of tasks.
        example_case: One case that failed this way.
    """

    kind: str
    reason: str | None
    message: str | None
    n: int
    example_case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSummary:
    """What is stored of one workflow.

    Attributes:
        workflow_id: The workflow.
        n_runs: Its runs.
        n_tasks: Their tasks.
        n_variants: The variants that were run.
        first_started_at: Start of the oldest run, UTC.
        last_started_at: Start of the newest run, UTC.
        n_decisions: Decisions on it.
    """

    workflow_id: str
    n_runs: int
    n_tasks: int
    n_variants: int
    first_started_at: datetime
    last_started_at: datetime
    n_decisions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A file that could not be ingested, and why.

    Attributes:
        path: The file.
        reason: Why it was refused.
        rejected_at: When, UTC.
    """

    path: str
    reason: str
    rejected_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerFigures:
    """What one scorer said of the tasks of one variant in a run.

    Attributes:
        variant_id: Identity of the variant.
        variant: Its label.
        scorer: Name of the scorer.
        n: Tasks with a value.
        n_cases: Cases with a value.
        mean: Mean of the cases' means, on the scorer's own scale, or None.
        sd: Standard deviation of the same; None below two cases.
        least: Smallest value, or None.
        most: Largest value, or None.
        n_judged: Tasks with a word on pass or fail.
        n_passed: Those that passed.
    """

    variant_id: str
    variant: str
    scorer: str
    n: int
    n_cases: int
    mean: float | None
    sd: float | None
    least: float | None
    most: float | None
    n_judged: int
    n_passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadBin:
    """How many tests of a variant lie in one part of the range of a metric.

    Attributes:
        bin: The part, counted from 0.
        n: Tests in it.
        least: Where the first part begins: ms, or a score.
        most: Where the last part ends.
    """

    variant_id: str
    variant: str
    bin: int
    n: int
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a metric spreads over the tests of a run.

    Attributes:
        metric: `latency`, in ms, or `score`.
        n_bins: Parts of the range; those of latency are of one width in logarithms.
        least: Where the first part begins.
        most: Where the last part ends.
        counts: Tests in each part, a list for each variant of the run, in their order.
    """

    metric: str
    n_bins: int
    least: float
    most: float
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The figures of a scorer with the interval of its mean.

    Attributes:
        figures: The figures.
        low: Lower bound of the mean over cases by Student's t, or None below two cases; cut off
            at 0 where every value lies from 0 to 1.
        high: Upper bound of the same, cut off at 1.
        level: Confidence level, 0 to 1.
    """

    figures: ScorerFigures
    low: float | None
    high: float | None
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """What a tool said of a run beyond the common figures, in sums.

    Attributes:
        n_judge_tokens: Tasks whose grading has a known token count.
        judge_tokens: Tokens of those who graded, or None.
        n_judge_cost: Tasks whose grading has a known price.
        judge_cost_usd: Price of grading, or None.
        n_tokens_cached: Tasks that say how much was read from the provider's cache.
        tokens_cached: Prompt tokens so read, or None.
        n_derived_costs: Tasks whose cost was derived from tokens.
        n_censored: Tasks that a limit ended, so that their latency is only a bound.
    """

    n_judge_tokens: int
    judge_tokens: int | None
    n_judge_cost: int
    judge_cost_usd: float | None
    n_tokens_cached: int
    tokens_cached: int | None
    n_derived_costs: int
    n_censored: int
