"""Whether a workflow has moved: drift between two times, and what is out of the ordinary."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from optimizer.models.dataclass import dataclass


class DriftMethod(StrEnum):
    """How a change was looked for."""

    KS = "ks"
    PSI = "psi"
    CHI2 = "chi2"
    WELCH = "welch"
    PAIRED = "paired"
    """Student's t of the differences within cases that ran before and now."""

    ADWIN = "adwin"
    PAGE_HINKLEY = "page_hinkley"
    CUSUM = "cusum"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFinding:
    """One metric, looked at with one method.

    Attributes:
        metric: What was looked at: `success`, `score`, `latency`, `cost`, `tokens`.
        method: How.
        is_drifting: Whether it has moved, all looks allowed for.
        statistic: The test statistic, or the size of the change in standard deviations.
        threshold: What it was held against; None where a p-value was.
        p_value: Adjusted for the number of looks; None where the method gives none.
        before: Mean before the change, or of the reference.
        after: Mean after it.
        n_before: Values before.
        n_after: Values after.
        changed_at: When it is thought to have moved, UTC; None where that is not told.
    """

    metric: str
    method: DriftMethod
    is_drifting: bool
    statistic: float
    threshold: float | None
    p_value: float | None
    before: float | None
    after: float | None
    n_before: int
    n_after: int
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """Whether the metrics of a workflow have moved.

    Attributes:
        workflow_id: The workflow.
        variant_id: The variant that was looked at.
        findings: Every look that had data enough, those that drift first.
        not_looked_at: What could not be looked at and why, a sentence each.
    """

    workflow_id: str
    variant_id: str
    findings: tuple[DriftFinding, ...]
    not_looked_at: tuple[str, ...]

    @property
    def drifting(self) -> tuple[DriftFinding, ...]:
        """Those that have moved."""
        return tuple(one for one in self.findings if one.is_drifting)


class AnomalyType(StrEnum):
    """What kind of thing is out of the ordinary."""

    LATENCY_SPIKE = "latency_spike"
    COST_SPIKE = "cost_spike"
    QUALITY_DROP = "quality_drop"
    ERROR_RATE_INCREASE = "error_rate_increase"
    THROUGHPUT_DROP = "throughput_drop"
    OUTLYING_TASK = "outlying_task"


class AnomalySeverity(StrEnum):
    """How far out it is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One thing out of the ordinary, held against what came before it.

    Attributes:
        type: What kind of thing.
        severity: How far out.
        metric: What was looked at.
        method: How: `mad`, `iqr`, `z`, `mahalanobis`.
        value: What was found.
        expected: Centre of what came before.
        distance: How far out, in the unit of the method.
        threshold: From where on it is out.
        n_reference: Values that came before.
        at: When, UTC.
        run_id: The run, or None.
        task_id: The task, or None where a run as a whole is out.
    """

    type: AnomalyType
    severity: AnomalySeverity
    metric: str
    method: str
    value: float
    expected: float
    distance: float
    threshold: float
    n_reference: int
    at: datetime
    run_id: str | None
    task_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyReport:
    """What is out of the ordinary in the newest run of a variant.

    Attributes:
        workflow_id: The workflow.
        variant_id: The variant that was looked at.
        anomalies: The gravest first.
        n_looked_at: Values that were looked at.
        not_looked_at: What could not be looked at and why, a sentence each.
    """

    workflow_id: str
    variant_id: str
    anomalies: tuple[Anomaly, ...]
    n_looked_at: int
    not_looked_at: tuple[str, ...]
