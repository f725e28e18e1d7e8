"""What each case gave under one arm: the columns that a comparison is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.models.dataclass import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRun:
    """A run that a variant was executed in."""

    run_id: str
    workflow_id: str
    variant_id: str
    variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRun:
    """One variant in one run: what it is, and how it went; see `Arm`."""

    run_id: str
    workflow_id: str
    started_at: datetime
    pairable: bool
    content_sha256: str
    run_metadata: str
    warnings: str
    variant_id: str
    variant: str
    prompt_sha256: str | None
    provider: str | None
    model: str | None
    parameters: str | None
    n_tasks: int
    n_completed: int
    n_succeeded: int
    n_errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One side of a comparison: a variant in some runs.

    Attributes:
        selector: How the user named it.
        label: Label of the variant, made unlike that of the other arm.
        workflow_id: The workflow.
        run_ids: The runs, oldest first.
        variant_id: Identity of the variant.
        prompt_sha256: Hash of its prompt, or None where unknown.
        provider: Who serves the model, or None.
        model: Name of the model, or None.
        parameters: Sampling parameters as canonical JSON, or None.
        pairable: False where the executor says that cases are not the same between runs.
        content_sha256: Hash over the contents of the runs.
        n_tasks: All tasks.
        n_completed: Those that succeeded, failed, timed out or errored.
        n_succeeded: Those that succeeded.
        n_errors: Those that timed out or errored; they count as failures.
        started_at: When the first task began, UTC.
        ended_at: When the last task began, UTC.
        datasets: The data sets of its cases, sorted.
        judge: Who graded it, as the runs say, or None.
        n_cached: Completed tasks that a cache answered.
        experiments: Experiments under way that it takes part in.
        warnings: What a reader should know of how its runs were read.
        source_path: The file that it was read from; None where its runs are stored.
    """

    selector: str
    label: str
    workflow_id: str
    run_ids: tuple[str, ...]
    variant_id: str
    prompt_sha256: str | None
    provider: str | None
    model: str | None
    parameters: str | None
    pairable: bool
    content_sha256: str
    n_tasks: int
    n_completed: int
    n_succeeded: int
    n_errors: int
    started_at: datetime
    ended_at: datetime
    datasets: tuple[str, ...] = ()
    judge: str | None = None
    n_cached: int = 0
    experiments: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    source_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseColumns:
    """The cases of one arm, one row each, ordered by id.

    A mean over no known value is NaN. Repeats are averaged here and nowhere else.

    Attributes:
        case_id: Ids, as Python strings.
        n: Completed tasks.
        n_passed: Those that succeeded.
        n_errors: Those that timed out or errored.
        n_cached: Completed tasks that a cache answered.
        n_unfinished: Tasks that never completed: cancelled, or still to run.
        n_scored: Completed tasks with a score, errors included, which score 0.
        score: Mean score, 0 to 1.
        score_variance: Its sample variance over the repeats; NaN for fewer than two.
        n_latency: Completed tasks with a known time.
        latency_ms: Mean time.
        n_cost: Completed tasks with a known price that no cache answered.
        cost_usd: Mean price.
        n_tokens: Completed tasks with a known count.
        tokens: Mean count.
        family: Label of what the case was derived from; "" where not recorded.
        first_at: When its first task began, microseconds since 1970 (UTC).
    """

    case_id: NDArray[np.object_]
    n: NDArray[np.int64]
    n_passed: NDArray[np.int64]
    n_errors: NDArray[np.int64]
    n_cached: NDArray[np.int64]
    n_unfinished: NDArray[np.int64]
    n_scored: NDArray[np.int64]
    score: NDArray[np.float64]
    score_variance: NDArray[np.float64]
    n_latency: NDArray[np.int64]
    latency_ms: NDArray[np.float64]
    n_cost: NDArray[np.int64]
    cost_usd: NDArray[np.float64]
    n_tokens: NDArray[np.int64]
    tokens: NDArray[np.float64]
    family: NDArray[np.object_]
    first_at: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedArm:
    """An arm with its columns.

    Attributes:
        arm: What it is.
        cases: Its cases.
        latencies: Every known time in ms, case by case in the order of the columns; None where no
            quantile is asked for.
        contents: Hash of what was put in, by case, where that was kept; None where nobody asked.
    """

    arm: Arm
    cases: CaseColumns
    latencies: NDArray[np.float64] | None = None
    contents: Mapping[str, str] | None = None
