"""Experiments: what is planned, what was looked at, and how it ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.terms import AllocationPolicy, ExperimentStatus, Looks, Metric, VerdictKind
from optimizer.models.verdicts import Comparison, GuardCheck, Guardrail


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """How tests are shared between the arms.

    Attributes:
        policy: The policy.
        weights: Planned share of each arm, the baseline first; used by the fixed policy.
        max_traffic: Largest share of live traffic that the candidates may get together.
        epsilon: Share given to exploration, of the policy epsilon_greedy.
        exploration: Width of the bonus for arms tried little, of the policy ucb.
    """

    policy: AllocationPolicy
    weights: tuple[float, ...]
    max_traffic: float
    epsilon: float
    exploration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentArm:
    """A variant that takes part.

    Attributes:
        label: Its label.
        variant_id: Its identity; None where it had not run when it was planned: then it is
            whichever variant runs under the label.
    """

    label: str
    variant_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentDesign:
    """What is planned before the first look, and not changed after it.

    Attributes:
        experiment_id: Its name, chosen by who planned it.
        workflow_id: The workflow.
        baseline: The variant in use.
        candidates: Those that may replace it.
        primary: The metric that decides.
        secondary: Metrics that are shown; none decides.
        guardrails: How much worse others may get; one that fails forbids a winner.
        alpha: Two-sided false-alarm rate of the experiment, over all looks and candidates.
        power: Power that n_max was planned for.
        min_effect: Effect that n_max was planned for, in the unit of the metric; None where none
            was stated.
        n_max: Cases that are planned; the look that reaches them is the last.
        n_max_reason: Where that number is from.
        min_cases: Cases before the first look.
        max_duration_days: Days from the start after which it ends; None for any.
        early_stopping: Whether it may end before n_max; if not, there is one look, at the end.
        looks: How repeated looks are paid for.
        futility: It stops when the chance of a result by n_max falls below this; 0: never.
        allocation: How tests are shared.
        include_existing: Whether runs from before the start count.
        selected_by_search: Whether the candidates were chosen for their results on some cases;
            then only others may confirm them, in one look.
        development_runs: Runs whose cases that search has seen; they do not count.
    """

    experiment_id: str
    workflow_id: str
    baseline: ExperimentArm
    candidates: tuple[ExperimentArm, ...]
    primary: Metric
    secondary: tuple[Metric, ...]
    guardrails: tuple[Guardrail, ...]
    alpha: float
    power: float
    min_effect: float | None
    n_max: int
    n_max_reason: str
    min_cases: int
    max_duration_days: float | None
    early_stopping: bool
    looks: Looks
    futility: float
    allocation: Allocation
    include_existing: bool = False
    selected_by_search: bool = False
    development_runs: tuple[str, ...] = ()

    @property
    def arms(self) -> tuple[ExperimentArm, ...]:
        """The baseline, then the candidates."""
        return (self.baseline, *self.candidates)

    @property
    def alpha_each(self) -> float:
        """What the looks at one candidate may spend: alpha shared evenly (Bonferroni)."""
        return self.alpha / len(self.candidates)

    @property
    def single_look(self) -> bool:
        """Whether there is one look only, at the end."""
        return self.selected_by_search or not self.early_stopping


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an experiment ended.

    Attributes:
        winner: The candidate that is to replace the baseline; None where none is.
        reason: Why, in a sentence with the counts in it.
        metric: The primary metric.
        estimate: Its effect, winner (or best candidate) minus baseline; None where unmeasured.
        low: Lower bound of its interval.
        high: Upper bound.
        level: Level of that interval; it allows for all looks and candidates.
        n: Cases behind it.
        confirmed: Whether the winner was confirmed on cases it was not chosen by; None where it
            was not chosen by its results.
    """

    winner: str | None
    reason: str
    metric: Metric
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    n: int = 0
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment as it is stored.

    Attributes:
        design: What is planned.
        status: Where it stands; the audit log has how it got there.
        created_at: When it was planned, UTC.
        started_at: When it was started, UTC; None in a draft.
        ended_at: When it was concluded or cancelled, UTC; None before.
        outcome: How it ended; None before.
    """

    design: ExperimentDesign
    status: ExperimentStatus
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookKey:
    """What a ledger is kept for: looks at the same thing share one false-alarm rate.

    Attributes:
        suite_sha256: Hash over the cases of the first look; later looks at more of them keep it.
        metric: The metric.
        baseline_id: The variant in use.
        candidate_id: The variant proposed.
    """

    suite_sha256: str
    metric: Metric
    baseline_id: str
    candidate_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One analysis, and what it cost.

    Attributes:
        experiment_id: The experiment that looked.
        seq: Its place among the looks of that experiment, counted from 1.
        key: The ledger it is entered in.
        candidate: Label of the candidate.
        looked_at: When, UTC.
        n: Cases that both arms completed.
        n_max: Cases that were planned.
        fraction: n / n_max, at most 1; None for anytime looks.
        z_bound: What the absolute z must reach; None for anytime looks.
        alpha_k: The p-value that this look is held against.
        alpha_spent: False-alarm rate spent by this look and those before it; anytime looks claim
            the whole at once.
        z: Test statistic, positive where the candidate is better; None where there is no test.
        p_value: Two-sided p-value of this look; anytime: valid at every look.
        verdict: What it says.
        estimate: Effect, candidate minus baseline; None where there is none.
        low: Lower bound of its interval at level 1 - alpha_k.
        high: Upper bound.
        broken: Metrics whose guardrail failed at this look.
        data_sha256: Hash over the contents of the runs looked at.
        run_ids: Those runs, sorted.
    """

    experiment_id: str
    seq: int
    key: LookKey
    candidate: str
    looked_at: datetime
    n: int
    n_max: int
    fraction: float | None
    z_bound: float | None
    alpha_k: float
    alpha_spent: float
    z: float | None
    p_value: float | None
    verdict: VerdictKind
    estimate: float | None
    low: float | None
    high: float | None
    broken: tuple[Metric, ...]
    data_sha256: str
    run_ids: tuple[str, ...]


class Standing(StrEnum):
    """Whether the present data are a look."""

    NEW = "new look"
    KNOWN = "already looked at"
    WAITING = "too early"
    OVERRUN = "past the last look"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateReport:
    """One candidate at this moment.

    Attributes:
        arm: The candidate.
        n: Cases that it shares with the baseline.
        standing: Whether the present data are a look.
        text: The same in a sentence.
        look: The look that counts: this one or the last; None before the first.
        comparison: What that look rests on; None where no look is made of the present data.
        conditional_power: Chance of a result by n_max if the effect is as measured; None where
            that says nothing.
        guards: Its guardrails, judged.
    """

    arm: ExperimentArm
    n: int
    standing: Standing
    text: str
    look: Look | None = None
    comparison: Comparison | None = None
    conditional_power: float | None = None
    guards: tuple[GuardCheck, ...] = ()


class StopReason(StrEnum):
    """Why an experiment should end."""

    WINNER = "winner"
    HARM = "harm"
    FUTILITY = "futility"
    N_MAX = "n_max"
    DURATION = "duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """That an experiment should end, and why in a sentence.

    Attributes:
        reason: What ends it.
        text: Why, in a sentence.
    """

    reason: StopReason
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmProgress:
    """What has been run of an arm.

    Attributes:
        arm: The arm.
        run_ids: Its runs that count, oldest first.
        n_tasks: Tests in them.
        n_succeeded: Those that succeeded.
        n_completed: Those that completed.
    """

    arm: ExperimentArm
    run_ids: tuple[str, ...]
    n_tasks: int
    n_succeeded: int
    n_completed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Whether the tests fell to the arms as planned (sample ratio mismatch).

    Attributes:
        counts: Tests of each arm, the baseline first.
        planned: Planned shares.
        chi2: Pearson's statistic.
        df: Its degrees of freedom.
        p_value: Chance of a split at least as far from the plan.
        threshold: Below it the split is reported as broken.
    """

    counts: tuple[int, ...]
    planned: tuple[float, ...]
    chi2: float
    df: float
    p_value: float
    threshold: float

    @property
    def broken(self) -> bool:
        """Whether the split is not that of the plan."""
        return self.p_value < self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class NextShare:
    """What one arm gets of the next batch.

    Attributes:
        arm: The arm.
        share: Its share of a batch of tests.
        n: Its tests of the next batch.
        traffic_share: Its share of live traffic, the candidates held under the cap.
    """

    arm: ExperimentArm
    share: float
    n: int
    traffic_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentReport:
    """An experiment at one moment.

    Attributes:
        experiment: The experiment.
        progress: What has been run of each arm, the baseline first.
        candidates: Each candidate.
        looks: Every look so far, oldest first.
        stop: Why it should end; None where it goes on.
        split: Whether the tests fell as planned; None where nothing has run or none was planned.
        next_batch: How the next tests are shared; empty once it has ended.
        notes: What a reader should know beyond that.
    """

    experiment: Experiment
    progress: tuple[ArmProgress, ...]
    candidates: tuple[CandidateReport, ...]
    looks: tuple[Look, ...]
    stop: Stop | None
    split: Split | None
    next_batch: tuple[NextShare, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentSummary:
    """An experiment and the newest look at each of its candidates.

    Attributes:
        experiment: The experiment.
        looks: The newest look at each candidate that was looked at, in the order of the design.
    """

    experiment: Experiment
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a workflow's candidates are held against.

    Attributes:
        workflow_id: The workflow.
        run_id: The run.
        variant_id: The variant in it.
        variant: Its label.
        set_at: When, UTC.
        actor: Who set it.
    """

    workflow_id: str
    run_id: str
    variant_id: str
    variant: str
    set_at: datetime
    actor: str
