"""All workflows side by side, and what changed from one period to the next."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import AuditEntry, DecisionState
from optimizer.models.drift import AnomalyReport, DriftReport
from optimizer.models.experiments import Experiment
from optimizer.models.proposals import Effect
from optimizer.models.summaries import Reject


class Period(StrEnum):
    """How long a period is; all of one name are equally long."""

    WEEK = "week"
    """7 days."""

    MONTH = "month"
    """30 days."""

    QUARTER = "quarter"
    """91 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time: what ended after its start, up to its end.

    Attributes:
        starts_at: Its start, UTC.
        ends_at: Its end, UTC.
    """

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """What was run of one workflow in one period.

    Attributes:
        workflow_id: The workflow.
        is_now: Whether it is the later of the two periods.
        n_runs: Runs, of whichever variant; likewise the four that follow.
        n_tasks: Tests.
        n_completed: Those that completed.
        n_priced: Those with a known price.
        cost_total_usd: The sum of the known prices; None where none is known.
        n_unjudged: Runs of which nobody told pass from fail.
        variant_id: The variant in use at its end: that of its newest run.
        variant: Its label.
        n_own: Completed tests of that variant; likewise those that follow.
        n_succeeded: Those that passed.
        n_cases: Different cases.
        success_rate: n_succeeded / n_own; None where nothing completed.
        success_low: Lower bound of its 95 % Wilson interval on the effective number of tests.
        success_high: Upper bound of the same.
    """

    workflow_id: str
    is_now: bool
    n_runs: int
    n_tasks: int
    n_completed: int
    n_priced: int
    cost_total_usd: float | None
    n_unjudged: int
    variant_id: str
    variant: str
    n_own: int
    n_succeeded: int
    n_cases: int
    success_rate: float | None
    success_low: float | None
    success_high: float | None


class ChangeKind(StrEnum):
    """What can be said of the pass rate, now against before; the first needs attention most."""

    WORSE = "worse"
    UNKNOWN = "not enough data"
    STOPPED = "no run"
    NEW = "new"
    STEADY = "no clear change"
    BETTER = "better"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How what one set of runs gave differs from what another gave, on the cases both ran.

    Attributes:
        kind: What it means for the pass rate.
        n_shared: Cases that both completed.
        effects: `success_rate` as a difference, `latency_relative`, `cost_relative` and
            `tokens_relative` as shares; each only where it was measured. Empty where `kind` is
            neither worse, better nor no clear change.
    """

    kind: ChangeKind
    n_shared: int
    effects: tuple[Effect, ...] = ()

    def effect(self, metric: str) -> Effect | None:
        """Return the effect on a metric, or None where it is unknown."""
        return next((effect for effect in self.effects if effect.metric == metric), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowChange:
    """One workflow in two periods.

    Attributes:
        workflow_id: The workflow.
        before: The earlier period; None where nothing was run in it.
        now: The later one; None likewise.
        shift: The variant in use at the end of the later against that of the earlier.
    """

    workflow_id: str
    before: PeriodFigures | None
    now: PeriodFigures | None
    shift: Shift

    @property
    def is_switched(self) -> bool:
        """Whether another variant is in use."""
        if self.before is None or self.now is None:
            return False
        return self.before.variant_id != self.now.variant_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodDecision:
    """A decision of a period, and where it stands.

    Attributes:
        decision_id: The decision.
        workflow_id: Its workflow.
        decided_at: When it was made, UTC.
        n_proposals: What was proposed; 0: it changes nothing.
        outcome: What became of it, as measured; None where it is not.
    """

    decision_id: str
    workflow_id: str
    decided_at: datetime
    state: DecisionState
    n_proposals: int
    outcome: str | None


class WaitKind(StrEnum):
    """What waits for somebody."""

    DECISION = "decision"
    """It is pending: somebody approves or rejects it."""

    APPROVED = "approved decision"
    """It is approved and not in force."""

    VERSION = "prompt version"
    """It is confirmed and not promoted."""

    EXPERIMENT = "experiment"
    """It is planned or paused."""

    ROLLOUT = "rollout"
    """It waits for tests of its next step."""

    BASELINE = "baseline"
    """The workflow has several variants and no baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits.

    Attributes:
        kind: What kind of thing.
        workflow_id: Of which workflow; None where nobody said.
        subject: Its id; of a baseline the workflow.
        since: Since when.
    """

    kind: WaitKind
    workflow_id: str | None
    subject: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What else has moved in a workflow by the end of a period.

    Attributes:
        workflow_id: The workflow.
        drift: Whether it is still what it was; None where it was not looked at.
        anomalies: What stands out; None where it was not looked at.
    """

    workflow_id: str
    drift: DriftReport | None
    anomalies: AnomalyReport | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodReview:
    """What changed between two periods of equal length.

    Attributes:
        period: How long each is.
        workflow_id: The only workflow that was looked at; None: all.
        before: The earlier period.
        now: The later one.
        level: Confidence level of all effects together, 0 to 1.
        level_each: Of one effect; None where none was measured.
        min_cases: Shared cases from which on a change is judged.
        changes: Every workflow that ran in either, those that need attention first.
        decisions: Made in the later period, newest first.
        experiments: Concluded in it, newest first.
        activity: Lines of the audit log of it, oldest first.
        rejects: Files that were refused in it, newest first.
        waiting: What waits for somebody today.
        watched: Workflows whose drift and anomalies were looked at, those in need first.
        n_unwatched: Workflows that ran in it and were not.
        newest_at: When the newest run of all ended that had by the end; None where none had.
    """

    period: Period
    workflow_id: str | None
    before: Span
    now: Span
    level: float
    level_each: float | None
    min_cases: int
    changes: tuple[WorkflowChange, ...]
    decisions: tuple[PeriodDecision, ...]
    experiments: tuple[Experiment, ...]
    activity: tuple[AuditEntry, ...]
    rejects: tuple[Reject, ...]
    waiting: tuple[Waiting, ...]
    watched: tuple[Watched, ...]
    n_unwatched: int
    newest_at: datetime | None


class WorkflowState(StrEnum):
    """How a workflow is, the one that needs attention most first."""

    FAILING = "failing"
    """The whole interval of its pass rate lies below what the scoring rules ask for."""

    DRIFTING = "drifting"
    """Its newest run passed clearly less than its earlier runs, on the same cases."""

    WAITING = "waiting for approval"
    UNMEASURED = "nothing measured"
    STALE = "no recent data"
    UNSETTLED = "undecided"
    """The interval of its pass rate holds what the scoring rules ask for: more tests would tell."""

    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRow:
    """One workflow as it stands.

    Attributes:
        workflow_id: The workflow.
        n_runs: Its runs.
        last_finished_at: End of the newest of them.
        variant_id: The variant in use: that of its newest run.
        variant: Its label.
        n_completed: Completed tests of that variant in that run; likewise the four that follow.
        n_succeeded: Those that passed.
        success_rate: None where nothing completed.
        success_low: Lower bound of its 95 % Wilson interval, on the effective number of tests.
        success_high: Upper bound of the same.
        is_unjudged: Whether nobody told pass from fail in that run.
        rates: Pass rates of that variant in its newest runs, oldest first.
        n_recent: Completed tests of all variants since spending is counted.
        n_priced: Those with a known price.
        cost_total_usd: The sum of the known prices; None where none is known.
        decision_id: Its newest decision that waits for approval, or None.
        has_baseline: Whether a baseline is set.
        n_experiments: Experiments that run.
    """

    workflow_id: str
    n_runs: int
    last_finished_at: datetime
    variant_id: str
    variant: str
    n_completed: int
    n_succeeded: int
    success_rate: float | None
    success_low: float | None
    success_high: float | None
    is_unjudged: bool
    rates: tuple[float | None, ...]
    n_recent: int
    n_priced: int
    cost_total_usd: float | None
    decision_id: str | None
    has_baseline: bool
    n_experiments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One workflow, how it is, and how its newest run differs from its earlier ones."""

    row: WorkflowRow
    state: WorkflowState
    shift: Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount:
    """How many workflows are in a state.

    Attributes:
        state: The state.
        n: How many are.
    """

    state: WorkflowState
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """All workflows.

    Attributes:
        at: The time it is of, UTC.
        min_success_rate: What the scoring rules ask for.
        stale_days: Days after which a workflow has no recent data.
        spend_days: Days that spending is counted over.
        min_cases: Shared cases from which on a change is judged.
        level: Confidence level of all changes together, 0 to 1.
        level_each: Of one; None where none was measured.
        counts: How many workflows are in each state that has any.
        n_recent: Completed tests of all of them in those days.
        n_priced: Those with a known price.
        cost_total_usd: The sum of the known prices; None where none is known.
        workflows: Those shown, the ones that need attention first.
    """

    at: datetime
    min_success_rate: float
    stale_days: float
    spend_days: int
    min_cases: int
    level: float
    level_each: float | None
    counts: tuple[StateCount, ...]
    n_recent: int
    n_priced: int
    cost_total_usd: float | None
    workflows: tuple[Standing, ...]

    @property
    def n(self) -> int:
        """How many workflows there are."""
        return sum(one.n for one in self.counts)
